#include "engine/vfs.h"

namespace kv {

Result<std::size_t> read_full(File& file, std::uint64_t offset, std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const std::size_t count = TRY(file.read_at(offset + done, into.subspan(done)));
    if (count == 0) break;
    done += count;
  }
  return done;
}

Result<void> write_all(File& file, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = TRY(file.write_at(offset, bytes));
    // POSIX lets write() return 0 without an errno; going on would never end.
    if (count == 0) return fail(ErrorCode::no_space, "a write made no progress");
    offset += count;
    bytes.remove_prefix(count);
  }
  return {};
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  if (slash == 0) return "/";
  return std::string(path.substr(0, slash));
}

}  // namespace kv
