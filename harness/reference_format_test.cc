#include "harness/reference_format.h"

#include <gtest/gtest.h>

#include <string>

#include "harness/reference_store_test_util.h"

namespace walbreaker::reference {
namespace {

constexpr FileName kLog1{FileKind::log, 1};
constexpr FileName kSnapshot2{FileKind::snapshot, 2};

TEST(ReferenceFormat, ReadsNamesWithGenerationsThatThereAre) {
  EXPECT_EQ(parse_name("wal-7.log")->generation, 7U);
  EXPECT_EQ(parse_name("snapshot-10.dat")->kind, FileKind::snapshot);
  EXPECT_EQ(parse_name("wal-9223372036854775807.log")->generation, 9223372036854775807U);
  for (const char* name : {"wal-0.log", "wal-07.log", "wal-.log", "wal--1.log", "wal-9223372036854775808.log",
                           "wal-99999999999999999999.log", "wal-1.dat", "snapshot-1.dat.tmp", "wal-1.log.damaged",
                           "wal-1 .log", "wal-.dat", "LOCK", ""}) {
    EXPECT_FALSE(parse_name(name)) << name;
  }
}

TEST(ReferenceFormat, ReadsTheLogOfTheWorkedExample) {
  const std::string file = example_log_1();
  const auto header = parse_header(file, kLog1);
  ASSERT_EQ(header.state, HeaderState::good) << header.why;
  EXPECT_EQ(header.fields.link, Link::void_until_snapshot);
  EXPECT_EQ(header.fields.store_id, 0x0101010101010101U);

  const Seal seal(header.fields);
  const auto put = read_record_header(file, 0x1000, seal);
  ASSERT_TRUE(put);
  EXPECT_EQ(put->length, 12U);
  EXPECT_EQ(put->seq, 1U);
  EXPECT_EQ(put->kind, kPut);
  EXPECT_TRUE(payload_verifies(file, *put, seal));
  EXPECT_EQ(put->end, 0x1030U);

  const auto batch = read_record_header(file, put->end, seal);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->durable_seq, 1U);
  EXPECT_TRUE(payload_verifies(file, *batch, seal));
  EXPECT_EQ(batch->end, file.size());
  kv::Batch writes;
  EXPECT_TRUE(for_each_write(batch->kind, payload_of(file, *batch), [&](auto kind, auto key, auto value) {
    kind == kv::Batch::Kind::put ? writes.put(key, value) : writes.remove(key);
  }));
  kv::Batch expected;
  expected.put("lime", "green");
  expected.remove("apple");
  EXPECT_EQ(writes.operations(), expected.operations());
}

TEST(ReferenceFormat, ReadsTheSnapshotOfTheWorkedExample) {
  const std::string file = example_snapshot_2();
  const auto header = parse_header(file, kSnapshot2);
  ASSERT_EQ(header.state, HeaderState::good) << header.why;
  EXPECT_EQ(header.fields.base_seq, 2U);
  Entries entries;
  const auto fault = read_snapshot(file, header.fields, entries);
  ASSERT_FALSE(fault) << fault->what;
  EXPECT_EQ(entries, (Entries{{"lime", "green"}}));
}

TEST(ReferenceFormat, AnyFlippedBitOrCutOfASnapshotShows) {
  const std::string file = example_snapshot_2();
  const auto verifies = [](const std::string& bytes) {
    const auto header = parse_header(bytes, kSnapshot2);
    Entries entries;
    return header.state == HeaderState::good && !read_snapshot(bytes, header.fields, entries);
  };
  ASSERT_TRUE(verifies(file));
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    std::string harmed = file;
    harmed[bit / 8] = static_cast<char>(harmed[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(verifies(harmed)) << bit;
  }
  for (std::size_t size = 0; size < file.size(); ++size) ASSERT_FALSE(verifies(file.substr(0, size))) << size;
  EXPECT_FALSE(verifies(file + std::string(8, '\0')));
}

TEST(ReferenceFormat, AnyFlippedBitOfARecordShows) {
  const std::string file = example_log_1();
  const Seal seal(parse_header(file, kLog1).fields);
  for (std::size_t bit = 0x1000 * 8; bit < 0x1030 * 8; ++bit) {
    std::string harmed = file;
    harmed[bit / 8] = static_cast<char>(harmed[bit / 8] ^ (1 << (bit % 8)));
    const auto record = read_record_header(harmed, 0x1000, seal);
    ASSERT_FALSE(record && payload_verifies(harmed, *record, seal)) << bit;
  }
}

TEST(ReferenceFormat, TellsAnotherVersionFromDamage) {
  std::string file = example_log_1();
  kv::store<std::uint32_t>(file, 8, 2);
  EXPECT_EQ(parse_header(file, kLog1).state, HeaderState::damaged);
  seal_header(file);
  EXPECT_EQ(parse_header(file, kLog1).state, HeaderState::other_version);
}

TEST(ReferenceFormat, RefusesHeadersThatSayWhatNoneMay) {
  const auto refused = [](auto change, FileName name) {
    std::string file = name.kind == FileKind::log ? example_log_2() : example_snapshot_2();
    change(file);
    seal_header(file);
    return parse_header(file, name).state == HeaderState::damaged;
  };
  const FileName log{FileKind::log, 2};
  EXPECT_FALSE(refused([](std::string&) {}, log));
  EXPECT_TRUE(refused([](std::string&) {}, kLog1));  // under another name
  EXPECT_TRUE(refused([](std::string& file) { kv::store<std::uint32_t>(file, 12, 3); }, log));
  EXPECT_TRUE(refused([](std::string& file) { kv::store<std::uint32_t>(file, 12, 0); }, log));
  EXPECT_TRUE(refused([](std::string& file) { kv::store<std::uint32_t>(file, 12, 2); }, log));
  EXPECT_TRUE(refused([](std::string& file) { kv::store<std::uint64_t>(file, 48, 2); }, log));
  EXPECT_TRUE(refused([](std::string& file) { kv::store<std::uint64_t>(file, 56, 4095); }, log));
  EXPECT_TRUE(refused([](std::string& file) { file[100] = 'x'; }, log));
  EXPECT_TRUE(refused([](std::string& file) { kv::store<std::uint32_t>(file, 12, 1); }, kSnapshot2));
  EXPECT_TRUE(refused([](std::string& file) { kv::store<std::uint64_t>(file, 56, 1); }, kSnapshot2));
}

TEST(ReferenceFormat, PayloadsThatMakeNoSenseAreToldFromThoseThatDo) {
  const auto sensible = [](std::uint8_t kind, std::string_view payload) {
    return for_each_write(kind, payload, [](auto, auto, auto) {});
  };
  using namespace std::string_view_literals;
  EXPECT_TRUE(sensible(kPut, "\1\0\0\0k"sv));
  EXPECT_FALSE(sensible(kPut, "\2\0\0\0k"sv));
  EXPECT_FALSE(sensible(kPut, "\1\0\0"sv));
  EXPECT_TRUE(sensible(kRemove, "key"sv));
  EXPECT_TRUE(sensible(kBatch, ""sv));
  EXPECT_TRUE(sensible(kBatch, "\2\1\0\0\0\0\0\0\0k"sv));
  EXPECT_FALSE(sensible(kBatch, "\2\1\0\0\0\1\0\0\0kv"sv));
  EXPECT_FALSE(sensible(kBatch, "\3\1\0\0\0\0\0\0\0k"sv));
  EXPECT_FALSE(sensible(kBatch, "\1\1\0\0\0\377\377\377\377k"sv));
  EXPECT_TRUE(sensible(kClose, ""sv));
  EXPECT_FALSE(sensible(kClose, "x"sv));
  EXPECT_FALSE(sensible(0, ""sv));
  EXPECT_FALSE(sensible(5, ""sv));
}

}  // namespace
}  // namespace walbreaker::reference
