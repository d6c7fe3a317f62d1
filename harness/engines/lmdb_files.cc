#include "harness/engines/lmdb_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace walbreaker {

namespace {

struct OpenFile {
  const LmdbDisk* disk;
  std::string path;
  std::unique_ptr<kv::File> file;
  bool syncs_writes;
};

// By the descriptor of the memfd. Only the map is shared: a file is used by one thread at a time.
class OpenFiles {
 public:
  void add(int descriptor, OpenFile file) {
    const std::scoped_lock lock(mutex_);
    files_[descriptor] = std::move(file);
  }
  OpenFile& at(int descriptor) {
    const std::scoped_lock lock(mutex_);
    return files_.at(descriptor);
  }
  // Of the same file; -1: there is none.
  int find(const LmdbDisk* disk, const std::string& path) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [descriptor, file] : files_) {
      if (file.disk == disk && file.path == path) return descriptor;
    }
    return -1;
  }
  void remove(int descriptor) {
    const std::scoped_lock lock(mutex_);
    files_.erase(descriptor);
  }

 private:
  std::mutex mutex_;
  std::map<int, OpenFile> files_;
};

OpenFiles& open_files() {
  static OpenFiles files;
  return files;
}

// Keeps the error for whoever made the call, and answers as the system does.
int failed(const kv::Error& error) {
  if (LmdbDisk* const disk = LmdbCall::disk()) disk->failed(error);
  errno = error.os_error != 0 ? error.os_error : EIO;
  return -1;
}

bool is_dead() { return LmdbCall::disk() == nullptr || LmdbCall::disk()->killed(); }

int refused() { return failed({kv::ErrorCode::io_error, EIO, "the process is killed"}); }

// Makes the memfd hold what the file holds. It does not shrink: a mapping may not be looked at past the end.
kv::Result<void> read_anew(kv::File& file, int descriptor) {
  std::string bytes(TRY(file.size()), '\0');
  bytes.resize(TRY(kv::read_full(file, 0, bytes)));
  const auto written = ::pwrite(descriptor, bytes.data(), bytes.size(), 0);
  if (written == static_cast<ssize_t>(bytes.size())) return {};
  return kv::fail_errno(errno, "write a memfd");
}

int sync(OpenFile& open, int descriptor) {
  const auto synced = open.file->sync();
  if (synced) return 0;
  if (const auto again = read_anew(*open.file, descriptor); !again) return failed(again.error());
  return failed(synced.error());
}

ssize_t write(int descriptor, std::string_view bytes, std::uint64_t offset) {
  if (is_dead()) return refused();
  OpenFile& open = open_files().at(descriptor);
  const auto done = open.file->write_at(offset, bytes);
  if (!done) {
    if (const auto again = read_anew(*open.file, descriptor); !again) return failed(again.error());
    return failed(done.error());
  }
  const ssize_t written = ::pwrite(descriptor, bytes.data(), *done, static_cast<off_t>(offset));
  if (written < 0) return -1;
  if (open.syncs_writes && sync(open, descriptor) != 0) return -1;
  return written;
}

}  // namespace

extern "C" {

// The archive is not made for shared libraries: it takes the variable to be in the same one.
FILE* walbreaker_lmdb_stderr = stderr;

int walbreaker_lmdb_open(const char* path, int flags, ...) {
  if (is_dead()) return refused();
  const bool creates = (flags & O_CREAT) != 0;
  const bool reads = (flags & O_ACCMODE) == O_RDONLY;
  auto file = LmdbCall::disk()->vfs().open(
      path, creates ? kv::OpenMode::create : (reads ? kv::OpenMode::read : kv::OpenMode::read_write));
  if (!file) return failed(file.error());
  // What is opened twice is one memfd, so that what is written through either is in the mapping.
  const int first = open_files().find(LmdbCall::disk(), path);
  const int descriptor = first >= 0 ? ::dup(first) : ::memfd_create("lmdb", MFD_CLOEXEC);
  if (descriptor < 0) return -1;
  if (const auto loaded = first >= 0 ? kv::Result<void>{} : read_anew(**file, descriptor); !loaded) {
    ::close(descriptor);
    return failed(loaded.error());
  }
  open_files().add(descriptor, {LmdbCall::disk(), path, std::move(*file), (flags & O_DSYNC) == O_DSYNC});
  return descriptor;
}

int walbreaker_lmdb_close(int descriptor) {
  open_files().remove(descriptor);
  return ::close(descriptor);
}

ssize_t walbreaker_lmdb_pwrite(int descriptor, const void* from, std::size_t size, off_t offset) {
  return write(descriptor, {static_cast<const char*>(from), size}, static_cast<std::uint64_t>(offset));
}

// At the descriptor's position, which LMDB sets before; nothing is written where it is left behind.
ssize_t walbreaker_lmdb_writev(int descriptor, const iovec* parts, int count) {
  std::string bytes;
  for (const iovec& part : std::span(parts, static_cast<std::size_t>(count))) {
    bytes.append(static_cast<const char*>(part.iov_base), part.iov_len);
  }
  return write(descriptor, bytes, static_cast<std::uint64_t>(::lseek(descriptor, 0, SEEK_CUR)));
}

int walbreaker_lmdb_fdatasync(int descriptor) {
  return is_dead() ? refused() : sync(open_files().at(descriptor), descriptor);
}

int walbreaker_lmdb_fsync(int descriptor) { return walbreaker_lmdb_fdatasync(descriptor); }

void* walbreaker_lmdb_mmap(void* address, std::size_t size, int protection, int flags, int descriptor, off_t offset) {
  struct stat found{};
  if (::fstat(descriptor, &found) != 0) return MAP_FAILED;
  if (found.st_size < static_cast<off_t>(size) && ::ftruncate(descriptor, static_cast<off_t>(size)) != 0) {
    return MAP_FAILED;
  }
  return ::mmap(address, size, protection, flags, descriptor, offset);
}

int walbreaker_lmdb_ftruncate(int descriptor, off_t size) {
  if (is_dead()) return refused();
  const auto done = open_files().at(descriptor).file->truncate(static_cast<std::uint64_t>(size));
  return done ? ::ftruncate(descriptor, size) : failed(done.error());
}

}  // extern "C"

}  // namespace walbreaker
