#include "engine/snapshot_writer.h"

#include <string>

#include "engine/bytes.h"
#include "engine/crc32c.h"
#include "engine/snapshot_format.h"

namespace kv {
namespace {

// Blocks are gathered up to this size, so that a large snapshot costs few calls and a small one costs one.
constexpr std::size_t kWriteBytes = std::size_t{1} << 20;

class SnapshotWriter {
 public:
  SnapshotWriter(File& file, const FileHeader& header) : file_(file), seed_(header), pending_(encode(header)) {}

  Result<void> add(std::string_view key, std::string_view value) {
    if (block_at_ == kNoBlock) begin_block();
    append(pending_, static_cast<std::uint32_t>(key.size()));
    append(pending_, static_cast<std::uint32_t>(value.size()));
    pending_.append(key).append(value);
    ++entry_count_;
    if (pending_.size() - block_at_ >= kBlockHeaderBytes + kSnapshotBlockBytes) end_block();
    if (block_at_ == kNoBlock && pending_.size() >= kWriteBytes) return write_pending();
    return {};
  }

  Result<void> finish() {
    if (block_at_ != kNoBlock) end_block();
    const std::uint64_t blocks_bytes = written_ + pending_.size() - kFileHeaderBytes;
    pending_ += encode(SnapshotFooter{entry_count_, block_count_, blocks_bytes, blocks_checksum_}, seed_);
    TRY(write_pending());
    return file_.sync();
  }

 private:
  static constexpr std::size_t kNoBlock = ~std::size_t{0};

  void begin_block() {
    block_at_ = pending_.size();
    pending_.append(kBlockHeaderBytes, '\0');
  }

  void end_block() {
    const std::size_t entries_at = block_at_ + kBlockHeaderBytes;
    store(pending_, block_at_ + 4, static_cast<std::uint32_t>(pending_.size() - entries_at));
    const std::string_view covered = std::string_view(pending_).substr(block_at_ + 4);
    const std::uint32_t checksum = crc32c(covered, seed_.at(block_count_));
    store(pending_, block_at_, checksum);
    blocks_checksum_ = crc32c(std::string_view(pending_).substr(block_at_, 4), blocks_checksum_);
    ++block_count_;
    block_at_ = kNoBlock;
  }

  Result<void> write_pending() {
    TRY(write_all(file_, written_, pending_));
    written_ += pending_.size();
    pending_.clear();
    return {};
  }

  File& file_;
  ChecksumSeed seed_;
  std::string pending_;  // made, not yet written
  std::uint64_t written_ = 0;
  std::size_t block_at_ = kNoBlock;  // where in pending_ the open block begins
  std::uint64_t entry_count_ = 0;
  std::uint64_t block_count_ = 0;
  std::uint32_t blocks_checksum_ = 0;
};

}  // namespace

Result<void> write_snapshot(File& file, const FileHeader& header, const BPlusTree& tree) {
  SnapshotWriter writer(file, header);
  for (auto cursor = tree.begin(); cursor.valid(); cursor.next()) TRY(writer.add(cursor.key(), cursor.value()));
  return writer.finish();
}

}  // namespace kv
