#include "engine/file_header.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include "engine/codec_test_util.h"
#include "engine/memory_file.h"

namespace kv {
namespace {

// Every byte of every field is another one, so that no two can be mixed up.
const FileHeader kFollowingLog{.type = FileType::log,
                               .link = LogLink::follows,
                               .store_id = 0x1817161514131211,
                               .generation = 0x2827262524232221,
                               .salt = 0x3837363534333231,
                               .base_seq = 0x4847464544434241,
                               .predecessor = 0x2827262524232220,
                               .predecessor_end = 0x6867666564636261};

FileHeader void_log() {
  FileHeader header = kFollowingLog;
  header.link = LogLink::void_until_snapshot;
  header.predecessor = 0;
  header.predecessor_end = 0;
  return header;
}

FileHeader snapshot() {
  FileHeader header = void_log();
  header.type = FileType::snapshot;
  header.link = LogLink::none;
  return header;
}

const std::vector<FileHeader> kHeaders = {kFollowingLog, void_log(), snapshot()};

Checked<FileHeader> decode_own(std::string_view bytes, const FileHeader& header) {
  return decode_file_header(bytes, header.type, header.generation);
}

// Encodes without asking whether it makes sense: the checksum is good whatever the fields say.
ErrorCode verdict_on(const FileHeader& header) { return code_of(decode_own(encode(header), header)); }

TEST(FileHeader, ALogsBytesAreThoseOfTheFormat) {
  const std::string bytes = encode(kFollowingLog);
  ASSERT_EQ(bytes.size(), 4096U);
  EXPECT_EQ(to_hex(bytes.substr(0, 64)), to_hex(bytes_of("6b762d6c6f670d0a"      // magic
                                                         "01000000 01000000"     // version, link
                                                         "1112131415161718"      // store id
                                                         "2122232425262728"      // generation
                                                         "3132333435363738"      // salt
                                                         "4142434445464748"      // base seq
                                                         "2022232425262728"      // predecessor
                                                         "6162636465666768")));  // predecessor end
  EXPECT_EQ(bytes.substr(64, 4092 - 64), std::string(4092 - 64, '\0'));
  EXPECT_EQ(to_hex(bytes.substr(4092)), "0abc9399");
}

TEST(FileHeader, ASnapshotsBytesAreThoseOfTheFormat) {
  const std::string bytes = encode(snapshot());
  ASSERT_EQ(bytes.size(), 4096U);
  EXPECT_EQ(to_hex(bytes.substr(0, 64)), to_hex(bytes_of("6b762d736e700d0a 01000000 00000000 1112131415161718"
                                                         "2122232425262728 3132333435363738 4142434445464748"
                                                         "0000000000000000 0000000000000000")));
  EXPECT_EQ(bytes.substr(64, 4092 - 64), std::string(4092 - 64, '\0'));
  EXPECT_EQ(to_hex(bytes.substr(4092)), "1b10c0d1");
}

TEST(FileHeader, DecodingGivesBackEveryField) {
  for (const FileHeader& header : kHeaders) EXPECT_EQ(decode_own(encode(header), header).value(), header);
}

TEST(FileHeader, WhatFollowsTheFirstSectorDoesNotMatter) {
  EXPECT_EQ(decode_own(encode(snapshot()) + "entries", snapshot()).value(), snapshot());
}

TEST(FileHeader, EveryFlippedBitIsCorrupted) {
  for (const FileHeader& header : kHeaders) {
    std::string bytes = encode(header);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      toggle_bit(bytes, bit);
      ASSERT_EQ(code_of(decode_own(bytes, header)), ErrorCode::corrupted) << "bit " << bit;
      toggle_bit(bytes, bit);
    }
    EXPECT_EQ(decode_own(bytes, header).value(), header);
  }
}

TEST(FileHeader, AnythingShorterIsCorruptedAtItsEnd) {
  const std::string bytes = encode(kFollowingLog);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto header = decode_own(std::string_view(bytes).substr(0, length), kFollowingLog);
    ASSERT_EQ(code_of(header), ErrorCode::corrupted) << length;
    ASSERT_EQ(header.error().offset, length);
  }
}

TEST(FileHeader, ZerosAreNoHeader) {
  const std::string zeros(kFileHeaderBytes, '\0');
  EXPECT_EQ(code_of(decode_file_header(zeros, FileType::log, 0)), ErrorCode::corrupted);
  EXPECT_EQ(code_of(decode_file_header(zeros, FileType::snapshot, 0)), ErrorCode::corrupted);
}

TEST(FileHeader, EveryByteOfTheMagicCounts) {
  for (const FileHeader& header : kHeaders) {
    for (std::size_t at = 0; at < 8; ++at) {
      std::string bytes = encode(header);
      toggle_bit(bytes, at * 8);
      reseal_file_header(bytes);
      EXPECT_EQ(code_of(decode_own(bytes, header)), ErrorCode::corrupted) << at;
    }
  }
}

