// Operations: the calls that change a disk, and how one of them is named in a report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace faultfs {

enum class OpKind {
  create,    // open with OpenMode::create_new, or OpenMode::create where the file was missing
  write,     // File::write_at
  truncate,  // File::truncate
  allocate,  // File::allocate
  sync,      // File::sync
  rename,    // Vfs::rename
  unlink,    // Vfs::unlink
  make_dir,  // Vfs::make_dir
  sync_dir,  // Vfs::sync_dir
};

// The enumerator's name: "sync_dir".
[[nodiscard]] std::string_view to_string(OpKind kind);

struct Op {
  OpKind kind;
  std::string path;          // a rename's: the name it takes away
  std::string to;            // a rename's: the name it gives; otherwise empty
  std::uint64_t offset = 0;  // in bytes, of a write
  std::uint64_t length = 0;  // in bytes: of a write; the new size, of truncate and allocate
};

}  // namespace faultfs
