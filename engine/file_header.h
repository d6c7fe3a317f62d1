// The first sector of every log and every snapshot. The byte layout is told in FORMAT.md, "File header".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/defect.h"
#include "engine/options.h"
#include "engine/vfs.h"

namespace kv {

inline constexpr std::uint32_t kFormatVersion = 1;

// A sector of its own: no later write shares it, so that no torn write can harm it.
inline constexpr std::size_t kFileHeaderBytes = 4096;

enum class FileType : std::uint8_t { log, snapshot };

// What a log builds on.
enum class LogLink : std::uint32_t {
  none = 0,                 // of a snapshot, which builds on nothing
  follows = 1,              // the log `predecessor`, which ended at `predecessor_end`; made by a compaction
  void_until_snapshot = 2,  // the snapshot of its own generation, and without it nothing; made by an open
};

struct FileHeader {
  FileType type = FileType::log;
  LogLink link = LogLink::none;
  std::uint64_t store_id = 0;  // drawn when the store was created; the same in all its files
  Generation generation = 0;
  std::uint64_t salt = 0;             // drawn for this file; seeds its checksums
  Seq base_seq = 0;                   // the last record before this log, or the last one that this snapshot holds
  Generation predecessor = 0;         // with LogLink::follows
  std::uint64_t predecessor_end = 0;  // with LogLink::follows: bytes
  bool operator==(const FileHeader&) const = default;
};

// kFileHeaderBytes bytes.
[[nodiscard]] std::string encode(const FileHeader& header);

// Checks every field, the name of the file against them, and every byte that must be zero. `bytes` is what the file
// begins with; fewer than kFileHeaderBytes is a defect. A wrong version behind a good checksum is unsupported_version.
[[nodiscard]] Checked<FileHeader> decode_file_header(std::string_view bytes, FileType type, Generation generation);

[[nodiscard]] Checked<FileHeader> read_file_header(File& file, FileType type, Generation generation);

// The seed of every checksum in a file: binds bytes to the file (salt, generation) and to a place in it.
//
// Two places whose numbers differ in at most 32 adjacent bits never share a seed: a CRC-32 sees every such difference.
// That holds for any two blocks below number 2^32, and for any two records below 32 GiB, which begin at multiples of
// 8. So a record or block that stands anywhere but where it was written never passes.
class ChecksumSeed {
 public:
  explicit ChecksumSeed(const FileHeader& header);
  [[nodiscard]] std::uint32_t at(std::uint64_t place) const;

 private:
  std::uint32_t file_;
};

}  // namespace kv
