#include "engine/snapshot_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "engine/snapshot_test_util.h"

namespace kv {
namespace {

constexpr std::uint64_t kReadAheadBytes = std::uint64_t{256} << 10;

const Entries kSomeEntries = {{"a", "1"}, {"b", ""}, {"c", std::string(20, 'x')}, {"d", "4"}};

// One entry a block: as sound as what the writer makes, and small enough for every bit to be flipped.
std::string one_block_each(const Entries& entries) {
  SnapshotForger forger;
  for (const auto& [key, value] : entries) forger.block(SnapshotForger::entry(key, value));
  return forger.entries(entries.size()).file();
}

void expect_refused(const std::string& bytes, const std::string& why) {
  EXPECT_EQ(code_of(read_bytes(bytes).header), ErrorCode::corrupted) << why;
}

// What the reader said, for tests of which check it was that refused.
std::string reason_for(const std::string& bytes) {
  const ReadSnapshot found = read_bytes(bytes);
  return found.header ? "nothing wrong" : found.header.error().reason;
}

bool is_prefix(const Entries& part, const Entries& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

TEST(SnapshotReader, ShowsEveryEntryWithItsPlaceInKeyOrder) {
  MemoryFile file(one_block_each(kSomeEntries));
  std::uint64_t expected_block = 0;
  const auto header = read_snapshot(file, kSnapshotHeader.generation, [&](const SnapshotEntry& entry) {
    EXPECT_EQ(entry.block, expected_block);
    EXPECT_EQ(file.contents.substr(entry.offset + 8, entry.key.size()), entry.key);
    EXPECT_EQ(entry.key, kSomeEntries.at(expected_block).first);
    EXPECT_EQ(entry.value, kSomeEntries.at(expected_block).second);
    ++expected_block;
  });
  EXPECT_EQ(header.value(), kSnapshotHeader);
  EXPECT_EQ(expected_block, kSomeEntries.size());
}

// Damage far into a file shows a few entries first; they are right, and only the verdict says that some are missing.
TEST(SnapshotReader, AnyFlippedBitIsRefusedAndShowsNothingWrong) {
  for (const std::string& bytes : {snapshot_of(kSomeEntries), one_block_each(kSomeEntries), snapshot_of({})}) {
    MemoryFile file(bytes);
    const bool header_seen = bytes != snapshot_of(kSomeEntries);  // it is the same in all three
    for (std::size_t bit = header_seen ? kFileHeaderBytes * 8 : 0; bit < bytes.size() * 8; ++bit) {
      toggle_bit(file.contents, bit);
      const ReadSnapshot found = read(file);
      toggle_bit(file.contents, bit);
      file.calls.clear();
      ASSERT_EQ(code_of(found.header), ErrorCode::corrupted) << bit;
      ASSERT_TRUE(is_prefix(found.entries, kSomeEntries)) << bit;
    }
    EXPECT_EQ(read(file).header.value(), kSnapshotHeader);
  }
}

TEST(SnapshotReader, AFlippedBitOfABlockBeyondTheFirstBufferIsRefused) {
  const Entries entries = numbered_entries(600, 1000);
  MemoryFile file(snapshot_of(entries));
  for (std::size_t at = kFileHeaderBytes; at < file.contents.size(); at += 4099) {
    toggle_bit(file.contents, at * 8 + at % 8);
    const ReadSnapshot found = read(file);
    toggle_bit(file.contents, at * 8 + at % 8);
    ASSERT_EQ(code_of(found.header), ErrorCode::corrupted) << at;
    ASSERT_TRUE(is_prefix(found.entries, entries)) << at;
  }
  EXPECT_EQ(read(file).header.value(), kSnapshotHeader);
}

TEST(SnapshotReader, EveryCutIsRefused) {
  for (const std::string& bytes : {snapshot_of(kSomeEntries), one_block_each(kSomeEntries), snapshot_of({})}) {
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      ASSERT_EQ(code_of(read_bytes(bytes.substr(0, length)).header), ErrorCode::corrupted) << length;
    }
  }
  const std::string large = snapshot_of(numbered_entries(600, 1000));
  for (std::size_t length = 0; length < large.size(); length += 4999) expect_refused(large.substr(0, length), "cut");
}

TEST(SnapshotReader, AppendedBytesAreRefused) {
  const std::string bytes = snapshot_of(kSomeEntries);
  for (std::size_t length = 1; length < 100; ++length) {
    expect_refused(bytes + std::string(length, '\0'), "zeros");
    expect_refused(bytes + std::string(length, 'x'), "garbage");
  }
  const std::string footer = bytes.substr(bytes.size() - kSnapshotFooterBytes);
  expect_refused(bytes + footer, "the footer twice");
}

TEST(SnapshotReader, ASnapshotUnderTheNameOfAnotherGenerationIsRefused) {
  MemoryFile file(snapshot_of(kSomeEntries));
  EXPECT_EQ(code_of(read(file, kSnapshotHeader.generation + 1).header), ErrorCode::corrupted);
}

TEST(SnapshotReader, AnotherVersionIsUnsupported) {
  std::string bytes = snapshot_of(kSomeEntries);
  store(bytes, 8, kFormatVersion + 1);
  reseal_file_header(bytes);
  EXPECT_EQ(code_of(read_bytes(bytes).header), ErrorCode::unsupported_version);
}

// --- right bytes in the wrong place ---

TEST(SnapshotReader, BytesOfAnotherSnapshotNeverPass) {
  FileHeader other = kSnapshotHeader;
  other.salt ^= 1;
  const Entries entries = numbered_entries(20, 1000);
  const std::string own = snapshot_of(entries);
  const std::string foreign = snapshot_of(entries, other);
  ASSERT_EQ(own.size(), foreign.size());
  const std::size_t blocks_end = own.size() - kSnapshotFooterBytes;
  const std::size_t second_block = kFileHeaderBytes + kBlockHeaderBytes + std::size_t{5} * (8 + 11 + 1000);
  ASSERT_EQ(load<std::uint32_t>(own, second_block + 4), 5U * (8 + 11 + 1000)) << "a block begins here";

  const auto transplant = [&](std::size_t from, std::size_t to) {
    return own.substr(0, from) + foreign.substr(from, to - from) + own.substr(to);
  };
  expect_refused(transplant(0, kFileHeaderBytes), "the header");
  expect_refused(transplant(kFileHeaderBytes, second_block), "the first block");
  expect_refused(transplant(second_block, blocks_end), "all other blocks");
  expect_refused(transplant(kFileHeaderBytes, blocks_end), "all blocks");
  expect_refused(transplant(blocks_end, own.size()), "the footer");
  expect_refused(transplant(kFileHeaderBytes, own.size()), "all but the header");
}

TEST(SnapshotReader, SwappedDoubledAndMissingBlocksAreRefused) {
  const std::string a = SnapshotForger::entry("a", "1"), b = SnapshotForger::entry("b", "2");
  const std::string sound = SnapshotForger().block(a).block(b).entries(2).file();
  ASSERT_EQ(read_bytes(sound).entries, (Entries{{"a", "1"}, {"b", "2"}}));
  const std::string header = sound.substr(0, kFileHeaderBytes);
  const std::size_t block_bytes = kBlockHeaderBytes + a.size();
  const std::string first = sound.substr(kFileHeaderBytes, block_bytes);
  const std::string second = sound.substr(kFileHeaderBytes + block_bytes, block_bytes);
  const std::string footer = sound.substr(kFileHeaderBytes + 2 * block_bytes);
  ASSERT_TRUE(header + first + second + footer == sound);
  expect_refused(header + second + first + footer, "swapped");
  expect_refused(header + first + first + footer, "the first one in place of the second");
  expect_refused(header + second + second + footer, "the second one in place of the first");
  expect_refused(header + first + footer, "the second one is missing");
  expect_refused(header + second + footer, "the first one is missing");
  expect_refused(header + first + second + second + footer, "the second one twice");
}

// --- nonsense behind good checksums ---

TEST(SnapshotReader, KeysMustAscendWithinABlockAndAcrossBlocks) {
  const auto entry = [](std::string_view key) { return SnapshotForger::entry(key, "value"); };
  const std::string order = "keys are out of order";
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("b") + entry("a")).entries(2).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("a") + entry("a")).entries(2).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("b")).block(entry("a")).entries(2).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("a")).block(entry("a")).entries(2).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("a") + entry("c") + entry("b")).entries(3).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("a") + entry("c")).block(entry("b")).entries(3).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("") + entry("")).entries(2).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("\x80") + entry("\x7f")).entries(2).file()), order)
      << "bytes have no sign";
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("aa") + entry("a")).entries(2).file()), order);
  EXPECT_EQ(reason_for(SnapshotForger().block(entry("a") + entry("aa")).entries(2).file()), "nothing wrong");
}

