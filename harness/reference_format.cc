#include "harness/reference_format.h"

#include <charconv>
#include <limits>
#include <string>

namespace walbreaker::reference {

namespace {

constexpr std::uint64_t kMaxGeneration = (std::uint64_t{1} << 63) - 1;
constexpr std::uint64_t kFooterPlace = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kHeaderCrcAt = kHeaderBytes - 4;
constexpr std::uint64_t kHeaderZerosAt = 64;

std::optional<std::uint64_t> parse_generation(std::string_view digits) {
  if (digits.empty() || digits.front() == '0') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number > kMaxGeneration) return std::nullopt;
  return number;
}

std::optional<FileName> parse_name_of(FileKind kind, std::string_view prefix, std::string_view suffix,
                                      std::string_view name) {
  if (name.size() < prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  const auto generation = parse_generation(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  if (!generation) return std::nullopt;
  return FileName{kind, *generation};
}

Header fields_of(std::string_view file) {
  return {.version = kv::load<std::uint32_t>(file, 8),
          .link = Link{kv::load<std::uint32_t>(file, 12)},
          .store_id = kv::load<std::uint64_t>(file, 16),
          .generation = kv::load<std::uint64_t>(file, 24),
          .salt = kv::load<std::uint64_t>(file, 32),
          .base_seq = kv::load<std::uint64_t>(file, 40),
          .predecessor = kv::load<std::uint64_t>(file, 48),
          .predecessor_end = kv::load<std::uint64_t>(file, 56)};
}

// What no right header says, behind its checksum; empty where there is nothing.
std::string_view wrong_field(const Header& header, const FileName& name) {
  if (header.generation != name.generation) return "it is the header of another generation";
  const bool follows = header.link == Link::follows;
  const bool fits =
      name.kind == FileKind::snapshot ? header.link == Link::none : follows || header.link == Link::void_until_snapshot;
  if (!fits) return "its link is none that there is";
  if (!follows && (header.predecessor != 0 || header.predecessor_end != 0)) return "it names a predecessor";
  if (!follows) return {};
  if (header.predecessor == 0 || header.predecessor >= header.generation) return "its predecessor is not an older log";
  if (header.predecessor_end < kHeaderBytes) return "its predecessor ends inside a header";
  return {};
}

}  // namespace

std::optional<FileName> parse_name(std::string_view name) {
  if (const auto log = parse_name_of(FileKind::log, "wal-", ".log", name)) return log;
  return parse_name_of(FileKind::snapshot, "snapshot-", ".dat", name);
}

ParsedHeader parse_header(std::string_view file, const FileName& name) {
  if (file.size() < kHeaderBytes) return {HeaderState::damaged, "the file ends in its header", {}};
  const std::string_view magic = name.kind == FileKind::log ? "kv-log\r\n" : "kv-snp\r\n";
  const Header header = fields_of(file);
  if (!file.starts_with(magic)) return {HeaderState::damaged, "the magic is wrong", header};
  if (kv::crc32c(file.substr(0, kHeaderCrcAt)) != kv::load<std::uint32_t>(file, kHeaderCrcAt)) {
    return {HeaderState::damaged, "the header's checksum is wrong", header};
  }
  if (header.version != 1) return {HeaderState::other_version, "the format version is not 1", header};
  if (!kv::all_zeros(file.substr(kHeaderZerosAt, kHeaderCrcAt - kHeaderZerosAt))) {
    return {HeaderState::damaged, "the header has bytes where there should be zeros", header};
  }
  const std::string_view why = wrong_field(header, name);
  return {why.empty() ? HeaderState::good : HeaderState::damaged, why, header};
}

namespace {

std::uint32_t crc_of(std::uint64_t number, std::uint32_t seed) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  return kv::crc32c({raw, sizeof raw}, seed);
}

}  // namespace

Seal::Seal(const Header& header) : of_file_(crc_of(header.generation, crc_of(header.salt, 0))) {}

std::uint32_t Seal::crc(std::uint64_t place, std::string_view bytes) const {
  return kv::crc32c(bytes, crc_of(place, of_file_));
}

std::optional<RecordHeader> read_record_header(std::string_view file, std::uint64_t offset, const Seal& seal) {
  if (offset > file.size() || file.size() - offset < kRecordHeaderBytes) return std::nullopt;
  const std::string_view bytes = file.substr(static_cast<std::size_t>(offset), kRecordHeaderBytes);
  if (seal.crc(offset, bytes.substr(4)) != kv::load<std::uint32_t>(bytes, 0)) return std::nullopt;
  // The payload's checksum at byte 28 is covered by the header's as well.
  RecordHeader record{.offset = offset,
                      .end = 0,
                      .length = kv::load<std::uint32_t>(bytes, 4),
                      .seq = kv::load<std::uint64_t>(bytes, 8),
                      .durable_seq = kv::load<std::uint64_t>(bytes, 16),
                      .kind = kv::load<std::uint8_t>(bytes, 24),
                      .payload_crc = kv::load<std::uint32_t>(bytes, 28)};
  if (record.kind == 0 || record.durable_seq >= record.seq) return std::nullopt;
  record.end = offset + kRecordHeaderBytes + kv::round_up(record.length, kRecordAlignment);
  return record;
}

bool payload_verifies(std::string_view file, const RecordHeader& record, const Seal& seal) {
  if (record.end > file.size()) return false;
  const auto begin = static_cast<std::size_t>(record.offset + kRecordHeaderBytes);
  return seal.crc(record.offset, file.substr(begin, static_cast<std::size_t>(record.end) - begin)) ==
         record.payload_crc;
}

std::string_view payload_of(std::string_view file, const RecordHeader& record) {
  return file.substr(static_cast<std::size_t>(record.offset + kRecordHeaderBytes), record.length);
}

std::optional<Block> read_block(std::string_view file, std::uint64_t offset, std::uint64_t limit, std::uint64_t number,
                                const Seal& seal) {
  if (offset > limit || limit - offset < kBlockHeaderBytes) return std::nullopt;
  const auto at = static_cast<std::size_t>(offset);
  const std::uint64_t length = kv::load<std::uint32_t>(file, at + 4);
  if (length > limit - offset - kBlockHeaderBytes) return std::nullopt;
  Block block{.offset = offset,
              .end = offset + kBlockHeaderBytes + length,
              .crc = kv::load<std::uint32_t>(file, at),
              .crc_ok = false,
              .entries = file.substr(at + kBlockHeaderBytes, static_cast<std::size_t>(length))};
  block.crc_ok = block.crc == seal.crc(number, file.substr(at + 4, static_cast<std::size_t>(length) + 4));
  return block;
}

std::optional<Footer> read_footer(std::string_view file, const Seal& seal) {
  if (file.size() < kHeaderBytes + kFooterBytes) return std::nullopt;
  const std::string_view bytes = file.substr(file.size() - kFooterBytes);
  return Footer{.entries = kv::load<std::uint64_t>(bytes, 0),
                .blocks = kv::load<std::uint64_t>(bytes, 8),
                .length = kv::load<std::uint64_t>(bytes, 16),
                .crc_of_crcs = kv::load<std::uint32_t>(bytes, 24),
                .crc_ok = seal.crc(kFooterPlace, bytes.substr(0, 28)) == kv::load<std::uint32_t>(bytes, 28)};
}

namespace {

// The entries of one block, with keys above those before it.
bool take_entries(std::string_view bytes, Entries& into) {
  bool ascending = true;
  const bool sensible = for_each_entry(bytes, [&](std::string_view key, std::string_view value) {
    ascending = ascending && (into.empty() || into.back().first < key);
    into.emplace_back(key, value);
  });
  return sensible && ascending;
}

}  // namespace

std::optional<Fault> read_snapshot(std::string_view file, const Header& header, Entries& into) {
  const Seal seal(header);
  const auto footer = read_footer(file, seal);
  if (!footer) return Fault{file.size(), "the file ends before its footer"};
  const std::uint64_t limit = file.size() - kFooterBytes;
  if (!footer->crc_ok) return Fault{limit, "the footer's checksum is wrong"};
  if (footer->length != limit - kHeaderBytes) return Fault{limit, "the blocks have not the length in the footer"};
  std::uint64_t number = 0;
  std::uint32_t crc_of_crcs = 0;
  for (std::uint64_t at = kHeaderBytes; at < limit; ++number) {
    const auto block = read_block(file, at, limit, number, seal);
    if (!block) return Fault{at, "a block reaches past the footer"};
    if (!block->crc_ok) return Fault{at, "a block's checksum is wrong"};
    if (!take_entries(block->entries, into)) return Fault{at, "a block holds no entries in ascending order"};
    crc_of_crcs = kv::crc32c(file.substr(static_cast<std::size_t>(at), 4), crc_of_crcs);
    at = block->end;
  }
  const bool counts = footer->blocks == number && footer->entries == into.size() && footer->crc_of_crcs == crc_of_crcs;
  if (!counts) return Fault{limit, "the footer does not fit the blocks"};
  return std::nullopt;
}

}  // namespace walbreaker::reference
