// For tests of logs: one made in memory, and what a reader finds in it.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec_test_util.h"
#include "engine/memory_file.h"
#include "engine/wal_reader.h"
#include "engine/wal_writer.h"

namespace kv {

// A log that goes on behind record 100.
inline constexpr FileHeader kLogHeader{.type = FileType::log,
                                       .link = LogLink::void_until_snapshot,
                                       .store_id = 0x1111,
                                       .generation = 7,
                                       .salt = 0x5a175a175a175a17,
                                       .base_seq = 100};

// A record and its place.
struct Placed {
  std::uint64_t offset;
  RecordKind kind;
  Seq seq;
  Seq durable_seq;
  std::string payload;
  [[nodiscard]] std::uint64_t end() const { return offset + record_bytes(payload.size()); }
  bool operator==(const Placed&) const = default;
};

// The bytes of a log, and the records in it.
struct SampleLog {
  FileHeader header = kLogHeader;
  std::string bytes;
  std::vector<Placed> records;

  [[nodiscard]] std::vector<Placed> records_before(std::uint64_t offset) const {
    std::vector<Placed> before;
    for (const Placed& record : records) {
      if (record.end() <= offset) before.push_back(record);
    }
    return before;
  }

  // Whether a record behind `lost` was written when that one had been synced.
  [[nodiscard]] bool proves_durable(std::size_t lost) const {
    for (std::size_t later = lost + 1; later < records.size(); ++later) {
      if (records[later].durable_seq >= records.at(lost).seq) return true;
    }
    return false;
  }
};

inline const std::vector<std::string> kPayloads = {"first", "", std::string(16, '\0'), "eight by", std::string(41, 'x'),
                                                   "z"};

// A sync after every `records_per_sync` records; 0 is never.
inline SampleLog make_log(std::size_t records_per_sync, const FileHeader& header = kLogHeader,
                          const std::vector<std::string>& payloads = kPayloads) {
  auto owned = std::make_unique<MemoryFile>();
  const MemoryFile& file = *owned;
  const auto writer = WalWriter::start(std::move(owned), header).value();
  SampleLog log;
  log.header = header;
  for (const std::string& payload : payloads) {
    const auto kind = static_cast<RecordKind>(1 + log.records.size() % 4);
    log.records.push_back({writer->end(), kind, writer->last_seq() + 1, writer->durable_seq(), payload});
    writer->append(kind, payload).value();
    if (records_per_sync != 0 && log.records.size() % records_per_sync == 0) writer->sync().value();
  }
  log.bytes = file.contents;
  return log;
}

// All that a reader says of a log, from the first record to the place where it stops.
struct ReadLog {
  std::vector<Placed> records;
  WalReader::Step stop = WalReader::Step::record;
  std::uint64_t stopped_at = 0;
  Seq expected_seq = 0;
  std::string reason;
  std::optional<Seq> witness;  // its seq
};

inline Placed placed(const Record& record) {
  return {record.offset, static_cast<RecordKind>(record.header.kind), record.header.seq, record.header.durable_seq,
          std::string(record.payload)};
}

// As recovery does it: the witness is asked for where a record is bad.
inline Result<ReadLog> read_log(File& file, std::uint64_t size, const FileHeader& header = kLogHeader) {
  WalReader reader(file, size, header);
  ReadLog log;
  while (true) {
    log.stop = TRY(reader.next());
    if (log.stop != WalReader::Step::record) break;
    log.records.push_back(placed(reader.record()));
  }
  log.stopped_at = reader.offset();
  log.expected_seq = reader.expected_seq();
  log.reason = reader.reason();
  if (log.stop == WalReader::Step::bad) {
    const auto witness = TRY(reader.witness());
    if (witness) log.witness = witness->header.seq;
  }
  return log;
}

inline ReadLog read_log_bytes(std::string bytes, const FileHeader& header = kLogHeader) {
  MemoryFile file(std::move(bytes));
  return read_log(file, file.contents.size(), header).value();
}

// A record as it stands at `offset` of a log with `header`.
inline std::string record_for(const FileHeader& header, std::uint64_t offset, Seq seq, Seq durable_seq,
                              std::string_view payload = "payload") {
  std::string record;
  encode_record(record, RecordKind::put, seq, durable_seq, payload, ChecksumSeed(header).at(offset));
  return record;
}

inline std::ostream& operator<<(std::ostream& out, const Placed& record) {
  return out << fmt::format("record {} at {}: {} after {}, \"{}\"", record.seq, record.offset, to_string(record.kind),
                            record.durable_seq, printable(record.payload));
}

}  // namespace kv
