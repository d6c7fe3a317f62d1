// For tests of snapshots: ones made in memory, ones that no writer makes, and what a reader says of them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/bplus_tree.h"
#include "engine/codec_test_util.h"
#include "engine/memory_file.h"
#include "engine/snapshot_format.h"
#include "engine/snapshot_reader.h"
#include "engine/snapshot_writer.h"

namespace kv {

inline constexpr FileHeader kSnapshotHeader{
    .type = FileType::snapshot, .store_id = 1, .generation = 2, .salt = 3, .base_seq = 4};

using Entries = std::vector<std::pair<std::string, std::string>>;  // keys and values

inline BPlusTree tree_of(const Entries& entries) {
  BPlusTree tree;
  for (const auto& [key, value] : entries) tree.put(key, value);
  return tree;
}

inline std::string snapshot_of(const Entries& entries, const FileHeader& header = kSnapshotHeader) {
  MemoryFile file;
  write_snapshot(file, header, tree_of(entries)).value();
  return file.contents;
}

// `count` entries in key order, each with a value of `value_bytes` bytes.
inline Entries numbered_entries(std::size_t count, std::size_t value_bytes) {
  Entries entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.emplace_back("key-" + std::to_string(1'000'000 + i),
                         std::string(value_bytes, static_cast<char>('a' + i % 26)));
  }
  return entries;
}

// The verdict on a snapshot, and every entry that was shown before it fell.
struct ReadSnapshot {
  Checked<FileHeader> header;
  Entries entries;
  std::uint64_t blocks = 0;
};

inline ReadSnapshot read(File& file, Generation generation = kSnapshotHeader.generation) {
  Entries entries;
  std::uint64_t blocks = 0;
  auto header = read_snapshot(file, generation, [&](const SnapshotEntry& entry) {
    entries.emplace_back(entry.key, entry.value);
    blocks = entry.block + 1;
  });
  return {std::move(header), std::move(entries), blocks};
}

inline ReadSnapshot read_bytes(std::string bytes) {
  MemoryFile file(std::move(bytes));
  return read(file);
}

// Puts a snapshot together piece by piece. All checksums are good, whatever the pieces say.
class SnapshotForger {
 public:
  static std::string entry(std::string_view key, std::string_view value) {
    return entry(static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size()),
                 std::string(key).append(value));
  }

  static std::string entry(std::uint32_t key_bytes, std::uint32_t value_bytes, std::string_view rest) {
    std::string bytes;
    append(bytes, key_bytes);
    append(bytes, value_bytes);
    return bytes.append(rest);
  }

  SnapshotForger& block(std::string_view entries) {
    std::string covered;
    append(covered, static_cast<std::uint32_t>(entries.size()));
    covered += entries;
    std::string checksum;
    append(checksum, crc32c(covered, ChecksumSeed(kSnapshotHeader).at(footer.block_count)));
    ++footer.block_count;
    footer.blocks_checksum = crc32c(checksum, footer.blocks_checksum);
    return raw(checksum + covered);
  }

  // Bytes among the blocks that are no block.
  SnapshotForger& raw(std::string_view bytes) {
    blocks += bytes;
    footer.blocks_bytes += bytes.size();
    return *this;
  }

  SnapshotForger& entries(std::uint64_t count) {
    footer.entry_count = count;
    return *this;
  }

  [[nodiscard]] std::string file() const {
    std::string end;
    append(end, footer.entry_count);
    append(end, footer.block_count);
    append(end, footer.blocks_bytes);
    append(end, footer.blocks_checksum);
    append(end, crc32c(end, ChecksumSeed(kSnapshotHeader).at(kFooterPlace)));
    return encode(kSnapshotHeader) + blocks + end;
  }

  std::string blocks;
  SnapshotFooter footer;
};

}  // namespace kv
