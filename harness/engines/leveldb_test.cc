// LevelDB on this project's disks: the real one, beside LevelDB's own Env, and the simulated one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/posix_test_util.h"
#include "engine/posix_vfs.h"
#include "faultfs/crash_state.h"
#include "faultfs/fault_plan.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/engines/leveldb_subject.h"
#include "harness/engines/lsm_test_util.h"

namespace walbreaker {
namespace {

using kv::must;
using testing::AllOf;
using testing::Field;
using testing::HasSubstr;

const LevelDbSubject kLevelDb;

// LevelDB on its own Env, and with its own threads: what a user has. It says to nobody what it does.
class NativeStore {
 public:
  explicit NativeStore(const std::string& directory) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    options.info_log = &silence_;
    leveldb::DB* opened = nullptr;
    check(leveldb::DB::Open(options, directory, &opened));
    db_.reset(opened);
  }

  void put(const std::string& key, const std::string& value) { check(db_->Put(synced_, key, value)); }
  void del(const std::string& key) { check(db_->Delete(synced_, key)); }
  void batch(leveldb::WriteBatch batch) { check(db_->Write(synced_, &batch)); }
  void write_nothing(const leveldb::WriteOptions& options) {
    leveldb::WriteBatch nothing;
    check(db_->Write(options, &nothing));
  }
  void sync() { write_nothing(synced_); }
  void compact() {
    db_->CompactRange(nullptr, nullptr);
    write_nothing({});
  }
  Listing scan() {
    Listing listing;
    const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator({}));
    for (at->SeekToFirst(); at->Valid(); at->Next()) listing.emplace_back(at->key().ToString(), at->value().ToString());
    check(at->status());
    return listing;
  }

 private:
  class Silence final : public leveldb::Logger {
   public:
    void Logv(const char* /*format*/, std::va_list /*arguments*/) override {}
  };

  static void check(const leveldb::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }

  static leveldb::WriteOptions synced() {
    leveldb::WriteOptions options;
    options.sync = true;
    return options;
  }

  Silence silence_;
  leveldb::WriteOptions synced_ = synced();
  std::unique_ptr<leveldb::DB> db_;
};