// A file under another's name: renamed by hand, or a directory entry that went astray.
TEST(FileHeader, TheNameMustSayTheSameGenerationAndType) {
  for (const FileHeader& header : kHeaders) {
    const std::string bytes = encode(header);
    for (const Generation distance : {1ULL, 2ULL, 1ULL << 63, header.generation * 1ULL}) {
      const auto decoded = decode_file_header(bytes, header.type, header.generation ^ distance);
      ASSERT_EQ(code_of(decoded), ErrorCode::corrupted);
      EXPECT_EQ(decoded.error().offset, 24U);
    }
    const FileType other = header.type == FileType::log ? FileType::snapshot : FileType::log;
    EXPECT_EQ(code_of(decode_file_header(bytes, other, header.generation)), ErrorCode::corrupted);
  }
}

TEST(FileHeader, AnotherVersionIsUnsupportedBehindAGoodChecksumAndCorruptedBehindABadOne) {
  for (const std::uint32_t version : {0U, 2U, 3U, 0x01000000U, 0xffffffffU}) {
    std::string bytes = encode(kFollowingLog);
    store(bytes, 8, version);
    EXPECT_EQ(code_of(decode_own(bytes, kFollowingLog)), ErrorCode::corrupted) << version;
    reseal_file_header(bytes);
    const auto header = decode_own(bytes, kFollowingLog);
    ASSERT_EQ(code_of(header), ErrorCode::unsupported_version) << version;
    EXPECT_EQ(header.error().offset, 8U);
  }
}

// Only magic, version and checksum keep their places: the rest is the newer program's own.
TEST(FileHeader, AnotherVersionIsUnsupportedWhateverTheOtherFieldsSay) {
  std::string bytes = encode(kFollowingLog);
  store(bytes, 8, kFormatVersion + 1);
  for (std::size_t at = 12; at < 4092; ++at) bytes[at] = static_cast<char>(at);
  reseal_file_header(bytes);
  EXPECT_EQ(code_of(decode_own(bytes, kFollowingLog)), ErrorCode::unsupported_version);
}

TEST(FileHeader, EveryReservedByteMustBeZero) {
  for (const FileHeader& header : kHeaders) {
    std::string bytes = encode(header);
    for (std::size_t at = 64; at < 4092; ++at) {
      bytes[at] = 1;
      reseal_file_header(bytes);
      ASSERT_EQ(code_of(decode_own(bytes, header)), ErrorCode::corrupted) << at;
      bytes[at] = 0;
    }
  }
}

TEST(FileHeader, ALogFollowsAnEarlierGenerationOnly) {
  FileHeader header = kFollowingLog;
  header.generation = 7;
  for (const Generation predecessor : {1UL, 5UL, 6UL}) {
    header.predecessor = predecessor;
    EXPECT_EQ(verdict_on(header), ErrorCode::ok) << predecessor;
  }
  for (const Generation predecessor : {0UL, 7UL, 8UL, ~0UL}) {
    header.predecessor = predecessor;
    EXPECT_EQ(verdict_on(header), ErrorCode::corrupted) << predecessor;
  }
}

TEST(FileHeader, APredecessorEndsBehindItsHeader) {
  FileHeader header = kFollowingLog;
  for (const std::uint64_t end : {0UL, 1UL, 4088UL, 4095UL}) {
    header.predecessor_end = end;
    EXPECT_EQ(verdict_on(header), ErrorCode::corrupted) << end;
  }
  header.predecessor_end = 4096;
  EXPECT_EQ(verdict_on(header), ErrorCode::ok);
}

TEST(FileHeader, OnlyALogThatFollowsNamesAPredecessor) {
  for (FileHeader header : {void_log(), snapshot()}) {
    ASSERT_EQ(verdict_on(header), ErrorCode::ok);
    header.predecessor = 1;
    EXPECT_EQ(verdict_on(header), ErrorCode::corrupted);
    header.predecessor = 0;
    header.predecessor_end = 4096;
    EXPECT_EQ(verdict_on(header), ErrorCode::corrupted);
  }
}

TEST(FileHeader, ALogHasALinkAndASnapshotHasNone) {
  for (const LogLink link : {LogLink::follows, LogLink::void_until_snapshot}) {
    FileHeader header = snapshot();
    header.link = link;
    EXPECT_EQ(verdict_on(header), ErrorCode::corrupted);
    header = kFollowingLog;
    header.type = FileType::snapshot;
    header.link = link;
    EXPECT_EQ(verdict_on(header), ErrorCode::corrupted);
  }
  FileHeader log = void_log();
  log.link = LogLink::none;
  EXPECT_EQ(verdict_on(log), ErrorCode::corrupted);
}

