// Where a path leads on a disk in memory, and what a call on it answers: as Linux does, error for error.
//
// A path is followed name by name. So "file/." is an error although "." changes nothing, a name is too long only once
// what stands before it was found, and one path can be wrong in two ways and is answered with the first.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/vfs.h"

namespace faultfs {

enum class NameKind { nothing, file, directory };

struct Walk {
  std::string name;                   // where the path leads, as a normal path (path.h)
  NameKind kind = NameKind::nothing;  // what is there
  int error = 0;                      // not 0: the way there ends before the last name
  bool too_long = false;              // the last name is longer than a name may be
  bool ends_in_slash = false;         // what has the last name is to be a directory
  bool ends_in_dots = false;          // the last name is "." or "..", or there is none: it is a directory
};

// `kind_of` knows all normal names but that of the root, which is its own parent.
[[nodiscard]] Walk walk(std::string_view path, const std::function<NameKind(const std::string&)>& kind_of);

// The errno of a call, or 0 where nothing speaks against it. A file that is opened and is not there is to be created.
[[nodiscard]] int open_errno(const Walk& path, kv::OpenMode mode);
[[nodiscard]] int unlink_errno(const Walk& path);
[[nodiscard]] int make_dir_errno(const Walk& path);
[[nodiscard]] int list_errno(const Walk& path);  // and of sync_dir

// EOPNOTSUPP where `from` is a directory: that is not simulated.
[[nodiscard]] int rename_errno(const Walk& from, const Walk& to);

}  // namespace faultfs