TEST(SnapshotReader, AnEntryStaysWithinItsBlock) {
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> lengths = {{3, 6},          {9, 0},
                                                                        {0, 9},          {0xffffffff, 0},
                                                                        {0, 0xffffffff}, {0xffffffff, 0xffffffff},
                                                                        {0xffffffff, 9}, {0x80000000, 0x80000008}};
  const std::string next_block = SnapshotForger::entry("z", std::string(100, 'z'));
  for (const auto& [key_bytes, value_bytes] : lengths) {
    const std::string entry = SnapshotForger::entry(key_bytes, value_bytes, "keyvalue");
    EXPECT_EQ(reason_for(SnapshotForger().block(entry).block(next_block).entries(2).file()),
              "an entry reaches past its block")
        << key_bytes << " " << value_bytes;
  }
  for (std::size_t stray = 1; stray < 8; ++stray) {
    const std::string entries = SnapshotForger::entry("key", "value") + std::string(stray, '\0');
    EXPECT_EQ(reason_for(SnapshotForger().block(entries).block(next_block).entries(2).file()),
              "an entry reaches past its block")
        << stray;
  }
}

TEST(SnapshotReader, ABlockHasEntries) {
  EXPECT_EQ(reason_for(SnapshotForger().block("").file()), "a block without entries");
}

