#include "harness/store_mirror.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace walbreaker {

using kv::Result;

namespace {

constexpr std::size_t kNearBytes = 16;  // runs that differ, no farther apart, are one write
constexpr std::size_t kSmallBytes =
    64 << 10;                                // a file that is read again whatever its times say: as fast, and sees mmap
constexpr std::size_t kReservedBytes = 512;  // a file that grows by so many zeros had room reserved

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<kv::Error> failed(const char* what, const std::string& path) {
  return kv::fail_errno(errno, std::string(what) + " " + path);
}

// How long a change may go without another time stamp: the clock of the kernel's file systems ticks at least 100 times
// a second.
bool is_young(const timespec& changed) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto age = (now.tv_sec - changed.tv_sec) * 1'000'000'000L + (now.tv_nsec - changed.tv_nsec);
  return age < 20'000'000L;
}

// Nothing: the file is gone meanwhile.
Result<bool> read_file(const std::string& path, std::string& bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0 && errno == ENOENT) return false;
  if (file.get() < 0) return failed("open", path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed("stat", path);
  bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return true;
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return failed("create", path);
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

// Writes the bytes from `from` to `to` of a file.
Result<void> write_run(kv::File& file, std::string_view bytes, std::size_t from, std::size_t to) {
  return kv::write_all(file, from, bytes.substr(from, to - from));
}

// Makes a file that holds `before` hold `now`.
Result<void> write_differences(kv::File& file, std::string_view before, std::string_view now) {
  if (now.size() < before.size()) TRY(file.truncate(now.size()));
  const std::size_t shared = std::min(before.size(), now.size());
  const std::size_t last = now.find_last_not_of('\0');
  std::size_t written = std::max(shared, last == std::string_view::npos ? 0 : last + 1);
  if (now.size() - written < kReservedBytes) written = now.size();

  const auto same = [&](std::size_t at) { return at < shared && before[at] == now[at]; };
  for (std::size_t from = 0; from < written;) {
    if (from < shared) {
      const auto differs = std::mismatch(before.begin() + static_cast<std::ptrdiff_t>(from),
                                         before.begin() + static_cast<std::ptrdiff_t>(shared),
                                         now.begin() + static_cast<std::ptrdiff_t>(from));
      from = static_cast<std::size_t>(differs.first - before.begin());
    }
    if (from >= written) break;
    std::size_t to = from + 1;
    for (std::size_t at = to; at < written && at - to < kNearBytes; ++at) {
      if (at >= shared) {
        to = at = written;
      } else if (!same(at)) {
        to = at + 1;
      }
    }
    TRY(write_run(file, now, from, to));
    from = to;
  }
  if (written < now.size()) TRY(file.truncate(now.size()));
  return {};
}

std::string parent_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

std::string below(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : kv::join_path(directory, name);
}

}  // namespace

bool StoreMirror::Stamp::operator==(const Stamp& other) const {
  const auto same = [](const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; };
  return inode == other.inode && size == other.size && same(mtime, other.mtime) && same(ctime, other.ctime);
}

StoreMirror::StoreMirror(kv::Vfs& vfs, std::string directory, std::string copy)
    : vfs_(vfs), directory_(std::move(directory)), copy_(std::move(copy)) {}

std::string StoreMirror::in_vfs(const std::string& name) const {
  return name.empty() ? directory_ : kv::join_path(directory_, name);
}

std::string StoreMirror::in_copy(const std::string& name) const {
  return name.empty() ? copy_ : kv::join_path(copy_, name);
}

Result<void> StoreMirror::copy_out() {
  const auto names = vfs_.list(directory_);
  if (!names && names.error().os_error == ENOENT) return {};
  made_ = true;
  TRY(copy_directory(""));
  // The stamps are those of the copies.
  Found found;
  TRY(find("", found));
  for (auto& [name, file] : files_) file.stamp = found[name];
  return {};
}

Result<void> StoreMirror::copy_directory(const std::string& name) {
  for (const std::string& entry : TRY(vfs_.list(in_vfs(name)))) {
    const std::string path = below(name, entry);
    const auto file = vfs_.open(in_vfs(path), kv::OpenMode::read);
    if (file) {
      TRY(copy_file(**file, path));
    } else if (file.error().os_error == EISDIR) {
      if (::mkdir(in_copy(path).c_str(), 0777) != 0) return failed("make a directory", in_copy(path));
      directories_.insert(path);
      TRY(copy_directory(path));
    } else {
      return std::unexpected(file.error());
    }
  }
  return {};
}

