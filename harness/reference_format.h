// The pieces of a reference store's files, read from bytes as engine/FORMAT.md tells them.
//
// This is a second reader of the format. It was written from that document alone and shares nothing with the engine but
// the polynomial of the checksum, so that a mistake of the engine's reader is not repeated here. Names and fields are
// the document's. Views point into the file that the caller gave.
//
// Hostile bytes: a length is compared with what is left before it is used, and nothing is allocated but by
// read_snapshot(), which takes two words for each 8 bytes of the file at most.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/batch.h"
#include "engine/bytes.h"
#include "engine/crc32c.h"

namespace walbreaker::reference {

inline constexpr std::uint64_t kHeaderBytes = 4096;
inline constexpr std::uint64_t kRecordHeaderBytes = 32;
inline constexpr std::uint64_t kRecordAlignment = 8;
inline constexpr std::uint64_t kBlockHeaderBytes = 8;
inline constexpr std::uint64_t kFooterBytes = 32;

// --- names ---

enum class FileKind { log, snapshot };

struct FileName {
  FileKind kind;
  std::uint64_t generation;
};

// What "wal-7.log" and "snapshot-7.dat" say; nothing for every other name.
[[nodiscard]] std::optional<FileName> parse_name(std::string_view name);

// --- file header ---

enum class Link : std::uint32_t { none = 0, follows = 1, void_until_snapshot = 2 };

struct Header {
  std::uint32_t version = 0;
  Link link = Link::none;
  std::uint64_t store_id = 0;
  std::uint64_t generation = 0;
  std::uint64_t salt = 0;
  std::uint64_t base_seq = 0;
  std::uint64_t predecessor = 0;
  std::uint64_t predecessor_end = 0;
};

enum class HeaderState {
  good,
  damaged,
  other_version,  // magic and checksum are right, and the version is another program's
};

struct ParsedHeader {
  HeaderState state = HeaderState::damaged;
  std::string_view why;  // what is wrong with it
  Header fields;         // as far as there are bytes for them
};

// The store id is not judged: whose it has to be is known once a snapshot is chosen.
[[nodiscard]] ParsedHeader parse_header(std::string_view file, const FileName& name);

// --- checksums ---

// Makes the checksums of one file: bytes count only in the file and at the place that they were written for.
class Seal {
 public:
  explicit Seal(const Header& header);

  [[nodiscard]] std::uint32_t crc(std::uint64_t place, std::string_view bytes) const;

 private:
  std::uint32_t of_file_;
};

// --- log record ---

struct RecordHeader {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;  // where the next record begins: behind the zeros; it may be past the end of the file
  std::uint32_t length = 0;
  std::uint64_t seq = 0;
  std::uint64_t durable_seq = 0;
  std::uint8_t kind = 0;
  std::uint32_t payload_crc = 0;
};

inline constexpr std::uint8_t kPut = 1;
inline constexpr std::uint8_t kRemove = 2;
inline constexpr std::uint8_t kBatch = 3;
inline constexpr std::uint8_t kClose = 4;

// The record header at `offset`, where one stands that verifies.
[[nodiscard]] std::optional<RecordHeader> read_record_header(std::string_view file, std::uint64_t offset,
                                                             const Seal& seal);

// Whether all of the record is in the file, and its payload's checksum is right.
[[nodiscard]] bool payload_verifies(std::string_view file, const RecordHeader& record, const Seal& seal);

// The payload of a record that is in the file, without the zeros behind it.
[[nodiscard]] std::string_view payload_of(std::string_view file, const RecordHeader& record);

// The first record header that verifies at a multiple of 8 from `offset` on, and that `accept` takes.
template <class Accept>
[[nodiscard]] std::optional<RecordHeader> find_record_header(std::string_view file, std::uint64_t offset,
                                                             const Seal& seal, Accept accept) {
  for (std::uint64_t at = kv::round_up(offset, kRecordAlignment); at + kRecordHeaderBytes <= file.size();
       at += kRecordAlignment) {
    const auto found = read_record_header(file, at, seal);
    if (found && accept(*found)) return found;
  }
  return std::nullopt;
}

// Takes a string of fields apart. A field that is not there whole makes it fail, for good.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : left_(bytes) {}

