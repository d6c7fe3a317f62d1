// Paths of a disk in memory: relative to its root, without a slash in front, each spelled in one way.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace faultfs {

// "/db//wal" -> "db/wal", "." -> "": paths that mean the same are spelled the same.
[[nodiscard]] inline std::string normal_path(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") {
      if (!result.empty()) result += '/';
      result += part;
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return result;
}

// The directory that holds a normal path: "db/wal" -> "db", "wal" -> "", which is the root.
[[nodiscard]] inline std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace faultfs
