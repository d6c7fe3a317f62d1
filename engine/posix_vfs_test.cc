#include "engine/posix_vfs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/posix_test_util.h"

namespace kv {
namespace {

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// Files cannot grow past `size_bytes` while it lives. Say nothing to gtest meanwhile: its output may be a file.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size_bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited{size_bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST(PosixVfs, WhatIsWrittenIsRead) {
  const TempDir dir;
  PosixVfs vfs;
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  EXPECT_EQ(must(file->write_at(0, "hello, world")), 12U);
  EXPECT_EQ(must(file->write_at(7, "disk!")), 5U);
  must(file->sync());
  must(vfs.sync_dir(dir.path()));
  EXPECT_EQ(read_all(*file), "hello, disk!");
  EXPECT_EQ(contents_of(dir / "f"), "hello, disk!");
}

TEST(PosixVfs, AGapReadsAsZeros) {
  const TempDir dir;
  PosixVfs vfs;
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  must(write_all(*file, 100'000, "end"));
  EXPECT_EQ(must(file->size()), 100'003U);
  EXPECT_EQ(read_all(*file), std::string(100'000, '\0') + "end");
}

TEST(PosixVfs, AReadStopsAtTheEndOfTheFile) {
  const TempDir dir;
  PosixVfs vfs;
  create(dir / "f", "0123456789");
  const auto file = must(vfs.open(dir / "f", OpenMode::read));
  std::string into(8, '?');
  EXPECT_EQ(must(file->read_at(7, into)), 3U);
  EXPECT_EQ(into, "789?????");
  EXPECT_EQ(must(file->read_at(10, into)), 0U);
  EXPECT_EQ(must(file->read_at(1'000'000, into)), 0U);
  EXPECT_EQ(must(file->read_at(0, {})), 0U);
}

TEST(PosixVfs, TruncateCutsAndGrowsWithZeros) {
  const TempDir dir;
  PosixVfs vfs;
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  must(write_all(*file, 0, "0123456789"));
  must(file->truncate(4));
  EXPECT_EQ(read_all(*file), "0123");
  must(file->truncate(6));
  EXPECT_EQ(read_all(*file), std::string("0123\0\0", 6));
}

TEST(PosixVfs, AllocateGrowsWithZerosAndNeverShrinks) {
  const TempDir dir;
  PosixVfs vfs;
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  must(file->allocate(0));
  EXPECT_EQ(must(file->size()), 0U);
  must(write_all(*file, 0, "0123456789"));
  must(file->allocate(10'000));
  const std::string grown = "0123456789" + std::string(9'990, '\0');
  EXPECT_EQ(read_all(*file), grown);
  must(file->allocate(5));
  must(file->allocate(0));
  EXPECT_EQ(read_all(*file), grown);
}

TEST(PosixVfs, OpenModesAskForTheNameOrForItsAbsence) {
  const TempDir dir;
  PosixVfs vfs;
  EXPECT_EQ(error_of(vfs.open(dir / "f", OpenMode::read)).os_error, ENOENT);
  EXPECT_EQ(error_of(vfs.open(dir / "f", OpenMode::read_write)).os_error, ENOENT);
  EXPECT_TRUE(must(vfs.list(dir.path())).empty()) << "a refused open created the file";

  must(write_all(*must(vfs.open(dir / "f", OpenMode::create_new)), 0, "kept"));
  EXPECT_EQ(error_of(vfs.open(dir / "f", OpenMode::create_new)).os_error, EEXIST);
  for (const OpenMode mode : {OpenMode::read, OpenMode::read_write, OpenMode::create}) {
    EXPECT_EQ(read_all(*must(vfs.open(dir / "f", mode))), "kept");
  }
}

TEST(PosixVfs, AFileOpenedToReadRefusesEveryChange) {
  const TempDir dir;
  PosixVfs vfs;
  create(dir / "f", "kept");
  const auto file = must(vfs.open(dir / "f", OpenMode::read));
  EXPECT_EQ(error_of(file->write_at(0, "x")).code, ErrorCode::io_error);
  EXPECT_EQ(error_of(file->truncate(0)).code, ErrorCode::io_error);
  EXPECT_EQ(error_of(file->allocate(100)).code, ErrorCode::io_error);
  EXPECT_EQ(contents_of(dir / "f"), "kept");
}

TEST(PosixVfs, AnOpenFileOutlivesItsName) {
  const TempDir dir;
  PosixVfs vfs;
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  must(vfs.rename(dir / "f", dir / "g"));
  must(write_all(*file, 0, "renamed"));
  EXPECT_EQ(contents_of(dir / "g"), "renamed");
  must(vfs.unlink(dir / "g"));
  must(write_all(*file, 0, "removed"));
  EXPECT_EQ(read_all(*file), "removed");
  EXPECT_EQ(error_of(vfs.unlink(dir / "g")).os_error, ENOENT);
}

TEST(PosixVfs, RenameReplacesTheFileThatHadTheName) {
  const TempDir dir;
  PosixVfs vfs;
  create(dir / "old", "old");
  create(dir / "new", "new");
  must(vfs.rename(dir / "new", dir / "old"));
  EXPECT_EQ(contents_of(dir / "old"), "new");
  EXPECT_EQ(must(vfs.list(dir.path())), std::vector<std::string>{"old"});
  EXPECT_EQ(error_of(vfs.rename(dir / "new", dir / "old")).context, "rename " + dir / "new" + " to " + dir / "old");
}

TEST(PosixVfs, ListIsInByteOrder) {
  const TempDir dir;
  PosixVfs vfs;
  for (const char* name : {"b", "a", "ab", "B", "\xff", ".hidden"}) create(dir / name, "");
  must(vfs.make_dir(dir / "c"));
  EXPECT_EQ(must(vfs.list(dir.path())), (std::vector<std::string>{".hidden", "B", "a", "ab", "b", "c", "\xff"}));
  EXPECT_TRUE(must(vfs.list(dir / "c")).empty());
}

TEST(PosixVfs, DirectoriesAndFilesAreNotMistakenForEachOther) {
  const TempDir dir;
  PosixVfs vfs;
  create(dir / "f", "");
  EXPECT_EQ(error_of(vfs.list(dir / "f")).os_error, ENOTDIR);
  EXPECT_EQ(error_of(vfs.sync_dir(dir / "f")).os_error, ENOTDIR);
  EXPECT_EQ(error_of(vfs.list(dir / "missing")).os_error, ENOENT);
  EXPECT_EQ(error_of(vfs.sync_dir(dir / "missing")).os_error, ENOENT);
  EXPECT_EQ(error_of(vfs.make_dir(dir / "f")).os_error, EEXIST);
  EXPECT_EQ(error_of(vfs.make_dir(dir.path())).os_error, EEXIST);
  EXPECT_EQ(error_of(vfs.unlink(dir.path())).os_error, EISDIR);
  for (const OpenMode mode : {OpenMode::read, OpenMode::read_write, OpenMode::create}) {
    EXPECT_EQ(error_of(vfs.open(dir.path(), mode)).os_error, EISDIR);
  }
  EXPECT_EQ(error_of(vfs.lock(dir.path(), LockMode::shared)).os_error, EISDIR);
}

TEST(PosixVfs, AFifoIsRefusedWithoutWaiting) {
  const TempDir dir;
  PosixVfs vfs;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  for (const OpenMode mode : {OpenMode::read, OpenMode::read_write, OpenMode::create}) {
    const Error error = error_of(vfs.open(dir / "fifo", mode));
    EXPECT_EQ(error.code, ErrorCode::io_error);
    EXPECT_EQ(error.context, "open " + dir / "fifo" + ": not a regular file");
  }
  EXPECT_EQ(error_of(vfs.lock(dir / "fifo", LockMode::exclusive)).code, ErrorCode::io_error);
}

TEST(PosixVfs, AFileWithoutPermissionIsNotOpened) {
  const TempDir dir;
  create(dir / "f", "secret");
  ASSERT_EQ(::chmod((dir / "f").c_str(), 0), 0);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  constexpr int kCannotDropPrivileges = 255;
  const int os_error = in_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return kCannotDropPrivileges;
    return error_of(PosixVfs().open(dir / "f", OpenMode::read)).os_error;
  });
  if (os_error == kCannotDropPrivileges) GTEST_SKIP() << "root here cannot become another user";
  EXPECT_EQ(os_error, EACCES);
}

TEST(PosixVfs, ErrorsNameTheCallAndThePath) {
  const TempDir dir;
  PosixVfs vfs;
  create(dir / "f", "");
  const auto file = must(vfs.open(dir / "f", OpenMode::read));
  EXPECT_EQ(error_of(vfs.open(dir / "x", OpenMode::read)).message(),
            "io_error: open " + dir / "x" + ": No such file or directory");
  EXPECT_EQ(error_of(file->write_at(4096, "x")).context, "write " + dir / "f" + " at 4096");
  EXPECT_EQ(error_of(file->truncate(9)).context, "truncate " + dir / "f" + " to 9");
  EXPECT_EQ(error_of(file->allocate(9)).context, "allocate " + dir / "f" + " to 9");
  EXPECT_EQ(error_of(vfs.list(dir / "x")).context, "list " + dir / "x");
  EXPECT_EQ(error_of(vfs.sync_dir(dir / "x")).context, "sync_dir " + dir / "x");
  EXPECT_EQ(error_of(vfs.make_dir(dir / "f")).context, "make_dir " + dir / "f");
  EXPECT_EQ(error_of(vfs.unlink(dir / "x")).context, "unlink " + dir / "x");
}

TEST(PosixVfs, AnOffsetNoFileCanHaveIsAnInvalidArgument) {
  const TempDir dir;
  PosixVfs vfs;
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  std::string into(8, '?');
  for (const std::uint64_t offset : {kLargest - 7, kLargest + 1, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(error_of(file->read_at(offset, into)).code, ErrorCode::invalid_argument) << offset;
    EXPECT_EQ(error_of(file->write_at(offset, into)).code, ErrorCode::invalid_argument) << offset;
  }
  EXPECT_EQ(error_of(file->truncate(kLargest + 1)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(error_of(file->allocate(kLargest + 1)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(must(file->size()), 0U);
}

TEST(PosixVfs, AWriteThatOnlyPartlyFitsIsShortAndTheNextOneFails) {
  const TempDir dir;
  PosixVfs vfs;
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  const std::string bytes(16'384, 'x');
  std::optional<Result<std::size_t>> once;
  std::optional<Result<void>> all;
  {
    const FileSizeLimit limit(10'000);
    once = file->write_at(0, bytes);
    all = write_all(*file, 0, bytes);
  }
  EXPECT_EQ(must(*once), 10'000U);
  EXPECT_EQ(error_of(*all).os_error, EFBIG);
  EXPECT_EQ(error_of(*all).context, "write " + dir / "f" + " at 10000");
  EXPECT_EQ(contents_of(dir / "f"), bytes.substr(0, 10'000));
}

TEST(PosixVfs, ModesAreWideAndTheUmaskNarrowsThem) {
  const TempDir dir;
  PosixVfs vfs;
  const mode_t before = ::umask(0);
  create(dir / "f", "");
  must(vfs.make_dir(dir / "d"));
  ::umask(027);
  create(dir / "g", "");
  ::umask(before);
  const auto mode_of = [](const std::string& path) {
    return static_cast<unsigned>(std::filesystem::status(path).permissions());
  };
  EXPECT_EQ(mode_of(dir / "f"), 0666U);
  EXPECT_EQ(mode_of(dir / "d"), 0777U);
  EXPECT_EQ(mode_of(dir / "g"), 0640U);
}

TEST(PosixVfs, ADescriptorIsNotInheritedAndNotNonBlocking) {
  const TempDir dir;
  PosixVfs vfs;
  const int next = ::dup(STDERR_FILENO);  // the lowest free number, which the next open takes
  ::close(next);
  const auto file = must(vfs.open(dir / "f", OpenMode::create));
  EXPECT_EQ(::fcntl(next, F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(next, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR);
}

TEST(PosixVfs, EveryDescriptorIsClosedAgain) {
  const TempDir dir;
  PosixVfs vfs;
  const std::size_t before = open_descriptors();
  {
    const auto file = must(vfs.open(dir / "f", OpenMode::create));
    const auto lock = must(vfs.lock(dir / "LOCK", LockMode::exclusive));
    EXPECT_EQ(open_descriptors(), before + 2);
    EXPECT_EQ(error_of(vfs.lock(dir / "LOCK", LockMode::exclusive)).code, ErrorCode::locked);
    EXPECT_FALSE(vfs.open(dir.path(), OpenMode::read).has_value());
    EXPECT_FALSE(vfs.lock(dir.path(), LockMode::shared).has_value());
    must(vfs.list(dir.path()));
    must(vfs.sync_dir(dir.path()));
    EXPECT_EQ(open_descriptors(), before + 2);
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace kv
