#include "engine/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/batch.h"
#include "engine/bytes.h"
#include "engine/file_header.h"
#include "engine/log_record.h"
#include "engine/posix_vfs.h"
#include "engine/store.h"
#include "engine/store_test_util.h"

namespace kv {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Lines = std::vector<std::string>;

Lines dumped(const std::string& path) {
  PosixVfs vfs;
  Lines lines;
  must(dump(vfs, path, [&](std::string_view line) { lines.emplace_back(line); }));
  return lines;
}

class Dump : public testing::Test {
 protected:
  // Takes the place of `record` in the log by hand: a writer of ours would not make it.
  void replace_log_records(const std::string& records) {
    overwrite(log_, contents_of(log_).substr(0, kFileHeaderBytes) + records);
  }
  [[nodiscard]] std::uint32_t seed_at(std::uint64_t offset) const {
    const auto header = decode_file_header(contents_of(log_), FileType::log, 1);
    EXPECT_TRUE(header);
    return ChecksumSeed(*header).at(offset);
  }

  const TempDir dir_;
  const std::string store_ = dir_ / "store";
  const std::string log_ = dir_ / "store/wal-1.log";
};

TEST_F(Dump, TellsALogRecordByRecord) {
  make_killed_store(store_);
  EXPECT_THAT(dumped(log_), ElementsAre("wal-1.log: log of generation 1, 4240 bytes",
                                        AllOf(StartsWith("         0  ok   header: version 1, store "),
                                              EndsWith("record 1 is its first, void until snapshot-1.dat verifies")),
                                        "      4096  ok   record 1, durable 0: put \"a\" = \"value of a\"",
                                        "      4144  ok   record 2, durable 1: put \"b\" = \"value of b\"",
                                        "      4192  ok   record 3, durable 2: put \"c\" = \"value of c\"",
                                        "      4240  ok   end of the file"));
}

TEST_F(Dump, TellsBatchesRemovesAndTheCloseRecord) {
  PosixVfs vfs;
  Options options;
  options.compact_after_operations = 0;
  auto store = must(Store::open(vfs, store_, options));
  must(store->put("a", "1"));
  must(store->remove("a"));
  Batch batch;
  batch.put("b", std::string(100, 'x'));
  batch.remove("c\n");
  must(store->write(batch));
  const Lines log = dumped(log_);
  EXPECT_THAT(log, Contains(EndsWith("record 2, durable 1: remove \"a\"")));
  EXPECT_THAT(log, Contains(EndsWith("record 3, durable 2: batch of 2")));
  EXPECT_THAT(log, Contains("                   put \"b\" = \"" + std::string(64, 'x') + "\"... (100 bytes)"));
  EXPECT_THAT(log, Contains("                   remove \"c\\x0a\""));
  must(store->close());
  store.reset();
  EXPECT_THAT(dumped(only_file(store_, "wal-")),
              AllOf(Contains(HasSubstr("follows wal-1.log which ended at ")), Contains(EndsWith("durable 3: close"))));
}

TEST_F(Dump, TellsASnapshotBlockByBlock) {
  {
    PosixVfs vfs;
    const auto store = must(Store::open(vfs, store_));
    must(store->put("a", "1"));
    must(store->put("b", ""));
    must(store->close());
  }
  EXPECT_THAT(
      dumped(only_file(store_, "snapshot-")),
      ElementsAre("snapshot-2.dat: snapshot of generation 2, 4155 bytes",
                  AllOf(StartsWith("         0  ok   header: "), EndsWith("the state after record 2")),
                  "      4096  ok   block 0: 19 bytes of entries", "                   \"a\" = \"1\"",
                  "                   \"b\" = \"\"", "      4123  ok   footer: entries 2, blocks 1, bytes of blocks 27",
                  "            the snapshot verifies"));
}

TEST_F(Dump, OfADirectoryTellsEveryFileInTheOrderOfGenerations) {
  make_killed_store(store_);
  overwrite(store_ + "/wal-10.log", "");
  overwrite(store_ + "/wal-9.log.damaged", "");
  overwrite(store_ + "/snapshot-7.dat.tmp", "");
  overwrite(store_ + "/other.tmp", "");
  overwrite(store_ + "/no\x1btes", "");
  std::vector<std::string> names;
  for (const std::string& line : dumped(store_)) {
    if (!line.starts_with(' ')) names.push_back(line.substr(0, line.find(':')));
  }
  EXPECT_THAT(names, ElementsAre("LOCK", "no\\x1btes", "other.tmp", "snapshot-1.dat", "wal-1.log", "snapshot-7.dat.tmp",
                                 "wal-9.log.damaged", "wal-10.log"));
}

TEST_F(Dump, GoesOnBehindABadRecordAndPointsAtTheProofThatItWasDurable) {
  make_damaged_store(store_);
  EXPECT_THAT(dumped(log_), ElementsAre(StartsWith("wal-1.log"), HasSubstr("header"),
                                        "      4096  BAD  no record verifies here; record 1 is expected",
                                        StartsWith("      4096  -    the reader stops"),
                                        "      4144  ok   record 2, durable 1: put \"b\" = \"value of b\"; proves that "
                                        "the expected record was durable",
                                        "      4192  ok   record 3, durable 2: put \"c\" = \"value of c\"",
                                        "      4240  -    end of the file; found 2 record headers"));
}

TEST_F(Dump, SaysWhichChecksumOfABadRecordStillHolds) {
  make_killed_store(store_);
  const std::string log = contents_of(log_);
  flip_bit(log_, log.find("value of a"));
  flip_bit(log_, log.find("value of b"));
  EXPECT_THAT(
      dumped(log_),
      AllOf(Contains("      4096  BAD  record 1, durable 0: the header verifies, the payload of 15 bytes does not"),
            Contains("      4144  BAD  record 2, durable 1: the header verifies, the payload of 15 bytes does not; "
                     "proves that the expected record was durable")));
}

TEST_F(Dump, SaysThatNothingProvesATornTailToHaveBeenDurable) {
  make_killed_store(store_);
  std::string hole(kRecordHeaderBytes, '\xff');
  std::string record;
  encode_record(record, RecordKind::remove, 2, 0, "a", seed_at(kFileHeaderBytes + hole.size()));
  replace_log_records(hole + record);
  EXPECT_THAT(dumped(log_), AllOf(Contains(EndsWith("record 2, durable 0: remove \"a\"")),
                                  Contains(EndsWith("none proves that the expected record was durable"))));
}

TEST_F(Dump, TellsZerosAtTheEndFromTheEnd) {
  make_killed_store(store_);
  std::filesystem::resize_file(log_, 8192);
  EXPECT_THAT(dumped(log_).back(), "      4240  ok   only zeros from here to the end of the file");
}

TEST_F(Dump, TellsAKindAndAPayloadThatItDoesNotKnow) {
  make_killed_store(store_);
  std::string unknown;
  encode_record(unknown, static_cast<RecordKind>(9), 1, 0, "?", seed_at(kFileHeaderBytes));
  std::string malformed;
  encode_record(malformed, RecordKind::put, 2, 0, "?", seed_at(kFileHeaderBytes + unknown.size()));
  replace_log_records(unknown + malformed);
  EXPECT_THAT(dumped(log_),
              AllOf(Contains(HasSubstr("BAD  record 1, durable 0: of kind 9, which this program does not know")),
                    Contains(HasSubstr("BAD  record 2, durable 0: a put whose payload of 1 bytes is malformed"))));
}

TEST_F(Dump, SaysThatWithoutItsHeaderAFileCannotBeChecked) {
  make_killed_store(store_);
  flip_bit(log_, 100);
  EXPECT_THAT(dumped(log_),
              ElementsAre(StartsWith("wal-1.log"), HasSubstr("BAD  the header does not match its checksum"),
                          HasSubstr("nothing behind it can be checked")));
  raise_version(store_ + "/snapshot-1.dat");
  EXPECT_THAT(dumped(store_ + "/snapshot-1.dat"), Contains(HasSubstr("BAD  format version 2")));
}

class DumpOfASnapshot : public testing::Test {
 protected:
  DumpOfASnapshot() {
    PosixVfs vfs;
    const auto store = must(Store::open(vfs, store_));
    for (char key = 'a'; key <= 'e'; ++key) must(store->put({&key, 1}, std::string(2000, key)));
    must(store->close());
    snapshot_ = only_file(store_, "snapshot-");
  }