Result<void> StoreMirror::copy_file(kv::File& from, const std::string& name) {
  File& file = files_[name];
  file.bytes.resize(TRY(from.size()));
  file.bytes.resize(TRY(kv::read_full(from, 0, file.bytes)));
  return write_file(in_copy(name), file.bytes);
}

Result<void> StoreMirror::find(const std::string& name, Found& found) {
  const std::string path = in_copy(name);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) return failed("list", path);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view entry_name = entry->d_name;
    if (entry_name == "." || entry_name == "..") continue;
    const std::string file = below(name, std::string(entry_name));
    struct stat status{};
    if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;  // a thread of the process took it away
      return failed("stat", in_copy(file));
    }
    if (S_ISREG(status.st_mode)) found[file] = {status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
    if (!S_ISDIR(status.st_mode)) continue;  // links, sockets and the like hold nothing that is damaged
    if (directories_.insert(file).second) {
      TRY(make_directory());
      TRY(vfs_.make_dir(in_vfs(file)));
      renamed_in_.insert(parent_of(file));
    }
    TRY(find(file, found));
  }
  return {};
}

Result<void> StoreMirror::make_directory() {
  if (std::exchange(made_, true)) return {};
  return vfs_.make_dir(directory_);
}

Result<void> StoreMirror::apply() {
  Found found;
  TRY(find("", found));
  if (!found.empty()) TRY(make_directory());
  TRY(apply_renames(found));
  TRY(apply_unlinks(found));
  for (const auto& [name, stamp] : found) TRY(apply_contents(name, stamp));
  return {};
}

// A file that lost its name, and is found under another one that no other renamed file has to leave first.
Result<void> StoreMirror::apply_renames(const Found& found) {
  const auto keeps_name = [&](const std::string& name, const File& file) {
    const auto it = found.find(name);
    return it != found.end() && it->second.inode == file.stamp.inode;
  };
  std::map<ino_t, std::string> moved;
  for (const auto& [name, file] : files_) {
    if (!keeps_name(name, file)) moved[file.stamp.inode] = name;
  }
  if (moved.empty()) return {};
  for (const auto& [name, stamp] : found) {
    const auto source = moved.find(stamp.inode);
    if (source == moved.end() || source->second == name) continue;
    const auto target = files_.find(name);
    const bool target_moves = target != files_.end() && std::ranges::any_of(found, [&](const auto& entry) {
                                return entry.second.inode == target->second.stamp.inode;
                              });
    if (target_moves) continue;
    TRY(vfs_.rename(in_vfs(source->second), in_vfs(name)));
    renamed_in_.insert(parent_of(source->second));
    renamed_in_.insert(parent_of(name));
    File file = std::move(files_[source->second]);
    files_.erase(source->second);
    files_[name] = std::move(file);
    if (unsynced_.erase(source->second) > 0) unsynced_.insert(name);
    moved.erase(source);
  }
  return {};
}

Result<void> StoreMirror::apply_unlinks(const Found& found) {
  for (auto it = files_.begin(); it != files_.end();) {
    const auto now = found.find(it->first);
    if (now != found.end() && now->second.inode == it->second.stamp.inode) {
      ++it;
      continue;
    }
    TRY(vfs_.unlink(in_vfs(it->first)));
    renamed_in_.insert(parent_of(it->first));
    unsynced_.erase(it->first);
    it = files_.erase(it);
  }
  return {};
}

Result<void> StoreMirror::apply_contents(const std::string& name, const Stamp& stamp) {
  const auto known = files_.find(name);
  const bool is_new = known == files_.end();
  if (!is_new && !known->second.young && known->second.stamp == stamp && known->second.bytes.size() > kSmallBytes) {
    return {};
  }
  const bool young = is_young(stamp.ctime);
  std::string bytes;
  if (!TRY(read_file(in_copy(name), bytes))) return {};
  File& file = files_[name];
  file.stamp = stamp;
  file.young = young;
  if (!is_new && bytes == file.bytes) return {};
  const auto opened = TRY(vfs_.open(in_vfs(name), is_new ? kv::OpenMode::create_new : kv::OpenMode::read_write));
  if (is_new) renamed_in_.insert(parent_of(name));
  unsynced_.insert(name);
  TRY(write_differences(*opened, file.bytes, bytes));
  file.bytes = std::move(bytes);
  return {};
}

Result<void> StoreMirror::sync() {
  for (const std::string& name : unsynced_) {
    const auto file = TRY(vfs_.open(in_vfs(name), kv::OpenMode::read_write));
    TRY(file->sync());
  }
  unsynced_.clear();
  for (const std::string& name : renamed_in_) TRY(vfs_.sync_dir(in_vfs(name)));
  renamed_in_.clear();
  return {};
}

}  // namespace walbreaker
