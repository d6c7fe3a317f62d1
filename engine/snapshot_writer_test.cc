#include "engine/snapshot_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/snapshot_test_util.h"

namespace kv {
namespace {

using Kind = MemoryFile::Kind;

TEST(SnapshotWriter, TheBytesAreThoseOfTheFormat) {
  const std::string bytes = snapshot_of({{"key", "value"}, {"more", ""}});
  EXPECT_EQ(bytes.substr(0, kFileHeaderBytes), encode(kSnapshotHeader));
  EXPECT_EQ(to_hex(bytes.substr(kFileHeaderBytes)), to_hex(bytes_of("c005917b 1c000000"  // block 0: checksum, length
                                                                    "03000000 05000000"  // key and value length
                                                                    "6b6579 76616c7565"  // key, value
                                                                    "04000000 00000000 6d6f7265"  // the second entry
                                                                    "0200000000000000"            // entries
                                                                    "0100000000000000"            // blocks
                                                                    "2400000000000000"            // bytes of all blocks
                                                                    "42874bb5 bd6a2a89")));       // checksums
}

TEST(SnapshotWriter, AnEmptyTreeIsAHeaderAndAFooter) {
  EXPECT_EQ(snapshot_of({}).size(), kFileHeaderBytes + kSnapshotFooterBytes);
  const ReadSnapshot found = read_bytes(snapshot_of({}));
  EXPECT_EQ(found.header.value(), kSnapshotHeader);
  EXPECT_EQ(found.entries, Entries{});
}

TEST(SnapshotWriter, WhatItWritesIsReadBack) {
  const std::string any_bytes("\0\xff\n", 3);
  const std::string large(std::size_t{3} << 20, 'x');
  const std::vector<Entries> samples = {
      {{"", ""}},
      {{"", "value of the empty key"}, {any_bytes, any_bytes}, {"key", ""}},
      {{"a", "small"}, {"b", large}, {"c", "small"}, {"d", large}},
      {{std::string(kMaxKeyBytes, 'k'), "value of the longest key"}},
      numbered_entries(10'000, 100),
  };
  for (const Entries& entries : samples) {
    BPlusTree tree = tree_of(entries);
    MemoryFile file;
    write_snapshot(file, kSnapshotHeader, tree).value();
    const ReadSnapshot found = read(file);
    EXPECT_EQ(found.header.value(), kSnapshotHeader);
    Entries in_order;
    for (auto cursor = tree.begin(); cursor.valid(); cursor.next()) in_order.emplace_back(cursor.key(), cursor.value());
    EXPECT_TRUE(found.entries == in_order) << entries.size();
  }
}

// An entry of 8 + 8 + 1,008 bytes: four fill a block to the byte.
TEST(SnapshotWriter, ABlockEndsWithTheEntryThatFillsIt) {
  const auto entries = [](std::size_t count, std::size_t value_bytes) {
    Entries made;
    for (std::size_t i = 0; i < count; ++i)
      made.emplace_back("key-000" + std::to_string(i), std::string(value_bytes, 'v'));
    return made;
  };
  static_assert(kSnapshotBlockBytes == std::size_t{4} * (8 + 8 + 1008));
  EXPECT_EQ(read_bytes(snapshot_of(entries(4, 1008))).blocks, 1U);
  EXPECT_EQ(read_bytes(snapshot_of(entries(5, 1008))).blocks, 2U);
  EXPECT_EQ(read_bytes(snapshot_of(entries(5, 1007))).blocks, 1U);
  EXPECT_EQ(read_bytes(snapshot_of(entries(3, 5000))).blocks, 3U);
  constexpr std::size_t kBytes =
      kFileHeaderBytes + 2 * kBlockHeaderBytes + std::size_t{5} * 1024 + kSnapshotFooterBytes;
  EXPECT_EQ(snapshot_of(entries(5, 1008)).size(), kBytes);
}

TEST(SnapshotWriter, WritesFrontToBackAndSyncsOnceAtTheEnd) {
  MemoryFile file;
  write_snapshot(file, kSnapshotHeader, tree_of(numbered_entries(5'000, 1000))).value();
  std::uint64_t end = 0;
  for (std::size_t i = 0; i + 1 < file.calls.size(); ++i) {
    EXPECT_EQ(file.calls[i].kind, Kind::write);
    EXPECT_EQ(file.calls[i].offset, end);
    end += file.calls[i].bytes;
  }
  EXPECT_EQ(end, file.contents.size());
  EXPECT_EQ(file.calls.back().kind, Kind::sync);
  EXPECT_GT(file.calls.size(), 4U) << "a large one is written in pieces";
  EXPECT_LT(file.calls.size(), 8U) << "of about 1 MiB";
}

TEST(SnapshotWriter, ContinuesShortWrites) {
  const Entries entries = numbered_entries(100, 100);
  for (const std::size_t bytes_per_call : {1UL, 7UL, 4095UL, 4097UL}) {
    MemoryFile file;
    file.bytes_per_call = bytes_per_call;
    write_snapshot(file, kSnapshotHeader, tree_of(entries)).value();
    EXPECT_TRUE(file.contents == snapshot_of(entries)) << bytes_per_call;
  }
}

TEST(SnapshotWriter, AWriteWithoutProgressIsNoSpace) {
  MemoryFile file;
  file.bytes_per_call = 0;
  EXPECT_EQ(code_of(write_snapshot(file, kSnapshotHeader, tree_of({{"key", "value"}}))), ErrorCode::no_space);
}

TEST(SnapshotWriter, ReturnsTheErrorOfWhicheverCallFails) {
  const BPlusTree tree = tree_of(numbered_entries(3'000, 1000));
  std::size_t failures = 0;
  for (;; ++failures) {
    MemoryFile file;
    file.bytes_per_call = 100'000;
    file.fail_at = failures;
    const Result<void> result = write_snapshot(file, kSnapshotHeader, tree);
    if (result) break;
    EXPECT_EQ(result.error().code, ErrorCode::io_error);
    EXPECT_EQ(result.error().context, "call " + std::to_string(failures));
    EXPECT_EQ(file.calls.size(), failures + 1) << "went on after an error";
    const bool whole = file.calls.back().kind == Kind::sync;
    file.fail_at = MemoryFile::kNever;
    EXPECT_EQ(code_of(read(file).header), whole ? ErrorCode::ok : ErrorCode::corrupted) << "half a snapshot is none";
  }
  EXPECT_GT(failures, 30U) << "3 MB, 100,000 bytes a call";
}

}  // namespace
}  // namespace kv
