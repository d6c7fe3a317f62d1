#include "harness/reference_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "faultfs/path.h"
#include "harness/reference_format.h"
#include "harness/text.h"

namespace walbreaker {

using reference::FileKind;
using reference::Header;
using reference::HeaderState;
using reference::Link;
using reference::RecordHeader;
using reference::Seal;
using RecordKind = DecodedRecord::Kind;

std::string_view to_string(RecordKind kind) {
  switch (kind) {
    case RecordKind::put: return "put";
    case RecordKind::remove: return "remove";
    case RecordKind::batch: return "batch";
    case RecordKind::close: return "close";
    case RecordKind::unknown: return "unknown";
    case RecordKind::no_record: return "no_record";
    case RecordKind::zeros: return "zeros";
  }
  return "unknown";
}

std::string_view to_string(DecodedFile::Kind kind) {
  switch (kind) {
    case DecodedFile::Kind::log: return "log";
    case DecodedFile::Kind::snapshot: return "snapshot";
    case DecodedFile::Kind::other: return "other";
  }
  return "unknown";
}

namespace {

RecordKind kind_of(std::uint8_t number) {
  switch (number) {
    case reference::kPut: return RecordKind::put;
    case reference::kRemove: return RecordKind::remove;
    case reference::kBatch: return RecordKind::batch;
    case reference::kClose: return RecordKind::close;
    default: return RecordKind::unknown;
  }
}

std::string meaning_of(const kv::Batch::Operation& write) {
  if (write.kind == kv::Batch::Kind::remove) return fmt::format("remove {}", in_quotes(write.key));
  return fmt::format("put {} = {}", in_quotes(write.key), in_quotes(write.value));
}

std::string meaning_of(const DecodedRecord& record) {
  if (record.kind == RecordKind::close) return "close";
  std::string text;
  for (const auto& write : record.writes.operations()) {
    constexpr std::size_t kShown = 200;
    if (text.size() > kShown) return fmt::format("{}; ... ({} writes)", text, record.writes.size());
    if (!text.empty()) text += "; ";
    text += meaning_of(write);
  }
  return record.kind == RecordKind::batch ? fmt::format("batch of {}: {}", record.writes.size(), text) : text;
}

// Cuts a log into records and what is between them.
class LogMap {
 public:
  LogMap(std::string_view file, const Header& header, std::uint64_t replayed_to)
      : file_(file), seal_(header), replayed_to_(replayed_to), payload_budget_(kPayloadReads * file.size()) {}

  std::vector<DecodedRecord> draw() && {
    std::uint64_t at = reference::kHeaderBytes;
    while (at < file_.size()) {
      const auto header = reference::find_record_header(file_, at, seal_, [](const auto&) { return true; });
      const std::uint64_t begin = header ? header->offset : file_.size();
      if (begin > at) add_gap(at, begin);
      at = header ? add_record(*header) : begin;
    }
    return std::move(records_);
  }

 private:
  // A payload that is wrong is read, and then read over again by what stands in it: made by somebody for the purpose,
  // a file of nothing but headers would take the square of its size. So much is read, and no more.
  static constexpr std::uint64_t kPayloadReads = 4;

