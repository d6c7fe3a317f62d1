// RocksDB on this project's disks: the real one, beside RocksDB's own Env, and the simulated one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/posix_test_util.h"
#include "engine/posix_vfs.h"
#include "faultfs/fault_plan.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/engines/lsm_test_util.h"
#include "harness/engines/rocksdb_subject.h"

namespace walbreaker {
namespace {

using faultfs::OpKind;
using kv::must;
using testing::AllOf;
using testing::Field;
using testing::HasSubstr;

const RocksDbSubject kRocksDb;

void must(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

// RocksDB on its own Env, and with its own threads: what a user has.
class NativeStore {
 public:
  explicit NativeStore(const std::string& directory) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    must(rocksdb::DB::Open(options, directory, &opened));
    db_.reset(opened);
  }

  rocksdb::DB& operator*() { return *db_; }

  Listing scan() {
    Listing listing;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
    for (at->SeekToFirst(); at->Valid(); at->Next()) listing.emplace_back(at->key().ToString(), at->value().ToString());
    must(at->status());
    return listing;
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
};

void fill(Session& store) {
  must(store.put("a", "1"));
  kv::Batch batch;
  batch.put("b", "2");
  batch.put("c", "3");
  batch.remove("a");
  must(store.batch(batch));
  must(store.compact());
  EXPECT_EQ(store.del("b"), true);
  EXPECT_EQ(store.del("b"), false);
  must(store.sync());
}

const Listing kFilled{{"c", "3"}};

TEST(RocksDbFileSystem, EachOpensWhatTheOtherLeft) {
  const kv::TempDir directory;
  kv::PosixVfs vfs;
  fill(*must_open(kRocksDb, vfs, directory / "ours"));  // and is killed
  EXPECT_EQ(NativeStore(directory / "ours").scan(), kFilled);
  {
    NativeStore native(directory / "native");
    must((*native).Put({}, "a", "1"));
    must((*native).CompactRange({}, nullptr, nullptr));
    must((*native).Put({}, "c", "3"));
    must((*native).Delete({}, "a"));
  }
  EXPECT_EQ(must_open(kRocksDb, vfs, directory / "native", {{"options_files", "written"}})->scan(), kFilled);
}

TEST(RocksDbFileSystem, SyncsTheDirectoryBehindEachRename) {
  faultfs::SimDisk disk;
  fill(*must_open(kRocksDb, disk, "/db", {{"sync", "true"}, {"options_files", "written"}}));
  const auto& ops = disk.trace().ops;
  int renames = 0;
  for (std::size_t i = 0; i + 1 < ops.size(); ++i) {
    if (ops[i].kind != OpKind::rename) continue;
    ++renames;
    EXPECT_EQ(ops[i + 1].kind, OpKind::sync_dir) << ops[i].to;
  }
  EXPECT_EQ(renames, 4);  // to IDENTITY, twice to CURRENT, and to OPTIONS
}

TEST(RocksDbFileSystem, PassesOnTheErrorsOfTheDisk) {
  const auto error_of = [](std::string_view plan) { return error_of_a_put(kRocksDb, plan); };
  const auto is = [](kv::ErrorCode code, int os_error) {
    return AllOf(Field(&kv::Error::code, code), Field(&kv::Error::os_error, os_error),
                 Field(&kv::Error::context, HasSubstr(".log")));
  };
  EXPECT_THAT(error_of("write_error write at 0 once after 0 of *.log\n"), is(kv::ErrorCode::io_error, EIO));
  EXPECT_THAT(error_of("sync_error sync at 0 once of *.log\n"), is(kv::ErrorCode::io_error, EIO));
  EXPECT_THAT(error_of("no_space write at 0 once after 0 of *.log\n"), is(kv::ErrorCode::no_space, ENOSPC));
}

TEST(RocksDbSubject, ACompactionThatFailsIsAnErrorAndSoIsEveryLaterWrite) {
  faultfs::SimDisk disk;
  faultfs::FaultyVfs vfs(disk, *faultfs::parse_fault_plan("write_error write at 0 once after 0 of *.sst\n"));
  const auto session = must_open(kRocksDb, vfs, "/db");
  must(session->put("a", "1"));
  EXPECT_EQ(session->compact().error().os_error, EIO);
  EXPECT_EQ(session->put("b", "2").error().os_error, EIO);
  EXPECT_EQ(session->get("a").value(), "1");
}

TEST(RocksDbSubject, ASecondOpenerIsRefused) { expect_a_second_opener_is_refused(kRocksDb); }

TEST(RocksDbSubject, ASettingThatItDoesNotKnowIsNamedWithThoseThatItKnows) {
  expect_settings_are_refused(kRocksDb, {{{"colour", "red"}}, {{"wal_recovery_mode", "kMaybe"}}},
                              "kPointInTimeRecovery");
}

TEST(RocksDbSubject, AReadOnlyOpenChangesNoByte) {
  faultfs::SimDisk disk;
  fill(*must_open(kRocksDb, disk, "/db"));
  const std::size_t operations = disk.trace().ops.size();
  const auto opened = kRocksDb.open(disk, "/db", {.read_only = true});
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->session->scan(), kFilled);
  EXPECT_EQ(opened->session->put("d", "4").error().code, kv::ErrorCode::read_only);
  EXPECT_TRUE(opened->session->close());
  EXPECT_EQ(disk.trace().ops.size(), operations);
}

TEST(RocksDbSubject, AKillReachesTheDiskNoMoreWhateverIsQueued) { expect_a_kill_reaches_the_disk_no_more(kRocksDb); }

std::size_t tables_in(const faultfs::Trace& trace) {
  return static_cast<std::size_t>(std::ranges::count_if(
      trace.ops, [](const faultfs::TraceOp& op) { return op.kind == OpKind::create && op.path.ends_with(".sst"); }));
}

// Every write finds the memtable full.
std::string trace_of_full_memtables(const std::string& background, std::uint64_t entropy) {
  faultfs::SimDisk disk;
  const Settings settings{{"background", background}, {"compact_after_operations", "1"}};
  Listing expected;
  const auto session = must_open(kRocksDb, disk, "/db", settings, entropy);
  for (int i = 0; i < 40; ++i) {
    expected.emplace_back(fmt::format("{:02}", i), "value");
    must(session->put(expected.back().first, "value"));
    if (i % 8 == 0) must(session->sync());
  }
  EXPECT_EQ(session->scan(), expected);
  must(session->close());
  EXPECT_GT(tables_in(disk.trace()), 10U);
  return to_text(disk.trace());
}

TEST(RocksDbSubject, FullMemtablesDoNotHangAndTheSameEntropyGivesTheSameOperationsAndBytes) {
  for (const std::string background : {"eager", "lazy"}) {
    const std::string trace = trace_of_full_memtables(background, 1);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(trace_of_full_memtables(background, 1) == trace) << background;
    EXPECT_FALSE(trace_of_full_memtables(background, 2) == trace) << background;
  }
}

TEST(RocksDbSubject, BackgroundWorkIsDoneBeforeTheAnswerOrNotBeforeItIsWaitedFor) {
  for (const bool lazy : {false, true}) {
    faultfs::SimDisk disk;
    const auto session =
        must_open(kRocksDb, disk, "/db", {{"background", lazy ? "lazy" : "eager"}, {"compact_after_operations", "1"}});
    must(session->put("a", "1"));
    must(session->put("b", "2"));
    EXPECT_EQ(tables_in(disk.trace()), lazy ? 0U : 1U);
    must(session->compact());
    EXPECT_GT(tables_in(disk.trace()), 1U);
  }
}

// A log of two blocks, of 32 KiB each, with `changed` in place of a byte of its first record but one.
faultfs::Image with_a_bad_record(std::uint64_t offset_in_record, char changed) {
  constexpr std::uint64_t kRecordBytes = 7 + 12 + 1 + 2 + 3 + 1'000;  // header, batch header, type, key, value
  faultfs::SimDisk disk;
  const auto session = must_open(kRocksDb, disk, "/db");
  for (int i = 0; i < 60; ++i) must(session->put(fmt::format("{}", 10 + i), std::string(1'000, 'x')));
  auto log = disk.open("/db/000004.log", kv::OpenMode::read_write);
  must(kv::write_all(**log, kRecordBytes + offset_in_record, std::string(1, changed)));
  return disk.image();
}

// How many of the 60 keys an open in this mode serves; nothing where it refuses.
std::optional<std::size_t> keys_served(const faultfs::Image& image, const std::string& mode) {
  faultfs::SimDisk disk(image);
  const auto opened = kRocksDb.open(disk, "/db", {.settings = {{"wal_recovery_mode", mode}}});
  if (!opened) {
    EXPECT_EQ(opened.error().code, kv::ErrorCode::corrupted);
    return std::nullopt;
  }
  EXPECT_THAT(opened->text, testing::AnyOf(testing::IsEmpty(), HasSubstr("checksum mismatch")));
  return opened->session->scan()->size();
}

TEST(RocksDbSubject, TheRecoveryModesDoWithABadRecordWhatTheySay) {
  const faultfs::Image image = with_a_bad_record(100, 'y');
  EXPECT_EQ(keys_served(image, "kTolerateCorruptedTailRecords"), std::nullopt);
  EXPECT_EQ(keys_served(image, "kAbsoluteConsistency"), std::nullopt);
  EXPECT_EQ(keys_served(image, "kPointInTimeRecovery"), 1U);
  const auto salvaged = keys_served(image, "kSkipAnyCorruptedRecords");
  ASSERT_TRUE(salvaged);
  EXPECT_GT(*salvaged, 20U);  // the block of the bad record is left out, and the next one is not
  EXPECT_LT(*salvaged, 40U);
}

// A type that RocksDB has for records of recycled logs: one flipped bit of an ordinary one. The record is then taken
// for one of the log that had been there before, which ends the log and is no corruption, whatever the mode; in
// kSkipAnyCorruptedRecords it is read again and again, without end.
TEST(RocksDbSubject, AFlippedTypeOfARecordEndsTheLogWithoutAWord) {
  const faultfs::Image image = with_a_bad_record(6, 1 ^ 4);
  EXPECT_EQ(keys_served(image, "kTolerateCorruptedTailRecords"), 1U);
  EXPECT_EQ(keys_served(image, "kAbsoluteConsistency"), 1U);
  EXPECT_EQ(keys_served(image, "kPointInTimeRecovery"), 1U);
}

TEST(RocksDbSubject, KnowsItsFilesByName) {
  EXPECT_EQ(kRocksDb.role_of("000012.log"), FileRole::log);
  for (const std::string name : {"000012.sst", "MANIFEST-000002", "CURRENT"}) {
    EXPECT_EQ(kRocksDb.role_of(name), FileRole::unknown);
  }
  for (const std::string name : {"LOCK", "IDENTITY", "OPTIONS-000007", "000012.dbtmp"}) {
    EXPECT_EQ(kRocksDb.role_of(name), FileRole::other);
  }
}

}  // namespace
}  // namespace walbreaker
