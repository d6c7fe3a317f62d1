#include "engine/snapshot_format.h"

#include "engine/assert.h"
#include "engine/bytes.h"
#include "engine/crc32c.h"

namespace kv {

std::string encode(const SnapshotFooter& footer, const ChecksumSeed& seed) {
  std::string bytes;
  append(bytes, footer.entry_count);
  append(bytes, footer.block_count);
  append(bytes, footer.blocks_bytes);
  append(bytes, footer.blocks_checksum);
  append(bytes, crc32c(bytes, seed.at(kFooterPlace)));
  WB_ASSERT(bytes.size() == kSnapshotFooterBytes);
  return bytes;
}

std::optional<SnapshotFooter> decode_footer(std::string_view bytes, const ChecksumSeed& seed) {
  constexpr std::size_t kChecksumAt = kSnapshotFooterBytes - 4;
  if (bytes.size() != kSnapshotFooterBytes) return std::nullopt;
  if (crc32c(bytes.substr(0, kChecksumAt), seed.at(kFooterPlace)) != load<std::uint32_t>(bytes, kChecksumAt)) {
    return std::nullopt;
  }
  return SnapshotFooter{
      .entry_count = load<std::uint64_t>(bytes, 0),
      .block_count = load<std::uint64_t>(bytes, 8),
      .blocks_bytes = load<std::uint64_t>(bytes, 16),
      .blocks_checksum = load<std::uint32_t>(bytes, 24),
  };
}

}  // namespace kv