std::map<std::string, std::string> files_of(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

// What is done to both, in two processes; a value is larger than a block of the log.
const std::string kLarge(70'000, 'x');

void fill(Session& store) {
  must(store.put("a", "1"));
  must(store.put("large", kLarge));
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

void fill(NativeStore& store) {
  store.put("a", "1");
  store.put("large", kLarge);
  leveldb::WriteBatch batch;
  batch.Put("b", "2");
  batch.Put("c", "3");
  batch.Delete("a");
  store.batch(batch);
  store.compact();
  store.del("b");
  store.sync();
}

const Listing kFilled{{"c", "3"}, {"large", kLarge}};

TEST(LevelDbEnv, LeavesTheBytesThatLevelDbLeavesOnItsOwn) {
  const kv::TempDir directory;
  kv::PosixVfs vfs;
  for (int process = 0; process < 2; ++process) {
    const auto session = must_open(kLevelDb, vfs, directory / "ours", {{"sync", "true"}});
    fill(*session);
    EXPECT_EQ(session->scan(), kFilled);
    must(session->close());
    NativeStore native(directory / "native");
    fill(native);
    EXPECT_EQ(native.scan(), kFilled);
  }
  const auto ours = files_of(directory / "ours");
  EXPECT_GT(ours.size(), 4U);
  EXPECT_TRUE(ours == files_of(directory / "native"));
}

TEST(LevelDbEnv, EachOpensWhatTheOtherLeft) {
  const kv::TempDir directory;
  kv::PosixVfs vfs;
  fill(*must_open(kLevelDb, vfs, directory / "ours"));  // and is killed
  EXPECT_EQ(NativeStore(directory / "ours").scan(), kFilled);
  {
    NativeStore native(directory / "native");
    fill(native);
  }
  EXPECT_EQ(must_open(kLevelDb, vfs, directory / "native")->scan(), kFilled);
}

TEST(LevelDbEnv, SyncsTheDirectoryInFrontOfEachManifestAndAtNoOtherTime) {
  faultfs::SimDisk disk;
  fill(*must_open(kLevelDb, disk, "/db", {{"sync", "true"}}));
  std::map<faultfs::FileId, std::string> names;
  int syncs_of_manifests = 0;
  int syncs_of_directories = 0;
  bool just_synced = false;  // the directory, with no other sync behind it
  for (const faultfs::TraceOp& op : disk.trace().ops) {
    if (op.kind == faultfs::OpKind::create) names[op.file] = op.path;
    if (op.kind == faultfs::OpKind::sync_dir) {
      ++syncs_of_directories;
      just_synced = true;
    } else if (op.kind == faultfs::OpKind::sync) {
      const bool is_manifest = names[op.file].contains("MANIFEST");
      if (is_manifest) ++syncs_of_manifests;
      EXPECT_EQ(is_manifest, just_synced) << names[op.file];
      just_synced = false;
    }
  }
  EXPECT_EQ(syncs_of_manifests, 3);  // of the first one, the one that an open begins, and the compaction
  EXPECT_EQ(syncs_of_directories, syncs_of_manifests);
}

TEST(LevelDbEnv, PassesOnTheErrorsOfTheDisk) {
  const auto error_of = [](std::string_view plan) { return error_of_a_put(kLevelDb, plan); };
  const auto is = [](kv::ErrorCode code, int os_error, const std::string& context) {
    return AllOf(Field(&kv::Error::code, code), Field(&kv::Error::os_error, os_error),
                 Field(&kv::Error::context, HasSubstr(context)));
  };
  EXPECT_THAT(error_of("write_error write at 0 once after 0 of *.log\n"), is(kv::ErrorCode::io_error, EIO, ".log"));
  EXPECT_THAT(error_of("sync_error sync at 0 once of *.log\n"), is(kv::ErrorCode::io_error, EIO, ".log"));
  EXPECT_THAT(error_of("no_space write at 0 once after 0 of *.log\n"), is(kv::ErrorCode::no_space, ENOSPC, ".log"));
}

TEST(LevelDbEnv, ACompactionThatFailsIsAnErrorAndSoIsEveryLaterWrite) {
  faultfs::SimDisk disk;
  faultfs::FaultyVfs vfs(disk, *faultfs::parse_fault_plan("write_error write at 0 once after 0 of *.ldb\n"));
  const auto session = must_open(kLevelDb, vfs, "/db");
  must(session->put("a", "1"));
  EXPECT_EQ(session->compact().error().os_error, EIO);
  EXPECT_EQ(session->put("b", "2").error().os_error, EIO);
  EXPECT_EQ(session->get("a").value(), "1");
  EXPECT_FALSE(session->close());
}

TEST(LevelDbSubject, ASecondOpenerIsRefused) { expect_a_second_opener_is_refused(kLevelDb); }

TEST(LevelDbSubject, ASettingThatItDoesNotKnowIsNamedWithThoseThatItKnows) {
  expect_settings_are_refused(
      kLevelDb, {{{"colour", "red"}}, {{"sync", "maybe"}}, {{"write_buffer_size", "1k"}}, {{"background", "never"}}},
      "paranoid_checks=true|false");
}

TEST(LevelDbSubject, AKillReachesTheDiskNoMoreWhateverIsQueued) { expect_a_kill_reaches_the_disk_no_more(kLevelDb); }

std::size_t count_of(const faultfs::Trace& trace, faultfs::OpKind kind, std::string_view suffix) {
  return static_cast<std::size_t>(std::ranges::count_if(
      trace.ops, [&](const faultfs::TraceOp& op) { return op.kind == kind && op.path.ends_with(suffix); }));
}

// Values so large that a memtable holds one, in a buffer of the smallest size: each write finds the memtable full, and
// the one before it in the background or not.
std::string trace_of_full_memtables(const std::string& background) {
  faultfs::SimDisk disk;
  const Settings settings{{"background", background}, {"write_buffer_size", "65536"}};
  Listing expected;
  for (int process = 0; process < 2; ++process) {
    const auto session = must_open(kLevelDb, disk, "/db", settings);
    for (int i = 0; i < 40; ++i) {
      const std::string key = fmt::format("{:02}", i);
      must(session->put(key, std::string(70'000, static_cast<char>('a' + process))));
      if (i % 8 == 0) must(session->sync());
      if (process == 1) expected.emplace_back(key, std::string(70'000, 'b'));
    }
    if (process == 1) {
      EXPECT_EQ(session->scan(), expected);
    }
    must(session->close());
  }
  EXPECT_GT(count_of(disk.trace(), faultfs::OpKind::create, ".log"), 70U);
  EXPECT_GT(count_of(disk.trace(), faultfs::OpKind::create, ".ldb"), 70U);
  return to_text(disk.trace());
}

TEST(LevelDbSubject, FullMemtablesDoNotHangAndTheSameRunIsTheSameOperations) {
  for (const std::string background : {"eager", "lazy"}) {
    const std::string trace = trace_of_full_memtables(background);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(trace_of_full_memtables(background) == trace) << background;
  }
}

TEST(LevelDbSubject, BackgroundWorkIsDoneBeforeTheAnswerOrNotBeforeItIsWaitedFor) {
  for (const bool lazy : {false, true}) {
    faultfs::SimDisk disk;
    const auto session =
        must_open(kLevelDb, disk, "/db", {{"background", lazy ? "lazy" : "eager"}, {"compact_after_operations", "1"}});
    must(session->put("a", "1"));
    must(session->put("b", "2"));
    EXPECT_EQ(count_of(disk.trace(), faultfs::OpKind::create, ".ldb"), lazy ? 0U : 1U);
    must(session->put("c", "3"));  // has to wait for the memtable of `a`
    EXPECT_EQ(count_of(disk.trace(), faultfs::OpKind::create, ".ldb"), lazy ? 1U : 2U);
  }
}

// What a power cut leaves that takes all that is pending.
faultfs::Image without_pending(const faultfs::SimDisk& disk) {
  const faultfs::CrashState state{.point = {.ops = disk.trace().ops.size()}, .fates = {}};
  return *faultfs::apply(state, disk.trace(), *faultfs::parse_disk_model("ordered"));
}

// LevelDB syncs the log that it writes to, and not the one before it, whose memtable may not be in a table yet. So the
// documentation's "restarted just after the last synchronous write" fails where a slow background thread, a full
// memtable and a power cut meet (github.com/google/leveldb/issues/193).
TEST(LevelDbSubject, ASyncDoesNotReachTheLogBeforeWhichALazyBackgroundShows) {
  for (const bool lazy : {false, true}) {
    faultfs::SimDisk disk;
    const auto session =
        must_open(kLevelDb, disk, "/db", {{"background", lazy ? "lazy" : "eager"}, {"compact_after_operations", "1"}});
    must(session->put("a", "1"));
    must(session->put("b", "2"));
    must(session->sync());
    faultfs::SimDisk left(without_pending(disk));
    const Listing all{{"a", "1"}, {"b", "2"}};
    const Listing second{{"b", "2"}};
    EXPECT_EQ(must_open(kLevelDb, left, "/db")->scan(), lazy ? second : all);
  }
}

// A flipped bit in the first of three records of a log.
faultfs::Image with_a_bad_record() {
  faultfs::SimDisk disk;
  const auto session = must_open(kLevelDb, disk, "/db");
  for (const std::string key : {"a", "b", "c"}) must(session->put(key, std::string(40, 'x')));
  auto log = disk.open("/db/000003.log", kv::OpenMode::read_write);
  must(kv::write_all(**log, 30, "y"));
  return disk.image();
}

TEST(LevelDbSubject, GoesOnBehindABadRecordAndSaysSoInItsLogAlone) {
  faultfs::SimDisk disk(with_a_bad_record());
  const auto opened = kLevelDb.open(disk, "/db", {});
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->answer, OpenAnswer::clean);
  EXPECT_THAT(opened->text, HasSubstr("checksum mismatch"));
  EXPECT_EQ(opened->session->scan(), Listing{});
}

TEST(LevelDbSubject, RefusesABadRecordWithParanoidChecks) {
  faultfs::SimDisk disk(with_a_bad_record());
  const auto opened = kLevelDb.open(disk, "/db", {.settings = {{"paranoid_checks", "true"}}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, kv::ErrorCode::corrupted);
}

TEST(LevelDbSubject, KnowsItsFilesByName) {
  EXPECT_EQ(kLevelDb.role_of("000012.log"), FileRole::log);
  for (const std::string name : {"000012.ldb", "MANIFEST-000002", "CURRENT"}) {
    EXPECT_EQ(kLevelDb.role_of(name), FileRole::unknown);
  }
  EXPECT_EQ(kLevelDb.role_of("LOCK"), FileRole::other);
  EXPECT_EQ(kLevelDb.role_of("000012.dbtmp"), FileRole::other);
}

}  // namespace
}  // namespace walbreaker
