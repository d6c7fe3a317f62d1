#include "engine/file_header.h"

#include <fmt/format.h>

#include "engine/bytes.h"
#include "engine/crc32c.h"

namespace kv {
namespace {

// A line end in the magic shows a file that was carried as text.
constexpr std::string_view kLogMagic = "kv-log\r\n";
constexpr std::string_view kSnapshotMagic = "kv-snp\r\n";
static_assert(kLogMagic.size() == 8 && kSnapshotMagic.size() == 8);

constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kVersionAt = kMagicAt + 8;
constexpr std::size_t kLinkAt = kVersionAt + 4;
constexpr std::size_t kStoreIdAt = kLinkAt + 4;
constexpr std::size_t kGenerationAt = kStoreIdAt + 8;
constexpr std::size_t kSaltAt = kGenerationAt + 8;
constexpr std::size_t kBaseSeqAt = kSaltAt + 8;
constexpr std::size_t kPredecessorAt = kBaseSeqAt + 8;
constexpr std::size_t kPredecessorEndAt = kPredecessorAt + 8;
constexpr std::size_t kReservedAt = kPredecessorEndAt + 8;
constexpr std::size_t kChecksumAt = kFileHeaderBytes - 4;
static_assert(kReservedAt == 64);
static_assert(kChecksumAt == 4092);

std::string_view magic_of(FileType type) { return type == FileType::log ? kLogMagic : kSnapshotMagic; }

bool link_is_sound(const FileHeader& header) {
  switch (header.link) {
    case LogLink::none:
      return header.type == FileType::snapshot && header.predecessor == 0 && header.predecessor_end == 0;
    case LogLink::follows:
      return header.type == FileType::log && header.predecessor != 0 && header.predecessor < header.generation &&
             header.predecessor_end >= kFileHeaderBytes;
    case LogLink::void_until_snapshot:
      return header.type == FileType::log && header.predecessor == 0 && header.predecessor_end == 0;
  }
  return false;
}

}  // namespace

std::string encode(const FileHeader& header) {
  std::string bytes(kFileHeaderBytes, '\0');
  bytes.replace(kMagicAt, 8, magic_of(header.type));
  store(bytes, kVersionAt, kFormatVersion);
  store(bytes, kLinkAt, static_cast<std::uint32_t>(header.link));
  store(bytes, kStoreIdAt, header.store_id);
  store(bytes, kGenerationAt, header.generation);
  store(bytes, kSaltAt, header.salt);
  store(bytes, kBaseSeqAt, header.base_seq);
  store(bytes, kPredecessorAt, header.predecessor);
  store(bytes, kPredecessorEndAt, header.predecessor_end);
  store(bytes, kChecksumAt, crc32c(std::string_view(bytes).substr(0, kChecksumAt)));
  return bytes;
}

Checked<FileHeader> decode_file_header(std::string_view bytes, FileType type, Generation generation) {
  if (bytes.size() < kFileHeaderBytes) {
    return damaged(bytes.size(), fmt::format("the header is {} bytes long, not {}", bytes.size(), kFileHeaderBytes));
  }
  bytes = bytes.substr(0, kFileHeaderBytes);
  if (bytes.substr(kMagicAt, 8) != magic_of(type)) return damaged(kMagicAt, "the header does not begin with its magic");
  if (load<std::uint32_t>(bytes, kChecksumAt) != crc32c(bytes.substr(0, kChecksumAt))) {
    return damaged(kChecksumAt, "the header does not match its checksum");
  }
  const auto version = load<std::uint32_t>(bytes, kVersionAt);
  if (version != kFormatVersion) {
    return unsupported(kVersionAt,
                       fmt::format("format version {}, and this program reads version {}", version, kFormatVersion));
  }
  FileHeader header{
      .type = type,
      .link = static_cast<LogLink>(load<std::uint32_t>(bytes, kLinkAt)),
      .store_id = load<std::uint64_t>(bytes, kStoreIdAt),
      .generation = load<Generation>(bytes, kGenerationAt),
      .salt = load<std::uint64_t>(bytes, kSaltAt),
      .base_seq = load<Seq>(bytes, kBaseSeqAt),
      .predecessor = load<Generation>(bytes, kPredecessorAt),
      .predecessor_end = load<std::uint64_t>(bytes, kPredecessorEndAt),
  };
  if (header.generation != generation) {
    return damaged(kGenerationAt,
                   fmt::format("the header says generation {}, the name says {}", header.generation, generation));
  }
  if (!link_is_sound(header))
    return damaged(kLinkAt, "the header says what no writer of this version says of its predecessor");
  if (!all_zeros(bytes.substr(kReservedAt, kChecksumAt - kReservedAt))) {
    return damaged(kReservedAt, "the reserved bytes of the header are not zero");
  }
  return header;
}

Checked<FileHeader> read_file_header(File& file, FileType type, Generation generation) {
  std::string bytes(kFileHeaderBytes, '\0');
  bytes.resize(TRY(read_full(file, 0, bytes)));
  return decode_file_header(bytes, type, generation);
}

ChecksumSeed::ChecksumSeed(const FileHeader& header) {
  std::string binding;
  append(binding, header.salt);
  append(binding, header.generation);
  file_ = crc32c(binding);
}

std::uint32_t ChecksumSeed::at(std::uint64_t place) const {
  return crc32c({reinterpret_cast<const char*>(&place), sizeof place}, file_);
}

}  // namespace kv
