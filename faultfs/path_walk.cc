#include "faultfs/path_walk.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include "faultfs/path.h"

namespace faultfs {

namespace {

// The next name of the path, without the slashes before it; empty at its end.
std::string_view take_name(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::string_view name = path.substr(0, path.find('/'));
  path.remove_prefix(name.size());
  return name;
}

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

// The name of what `name` is in the directory of that name.
std::string inside(const std::string& directory, std::string_view name) {
  if (name == ".") return directory;
  if (name == "..") return std::string(directory_of(directory));
  return directory.empty() ? std::string(name) : directory + '/' + std::string(name);
}

}  // namespace

Walk walk(std::string_view path, const std::function<NameKind(const std::string&)>& kind_of) {
  Walk result{.kind = NameKind::directory};
  if (path.empty()) result.error = ENOENT;
  if (path.size() >= PATH_MAX) result.error = ENAMETOOLONG;
  if (result.error != 0) return result;

  result.ends_in_dots = true;
  for (std::string_view name = take_name(path); !name.empty(); name = take_name(path)) {
    if (result.too_long) result.error = ENAMETOOLONG;
    if (result.error == 0 && result.kind == NameKind::nothing) result.error = ENOENT;
    if (result.error == 0 && result.kind == NameKind::file) result.error = ENOTDIR;
    if (result.error != 0) return result;
    result.name = inside(result.name, name);
    result.too_long = name.size() > NAME_MAX;
    result.ends_in_dots = is_dots(name);
    result.ends_in_slash = !path.empty();
    result.kind = result.name.empty() ? NameKind::directory : kind_of(result.name);
  }
  return result;
}

int open_errno(const Walk& path, kv::OpenMode mode) {
  const bool creates = mode == kv::OpenMode::create || mode == kv::OpenMode::create_new;
  if (path.error != 0) return path.error;
  if (path.ends_in_slash && !path.ends_in_dots && creates) return EISDIR;
  if (path.too_long) return ENAMETOOLONG;
  switch (path.kind) {
    case NameKind::directory: return mode == kv::OpenMode::create_new ? EEXIST : EISDIR;
    case NameKind::file:
      if (path.ends_in_slash) return ENOTDIR;
      return mode == kv::OpenMode::create_new ? EEXIST : 0;
    case NameKind::nothing: break;
  }
  return creates ? 0 : ENOENT;
}

int unlink_errno(const Walk& path) {
  if (path.error != 0) return path.error;
  if (path.too_long) return ENAMETOOLONG;
  switch (path.kind) {
    case NameKind::directory: return EISDIR;
    case NameKind::file: return path.ends_in_slash ? ENOTDIR : 0;
    case NameKind::nothing: break;
  }
  return ENOENT;
}

int make_dir_errno(const Walk& path) {
  if (path.error != 0) return path.error;
  if (path.too_long) return ENAMETOOLONG;
  return path.kind == NameKind::nothing ? 0 : EEXIST;
}

int list_errno(const Walk& path) {
  if (path.error != 0) return path.error;
  if (path.too_long) return ENAMETOOLONG;
  if (path.kind == NameKind::directory) return 0;
  return path.kind == NameKind::file ? ENOTDIR : ENOENT;
}

int rename_errno(const Walk& from, const Walk& to) {
  if (from.error != 0) return from.error;
  if (to.error != 0) return to.error;
  if (from.ends_in_dots || to.ends_in_dots) return EBUSY;
  if (from.too_long) return ENAMETOOLONG;
  if (from.kind == NameKind::nothing) return ENOENT;
  if (to.too_long) return ENAMETOOLONG;
  if (from.kind == NameKind::directory) return EOPNOTSUPP;
  if (from.ends_in_slash || to.ends_in_slash) return ENOTDIR;
  if (from.name.starts_with(to.name + '/')) return ENOTEMPTY;
  return to.kind == NameKind::directory ? EISDIR : 0;
}

}  // namespace faultfs
