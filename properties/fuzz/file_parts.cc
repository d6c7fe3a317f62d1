#include "properties/fuzz/file_parts.h"

#include <algorithm>
#include <cstring>

#include "engine/bytes.h"

namespace walbreaker::fuzz {

namespace {

using reference::FileKind;
using reference::kBlockHeaderBytes;
using reference::kFooterBytes;
using reference::kHeaderBytes;
using reference::kRecordAlignment;
using reference::kRecordHeaderBytes;

constexpr std::size_t kMostPieces = 4096;  // the rest stays in one piece

constexpr Field kGeneration{"generation", 24, 8};
constexpr Field kSalt{"salt", 32, 8};
constexpr Field kBaseSeq{"base seq", 40, 8};
constexpr Field kHeaderCrc{"CRC", kHeaderBytes - 4, 4};

constexpr Field kCrc{"CRC", 0, 4};
constexpr Field kLength{"length", 4, 4};
constexpr Field kSeq{"seq", 8, 8};
constexpr Field kDurableSeq{"durable seq", 16, 8};
constexpr Field kKind{"kind", 24, 1};
constexpr Field kPayloadCrc{"payload CRC", 28, 4};

constexpr Field kEntries{"entries", 0, 8};
constexpr Field kBlocks{"blocks", 8, 8};
constexpr Field kBlocksLength{"length", 16, 8};
constexpr Field kCrcOfCrcs{"CRC of CRCs", 24, 4};
constexpr Field kFooterCrc{"CRC", 28, 4};
constexpr std::uint64_t kFooterPlace = ~std::uint64_t{0};

// How many bytes the piece at the beginning of `left` has.
std::uint64_t piece_bytes(FileKind kind, std::string_view left) {
  const bool is_log = kind == FileKind::log;
  const std::uint64_t head = is_log ? kRecordHeaderBytes : kBlockHeaderBytes;
  if (left.size() < head) return left.size();
  const std::uint64_t length = get(left, kLength);
  const std::uint64_t bytes = head + (is_log ? kv::round_up(length, kRecordAlignment) : length);
  return std::min<std::uint64_t>(bytes, left.size());
}

reference::Seal seal_of(const FileParts& parts) {
  return reference::Seal({.generation = get(parts.header, kGeneration), .salt = get(parts.header, kSalt)});
}

void seal_record(std::string& record, std::uint64_t offset, const reference::Seal& seal) {
  if (record.size() < kRecordHeaderBytes) return;
  set(record, kPayloadCrc, seal.crc(offset, std::string_view(record).substr(kRecordHeaderBytes)));
  set(record, kCrc, seal.crc(offset, std::string_view(record).substr(kCrc.bytes, kRecordHeaderBytes - kCrc.bytes)));
}

void renumber_records(FileParts& parts) {
  std::uint64_t seq = get(parts.header, kBaseSeq);
  for (std::string& record : parts.pieces) {
    set(record, kDurableSeq, seq);
    set(record, kSeq, ++seq);
  }
}

void recount_blocks(FileParts& parts) {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  for (std::string& block : parts.pieces) {
    bytes += block.size();
    if (block.size() < kBlockHeaderBytes) continue;
    set(block, kLength, block.size() - kBlockHeaderBytes);
    (void)reference::for_each_entry(std::string_view(block).substr(kBlockHeaderBytes),
                                    [&](std::string_view, std::string_view) { ++entries; });
  }
  set(parts.footer, kEntries, entries);
  set(parts.footer, kBlocks, parts.pieces.size());
  set(parts.footer, kBlocksLength, bytes);
}

}  // namespace

std::uint64_t get(std::string_view bytes, const Field& field) {
  std::uint64_t value = 0;
  if (field.offset + field.bytes <= bytes.size()) std::memcpy(&value, bytes.data() + field.offset, field.bytes);
  return value;
}

void set(std::string& bytes, const Field& field, std::uint64_t value) {
  if (field.offset + field.bytes <= bytes.size()) std::memcpy(bytes.data() + field.offset, &value, field.bytes);
}

const std::vector<Field>& header_fields() {
  static const std::vector<Field> fields{
      {"version", 8, 4}, {"link", 12, 4},        {"store id", 16, 8},       kGeneration, kSalt,
      kBaseSeq,          {"predecessor", 48, 8}, {"predecessor end", 56, 8}};
  return fields;
}

const std::vector<Field>& record_fields() {
  static const std::vector<Field> fields{kLength, kSeq, kDurableSeq, kKind};
  return fields;
}

const std::vector<Field>& footer_fields() {
  static const std::vector<Field> fields{kEntries, kBlocks, kBlocksLength};
  return fields;
}

FileParts split(FileKind kind, std::string_view file) {
  FileParts parts{.kind = kind, .header = std::string(file.substr(0, kHeaderBytes)), .pieces = {}, .footer = {}};
  file.remove_prefix(parts.header.size());
  if (kind == FileKind::snapshot && file.size() >= kFooterBytes) {
    parts.footer = file.substr(file.size() - kFooterBytes);
    file.remove_suffix(kFooterBytes);
  }
  while (!file.empty()) {
    const bool is_last = parts.pieces.size() + 1 == kMostPieces;
    parts.pieces.emplace_back(file.substr(0, is_last ? file.size() : piece_bytes(kind, file)));
    file.remove_prefix(parts.pieces.back().size());
  }
  return parts;
}

std::string join(const FileParts& parts) {
  std::string file = parts.header;
  for (const std::string& piece : parts.pieces) file += piece;
  return file + parts.footer;
}

void seal_header(FileParts& parts) {
  if (parts.header.size() < kHeaderBytes) return;
  parts.header.replace(0, 8, parts.kind == FileKind::log ? "kv-log\r\n" : "kv-snp\r\n");
  set(parts.header, kHeaderCrc, kv::crc32c(std::string_view(parts.header).substr(0, kHeaderCrc.offset)));
}

void seal_pieces(FileParts& parts, std::size_t but_for) {
  const reference::Seal seal = seal_of(parts);
  std::uint64_t offset = kHeaderBytes;
  std::uint32_t crc_of_crcs = 0;
  for (std::size_t i = 0; i < parts.pieces.size(); ++i) {
    std::string& piece = parts.pieces[i];
    if (i != but_for && parts.kind == FileKind::log) seal_record(piece, offset, seal);
    if (i != but_for && parts.kind == FileKind::snapshot && piece.size() >= kBlockHeaderBytes) {
      set(piece, kCrc, seal.crc(i, std::string_view(piece).substr(kCrc.bytes)));
    }
    crc_of_crcs = kv::crc32c(std::string_view(piece).substr(0, kCrc.bytes), crc_of_crcs);
    offset += piece.size();
  }
  if (parts.footer.size() < kFooterBytes) return;
  set(parts.footer, kCrcOfCrcs, crc_of_crcs);
  set(parts.footer, kFooterCrc, seal.crc(kFooterPlace, std::string_view(parts.footer).substr(0, kFooterCrc.offset)));
}

void renumber(FileParts& parts) { parts.kind == FileKind::log ? renumber_records(parts) : recount_blocks(parts); }

}  // namespace walbreaker::fuzz
