// What a reader of logs asks of its file, and what it makes of the answers.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "engine/wal_test_util.h"

namespace kv {
namespace {

using Step = WalReader::Step;

constexpr std::uint64_t kReadAheadBytes = std::uint64_t{256} << 10;

// Longer than a few of the reader's buffers, with a record longer than one.
SampleLog large_log() {
  std::vector<std::string> payloads(30, std::string(9'999, 'a'));
  payloads.push_back(std::string(2 * kReadAheadBytes + 1, 'b'));
  payloads.insert(payloads.end(), 30, std::string(9'999, 'c'));
  return make_log(1, kLogHeader, payloads);
}

TEST(WalReaderIo, RecordsReachAcrossBuffers) {
  const SampleLog log = large_log();
  const ReadLog found = read_log_bytes(log.bytes);
  EXPECT_TRUE(found.records == log.records);
  EXPECT_EQ(found.stop, Step::end);
}

TEST(WalReaderIo, ContinuesShortReads) {
  const SampleLog log = make_log(1);
  for (const std::size_t bytes_per_call : {1UL, 2UL, 3UL, 7UL, 8UL, 31UL, 33UL}) {
    MemoryFile file(log.bytes);
    file.bytes_per_call = bytes_per_call;
    const ReadLog found = read_log(file, log.bytes.size()).value();
    EXPECT_EQ(found.records, log.records);
    EXPECT_EQ(found.stop, Step::end);
  }
}

TEST(WalReaderIo, ReadsNothingPastTheSizeItWasGiven) {
  const SampleLog log = make_log(1);
  MemoryFile file(log.bytes);
  const std::uint64_t size = log.records[3].offset;
  const ReadLog found = read_log(file, size).value();
  EXPECT_EQ(found.records, log.records_before(size));
  EXPECT_EQ(found.stop, Step::end);
  for (const MemoryFile::Call& call : file.calls) EXPECT_LE(call.offset + call.bytes, size);
}

// Fails read 0, 1, 2, ... of replay and of the search for a witness, until a run has no failure.
std::size_t fail_every_read(const std::string& bytes, std::size_t bytes_per_call) {
  for (std::size_t failures = 0;; ++failures) {
    MemoryFile file(bytes);
    file.bytes_per_call = bytes_per_call;
    file.fail_at = failures;
    const auto found = read_log(file, bytes.size());
    if (found) {
      EXPECT_EQ(failures, file.calls.size());
      return failures;
    }
    EXPECT_EQ(found.error().code, ErrorCode::io_error);
    EXPECT_EQ(found.error().os_error, EIO);
    EXPECT_EQ(file.calls.size(), failures + 1) << "read on after an error";
  }
}

TEST(WalReaderIo, AFailedReadOfASoundLogIsAnErrorAndNeverItsEnd) {
  EXPECT_GE(fail_every_read(make_log(1).bytes, 100), 3U);
  EXPECT_GE(fail_every_read(large_log().bytes, MemoryFile::kNoLimit), 4U);
}

TEST(WalReaderIo, AFailedReadOfAZeroTailIsAnErrorAndNeverItsEnd) {
  EXPECT_GE(fail_every_read(make_log(1).bytes + std::string(4 * kReadAheadBytes, '\0'), MemoryFile::kNoLimit), 5U);
}

TEST(WalReaderIo, AFailedReadInTheSearchForAWitnessIsAnErrorAndNeverAnAnswer) {
  SampleLog log = large_log();
  toggle_bit(log.bytes, log.records.front().offset * 8);
  EXPECT_GE(fail_every_read(log.bytes, MemoryFile::kNoLimit), 1U);
  const std::string far_hole = encode(kLogHeader) + std::string(4 * kReadAheadBytes, 'x');
  EXPECT_GE(fail_every_read(far_hole, MemoryFile::kNoLimit), 4U);
}

// The records before the failure were right, and a later call may still succeed.
TEST(WalReaderIo, AReadThatFailedCanBeRepeated) {
  const SampleLog log = large_log();
  for (std::size_t failing = 0; failing < 5; ++failing) {
    MemoryFile file(log.bytes);
    file.fail_at = failing;
    WalReader reader(file, log.bytes.size(), kLogHeader);
    std::vector<Placed> records;
    std::size_t errors = 0;
    while (true) {
      const auto step = reader.next();
      if (step && *step != Step::record) break;
      if (step) records.push_back(placed(reader.record()));
      if (!step) ++errors;
    }
    EXPECT_EQ(errors, failing < file.calls.size() ? 1U : 0U);
    EXPECT_TRUE(records == log.records);
  }
}

TEST(WalReaderIo, StaysWhereItStopped) {
  const SampleLog log = make_log(1);
  std::string torn = log.bytes;
  toggle_bit(torn, log.records[2].offset * 8);
  for (const std::string& bytes : {log.bytes, torn}) {
    MemoryFile file(bytes);
    WalReader reader(file, bytes.size(), kLogHeader);
    Step step = Step::record;
    while (step == Step::record) step = reader.next().value();
    const std::uint64_t offset = reader.offset();
    const Seq expected_seq = reader.expected_seq();
    for (int again = 0; again < 3; ++again) {
      EXPECT_EQ(reader.next().value(), step);
      EXPECT_EQ(reader.offset(), offset);
      EXPECT_EQ(reader.expected_seq(), expected_seq);
    }
  }
}

TEST(WalReaderIo, ASearchReadsNoPayloadsAndEachByteOnce) {
  const SampleLog log = large_log();
  MemoryFile file(log.bytes);
  WalReader reader(file, log.bytes.size(), kLogHeader);
  std::vector<std::uint64_t> found_at, offsets;
  const auto none = reader.search([&](const auto& found) { return found_at.push_back(found.offset), false; });
  EXPECT_FALSE(none.value().has_value());
  for (const Placed& record : log.records) offsets.push_back(record.offset);
  EXPECT_EQ(found_at, offsets);
  EXPECT_LE(file.largest_read(), kReadAheadBytes);
  EXPECT_LE(file.calls.size(), log.bytes.size() / (kReadAheadBytes - kRecordHeaderBytes) + 1);
}

TEST(WalReaderIo, ASearchLeavesTheReaderWhereItWas) {
  const SampleLog log = make_log(1);
  MemoryFile file(log.bytes);
  WalReader reader(file, log.bytes.size(), kLogHeader);
  ASSERT_EQ(reader.next().value(), Step::record);
  const auto last = reader.search([&](const auto& found) { return found.header.seq == log.records.back().seq; });
  EXPECT_EQ(last.value().value().offset, log.records.back().offset);
  const auto passed = reader.search([&](const auto& found) { return found.header.seq == log.records.front().seq; });
  EXPECT_FALSE(passed.value().has_value()) << "the search begins behind the last record";
  ASSERT_EQ(reader.next().value(), Step::record);
  EXPECT_EQ(placed(reader.record()), log.records[1]);
}

// --- lengths that lie ---

// A record whose header is sound and says `payload_bytes`.
std::string record_that_claims(std::uint32_t payload_bytes) {
  const std::uint32_t seed = ChecksumSeed(kLogHeader).at(kFileHeaderBytes);
  std::string record = record_for(kLogHeader, kFileHeaderBytes, 101, 100);
  store(record, 4, payload_bytes);
  store(record, 0, crc32c(std::string_view(record).substr(4, kRecordHeaderBytes - 4), seed));
  return record;
}

TEST(WalReaderIo, ALengthBeyondTheFileIsBadAndNothingIsReadForIt) {
  for (const std::uint32_t claim : {9U, 16U, 4096U, 0x7fffffffU, 0xfffffff8U, 0xfffffff9U, 0xffffffffU}) {
    MemoryFile file(encode(kLogHeader) + record_that_claims(claim));
    const ReadLog found = read_log(file, file.contents.size()).value();
    EXPECT_EQ(found.stop, Step::bad) << claim;
    EXPECT_EQ(found.records.size(), 0U);
    EXPECT_LE(file.largest_read(), record_bytes(8)) << "no more than there is behind the header";
  }
}

TEST(WalReaderIo, ALengthWithinTheFileCostsNoMoreThanTheRecord) {
  const std::uint32_t claim = 3 * kReadAheadBytes;
  MemoryFile file(encode(kLogHeader) + record_that_claims(claim) + std::string(8 * kReadAheadBytes, 'x'));
  const ReadLog found = read_log(file, file.contents.size()).value();
  EXPECT_EQ(found.stop, Step::bad);
  EXPECT_EQ(file.largest_read(), record_bytes(claim));
}

}  // namespace
}  // namespace kv