  template <class Int>
  Int number() {
    const std::string_view raw = bytes(sizeof(Int));
    return failed_ ? Int{0} : kv::load<Int>(raw, 0);
  }

  std::string_view bytes(std::uint64_t length) {
    failed_ = failed_ || length > left_.size();
    if (failed_) return {};
    const std::string_view taken = left_.substr(0, static_cast<std::size_t>(length));
    left_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest() { return bytes(left_.size()); }

  [[nodiscard]] bool empty() const { return left_.empty(); }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::string_view left_;
  bool failed_ = false;
};

// Calls `visit(kv::Batch::Kind, key, value)` for every write of a record, in order. False: the kind is unknown, or the
// payload makes no sense; some of its writes may have been visited.
template <class Visit>
[[nodiscard]] bool for_each_write(std::uint8_t kind, std::string_view payload, Visit visit) {
  Fields fields(payload);
  if (kind == kPut) {
    const std::string_view key = fields.bytes(fields.number<std::uint32_t>());
    if (!fields.failed()) visit(kv::Batch::Kind::put, key, fields.rest());
  } else if (kind == kRemove) {
    visit(kv::Batch::Kind::remove, fields.rest(), std::string_view());
  } else if (kind == kBatch) {
    while (!fields.empty() && !fields.failed()) {
      const auto operation = fields.number<std::uint8_t>();
      const auto key_length = fields.number<std::uint32_t>();
      const auto value_length = fields.number<std::uint32_t>();
      const std::string_view key = fields.bytes(key_length);
      const std::string_view value = fields.bytes(value_length);
      const bool sensible = operation == kPut || (operation == kRemove && value_length == 0);
      if (fields.failed() || !sensible) return false;
      visit(static_cast<kv::Batch::Kind>(operation), key, value);
    }
  } else if (kind != kClose) {
    return false;
  }
  return !fields.failed() && fields.empty();
}

// --- snapshot ---

struct Block {
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
  std::uint32_t crc = 0;
  bool crc_ok = false;
  std::string_view entries;
};

// The block at `offset`, of this number; nothing where its length reaches past `limit`, which is in the file.
[[nodiscard]] std::optional<Block> read_block(std::string_view file, std::uint64_t offset, std::uint64_t limit,
                                              std::uint64_t number, const Seal& seal);

struct Footer {
  std::uint64_t entries = 0;
  std::uint64_t blocks = 0;
  std::uint64_t length = 0;  // of all blocks, in bytes
  std::uint32_t crc_of_crcs = 0;
  bool crc_ok = false;
};

// The last bytes of the file; nothing where it has no room for a header and a footer.
[[nodiscard]] std::optional<Footer> read_footer(std::string_view file, const Seal& seal);

// Calls `visit(key, value)` for every entry of a block. False: the bytes are no entries, or there is none.
template <class Visit>
[[nodiscard]] bool for_each_entry(std::string_view entries, Visit visit) {
  Fields fields(entries);
  do {
    const auto key_length = fields.number<std::uint32_t>();
    const auto value_length = fields.number<std::uint32_t>();
    const std::string_view key = fields.bytes(key_length);
    const std::string_view value = fields.bytes(value_length);
    if (fields.failed()) return false;
    visit(key, value);
  } while (!fields.empty());
  return true;
}

using Entries = std::vector<std::pair<std::string_view, std::string_view>>;

struct Fault {
  std::uint64_t offset = 0;
  std::string_view what;
};

// Fills `into` with the entries behind a header that is good, in order of keys. A fault: the snapshot does not verify.
[[nodiscard]] std::optional<Fault> read_snapshot(std::string_view file, const Header& header, Entries& into);

}  // namespace walbreaker::reference
