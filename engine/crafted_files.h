// For tests: logs and snapshots made record by record with the engine's own encoders, so that a test can say of each
// what is right and what is wrong with it.
//
//   CraftedLog first(void_log(1));
//   first.put("a", "1").put("b", "2");
//   CraftedLog second(log_that_follows(2, first));
//   Image image{{"store/snapshot-1.dat", crafted_snapshot(1, 0, {})}, {"store/wal-1.log", first.bytes()}, ...};
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bplus_tree.h"
#include "engine/bytes.h"
#include "engine/codec_test_util.h"
#include "engine/file_header.h"
#include "engine/log_record.h"
#include "engine/memory_file.h"
#include "engine/posix_test_util.h"
#include "engine/snapshot_writer.h"

namespace kv {

using Contents = std::map<std::string, std::string>;

inline constexpr std::uint64_t kCraftedStoreId = 0x5707e;

class CraftedLog {
 public:
  // Whether each record was durable before the next one was encoded, or none ever was.
  enum class Synced { each, none };

  explicit CraftedLog(const FileHeader& header, Synced synced = Synced::each)
      : header_(header), synced_(synced), bytes_(encode(header)), last_seq_(header.base_seq) {}

  CraftedLog& put(std::string_view key, std::string_view value) {
    std::string payload;
    encode_put(payload, key, value);
    return record(RecordKind::put, payload);
  }
  CraftedLog& close() { return record(RecordKind::close, {}); }
  CraftedLog& record(RecordKind kind, std::string_view payload) {
    return record(kind, last_seq_ + 1, synced_ == Synced::each ? last_seq_ : header_.base_seq, payload);
  }
  CraftedLog& record(RecordKind kind, Seq seq, Seq durable_seq, std::string_view payload) {
    std::string encoded;
    encode_record(encoded, kind, seq, durable_seq, payload, ChecksumSeed(header_).at(bytes_.size()));
    offsets_.push_back(bytes_.size());
    bytes_ += encoded;
    last_seq_ = seq;
    return *this;
  }

  [[nodiscard]] const FileHeader& header() const { return header_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t end() const { return bytes_.size(); }
  [[nodiscard]] Seq last_seq() const { return last_seq_; }
  // Where the i-th record begins, from 0.
  [[nodiscard]] std::uint64_t offset_of(std::size_t i) const { return offsets_.at(i); }

  // The file with one bit of its i-th record's payload flipped.
  [[nodiscard]] std::string with_damaged_record(std::size_t i) const {
    return with_flip(bytes_, offset_of(i) + kRecordHeaderBytes);
  }
  [[nodiscard]] std::string with_damaged_header() const { return with_flip(bytes_, 24); }
  [[nodiscard]] std::string cut_before(std::size_t i) const { return bytes_.substr(0, offset_of(i)); }

  [[nodiscard]] static std::string with_flip(std::string bytes, std::size_t offset) {
    bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 1);
    return bytes;
  }

 private:
  FileHeader header_;
  Synced synced_;
  std::string bytes_;
  Seq last_seq_;
  std::vector<std::uint64_t> offsets_;
};

// Each file's salt is its own.
[[nodiscard]] inline FileHeader void_log(Generation generation, Seq base_seq = 0) {
  return {.type = FileType::log,
          .link = LogLink::void_until_snapshot,
          .store_id = kCraftedStoreId,
          .generation = generation,
          .salt = generation * 2,
          .base_seq = base_seq};
}

[[nodiscard]] inline FileHeader log_that_follows(Generation generation, const CraftedLog& predecessor) {
  return {.type = FileType::log,
          .link = LogLink::follows,
          .store_id = kCraftedStoreId,
          .generation = generation,
          .salt = generation * 2,
          .base_seq = predecessor.last_seq(),
          .predecessor = predecessor.header().generation,
          .predecessor_end = predecessor.end()};
}

[[nodiscard]] inline std::string crafted_snapshot(Generation generation, Seq base_seq, const Contents& contents) {
  BPlusTree tree;
  for (const auto& [key, value] : contents) tree.put(key, value);
  MemoryFile file;
  must(write_snapshot(file,
                      {.type = FileType::snapshot,
                       .store_id = kCraftedStoreId,
                       .generation = generation,
                       .salt = generation * 2 + 1,
                       .base_seq = base_seq},
                      tree));
  return file.contents;
}

[[nodiscard]] inline std::string with_damaged_block(std::string bytes) {
  return CraftedLog::with_flip(std::move(bytes), kFileHeaderBytes + 4);
}

// The file as a later version of the program would begin it.
[[nodiscard]] inline std::string of_a_later_version(std::string bytes) {
  store(bytes, 8, kFormatVersion + 1);
  reseal_file_header(bytes);
  return bytes;
}

}  // namespace kv
