#include "harness/reference_layout.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/reference_store_test_util.h"

namespace walbreaker {
namespace {

using Kind = DecodedRecord::Kind;

faultfs::Image example() {
  faultfs::Image image;
  image.files["db/LOCK"] = {};
  image.files["db/sub/wal-1.log"] = {};
  image.files["db/wal-1.log"] = faultfs::FileBytes(reference::example_log_1());
  image.files["db/snapshot-2.dat"] = faultfs::FileBytes(reference::example_snapshot_2());
  image.files["db/wal-2.log"] = faultfs::FileBytes(reference::example_log_2());
  return image;
}

std::vector<Kind> kinds_of(const DecodedFile& file) {
  std::vector<Kind> kinds;
  for (const DecodedRecord& record : file.records) kinds.push_back(record.kind);
  return kinds;
}

// The records of a log follow each other from its header to its end.
void expect_no_gap(const DecodedFile& file) {
  std::uint64_t at = reference::kHeaderBytes;
  for (const DecodedRecord& record : file.records) {
    EXPECT_EQ(record.offset, at);
    at += record.length;
  }
  EXPECT_EQ(at, std::max(file.size, reference::kHeaderBytes));
}

TEST(ReferenceLayout, ShowsEveryFileOfTheWorkedExample) {
  const auto files = decode_files(example(), "db");
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].name, "LOCK");
  EXPECT_EQ(files[0].kind, DecodedFile::Kind::other);

  const DecodedFile& snapshot = files[1];
  EXPECT_EQ(snapshot.name, "snapshot-2.dat");
  EXPECT_TRUE(snapshot.header_ok && snapshot.footer_ok);
  ASSERT_EQ(snapshot.blocks.size(), 1U);
  EXPECT_TRUE(snapshot.blocks[0].ok);
  EXPECT_EQ(snapshot.blocks[0].meaning, "1 entries, \"lime\" to \"lime\"");
  EXPECT_EQ(snapshot.footer_meaning, "1 entries in 1 blocks of 25 bytes");

  const DecodedFile& dead = files[2];
  EXPECT_TRUE(dead.is_dead);
  ASSERT_EQ(kinds_of(dead), (std::vector{Kind::put, Kind::batch}));
  EXPECT_EQ(dead.records[0].meaning, "put \"apple\" = \"red\"");
  EXPECT_EQ(dead.records[1].meaning, "batch of 2: put \"lime\" = \"green\"; remove \"apple\"");
  EXPECT_EQ(dead.records[1].writes.size(), 2U);
  EXPECT_FALSE(dead.stopped_at || dead.records[0].replayed);

  const DecodedFile& live = files[3];
  EXPECT_EQ(live.header_meaning,
            "generation 2, base seq 2, store 0101010101010101, salt 0404040404040404, follows wal-1.log at 4208");
  EXPECT_EQ(kinds_of(live), std::vector{Kind::close});
  EXPECT_TRUE(live.records[0].replayed);
  EXPECT_EQ(live.stopped_at, 4128U);
  EXPECT_EQ(live.findings,
            std::vector<std::string>{"row M ends_cleanly: wal-2.log at offset 4128: the file ends there"});
}

// A log of four puts behind an empty snapshot, given what becomes of its bytes.
template <class Change>
DecodedFile harmed_log(Change change) {
  reference::LogWriter wal({.link = reference::Link::void_until_snapshot, .generation = 1});
  for (const char* key : {"a", "b", "c", "d"}) wal.put(key, "0123456789");
  change(wal.bytes);
  faultfs::Image image;
  image.files["snapshot-1.dat"] = faultfs::FileBytes(reference::snapshot_file({.generation = 1}, {}));
  image.files["wal-1.log"] = faultfs::FileBytes(wal.bytes);
  DecodedFile file = decode_files(image, "").at(1);
  expect_no_gap(file);
  return file;
}

