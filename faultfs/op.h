// Operations: the calls that reach a disk, and how one of them is named in a plan or a report.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultfs {

using OpIndex = std::uint64_t;  // the place of an operation in a trace, or among those of one disk, from 0

enum class OpKind {
  create,    // Vfs::open with OpenMode::create_new, or OpenMode::create where the file was missing
  write,     // File::write_at
  truncate,  // File::truncate
  allocate,  // File::allocate
  sync,      // File::sync
  rename,    // Vfs::rename
  unlink,    // Vfs::unlink
  make_dir,  // Vfs::make_dir
  sync_dir,  // Vfs::sync_dir
  open,      // Vfs::open of a file that is there, or that OpenMode::read or read_write looks for
  read,      // File::read_at
  size,      // File::size
  list,      // Vfs::list
  lock,      // Vfs::lock
};

struct OpKindInfo {
  OpKind kind;
  std::string_view name;  // the enumerator's
  // Whether a process that is started later finds something else on the disk. A sync changes only what a power cut
  // leaves, and a lock at most creates the empty file that it locks.
  bool changes_disk = false;
};

inline constexpr std::array<OpKindInfo, 14> kOpKinds{{
    {OpKind::create, "create", true},
    {OpKind::write, "write", true},
    {OpKind::truncate, "truncate", true},
    {OpKind::allocate, "allocate", true},
    {OpKind::sync, "sync"},
    {OpKind::rename, "rename", true},
    {OpKind::unlink, "unlink", true},
    {OpKind::make_dir, "make_dir", true},
    {OpKind::sync_dir, "sync_dir"},
    {OpKind::open, "open"},
    {OpKind::read, "read"},
    {OpKind::size, "size"},
    {OpKind::list, "list"},
    {OpKind::lock, "lock"},
}};

[[nodiscard]] const OpKindInfo& info(OpKind kind);

// The enumerator's name: "sync_dir". And back; nothing where the word names none.
[[nodiscard]] std::string_view to_string(OpKind kind);
[[nodiscard]] std::optional<OpKind> parse_op_kind(std::string_view name);

struct Op {
  OpKind kind;
  std::string path;          // a rename's: the name it takes away
  std::string to;            // a rename's: the name it gives; otherwise empty
  std::uint64_t offset = 0;  // in bytes, of a write or a read
  std::uint64_t length = 0;  // in bytes: of a write or a read; the new size, of truncate and allocate
};

}  // namespace faultfs
