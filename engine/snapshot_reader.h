// Reads a snapshot back, and believes it only if all of it is right.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/defect.h"
#include "engine/file_header.h"
#include "engine/vfs.h"

namespace kv {

struct SnapshotEntry {
  std::uint64_t offset;  // of the entry in the file
  std::uint64_t block;   // the number of its block
  std::string_view key;
  std::string_view value;
};

// Reads the snapshot whose name says `generation`, and calls `visit` for each entry in key order. Every entry seen
// stands in a block that verified, but only a returned header says that the snapshot is whole: on a defect, throw away
// what was visited. Buffers never grow beyond the file.
Checked<FileHeader> read_snapshot(File& file, Generation generation,
                                  const std::function<void(const SnapshotEntry&)>& visit);

}  // namespace kv