TEST(SnapshotReader, ABlockStaysWithinTheBlocks) {
  const std::string sound = SnapshotForger::entry("key", "value");
  for (std::size_t stray = 1; stray < kBlockHeaderBytes; ++stray) {
    EXPECT_EQ(reason_for(SnapshotForger().block(sound).raw(std::string(stray, '\0')).entries(1).file()),
              "a block's header is cut short");
  }
  for (const std::uint32_t length : {1U, 32U, 33U, 4096U, 0x7fffffffU, 0xfffffff8U, 0xffffffffU}) {
    std::string header(kBlockHeaderBytes, '\0');
    store(header, 4, length);
    MemoryFile file(SnapshotForger().block(sound).raw(header).entries(1).file());
    EXPECT_EQ(code_of(read(file).header), ErrorCode::corrupted) << length;
    EXPECT_LE(file.largest_read(), kFileHeaderBytes) << "nothing is read for a length that cannot be";
  }
}

// The footer's first fields are no secret, so that a block could be made to fit them as well.
TEST(SnapshotReader, ABlockDoesNotReachIntoTheFooter) {
  for (std::uint32_t overlap = 0; overlap <= 24; ++overlap) {
    const std::string entry = SnapshotForger::entry(3, overlap, "key");
    SnapshotForger forger;
    forger.entries(1).footer.block_count = 1;
    forger.footer.blocks_bytes = kBlockHeaderBytes + entry.size();
    const std::string without_block = forger.file();
    const std::string shared = without_block.substr(without_block.size() - kSnapshotFooterBytes, overlap);

    forger = SnapshotForger().block(entry + shared).entries(1);
    forger.blocks.resize(forger.blocks.size() - overlap);
    forger.footer.blocks_bytes -= overlap;
    EXPECT_EQ(code_of(read_bytes(forger.file()).header), overlap == 0 ? ErrorCode::ok : ErrorCode::corrupted)
        << overlap;
  }
}