TEST(ReferenceLayout, ShowsWhatStandsBehindTheRecordThatStoppedTheReplay) {
  const DecodedFile file = harmed_log([](std::string& bytes) { bytes[4096 + 48 + 4] = '!'; });
  EXPECT_EQ(kinds_of(file), (std::vector{Kind::put, Kind::no_record, Kind::put, Kind::put}));
  EXPECT_EQ(file.stopped_at, 4096U + 48);
  EXPECT_TRUE(file.records[0].replayed);
  EXPECT_FALSE(file.records[2].replayed);
  EXPECT_TRUE(file.records[2].payload_ok);
  ASSERT_EQ(file.findings.size(), 1U);
  EXPECT_EQ(file.findings[0],
            "row C durable_record_missing: wal-1.log at offset 4144: no record header verifies there, and record 3 at "
            "offset 4192 says that record 2 was durable");
}

TEST(ReferenceLayout, TellsAHarmedPayloadFromAHarmedHeader) {
  const DecodedFile file = harmed_log([](std::string& bytes) { bytes[4096 + 48 + 40] = '!'; });
  EXPECT_EQ(kinds_of(file), (std::vector{Kind::put, Kind::put, Kind::no_record, Kind::put, Kind::put}));
  EXPECT_TRUE(file.records[1].header_ok);
  EXPECT_FALSE(file.records[1].payload_ok);
  EXPECT_EQ(file.records[1].meaning, "the record's payload is not what was written");
}

TEST(ReferenceLayout, ShowsACutRecordAndZeros) {
  const DecodedFile cut = harmed_log([](std::string& bytes) { bytes.resize(bytes.size() - 8); });
  EXPECT_EQ(cut.records[3].meaning, "the record reaches past the end of the file");
  EXPECT_EQ(harmed_log([](std::string& bytes) { bytes += std::string(100, '\0'); }).records.back().kind, Kind::zeros);
}

TEST(ReferenceLayout, SaysWhyAHeaderOrABlockDoesNotVerify) {
  faultfs::Image image = example();
  std::string snapshot = reference::example_snapshot_2();
  snapshot[4110] = '!';
  image.files["db/snapshot-2.dat"] = faultfs::FileBytes(snapshot);
  image.files["db/wal-2.log"] = faultfs::FileBytes("short");
  const auto files = decode_files(image, "db");
  EXPECT_EQ(files[1].blocks.at(0).meaning, "the block's checksum is wrong");
  EXPECT_FALSE(files[1].blocks[0].ok);
  EXPECT_EQ(files[3].header_meaning, "the file ends in its header");
  EXPECT_FALSE(files[3].header_ok);
}

// Somebody may write a log of nothing but headers, each of a record as long as the rest of the file. What they hold
// must not be read once for each.
TEST(ReferenceLayout, IsLinearWhateverTheHeadersSay) {
  const auto time_independent_work = [](std::size_t count) {
    const reference::Header header{
        .version = 1, .link = reference::Link::void_until_snapshot, .store_id = 1, .generation = 1, .salt = 5};
    const reference::Seal seal(header);
    std::string bytes = reference::file_header(reference::FileKind::log, header);
    for (std::size_t i = 0; i < count; ++i) {
      std::string covered;
      kv::append(covered, static_cast<std::uint32_t>((count - i - 1) * reference::kRecordHeaderBytes));
      kv::append<std::uint64_t>(covered, i + 1);
      kv::append<std::uint64_t>(covered, i);
      covered.append(8, '\1');
      kv::append(bytes, seal.crc(bytes.size(), covered));
      bytes += covered;
    }
    faultfs::Image image;
    image.files["wal-1.log"] = faultfs::FileBytes(bytes);
    const auto files = decode_files(image, "");
    expect_no_gap(files.at(0));
    return files.at(0).records.size();
  };
  EXPECT_EQ(time_independent_work(50'000), 50'000U);  // the square of it would be 80 GB to read
}

}  // namespace
}  // namespace walbreaker
