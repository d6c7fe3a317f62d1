#include "engine/snapshot_reader.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "engine/bytes.h"
#include "engine/crc32c.h"
#include "engine/file_window.h"
#include "engine/snapshot_format.h"

namespace kv {
namespace {

class SnapshotReader {
 public:
  SnapshotReader(File& file, std::uint64_t size, const FileHeader& header,
                 const std::function<void(const SnapshotEntry&)>& visit)
      : window_(file, size), seed_(header), visit_(visit), at_(kFileHeaderBytes) {}

  Checked<void> read() {
    const SnapshotFooter footer = TRY(read_footer());
    const std::uint64_t blocks_end = kFileHeaderBytes + footer.blocks_bytes;
    while (at_ < blocks_end) TRY(read_block(blocks_end));
    if (block_count_ != footer.block_count || entry_count_ != footer.entry_count) {
      return damaged(blocks_end, fmt::format("{} entries in {} blocks, and the footer says {} in {}", entry_count_,
                                             block_count_, footer.entry_count, footer.block_count));
    }
    if (blocks_checksum_ != footer.blocks_checksum)
      return damaged(blocks_end, "the block checksums do not match the footer's");
    return {};
  }

 private:
  Checked<SnapshotFooter> read_footer() {
    if (window_.size() < kFileHeaderBytes + kSnapshotFooterBytes) {
      return damaged(window_.size(), fmt::format("{} bytes are too few for a footer", window_.size()));
    }
    const std::uint64_t footer_at = window_.size() - kSnapshotFooterBytes;
    const auto footer = decode_footer(TRY(window_.view(footer_at, kSnapshotFooterBytes)), seed_);
    if (!footer) return damaged(footer_at, "the footer does not match its checksum");
    if (footer->blocks_bytes != footer_at - kFileHeaderBytes) {
      return damaged(footer_at, fmt::format("the footer says {} bytes of blocks, and the file has {}",
                                            footer->blocks_bytes, footer_at - kFileHeaderBytes));
    }
    return *footer;
  }

  Checked<void> read_block(std::uint64_t blocks_end) {
    const std::string_view head = TRY(window_.view(at_, kBlockHeaderBytes));
    if (head.size() < kBlockHeaderBytes || blocks_end - at_ < kBlockHeaderBytes)
      return damaged(at_, "a block's header is cut short");
    const auto checksum = load<std::uint32_t>(head, 0);
    const auto length = load<std::uint32_t>(head, 4);
    if (length > blocks_end - at_ - kBlockHeaderBytes) {
      return damaged(at_, fmt::format("block {} says {} bytes, more than are left", block_count_, length));
    }
    const std::string_view block = TRY(window_.view(at_, kBlockHeaderBytes + length));
    if (block.size() < kBlockHeaderBytes + length || crc32c(block.substr(4), seed_.at(block_count_)) != checksum) {
      return damaged(at_, fmt::format("block {} does not match its checksum", block_count_));
    }
    blocks_checksum_ = crc32c(block.substr(0, 4), blocks_checksum_);
    TRY(read_entries(block.substr(kBlockHeaderBytes)));
    at_ += block.size();
    ++block_count_;
    return {};
  }

  Checked<void> read_entries(std::string_view entries) {
    std::uint64_t entry_at = at_ + kBlockHeaderBytes;
    if (entries.empty()) return damaged(at_, "a block without entries");
    while (!entries.empty()) {
      const std::uint64_t key_bytes = entries.size() < 8 ? 0 : load<std::uint32_t>(entries, 0);
      const std::uint64_t value_bytes = entries.size() < 8 ? 0 : load<std::uint32_t>(entries, 4);
      if (entries.size() < 8 || key_bytes + value_bytes > entries.size() - 8)
        return damaged(entry_at, "an entry reaches past its block");
      const std::string_view key = entries.substr(8, key_bytes);
      if (entry_count_ > 0 && key <= last_key_) return damaged(entry_at, "keys are out of order");
      visit_({entry_at, block_count_, key, entries.substr(8 + key_bytes, value_bytes)});
      last_key_ = key;
      ++entry_count_;
      entry_at += 8 + key_bytes + value_bytes;
      entries.remove_prefix(8 + key_bytes + value_bytes);
    }
    return {};
  }

  FileWindow window_;
  ChecksumSeed seed_;
  const std::function<void(const SnapshotEntry&)>& visit_;
  std::uint64_t at_;
  std::uint64_t entry_count_ = 0;
  std::uint64_t block_count_ = 0;
  std::uint32_t blocks_checksum_ = 0;
  std::string last_key_;
};

}  // namespace

Checked<FileHeader> read_snapshot(File& file, Generation generation,
                                  const std::function<void(const SnapshotEntry&)>& visit) {
  const FileHeader header = TRY(read_file_header(file, FileType::snapshot, generation));
  const std::uint64_t size = TRY(file.size());
  TRY(SnapshotReader(file, size, header, visit).read());
  return header;
}

}  // namespace kv
