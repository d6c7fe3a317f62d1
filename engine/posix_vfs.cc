#include "engine/posix_vfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <utility>

#include "engine/assert.h"

namespace kv {
namespace {

// The Error of the system call that has just failed.
template <class... Args>
std::unexpected<Error> failed(fmt::format_string<Args...> context, Args&&... args) {
  const int os_error = errno;  // before format, which may allocate and so change errno
  return fail_errno(os_error, fmt::format(context, std::forward<Args>(args)...));
}

// Makes a system call until no signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class Fd {
 public:
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  // An error of close tells nothing that sync has not told, and the descriptor is gone either way (close(2)).
  ~Fd() {
    if (valid()) ::close(number_);
  }

  [[nodiscard]] bool valid() const { return number_ >= 0; }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

// Opens a regular file; the verb is for the context of errors.
Result<Fd> open_regular(const std::string& path, int flags, std::string_view verb) {
  // O_NONBLOCK: opening a FIFO to read would wait for a writer.
  const int all_flags = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  Fd fd(uninterrupted([&] { return ::open(path.c_str(), all_flags, 0666); }));
  if (!fd.valid()) return failed("{} {}", verb, path);

  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return failed("{} {}", verb, path);
  if (S_ISDIR(status.st_mode)) return fail_errno(EISDIR, fmt::format("{} {}", verb, path));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::io_error, fmt::format("{} {}: not a regular file", verb, path));

  // open(2) advises against O_NONBLOCK on regular files, and a FUSE file system may heed it: off again.
  if (::fcntl(fd.get(), F_SETFL, 0) != 0) return failed("{} {}", verb, path);
  return fd;
}

bool fits_file(std::uint64_t offset, std::uint64_t size) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  return offset <= kLargest && size <= kLargest - offset;
}

class PosixFile final : public File {
 public:
  PosixFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (!fits_file(offset, into.size())) return too_large("read", offset);
    const auto at = static_cast<off_t>(offset);
    const ssize_t count = uninterrupted([&] { return ::pread(fd_.get(), into.data(), into.size(), at); });
    if (count < 0) return failed("read {} at {}", path_, offset);
    return static_cast<std::size_t>(count);
  }

  Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    if (!fits_file(offset, bytes.size())) return too_large("write", offset);
    const auto at = static_cast<off_t>(offset);
    const ssize_t count = uninterrupted([&] { return ::pwrite(fd_.get(), bytes.data(), bytes.size(), at); });
    if (count < 0) return failed("write {} at {}", path_, offset);
    return static_cast<std::size_t>(count);
  }

  Result<void> truncate(std::uint64_t size) override {
    if (!fits_file(0, size)) return too_large("truncate", size);
    const auto length = static_cast<off_t>(size);
    if (uninterrupted([&] { return ::ftruncate(fd_.get(), length); }) != 0) {
      return failed("truncate {} to {}", path_, size);
    }
    return {};
  }

  // Where the file system cannot reserve, the C library writes a zero into every block that is not there yet.
  Result<void> allocate(std::uint64_t size) override {
    if (!fits_file(0, size)) return too_large("allocate", size);
    if (size == 0) return {};  // posix_fallocate calls that EINVAL
    int os_error = EINTR;      // it returns its error and leaves errno alone
    while (os_error == EINTR) os_error = ::posix_fallocate(fd_.get(), 0, static_cast<off_t>(size));
    if (os_error != 0) return fail_errno(os_error, fmt::format("allocate {} to {}", path_, size));
    return {};
  }

  // fdatasync is enough: it leaves out only metadata that reading the data back does not need, such as times. "A change
  // to the file size (st_size, as made by say ftruncate(2)), would require a metadata flush" (fdatasync(2)); so would
  // the map of blocks. EINTR is reported too: what it left pending cannot be known, and a sync is not repeated.
  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return failed("sync {}", path_);
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat status;
    if (::fstat(fd_.get(), &status) != 0) return failed("size {}", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  std::unexpected<Error> too_large(std::string_view verb, std::uint64_t where) const {
    return fail(ErrorCode::invalid_argument, fmt::format("{} {} at {}: past the largest offset", verb, path_, where));
  }

  Fd fd_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Fd fd) : fd_(std::move(fd)), owner_(::getpid()) {}

  // The lock belongs to the open file, which a forked child shares. Closing our descriptor would leave it held until
  // the child execs or ends, so it is given up by name; but not by a child that drops its copy. Unlocking what is
  // locked cannot fail (flock(2)).
  ~PosixLock() override {
    if (::getpid() == owner_) ::flock(fd_.get(), LOCK_UN);
  }

 private:
  Fd fd_;
  pid_t owner_;
};

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::read: return O_RDONLY;
    case OpenMode::read_write: return O_RDWR;
    case OpenMode::create: return O_RDWR | O_CREAT;
    case OpenMode::create_new: return O_RDWR | O_CREAT | O_EXCL;
  }
  assertion_failed("mode is an OpenMode", __FILE__, __LINE__);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Result<std::unique_ptr<File>> PosixVfs::open(const std::string& path, OpenMode mode) {
  Fd fd = TRY(open_regular(path, open_flags(mode), "open"));
  return std::make_unique<PosixFile>(std::move(fd), path);
}

Result<void> PosixVfs::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename {} to {}", from, to);
  return {};
}

Result<void> PosixVfs::unlink(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed("unlink {}", path);
  return {};
}

Result<void> PosixVfs::make_dir(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) != 0) return failed("make_dir {}", path);
  return {};
}

Result<std::vector<std::string>> PosixVfs::list(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) return failed("list {}", path);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;  // readdir returns null at the end and on an error, and only errno tells them apart
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return failed("list {}", path);
  std::ranges::sort(names);
  return names;
}

Result<void> PosixVfs::sync_dir(const std::string& path) {
  const Fd fd(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return failed("sync_dir {}", path);
  if (::fsync(fd.get()) != 0) return failed("sync_dir {}", path);
  return {};
}

Result<std::unique_ptr<FileLock>> PosixVfs::lock(const std::string& path, LockMode mode) {
  const bool exclusive = mode == LockMode::exclusive;
  // NFS makes an exclusive flock a lock of bytes, for which the file must be open to write (flock(2)).
  Fd fd = TRY(open_regular(path, exclusive ? O_RDWR | O_CREAT : O_RDONLY, "lock"));
  if (::flock(fd.get(), (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(ErrorCode::locked, fmt::format("lock {}: held by another opener", path));
    return failed("lock {}", path);
  }
  return std::make_unique<PosixLock>(std::move(fd));
}

}  // namespace kv