TEST(SnapshotReader, EveryFieldOfTheFooterIsChecked) {
  const SnapshotForger sound = SnapshotForger().block(SnapshotForger::entry("key", "value")).entries(1);
  ASSERT_EQ(reason_for(sound.file()), "nothing wrong");
  for (const std::uint64_t difference : {1ULL, 2ULL, 1ULL << 32, 1ULL << 63}) {
    SnapshotForger forged = sound;
    forged.footer.entry_count ^= difference;
    EXPECT_NE(reason_for(forged.file()).find("and the footer says"), std::string::npos) << "entries";
    forged = sound;
    forged.footer.block_count ^= difference;
    EXPECT_NE(reason_for(forged.file()).find("and the footer says"), std::string::npos) << "blocks";
    forged = sound;
    forged.footer.blocks_bytes ^= difference;
    EXPECT_NE(reason_for(forged.file()).find("bytes of blocks"), std::string::npos) << "bytes";
  }
  SnapshotForger forged = sound;
  forged.footer.blocks_checksum ^= 1;
  EXPECT_EQ(reason_for(forged.file()), "the block checksums do not match the footer's");
}

// --- reading ---

TEST(SnapshotReader, ContinuesShortReads) {
  const Entries entries = numbered_entries(30, 400);
  for (const std::size_t bytes_per_call : {1UL, 7UL, 4095UL, 4097UL}) {
    MemoryFile file(snapshot_of(entries));
    file.bytes_per_call = bytes_per_call;
    const ReadSnapshot found = read(file);
    EXPECT_EQ(found.header.value(), kSnapshotHeader);
    EXPECT_EQ(found.entries, entries);
  }
}

TEST(SnapshotReader, AFailedReadIsAnErrorAndNotDamage) {
  const Entries entries = numbered_entries(600, 1000);
  const std::string bytes = snapshot_of(entries);
  ASSERT_GT(bytes.size(), 2 * kReadAheadBytes);
  std::size_t failures = 0;
  for (;; ++failures) {
    MemoryFile file(bytes);
    file.bytes_per_call = 50'000;
    file.fail_at = failures;
    const ReadSnapshot found = read(file);
    ASSERT_TRUE(is_prefix(found.entries, entries));
    if (found.header) {
      EXPECT_EQ(failures, file.calls.size());
      break;
    }
    EXPECT_EQ(found.header.error().code, ErrorCode::io_error);
    EXPECT_EQ(found.header.error().os_error, EIO);
    EXPECT_EQ(found.header.error().reason, "call " + std::to_string(failures));
    EXPECT_EQ(file.calls.size(), failures + 1) << "read on after an error";
  }
  EXPECT_GT(failures, bytes.size() / 50'000) << "the header, the size, the footer and all blocks";
}

TEST(SnapshotReader, ABlockLargerThanTheBufferIsReadAndNothingBeyondTheFileIs) {
  const Entries entries = {{"a", "small"}, {"b", std::string(3 * kReadAheadBytes, 'x')}, {"c", "small"}};
  MemoryFile file(snapshot_of(entries));
  const ReadSnapshot found = read(file);
  EXPECT_TRUE(found.entries == entries);
  EXPECT_EQ(found.header.value(), kSnapshotHeader);
  for (const MemoryFile::Call& call : file.calls) EXPECT_LE(call.offset + call.bytes, file.contents.size());
}

}  // namespace
}  // namespace kv
