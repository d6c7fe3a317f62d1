// Laws of the snapshot: it is believed whole, or not at all.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "engine/snapshot_test_util.h"
#include "properties/format_model.h"
#include "properties/law.h"

namespace walbreaker::properties {
namespace {

using kv::Entries;
using kv::FileHeader;

// Now and then of several blocks.
Entries any_entries() {
  const auto pairs = *rc::gen::container<std::map<std::string, std::string>>(any_bytes(), any_bytes());
  Entries entries(pairs.begin(), pairs.end());
  if (*rc::gen::weightedElement<bool>({{3, false}, {1, true}})) entries = kv::numbered_entries(2 + any_below(60), 400);
  return entries;
}

bool is_refused(const FileHeader& header, std::string bytes) {
  kv::MemoryFile file(std::move(bytes));
  return code_of(kv::read(file, header.generation).header) == kv::ErrorCode::corrupted;
}

TEST(Snapshot, ReadsBackItsHeaderAndEveryEntryInOrder) {
  std::uint64_t blocks = 0;
  check_law(100, [&] {
    const FileHeader header = *any_header(kv::FileType::snapshot);
    const Entries entries = any_entries();
    kv::MemoryFile file(kv::snapshot_of(entries, header));
    file.bytes_per_call = 1 + any_below(5'000);
    const kv::ReadSnapshot got = kv::read(file, header.generation);
    if (!got.header) RC_FAIL(got.header.error().reason);
    RC_ASSERT(*got.header == header);
    RC_ASSERT(got.entries == entries);
    blocks = std::max(blocks, got.blocks);
  });
  EXPECT_GT(blocks, 3U);
}

TEST(Snapshot, IsRefusedWhereverItIsCutOrGrown) {
  check_law(50, [] {
    const FileHeader header = *any_header(kv::FileType::snapshot);
    const std::string bytes = kv::snapshot_of(any_entries(), header);
    for (int i = 0; i < 20; ++i) RC_ASSERT(is_refused(header, bytes.substr(0, any_below(bytes.size()))));
    for (std::size_t cut = 1; cut <= 40 && cut <= bytes.size(); ++cut) {
      RC_ASSERT(is_refused(header, bytes.substr(0, bytes.size() - cut)));
    }
    RC_ASSERT(is_refused(header, bytes + '\0'));
    RC_ASSERT(is_refused(header, bytes + bytes.substr(bytes.size() - kv::kSnapshotFooterBytes)));
  });
}

TEST(Snapshot, IsRefusedWithAnyBitFlippedAndAnyBytesOverwritten) {
  check_law(60, [] {
    const FileHeader header = *any_header(kv::FileType::snapshot);
    const std::string bytes = kv::snapshot_of(any_entries(), header);
    const std::uint64_t live = bytes.size() - kv::kFileHeaderBytes;
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t bit =
          any_below(2) == 0 ? any_below(bytes.size() * 8) : kv::kFileHeaderBytes * 8 + any_below(live * 8);
      std::string harmed = bytes;
      kv::toggle_bit(harmed, bit);
      RC_LOG() << "bit " << bit << '\n';
      RC_ASSERT(is_refused(header, harmed));
      const std::uint64_t begin = any_below(bytes.size());
      std::string overwritten = bytes;
      overwritten.replace(begin, 1 + any_below(bytes.size() - begin), *any_bytes());
      overwritten.resize(bytes.size(), 'x');
      if (overwritten != bytes) RC_ASSERT(is_refused(header, overwritten));
    }
  });
}

// --- blocks that are somewhere else ---

// Four of these fill a block, so that any two blocks could stand in each other's place.
Entries equal_entries(std::size_t count) { return kv::numbered_entries(count, 1'020); }

std::string block_at(const std::string& bytes, std::size_t number, std::uint64_t block_bytes) {
  return bytes.substr(kv::kFileHeaderBytes + number * block_bytes, block_bytes);
}

constexpr std::size_t kEntriesInABlock = 4;

std::uint64_t bytes_of_a_block(const Entries& entries) {
  const auto& [key, value] = entries.front();
  return kv::kBlockHeaderBytes + kEntriesInABlock * (8 + key.size() + value.size());
}

TEST(Snapshot, IsRefusedWithBlocksInAnotherOrderOrTwice) {
  check_law(100, [] {
    const FileHeader header = *any_header(kv::FileType::snapshot);
    const std::size_t blocks = 2 + any_below(4);
    const Entries entries = equal_entries(blocks * kEntriesInABlock);
    const std::uint64_t size = bytes_of_a_block(entries);
    const std::string bytes = kv::snapshot_of(entries, header);
    RC_ASSERT(bytes.size() == kv::kFileHeaderBytes + blocks * size + kv::kSnapshotFooterBytes);
    const std::size_t to = any_below(blocks);
    const auto from = (to + 1 + any_below(blocks - 1)) % blocks;
    std::string moved = bytes;
    moved.replace(kv::kFileHeaderBytes + to * size, size, block_at(bytes, from, size));
    RC_ASSERT(is_refused(header, moved));
    moved.replace(kv::kFileHeaderBytes + from * size, size, block_at(bytes, to, size));
    RC_ASSERT(is_refused(header, moved));
  });
}

TEST(Snapshot, IsRefusedWithABlockOrTheFooterOfAnotherSnapshot) {
  check_law(100, [] {
    const FileHeader header = *any_header(kv::FileType::snapshot);
    FileHeader other = header;
    other.salt = *rc::gen::distinctFrom(any_number(), header.salt);
    const std::size_t blocks = 1 + any_below(4);
    const Entries entries = equal_entries(blocks * kEntriesInABlock);
    const std::uint64_t size = bytes_of_a_block(entries);
    const std::string bytes = kv::snapshot_of(entries, header);
    const std::string foreign = kv::snapshot_of(entries, other);
    const std::size_t number = any_below(blocks);
    std::string mixed = bytes;
    mixed.replace(kv::kFileHeaderBytes + number * size, size, block_at(foreign, number, size));
    RC_ASSERT(is_refused(header, mixed));
    const std::size_t footer_at = bytes.size() - kv::kSnapshotFooterBytes;
    RC_ASSERT(is_refused(header, bytes.substr(0, footer_at) + foreign.substr(footer_at)));
    RC_ASSERT(is_refused(header, foreign.substr(0, kv::kFileHeaderBytes) + bytes.substr(kv::kFileHeaderBytes)));
  });
}

TEST(Snapshot, IsRefusedUnderTheNameOfAnotherGeneration) {
  check_law(50, [] {
    const FileHeader header = *any_header(kv::FileType::snapshot);
    FileHeader named = header;
    named.generation = *rc::gen::distinctFrom(any_number(), header.generation);
    RC_ASSERT(is_refused(named, kv::snapshot_of(any_entries(), header)));
  });
}

// --- what no writer writes, behind good checksums ---

using Forger = kv::SnapshotForger;

bool is_refused(const Forger& forger) { return is_refused(kv::kSnapshotHeader, forger.file()); }

Forger forged(const std::vector<Entries>& blocks) {
  Forger forger;
  for (const Entries& entries : blocks) {
    std::string bytes;
    for (const auto& [key, value] : entries) bytes += Forger::entry(key, value);
    forger.block(bytes);
    forger.footer.entry_count += entries.size();
  }
  return forger;
}

TEST(Snapshot, IsReadWhateverTheSizesOfItsBlocksAndRefusedWithItsKeysOutOfOrder) {
  std::uint64_t read = 0;
  std::uint64_t refused = 0;
  check_law(200, [&] {
    const auto key =
        rc::gen::map(rc::gen::inRange(0, 30), [](int n) { return std::string(1, static_cast<char>('a' + n)); });
    const auto block = rc::gen::nonEmpty(rc::gen::container<Entries>(rc::gen::pair(key, any_bytes())));
    auto blocks = *rc::gen::container<std::vector<Entries>>(*rc::gen::inRange<std::size_t>(0, 4), block);
    if (*rc::gen::arbitrary<bool>()) {
      char next = 'a';
      for (Entries& entries : blocks) {
        for (auto& entry : entries) entry.first = std::string(2, next++);
      }
    }
    Entries all;
    for (const Entries& entries : blocks) all.insert(all.end(), entries.begin(), entries.end());
    const auto not_below = [](const auto& a, const auto& b) { return a.first >= b.first; };
    const bool ascending = std::ranges::adjacent_find(all, not_below) == all.end();
    const kv::ReadSnapshot got = kv::read_bytes(forged(blocks).file());
    RC_ASSERT(got.header.has_value() == ascending);
    if (ascending) RC_ASSERT(got.entries == all);
    ++(ascending ? read : refused);
  });
  EXPECT_GT(read, 20U);
  EXPECT_GT(refused, 20U);
}

TEST(Snapshot, IsRefusedWithAFooterThatDoesNotFitItsBlocks) {
  check_law(100, [] {
    Forger forger = forged({{{"a", "1"}, {"b", "2"}}, {{"c", *any_bytes()}}});
    RC_ASSERT(!is_refused(forger));
    const auto other = [](auto field) { return *rc::gen::distinctFrom(rc::gen::arbitrary<decltype(field)>(), field); };
    switch (any_below(5)) {
      case 0: forger.footer.entry_count = other(forger.footer.entry_count); break;
      case 1: forger.footer.block_count = other(forger.footer.block_count); break;
      case 2: forger.footer.blocks_bytes = other(forger.footer.blocks_bytes); break;
      case 3: forger.footer.blocks_checksum = other(forger.footer.blocks_checksum); break;
      default: forger.block(""); break;
    }
    RC_ASSERT(is_refused(forger));
  });
}

}  // namespace
}  // namespace walbreaker::properties