TEST(FileHeader, AnUnknownLinkIsCorrupted) {
  for (const FileHeader& header : kHeaders) {
    for (const std::uint32_t link : {3U, 4U, 0x100U, 0x01000000U, 0xffffffffU}) {
      std::string bytes = encode(header);
      store(bytes, 12, link);
      reseal_file_header(bytes);
      EXPECT_EQ(code_of(decode_own(bytes, header)), ErrorCode::corrupted) << link;
    }
  }
}

TEST(ReadFileHeader, ReadsTheFirstSectorAndContinuesShortReads) {
  for (const std::size_t bytes_per_call : {1UL, 1000UL, 4095UL, MemoryFile::kNoLimit}) {
    MemoryFile file(encode(kFollowingLog) + "records");
    file.bytes_per_call = bytes_per_call;
    EXPECT_EQ(read_file_header(file, FileType::log, kFollowingLog.generation).value(), kFollowingLog);
    EXPECT_LE(file.largest_read(), kFileHeaderBytes);
  }
}

TEST(ReadFileHeader, AFileThatEndsEarlyIsCorruptedAtItsEnd) {
  for (const std::size_t length : {0UL, 1UL, 64UL, 4095UL}) {
    MemoryFile file(encode(kFollowingLog).substr(0, length));
    const auto header = read_file_header(file, FileType::log, kFollowingLog.generation);
    ASSERT_EQ(code_of(header), ErrorCode::corrupted);
    EXPECT_EQ(header.error().offset, length);
  }
}

// A header that cannot be read is not a header that is not there.
TEST(ReadFileHeader, AFailedReadIsAnErrorAndNotDamage) {
  std::size_t failures = 0;
  for (;; ++failures) {
    MemoryFile file(encode(kFollowingLog));
    file.bytes_per_call = 1000;
    file.fail_at = failures;
    const auto header = read_file_header(file, FileType::log, kFollowingLog.generation);
    if (header) break;
    EXPECT_EQ(header.error().code, ErrorCode::io_error);
    EXPECT_EQ(header.error().os_error, EIO);
    EXPECT_EQ(header.error().reason, "call " + std::to_string(failures));
    EXPECT_EQ(file.calls.size(), failures + 1) << "read on after an error";
  }
  EXPECT_EQ(failures, 5U) << "4,096 bytes, 1,000 a call";
}

std::uint32_t seed_at(std::uint64_t salt, Generation generation, std::uint64_t place) {
  FileHeader header;
  header.salt = salt;
  header.generation = generation;
  return ChecksumSeed(header).at(place);
}

TEST(ChecksumSeed, IsTheChecksumOfSaltGenerationAndPlace) {
  EXPECT_EQ(seed_at(kFollowingLog.salt, kFollowingLog.generation, 4096), 0x70198815U);
  EXPECT_EQ(seed_at(0x0807060504030201, 0x100f0e0d0c0b0a09, 0x1817161514131211),
            crc32c(bytes_of("0102030405060708 090a0b0c0d0e0f10 1112131415161718")));
}

TEST(ChecksumSeed, IsAnotherInAnotherFileAndAtAnotherPlace) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t salt = random(), generation = random(), place = random(), other = random();
    const std::uint32_t seed = seed_at(salt, generation, place);
    ASSERT_NE(seed, seed_at(other, generation, place)) << i;
    ASSERT_NE(seed, seed_at(salt, other, place)) << i;
    ASSERT_NE(seed, seed_at(salt, generation, other)) << i;
  }
}

TEST(ChecksumSeed, DependsOnEveryBitOfSaltGenerationAndPlace) {
  const std::uint32_t seed = seed_at(1, 2, 3);
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t flip = 1ULL << bit;
    EXPECT_NE(seed, seed_at(1 ^ flip, 2, 3)) << bit;
    EXPECT_NE(seed, seed_at(1, 2 ^ flip, 3)) << bit;
    EXPECT_NE(seed, seed_at(1, 2, 3 ^ flip)) << bit;
  }
}

// A CRC sees every burst of up to its own width.
TEST(ChecksumSeed, PlacesThatDifferInUpTo32AdjacentBitsNeverShareASeed) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t place = random();
    const std::uint64_t difference = (random() >> 32 | 1) << random() % 33;
    ASSERT_NE(seed_at(1, 2, place), seed_at(1, 2, place ^ difference)) << place << " " << difference;
  }
}

TEST(ChecksumSeed, TwoRecordsBelow32GiBAndTwoBlocksBelowNumber2To32NeverShareASeed) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t block = random() >> 32, other_block = random() >> 32;
    if (block == other_block) continue;
    ASSERT_NE(seed_at(1, 2, block), seed_at(1, 2, other_block)) << block << " " << other_block;
    ASSERT_NE(seed_at(1, 2, 8 * block), seed_at(1, 2, 8 * other_block)) << block << " " << other_block;
  }
}

}  // namespace
}  // namespace kv
