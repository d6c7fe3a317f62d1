// Laws of the log: what a reader yields is a prefix of what was written, whatever became of the file.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "engine/bytes.h"
#include "properties/format_model.h"
#include "properties/law.h"

namespace walbreaker::properties {
namespace {

using kv::Placed;
using kv::ReadLog;
using kv::SampleLog;
using Step = kv::WalReader::Step;

ReadLog read(const SampleLog& log, std::string bytes) { return kv::read_log_bytes(std::move(bytes), log.header); }

// Every place at which some record header verifies.
std::set<std::uint64_t> headers_found(const SampleLog& log, std::string bytes) {
  kv::MemoryFile file(std::move(bytes));
  kv::WalReader reader(file, file.contents.size(), log.header);
  std::set<std::uint64_t> places;
  const auto note = [&](const kv::WalReader::FoundHeader& found) { return !places.insert(found.offset).second; };
  RC_ASSERT(!reader.search(note).value());
  return places;
}

// The record that holds the byte; not where it is in the file's header.
std::size_t record_at(const SampleLog& log, std::uint64_t offset) { return log.records_before(offset).size(); }

TEST(Log, YieldsEveryRecordHoweverShortTheReadsAre) {
  check_law(100, [] {
    const SampleLog log = any_log();
    kv::MemoryFile file(log.bytes);
    file.bytes_per_call = 1 + any_below(64);
    const auto got = kv::read_log(file, file.contents.size(), log.header).value();
    RC_ASSERT(got.records == log.records);
    RC_ASSERT(got.stop == Step::end);
    RC_ASSERT(got.stopped_at == log.bytes.size());
  });
}

TEST(Log, YieldsAPrefixOfItsRecordsWhereverItIsCut) {
  check_law(30, [] {
    const SampleLog log = any_log();
    for (std::uint64_t length = kv::kFileHeaderBytes; length <= log.bytes.size(); length += 1 + any_below(7)) {
      RC_LOG() << "cut to " << length << '\n';
      const ReadLog got = read(log, log.bytes.substr(0, length));
      RC_ASSERT(got.records == log.records_before(length));
      // What is left of a record may be zeros, the first ones of its checksum.
      const std::string_view rest = std::string_view(log.bytes).substr(got.stopped_at, length - got.stopped_at);
      RC_ASSERT((got.stop == Step::end) == kv::all_zeros(rest));
      RC_ASSERT(!got.witness);  // what is gone proves nothing
    }
  });
}

TEST(Log, StopsInFrontOfAFlippedBitAndKnowsWhetherTheRecordWasDurable) {
  std::uint64_t proven = 0;
  std::uint64_t unproven = 0;
  check_law(60, [&] {
    const SampleLog log = any_log(1);
    for (int flips = 0; flips < 20; ++flips) {
      const std::uint64_t bit = kv::kFileHeaderBytes * 8 + any_below((log.bytes.size() - kv::kFileHeaderBytes) * 8);
      std::string harmed = log.bytes;
      kv::toggle_bit(harmed, bit);
      RC_LOG() << "bit " << bit << '\n';
      const ReadLog got = read(log, harmed);
      RC_ASSERT(got.records == log.records_before(bit / 8));
      RC_ASSERT(got.stop == Step::bad);
      RC_ASSERT(got.witness.has_value() == log.proves_durable(record_at(log, bit / 8)));
      ++(got.witness ? proven : unproven);
    }
  });
  EXPECT_GT(proven, 50U);
  EXPECT_GT(unproven, 50U);
}

TEST(Log, YieldsNothingOfAnOverwrittenRecordNorWhatComesBehindIt) {
  check_law(60, [] {
    const SampleLog log = any_log(1);
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t begin = kv::kFileHeaderBytes + any_below(log.bytes.size() - kv::kFileHeaderBytes);
      const std::uint64_t length = 1 + any_below(log.bytes.size() - begin);
      const char filling = *rc::gen::element('\0', '\xff', 'x');
      std::string harmed = log.bytes;
      harmed.replace(begin, length, length, filling);
      const auto [first, unused] = std::ranges::mismatch(log.bytes, harmed);
      const auto harmed_at = static_cast<std::uint64_t>(first - log.bytes.begin());
      RC_LOG() << length << " at " << begin << ", the first other byte at " << harmed_at << '\n';
      RC_ASSERT(read(log, harmed).records == log.records_before(harmed_at));
    }
  });
}

TEST(Log, EndsInZerosAndYieldsNothingOfGarbageBehindItsEnd) {
  check_law(60, [] {
    const SampleLog log = any_log();
    const std::size_t length = any_below(200);
    const ReadLog zeros = read(log, log.bytes + std::string(length, '\0'));
    RC_ASSERT(zeros.records == log.records);
    RC_ASSERT(zeros.stop == Step::end);
    const ReadLog garbage = read(log, log.bytes + std::string(length, '\0') + *any_bytes() + "x");
    RC_ASSERT(garbage.records == log.records);
    RC_ASSERT(garbage.stop == Step::bad);
    RC_ASSERT(!garbage.witness);
  });
}

// --- records that are somewhere else ---

std::string bytes_of(const SampleLog& log, const Placed& record) {
  return log.bytes.substr(record.offset, record.end() - record.offset);
}

std::string file_of(const SampleLog& log, const std::vector<std::string>& records) {
  std::string bytes = log.bytes.substr(0, kv::kFileHeaderBytes);
  for (const std::string& record : records) bytes += record;
  return bytes;
}

std::vector<std::string> records_of(const SampleLog& log) {
  std::vector<std::string> records;
  for (const Placed& record : log.records) records.push_back(bytes_of(log, record));
  return records;
}

// No header verifies but those of records that stand where they were written, and those in front of the first other
// byte are what the reader yields.
void check_moved(const SampleLog& log, const std::string& moved) {
  std::set<std::uint64_t> untouched;
  for (const Placed& record : log.records) {
    const std::string header = log.bytes.substr(record.offset, kv::kRecordHeaderBytes);
    if (moved.size() >= record.offset && moved.compare(record.offset, header.size(), header) == 0)
      untouched.insert(record.offset);
  }
  RC_ASSERT(headers_found(log, moved) == untouched);
  const auto [first, unused] = std::ranges::mismatch(log.bytes, moved);
  RC_ASSERT(read(log, moved).records == log.records_before(static_cast<std::uint64_t>(first - log.bytes.begin())));
}

TEST(Log, NeverTakesARecordThatWasMovedOrRepeated) {
  check_law(100, [] {
    const SampleLog log = any_log(2);
    auto records = records_of(log);
    const std::string taken = records.at(any_below(records.size()));
    if (*rc::gen::arbitrary<bool>()) records.erase(records.begin() + static_cast<std::ptrdiff_t>(any_below(2)));
    records.insert(records.begin() + static_cast<std::ptrdiff_t>(any_below(records.size() + 1)), taken);
    check_moved(log, file_of(log, records));
  });
}

// Of the same sizes, so that only the checksums tell.
TEST(Log, NeverTakesARecordThatStandsInAnothersPlace) {
  check_law(100, [] {
    const kv::FileHeader header = *any_header(kv::FileType::log);
    const std::size_t count = 2 + any_below(8);
    const SampleLog log = kv::make_log(any_below(4), header, std::vector<std::string>(count, *any_bytes()));
    auto records = records_of(log);
    std::swap(records[any_below(count)], records[any_below(count)]);
    check_moved(log, file_of(log, records));
  });
}

TEST(Log, NeverTakesARecordOfAnotherFile) {
  check_law(100, [] {
    const SampleLog log = any_log(1);
    kv::FileHeader header = log.header;
    if (*rc::gen::arbitrary<bool>()) {
      header.salt = *rc::gen::distinctFrom(any_number(), header.salt);
    } else {
      header.generation = *rc::gen::distinctFrom(any_number(), header.generation);
    }
    std::vector<std::string> payloads;
    for (const Placed& record : log.records) payloads.push_back(record.payload);
    const SampleLog other = kv::make_log(1, header, payloads);
    const std::size_t first = any_below(log.records.size());
    auto records = records_of(log);
    for (std::size_t i = first; i < records.size(); ++i) records[i] = bytes_of(other, other.records[i]);
    const std::string mixed = file_of(log, records);
    RC_ASSERT(read(log, mixed).records == log.records_before(log.records[first].offset));
    RC_ASSERT(headers_found(log, mixed).size() == first);
  });
}

}  // namespace
}  // namespace walbreaker::properties