  const TempDir dir_;
  const std::string store_ = dir_ / "store";
  std::string snapshot_;
};

TEST_F(DumpOfASnapshot, GoesOnBehindABadBlock) {
  flip_bit(snapshot_, contents_of(snapshot_).find("aaaa"));
  const Lines lines = dumped(snapshot_);
  EXPECT_THAT(
      lines, AllOf(Contains(HasSubstr("BAD  block 0")), Contains(HasSubstr("ok   block 1")),
                   Contains(StartsWith("                   \"e\" = ")), Contains(HasSubstr("ok   footer: entries 5"))));
  EXPECT_THAT(lines, Not(Contains(StartsWith("                   \"a\" = "))));
  EXPECT_THAT(lines.back(), StartsWith("            the snapshot does not verify: offset 4096: block 0 "));
}

TEST_F(DumpOfASnapshot, ShowsTheFooterBehindABlockWhoseLengthIsGone) {
  std::string bytes = contents_of(snapshot_);
  store(bytes, kFileHeaderBytes + 4, ~std::uint32_t{0});
  overwrite(snapshot_, bytes);
  EXPECT_THAT(dumped(snapshot_),
              AllOf(Contains(HasSubstr("BAD  block 0: its length reaches past the end of the blocks")),
                    Contains(HasSubstr("ok   footer: entries 5"))));
}

TEST_F(DumpOfASnapshot, ShowsTheBlocksOfASnapshotWithoutItsFooter) {
  std::filesystem::resize_file(snapshot_, std::filesystem::file_size(snapshot_) - 1);
  EXPECT_THAT(dumped(snapshot_), AllOf(Contains(StartsWith("                   \"e\" = ")),
                                       Contains(HasSubstr("BAD  the file ends without a footer"))));
}

TEST_F(DumpOfASnapshot, SaysThatAFooterIsBad) {
  flip_bit(snapshot_, std::filesystem::file_size(snapshot_) - 10);
  EXPECT_THAT(dumped(snapshot_), AllOf(Contains(StartsWith("                   \"e\" = ")),
                                       Contains(HasSubstr("BAD  the footer does not match its checksum"))));
}

TEST_F(Dump, OfAnyCutOrFlippedFileComesToAnEnd) {
  make_killed_store(store_);
  {
    PosixVfs vfs;
    must(must(Store::open(vfs, store_))->put("in the log", "and the others in the snapshot"));
  }
  for (const std::string& path : {only_file(store_, "wal-"), only_file(store_, "snapshot-")}) {
    const std::string whole = contents_of(path);
    for (std::size_t at = 0; at < whole.size(); at += at < kFileHeaderBytes ? 37 : 1) {
      flip_bit(path, at);
      EXPECT_THAT(dumped(path), Contains(HasSubstr("BAD"))) << at;
      overwrite(path, whole.substr(0, at));
      EXPECT_FALSE(dumped(path).empty()) << at;
      overwrite(path, whole);
    }
  }
}

TEST_F(Dump, ChangesNoByteAndCreatesNoLock) {
  make_damaged_store(store_);
  std::filesystem::remove(store_ + "/LOCK");
  const auto before = files_in(store_);
  dumped(store_);
  EXPECT_EQ(files_in(store_), before);
}

TEST_F(Dump, OfAStoreInUseIsLockedButOneFileOfItIsNot) {
  PosixVfs vfs;
  const auto user = must(Store::open(vfs, store_));
  EXPECT_EQ(error_of(dump(vfs, store_, [](std::string_view) {})).code, ErrorCode::locked);
  EXPECT_THAT(dumped(log_), Contains(HasSubstr("end of the file")));
}

TEST_F(Dump, OfAFileThatIsNotOursIsInvalid) {
  PosixVfs vfs;
  create(dir_ / "notes.txt", "hello");
  EXPECT_EQ(error_of(dump(vfs, dir_ / "notes.txt", [](std::string_view) {})).code, ErrorCode::invalid_argument);
}

TEST_F(Dump, OfAFileThatCannotBeReadGoesOnWithTheOthers) {
  make_killed_store(store_);
  std::filesystem::create_directory(store_ + "/snapshot-0001.dat");
  std::filesystem::create_directory(store_ + "/wal-2.log");
  overwrite(store_ + "/wal-3.log", "");
  PosixVfs vfs;
  Lines lines;
  EXPECT_EQ(error_of(dump(vfs, store_, [&](std::string_view line) { lines.emplace_back(line); })).code,
            ErrorCode::io_error);
  EXPECT_THAT(
      lines, AllOf(Contains(StartsWith("wal-2.log: cannot be read: io_error: ")), Contains(StartsWith("wal-3.log: "))));
}

}  // namespace
}  // namespace kv