  void add_gap(std::uint64_t begin, std::uint64_t end) {
    DecodedRecord gap;
    const bool zeros =
        kv::all_zeros(file_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    gap.kind = zeros ? RecordKind::zeros : RecordKind::no_record;
    gap.offset = begin;
    gap.length = end - begin;
    gap.meaning = zeros ? "zeros" : "no record";
    records_.push_back(std::move(gap));
  }

  // Where to look for the next one: behind this record if it is whole, else in it.
  std::uint64_t add_record(const RecordHeader& header) {
    DecodedRecord record;
    record.kind = kind_of(header.kind);
    record.offset = header.offset;
    record.seq = header.seq;
    record.durable_seq = header.durable_seq;
    record.header_ok = true;
    record.payload_ok = has_right_payload(header);
    record.replayed = record.payload_ok && header.end <= replayed_to_;
    const std::uint64_t end = record.payload_ok ? header.end : header.offset + reference::kRecordHeaderBytes;
    record.length = end - header.offset;
    say(record, header);
    records_.push_back(std::move(record));
    return end;
  }

  bool has_right_payload(const RecordHeader& header) {
    const std::uint64_t length = header.end - header.offset;
    if (header.end > file_.size() || length > payload_budget_) return false;
    payload_budget_ -= length;
    return reference::payload_verifies(file_, header, seal_);
  }

  void say(DecodedRecord& record, const RecordHeader& header) const {
    if (!record.payload_ok) {
      record.meaning = header.end > file_.size() ? "the record reaches past the end of the file"
                                                 : "the record's payload is not what was written";
      return;
    }
    const auto add = [&](kv::Batch::Kind kind, std::string_view key, std::string_view value) {
      if (kind == kv::Batch::Kind::put) {
        record.writes.put(key, value);
      } else {
        record.writes.remove(key);
      }
    };
    if (reference::for_each_write(header.kind, reference::payload_of(file_, header), add)) {
      record.meaning = meaning_of(record);
    } else {
      record.writes.clear();
      record.meaning = fmt::format("kind {}, and a payload that makes no sense", header.kind);
    }
  }

  std::string_view file_;
  Seal seal_;
  std::uint64_t replayed_to_;
  std::uint64_t payload_budget_;  // in bytes
  std::vector<DecodedRecord> records_;
};

std::string meaning_of(const Header& header) {
  std::string text = fmt::format("generation {}, base seq {}, store {:016x}, salt {:016x}", header.generation,
                                 header.base_seq, header.store_id, header.salt);
  if (header.link == Link::follows) {
    text += fmt::format(", follows wal-{}.log at {}", header.predecessor, header.predecessor_end);
  } else if (header.link == Link::void_until_snapshot) {
    text += fmt::format(", void until snapshot-{}.dat verifies", header.generation);
  }
  return text;
}

DecodedBlock map_block(const reference::Block& block) {
  DecodedBlock mapped{.offset = block.offset, .length = block.end - block.offset, .meaning = {}};
  std::string_view first;
  std::string_view last;
  const bool sensible = reference::for_each_entry(block.entries, [&](std::string_view key, std::string_view) {
    if (mapped.entries++ == 0) first = key;
    last = key;
  });
  mapped.ok = block.crc_ok && sensible;
  if (mapped.ok) {
    mapped.meaning = fmt::format("{} entries, {} to {}", mapped.entries, in_quotes(first), in_quotes(last));
  } else {
    mapped.entries = 0;
    mapped.meaning = block.crc_ok ? "the bytes are no entries" : "the block's checksum is wrong";
  }
  return mapped;
}

void map_snapshot(std::string_view file, const Header& header, DecodedFile& mapped) {
  const Seal seal(header);
  const auto footer = reference::read_footer(file, seal);
  mapped.footer_ok = footer && footer->crc_ok;
  const std::uint64_t limit = footer ? file.size() - reference::kFooterBytes : file.size();
  mapped.footer_meaning = !footer           ? "the file ends before its footer"
                          : !footer->crc_ok ? "the footer's checksum is wrong"
                                            : fmt::format("{} entries in {} blocks of {} bytes", footer->entries,
                                                          footer->blocks, footer->length);
  for (std::uint64_t at = reference::kHeaderBytes; at < limit;) {
    const auto block = reference::read_block(file, at, limit, mapped.blocks.size(), seal);
    if (!block) break;
    mapped.blocks.push_back(map_block(*block));
    at = block->end;
  }
}

void map_file(const std::string& bytes, const reference::FileName& name, DecodedFile& mapped) {
  const auto header = reference::parse_header(bytes, name);
  mapped.header_ok = header.state == HeaderState::good;
  mapped.header_meaning = mapped.header_ok ? meaning_of(header.fields) : std::string(header.why);
  if (!mapped.header_ok) return;
  if (name.kind == FileKind::log) {
    mapped.records = LogMap(bytes, header.fields, mapped.stopped_at.value_or(0)).draw();
  } else {
    map_snapshot(bytes, header.fields, mapped);
  }
}

}  // namespace

std::vector<DecodedFile> decode_files(const faultfs::Image& image, std::string_view directory,
                                      const DecodedStore& store) {
  const std::string normal = faultfs::normal_path(directory);
  std::vector<DecodedFile> files;
  for (const auto& [path, bytes] : image.files) {
    if (faultfs::directory_of(path) != normal) continue;
    DecodedFile& file = files.emplace_back();
    file.name = path.substr(normal.empty() ? 0 : normal.size() + 1);
    file.size = bytes.size();
    for (const DecodedFinding& finding : store.findings) {
      if (finding.file == file.name) file.findings.push_back(finding.message());
    }
    const auto replay = std::ranges::find(store.replays, file.name, &DecodedReplay::file);
    if (replay != store.replays.end()) file.stopped_at = replay->end;
    const auto name = reference::parse_name(file.name);
    if (!name) continue;
    file.kind = name->kind == FileKind::log ? DecodedFile::Kind::log : DecodedFile::Kind::snapshot;
    file.is_dead = store.snapshot && name->generation < *store.snapshot;
    map_file(bytes.to_string(), *name, file);
  }
  return files;
}

std::vector<DecodedFile> decode_files(const faultfs::Image& image, std::string_view directory) {
  return decode_files(image, directory, decode_reference_store(image, directory));
}

}  // namespace walbreaker
