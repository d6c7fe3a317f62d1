#include "engine/wal_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/wal_test_util.h"

namespace kv {
namespace {

using Step = WalReader::Step;

constexpr std::uint64_t kReadAheadBytes = std::uint64_t{256} << 10;

TEST(WalReader, YieldsWhatTheWriterWrote) {
  for (const std::size_t records_per_sync : {0UL, 1UL, 2UL, 3UL}) {
    const SampleLog log = make_log(records_per_sync);
    const ReadLog found = read_log_bytes(log.bytes);
    EXPECT_EQ(found.records, log.records);
    EXPECT_EQ(found.stop, Step::end);
    EXPECT_EQ(found.stopped_at, log.bytes.size());
    EXPECT_EQ(found.expected_seq, log.records.back().seq + 1);
  }
}

TEST(WalReader, ALogWithoutRecordsEndsBehindItsHeader) {
  const ReadLog found = read_log_bytes(encode(kLogHeader));
  EXPECT_EQ(found.stop, Step::end);
  EXPECT_EQ(found.stopped_at, kFileHeaderBytes);
  EXPECT_EQ(found.expected_seq, kLogHeader.base_seq + 1);
}

TEST(WalReader, AnyPrefixOfALogYieldsThePrefixOfItsRecords) {
  const SampleLog log = make_log(1);
  std::size_t torn = 0;
  for (std::size_t cut = kFileHeaderBytes; cut <= log.bytes.size(); ++cut) {
    const ReadLog found = read_log_bytes(log.bytes.substr(0, cut));
    const std::vector<Placed> expected = log.records_before(cut);
    ASSERT_EQ(found.records, expected) << cut;
    ASSERT_EQ(found.stopped_at, expected.empty() ? kFileHeaderBytes : expected.back().end());
    const bool only_zeros = all_zeros(std::string_view(log.bytes).substr(found.stopped_at, cut - found.stopped_at));
    ASSERT_EQ(found.stop, only_zeros ? Step::end : Step::bad) << cut;
    ASSERT_EQ(found.witness, std::nullopt) << "a cut leaves nothing behind it";
    if (found.stop == Step::bad) ++torn;
  }
  EXPECT_GT(torn, log.bytes.size() - kFileHeaderBytes - 2 * log.records.size());
}

// The one decision that tells a torn tail from lost data: a later record, and what it knew.
void expect_that_any_flipped_bit_is_found(const SampleLog& log) {
  std::string bytes = log.bytes;
  for (std::size_t lost = 0; lost < log.records.size(); ++lost) {
    const Placed& record = log.records[lost];
    for (std::size_t bit = record.offset * 8; bit < record.end() * 8; ++bit) {
      toggle_bit(bytes, bit);
      const ReadLog found = read_log_bytes(bytes);
      toggle_bit(bytes, bit);
      ASSERT_EQ(found.records, log.records_before(record.offset)) << "bit " << bit;
      ASSERT_EQ(found.stop, Step::bad) << "bit " << bit;
      ASSERT_EQ(found.stopped_at, record.offset);
      ASSERT_EQ(found.expected_seq, record.seq);
      ASSERT_NE(found.reason, "");
      ASSERT_EQ(found.witness.has_value(), log.proves_durable(lost)) << "bit " << bit;
      if (found.witness) {
        ASSERT_GT(*found.witness, record.seq);
      }
    }
  }
}

TEST(WalReader, AFlippedBitOfASyncedRecordHasAWitnessUnlessItIsTheLast) {
  const SampleLog log = make_log(1);
  for (std::size_t i = 0; i + 1 < log.records.size(); ++i) ASSERT_TRUE(log.proves_durable(i));
  ASSERT_FALSE(log.proves_durable(log.records.size() - 1));
  expect_that_any_flipped_bit_is_found(log);
}

// Later records that verify prove nothing: a power cut keeps or drops unsynced sectors in any combination.
TEST(WalReader, AFlippedBitOfALogThatWasNeverSyncedHasNoWitness) {
  const SampleLog log = make_log(0);
  for (std::size_t i = 0; i < log.records.size(); ++i) ASSERT_FALSE(log.proves_durable(i));
  expect_that_any_flipped_bit_is_found(log);
}

TEST(WalReader, AFlippedBitOfACommitGroupHasAWitnessWhereALaterGroupBegan) {
  const SampleLog log = make_log(4);
  ASSERT_TRUE(log.proves_durable(3));
  ASSERT_FALSE(log.proves_durable(4));
  expect_that_any_flipped_bit_is_found(log);
}

// A sector that never reached the disk reads as zeros, and is a hole only where something stands behind it.
TEST(WalReader, AZeroedRecordIsAHoleUnlessItIsTheLast) {
  const SampleLog log = make_log(1);
  for (std::size_t lost = 0; lost < log.records.size(); ++lost) {
    const Placed& record = log.records[lost];
    std::string bytes = log.bytes;
    bytes.replace(record.offset, record.end() - record.offset, record.end() - record.offset, '\0');
    const ReadLog found = read_log_bytes(bytes);
    const bool last = lost + 1 == log.records.size();
    EXPECT_EQ(found.records, log.records_before(record.offset));
    EXPECT_EQ(found.stop, last ? Step::end : Step::bad);
    EXPECT_EQ(found.witness.has_value(), !last);
  }
}

TEST(WalReader, ZerosOfAnyLengthBehindTheLastRecordAreTheEnd) {
  const SampleLog log = make_log(1);
  std::vector<std::size_t> lengths = {4096, kReadAheadBytes - 1, kReadAheadBytes, 2 * kReadAheadBytes + 1};
  for (std::size_t length = 0; length <= 64; ++length) lengths.push_back(length);
  for (const std::size_t length : lengths) {
    const ReadLog found = read_log_bytes(log.bytes + std::string(length, '\0'));
    EXPECT_EQ(found.records, log.records);
    EXPECT_EQ(found.stop, Step::end) << length;
    EXPECT_EQ(found.stopped_at, log.bytes.size());
  }
}

TEST(WalReader, OneByteInTheZerosBehindTheLastRecordIsBad) {
  const SampleLog log = make_log(1);
  std::vector<std::size_t> places = {kReadAheadBytes, 2 * kReadAheadBytes + 99};
  for (std::size_t place = 0; place < 100; ++place) places.push_back(place);
  for (const std::size_t place : places) {
    for (const std::size_t zeros_behind : {0UL, 100UL}) {
      const ReadLog found =
          read_log_bytes(log.bytes + std::string(place, '\0') + "\x01" + std::string(zeros_behind, '\0'));
      EXPECT_EQ(found.records, log.records);
      EXPECT_EQ(found.stop, Step::bad) << place;
      EXPECT_EQ(found.stopped_at, log.bytes.size());
      EXPECT_EQ(found.witness, std::nullopt);
    }
  }
}

// --- records that belong elsewhere ---

void expect_no_record_at_all(const std::string& bytes) {
  MemoryFile file(bytes);
  WalReader reader(file, bytes.size(), kLogHeader);
  EXPECT_EQ(reader.next().value(), Step::bad);
  EXPECT_EQ(reader.offset(), kFileHeaderBytes);
  EXPECT_FALSE(reader.search([](const auto&) { return true; }).value().has_value());
}

// The blocks of a deleted file, found in a new one at the same places.
TEST(WalReader, RecordsOfAnotherFileNeverPass) {
  FileHeader other_salt = kLogHeader;
  other_salt.salt ^= 1;
  expect_no_record_at_all(encode(kLogHeader) + make_log(1, other_salt).bytes.substr(kFileHeaderBytes));
  FileHeader other_generation = kLogHeader;
  other_generation.generation ^= 1;
  expect_no_record_at_all(encode(kLogHeader) + make_log(1, other_generation).bytes.substr(kFileHeaderBytes));
}

TEST(WalReader, RecordsAtAnotherPlaceNeverPass) {
  const std::string records = make_log(1).bytes.substr(kFileHeaderBytes);
  for (const std::size_t moved : {8UL, 16UL, 32UL, 512UL, 4096UL}) {
    expect_no_record_at_all(encode(kLogHeader) + std::string(moved, '\0') + records);
  }
  const std::size_t first_bytes = record_bytes(kPayloads[0].size());
  expect_no_record_at_all(encode(kLogHeader) + records.substr(first_bytes));
}

TEST(WalReader, ARecordThatStandsTwicePassesOnce) {
  const SampleLog log = make_log(1);
  const std::string last = log.bytes.substr(log.records.back().offset);
  const ReadLog found = read_log_bytes(log.bytes + last);
  EXPECT_EQ(found.records, log.records);
  EXPECT_EQ(found.stop, Step::bad);
}

TEST(WalReader, ARecordBetweenTwoMultiplesOf8IsNone) {
  const std::uint64_t at = kFileHeaderBytes + 4;
  expect_no_record_at_all(encode(kLogHeader) + std::string(4, '\0') + record_for(kLogHeader, at, 101, 100));
}

TEST(WalReader, ARecordWithAnotherSeqThanTheNextIsBad) {
  for (const Seq seq : {Seq{1}, Seq{100}, Seq{102}, ~Seq{0}}) {
    const ReadLog found = read_log_bytes(encode(kLogHeader) + record_for(kLogHeader, 4096, seq, 0));
    EXPECT_EQ(found.stop, Step::bad) << seq;
    EXPECT_EQ(found.records.size(), 0U);
    EXPECT_NE(found.reason.find(std::to_string(seq)), std::string::npos) << found.reason;
    EXPECT_NE(found.reason.find("101"), std::string::npos) << found.reason;
  }
}

// --- one record by its place ---

TEST(WalReaderRecordAt, IsTheWholeRecordThatBeginsThereWhateverItsSeq) {
  const SampleLog log = make_log(1);
  MemoryFile file(log.bytes);
  WalReader reader(file, log.bytes.size(), kLogHeader);
  std::size_t next = 0;
  for (std::uint64_t at = 0; at <= log.bytes.size() + 64; at += 8) {
    const auto record = reader.record_at(at).value();
    const bool begins_here = next < log.records.size() && at == log.records[next].offset;
    ASSERT_EQ(record.has_value(), begins_here) << at;
    if (record) {
      EXPECT_EQ(placed(*record), log.records[next++]);
    }
  }
  EXPECT_EQ(next, log.records.size());
  EXPECT_EQ(reader.offset(), kFileHeaderBytes) << "a look aside moves nothing";
}

TEST(WalReaderRecordAt, IsNothingWhereThePayloadIsDamagedOrCutShort) {
  const std::string record = record_for(kLogHeader, kFileHeaderBytes, 107, 105);
  for (std::size_t length = 0; length <= record.size(); ++length) {
    MemoryFile file(encode(kLogHeader) + record.substr(0, length));
    WalReader reader(file, file.contents.size(), kLogHeader);
    EXPECT_EQ(reader.record_at(kFileHeaderBytes).value().has_value(), length == record.size()) << length;
  }
  MemoryFile file(encode(kLogHeader) + record);
  toggle_bit(file.contents, (kFileHeaderBytes + kRecordHeaderBytes) * 8);
  WalReader reader(file, file.contents.size(), kLogHeader);
  EXPECT_FALSE(reader.record_at(kFileHeaderBytes).value().has_value());
}

// --- the witness ---

// A log whose first record, 101, is gone, and in which `gap` bytes further on another one stands.
ReadLog read_hole(std::uint64_t gap, Seq seq, Seq durable_seq) {
  return read_log_bytes(encode(kLogHeader) + std::string(gap, 'x') +
                        record_for(kLogHeader, kFileHeaderBytes + gap, seq, durable_seq));
}

TEST(WalReaderWitness, IsALaterRecordThatKnewTheMissingOneToBeDurable) {
  struct Case {
    Seq seq;
    Seq durable_seq;
    bool proves;
  };
  for (const Case& c : {Case{103, 0, false}, Case{103, 99, false}, Case{103, 100, false}, Case{103, 101, true},
                        Case{103, 102, true}, Case{102, 101, true}, Case{102, 100, false}, Case{101, 100, false}}) {
    const ReadLog found = read_hole(64, c.seq, c.durable_seq);
    EXPECT_EQ(found.stop, Step::bad);
    EXPECT_EQ(found.witness.has_value(), c.proves) << c.seq << " " << c.durable_seq;
  }
}

// Garbage that matches a checksum by chance claims any seq; a record of this log has those before it in front of it.
TEST(WalReaderWitness, HasRoomInFrontOfItForAllRecordsSinceTheMissingOne) {
  for (std::uint64_t gap = 32; gap <= 600; gap += 8) {
    const Seq most = 101 + gap / kRecordHeaderBytes;
    EXPECT_EQ(read_hole(gap, most, 101).witness, most) << gap;
    EXPECT_EQ(read_hole(gap, most, most - 1).witness, most) << gap;
    EXPECT_EQ(read_hole(gap, most + 1, 101).witness, std::nullopt) << gap;
    EXPECT_EQ(read_hole(gap, ~Seq{0}, 101).witness, std::nullopt) << gap;
  }
  for (std::uint64_t gap = 8; gap < 32; gap += 8) EXPECT_EQ(read_hole(gap, 102, 101).witness, std::nullopt);
}

TEST(WalReaderWitness, IsFoundFarBehindTheHole) {
  EXPECT_EQ(read_hole(2 * kReadAheadBytes + 8, 105, 101).witness, Seq{105});
  EXPECT_EQ(read_hole(2 * kReadAheadBytes - 8, 105, 101).witness, Seq{105}) << "its header lies across two buffers";
}

// The header tells what had been durable when it was written; that its payload was torn takes nothing from that.
TEST(WalReaderWitness, IsAnyHeaderThatVerifies) {
  const std::string hole = encode(kLogHeader) + std::string(32, 'x');
  const std::string record = record_for(kLogHeader, hole.size(), 102, 101);
  for (std::size_t length = 0; length <= record.size(); ++length) {
    const ReadLog found = read_log_bytes(hole + record.substr(0, length));
    EXPECT_EQ(found.witness.has_value(), length >= kRecordHeaderBytes) << length;
  }
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string bytes = hole + record;
    toggle_bit(bytes, hole.size() * 8 + bit);
    EXPECT_EQ(read_log_bytes(bytes).witness.has_value(), bit >= kRecordHeaderBytes * 8) << bit;
  }
}

}  // namespace
}  // namespace kv
