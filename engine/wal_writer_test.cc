#include "engine/wal_writer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/wal_test_util.h"

namespace kv {
namespace {

using Kind = MemoryFile::Kind;

// A writer, and a look at the file that it owns.
struct Log {
  MemoryFile* file;
  std::unique_ptr<WalWriter> writer;
};

Log start_log(std::size_t bytes_per_call = MemoryFile::kNoLimit) {
  auto file = std::make_unique<MemoryFile>();
  file->bytes_per_call = bytes_per_call;
  MemoryFile* seen = file.get();
  return {seen, WalWriter::start(std::move(file), kLogHeader).value()};
}

TEST(WalWriter, BeginsWithTheHeader) {
  const Log log = start_log();
  EXPECT_EQ(log.file->contents, encode(kLogHeader));
  EXPECT_EQ(log.writer->generation(), kLogHeader.generation);
  EXPECT_EQ(log.writer->last_seq(), kLogHeader.base_seq);
  EXPECT_EQ(log.writer->durable_seq(), kLogHeader.base_seq);
  EXPECT_EQ(log.writer->end(), kFileHeaderBytes);
}

// Otherwise a power cut could leave records behind a header that never reached the disk.
TEST(WalWriter, SyncsTheHeaderBeforeTheFirstRecordIsWritten) {
  const Log log = start_log();
  log.writer->append(RecordKind::put, "payload").value();
  log.writer->sync().value();
  EXPECT_EQ(log.file->calls,
            (std::vector<MemoryFile::Call>{
                {Kind::write, 0, 4096}, {Kind::sync, 0, 0}, {Kind::write, 4096, record_bytes(7)}, {Kind::sync, 0, 0}}));
}

TEST(WalWriter, PutsEachRecordWithTheNextSeqRightBehindTheLastOne) {
  const Log log = start_log();
  std::string expected = encode(kLogHeader);
  Seq seq = kLogHeader.base_seq;
  for (const std::string& payload : kPayloads) {
    expected += record_for(kLogHeader, expected.size(), ++seq, kLogHeader.base_seq, payload);
    log.writer->append(RecordKind::put, payload).value();
    EXPECT_EQ(log.writer->last_seq(), seq);
    EXPECT_EQ(log.writer->end(), expected.size());
  }
  EXPECT_EQ(to_hex(log.file->contents.substr(kFileHeaderBytes)), to_hex(expected.substr(kFileHeaderBytes)));
}

TEST(WalWriter, ARecordCarriesTheLastSeqWhoseSyncHadReturned) {
  const Log log = start_log();
  for (const bool sync : {false, true, false, false, true, true}) {
    log.writer->append(RecordKind::put, "x").value();
    if (sync) log.writer->sync().value();
  }
  std::vector<Seq> durable_seqs;
  for (const Placed& record : read_log_bytes(log.file->contents).records) durable_seqs.push_back(record.durable_seq);
  EXPECT_EQ(durable_seqs, (std::vector<Seq>{100, 100, 102, 102, 102, 105}));
  EXPECT_EQ(log.writer->durable_seq(), 106U);
}

TEST(WalWriter, ASyncWithNothingNewAsksNothingOfTheFile) {
  const Log log = start_log();
  log.writer->sync().value();
  log.writer->append(RecordKind::put, "x").value();
  log.writer->sync().value();
  const auto calls = log.file->calls;
  log.writer->sync().value();
  EXPECT_EQ(log.file->calls, calls);
  EXPECT_EQ(calls.size(), 4U) << "header, sync, record, sync";
}

TEST(WalWriter, ContinuesShortWrites) {
  const std::string whole = make_log(1).bytes;
  for (const std::size_t bytes_per_call : {1UL, 3UL, 7UL, 31UL, 33UL, 4095UL}) {
    const Log log = start_log(bytes_per_call);
    for (std::size_t i = 0; i < kPayloads.size(); ++i) {
      log.writer->append(static_cast<RecordKind>(1 + i % 4), kPayloads[i]).value();
      log.writer->sync().value();
    }
    EXPECT_TRUE(log.file->contents == whole) << bytes_per_call;
  }
}

TEST(WalWriter, AWriteWithoutProgressIsNoSpace) {
  const Log log = start_log();
  log.file->bytes_per_call = 0;
  EXPECT_EQ(code_of(log.writer->append(RecordKind::put, "x")), ErrorCode::no_space);
  EXPECT_EQ(log.writer->last_seq(), kLogHeader.base_seq);

  auto full = std::make_unique<MemoryFile>();
  full->bytes_per_call = 0;
  EXPECT_EQ(code_of(WalWriter::start(std::move(full), kLogHeader)), ErrorCode::no_space);
}

TEST(WalWriter, DoesNotStartWhereTheHeaderCannotBeWrittenOrSynced) {
  std::size_t failures = 0;
  for (;; ++failures) {
    auto file = std::make_unique<MemoryFile>();
    file->bytes_per_call = 1000;
    file->fail_at = failures;
    const auto writer = WalWriter::start(std::move(file), kLogHeader);
    if (writer) break;
    EXPECT_EQ(writer.error().code, ErrorCode::io_error);
    EXPECT_EQ(writer.error().context, fmt::format("call {}", failures));
  }
  EXPECT_EQ(failures, 6U) << "five writes and a sync";
}

// Appends and syncs every payload until something fails. Returns how many were acked, and the error.
std::pair<std::size_t, Result<void>> log_all(WalWriter& writer) {
  for (std::size_t acked = 0; acked < kPayloads.size(); ++acked) {
    auto done = writer.append(RecordKind::put, kPayloads[acked]);
    if (done) done = writer.sync();
    if (!done) return {acked, done};
  }
  return {kPayloads.size(), {}};
}

TEST(WalWriter, AFailedWriteOrSyncIsReturnedAndCountsNothingAsWrittenOrDurable) {
  constexpr std::size_t kHeaderCalls = 2;
  std::size_t failures = 0;
  for (;; ++failures) {
    const Log log = start_log();
    log.file->bytes_per_call = 20;  // a record takes two writes or more, so that it can be cut in the middle
    log.file->fail_at = kHeaderCalls + failures;
    const auto [acked, result] = log_all(*log.writer);
    if (result) break;
    EXPECT_EQ(result.error().code, ErrorCode::io_error);
    EXPECT_EQ(log.file->calls.size(), log.file->fail_at + 1) << "went on after an error";

    const bool sync_failed = log.file->calls.back().kind == Kind::sync;
    EXPECT_EQ(log.writer->durable_seq(), kLogHeader.base_seq + acked);
    EXPECT_EQ(log.writer->last_seq(), kLogHeader.base_seq + acked + (sync_failed ? 1 : 0));
    const ReadLog found = read_log_bytes(log.file->contents);
    EXPECT_EQ(found.expected_seq, log.writer->last_seq() + 1) << "what is whole in the file is what was appended";
    EXPECT_EQ(found.stopped_at, log.writer->end());
    EXPECT_EQ(found.witness, std::nullopt) << "half a record is no hole";
  }
  EXPECT_EQ(failures, 21U) << "6 syncs, and 15 writes of up to 20 bytes";
}

}  // namespace
}  // namespace kv
