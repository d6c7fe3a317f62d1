// The byte layout that snapshot_writer and snapshot_reader share. It is told in FORMAT.md, "Snapshot".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/file_header.h"

namespace kv {

// A block is closed by the first entry that brings its entries to this many bytes or more.
inline constexpr std::size_t kSnapshotBlockBytes = 4096;

// checksum u32 | length u32 of what follows
inline constexpr std::size_t kBlockHeaderBytes = 4 + 4;

// entry count u64 | block count u64 | length of all blocks u64 | checksum over all block checksums u32 | checksum u32
inline constexpr std::size_t kSnapshotFooterBytes = 8 + 8 + 8 + 4 + 4;

struct SnapshotFooter {
  std::uint64_t entry_count = 0;
  std::uint64_t block_count = 0;
  std::uint64_t blocks_bytes = 0;
  std::uint32_t blocks_checksum = 0;
};

// kSnapshotFooterBytes bytes.
[[nodiscard]] std::string encode(const SnapshotFooter& footer, const ChecksumSeed& seed);

// Nothing where `bytes` are not kSnapshotFooterBytes bytes that match their checksum.
[[nodiscard]] std::optional<SnapshotFooter> decode_footer(std::string_view bytes, const ChecksumSeed& seed);

// Blocks are numbered from 0, and the footer has a number that no block can have.
inline constexpr std::uint64_t kFooterPlace = ~std::uint64_t{0};

}  // namespace kv
