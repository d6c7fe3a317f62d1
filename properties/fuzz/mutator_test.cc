#include "properties/fuzz/mutator.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/crafted_files.h"
#include "engine/snapshot_reader.h"
#include "engine/wal_reader.h"
#include "properties/fuzz/file_parts.h"
#include "properties/fuzz/packed_store.h"

namespace walbreaker::fuzz {
namespace {

using reference::FileKind;

kv::CraftedLog a_log() { return kv::CraftedLog(kv::void_log(1)).put("a", "1").put("b", "22").put("c", "333"); }

std::string a_snapshot() { return kv::crafted_snapshot(1, 0, {{"a", "1"}, {"b", std::string(5000, 'x')}, {"c", "2"}}); }

// How many records a reader takes.
std::size_t records_of(const std::string& bytes) {
  kv::MemoryFile file(bytes);
  const auto header = kv::read_file_header(file, kv::FileType::log, 1);
  if (!header) return 0;
  kv::WalReader reader(file, bytes.size(), *header);
  std::size_t count = 0;
  while (kv::must(reader.next()) == kv::WalReader::Step::record) ++count;
  return count;
}

bool verifies(const std::string& bytes) {
  kv::MemoryFile file(bytes);
  return kv::read_snapshot(file, 1, [](const auto&) {}).has_value();
}

void flip(std::string& bytes) {
  if (!bytes.empty()) bytes.back() = static_cast<char>(bytes.back() ^ 1);
}

TEST(FileParts, OfALogAreItsRecords) {
  const FileParts parts = split(FileKind::log, a_log().bytes());
  ASSERT_EQ(parts.pieces.size(), 3U);
  EXPECT_EQ(parts.pieces[0].size(), a_log().offset_of(1) - a_log().offset_of(0));
}

TEST(FileParts, OfASnapshotAreItsBlocksAndItsFooter) {
  const FileParts parts = split(FileKind::snapshot, a_snapshot());
  EXPECT_EQ(parts.pieces.size(), 2U);
  EXPECT_EQ(parts.footer.size(), reference::kFooterBytes);
}

TEST(FileParts, JoinToTheFileWhateverItIs) {
  for (const std::string& file : {a_log().bytes(), a_snapshot()}) {
    for (const FileKind kind : {FileKind::log, FileKind::snapshot}) {
      for (std::size_t size = 0; size <= file.size(); size += 7) {
        EXPECT_EQ(join(split(kind, file.substr(0, size))), file.substr(0, size));
      }
    }
  }
}

TEST(FileParts, OfALogInAnotherOrderVerifyOnceTheyAreNumberedAndSealed) {
  FileParts parts = split(FileKind::log, a_log().bytes());
  std::swap(parts.pieces[0], parts.pieces[2]);
  parts.pieces.push_back(parts.pieces[1]);
  EXPECT_EQ(records_of(join(parts)), 0U);
  renumber(parts);
  seal_pieces(parts);
  EXPECT_EQ(records_of(join(parts)), 4U);
}

TEST(FileParts, OfALogLeaveAHoleWhereOneIsNotSealed) {
  FileParts parts = split(FileKind::log, a_log().bytes());
  set(parts.header, header_fields()[4], 99);  // the salt
  seal_header(parts);
  seal_pieces(parts, 1);
  EXPECT_EQ(records_of(join(parts)), 1U);
}

TEST(FileParts, OfASnapshotWithOneBlockLessVerifyOnceTheyAreCountedAndSealed) {
  FileParts parts = split(FileKind::snapshot, a_snapshot());
  parts.pieces.erase(parts.pieces.begin());
  EXPECT_FALSE(verifies(join(parts)));
  renumber(parts);
  seal_pieces(parts);
  EXPECT_TRUE(verifies(join(parts)));
}

TEST(Mutator, RepeatsItself) {
  const std::string packed = pack_file(a_log().bytes());
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random first(seed);
    Random second(seed);
    EXPECT_EQ(mutate_log(packed, first, flip), mutate_log(packed, second, flip));
  }
}

// The point of it: what it makes of a log often has another number of records, and they verify.
TEST(Mutator, MakesLogsThatAReaderTakes) {
  const std::string packed = pack_file(a_log().bytes());
  std::set<std::size_t> counts;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    counts.insert(records_of(unpack_file(mutate_log(packed, random, flip))));
  }
  EXPECT_EQ(counts, (std::set<std::size_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Mutator, MakesSnapshotsThatVerify) {
  const std::string packed = pack_file(a_snapshot());
  std::set<std::string> verifying;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    const std::string file = unpack_file(mutate_snapshot(packed, random, flip));
    if (verifies(file)) verifying.insert(file);
  }
  EXPECT_GT(verifying.size(), 10U);
}

// A log that follows another one, with its end and its last record.
TEST(Mutator, TiesLogsTogether) {
  const std::string packed = pack_store(
      {{PackedKind::log, 1, a_log().bytes()}, {PackedKind::log, 2, kv::CraftedLog(kv::void_log(2)).bytes()}});
  std::size_t tied = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    for (const PackedFile& file : unpack_store(mutate_store(packed, random, flip))) {
      const auto parsed = reference::parse_header(file.bytes, {FileKind::log, 2});
      const bool follows =
          parsed.state == reference::HeaderState::good && parsed.fields.link == reference::Link::follows;
      if (follows && parsed.fields.predecessor_end == a_log().end() && parsed.fields.base_seq == 3) ++tied;
    }
  }
  EXPECT_GT(tied, 5U);
}

}  // namespace
}  // namespace walbreaker::fuzz
