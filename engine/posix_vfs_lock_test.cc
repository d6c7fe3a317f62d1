// PosixVfs::lock, within one process and between processes.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/posix_test_util.h"
#include "engine/posix_vfs.h"

namespace kv {
namespace {

ErrorCode try_lock(const std::string& path, LockMode mode) { return error_of(PosixVfs().lock(path, mode)).code; }

ErrorCode try_lock_in_child(const std::string& path, LockMode mode) {
  return static_cast<ErrorCode>(-in_child([&] { return -static_cast<int>(try_lock(path, mode)); }));
}

// A child process that has run `body`, and lives until it is killed or this process ends.
class LivingChild {
 public:
  explicit LivingChild(const std::function<void()>& body) {
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0 || ::pipe(life_.data()) != 0) ADD_FAILURE() << "pipe";
    pid_ = ::fork();
    char byte = 0;
    if (pid_ == 0) {
      [&]() noexcept { body(); }();
      ::close(life_[1]);
      const bool told = ::write(ready[1], &byte, 1) == 1;
      ::_exit(told && ::read(life_[0], &byte, 1) == 0 ? 0 : 1);
    }
    ::close(ready[1]);
    EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "the child died";
    ::close(ready[0]);
  }
  LivingChild(const LivingChild&) = delete;
  LivingChild& operator=(const LivingChild&) = delete;
  ~LivingChild() {
    kill();
    for (const int end : life_) ::close(end);
  }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  std::array<int, 2> life_{};
  pid_t pid_ = -1;
};

TEST(PosixLock, AnExclusiveLockStandsBesideNoOther) {
  const TempDir dir;
  const auto lock = must(PosixVfs().lock(dir / "LOCK", LockMode::exclusive));
  for (const LockMode mode : {LockMode::exclusive, LockMode::shared}) {
    EXPECT_EQ(try_lock(dir / "LOCK", mode), ErrorCode::locked);
    EXPECT_EQ(try_lock_in_child(dir / "LOCK", mode), ErrorCode::locked);
  }
}

TEST(PosixLock, ASharedLockStandsBesideSharedLocksOnly) {
  const TempDir dir;
  create(dir / "LOCK", "");
  const auto lock = must(PosixVfs().lock(dir / "LOCK", LockMode::shared));
  EXPECT_EQ(try_lock(dir / "LOCK", LockMode::shared), ErrorCode::ok);
  EXPECT_EQ(try_lock_in_child(dir / "LOCK", LockMode::shared), ErrorCode::ok);
  EXPECT_EQ(try_lock(dir / "LOCK", LockMode::exclusive), ErrorCode::locked);
  EXPECT_EQ(try_lock_in_child(dir / "LOCK", LockMode::exclusive), ErrorCode::locked);
}

TEST(PosixLock, SaysWhoseLockItCouldNotTake) {
  const TempDir dir;
  const auto lock = must(PosixVfs().lock(dir / "LOCK", LockMode::exclusive));
  EXPECT_EQ(error_of(PosixVfs().lock(dir / "LOCK", LockMode::exclusive)).message(),
            "locked: lock " + dir / "LOCK" + ": held by another opener");
}

TEST(PosixLock, OnlyAnExclusiveLockCreatesItsFile) {
  const TempDir dir;
  PosixVfs vfs;
  const Error error = error_of(vfs.lock(dir / "LOCK", LockMode::shared));
  EXPECT_EQ(error.code, ErrorCode::io_error);
  EXPECT_EQ(error.os_error, ENOENT);
  EXPECT_TRUE(must(vfs.list(dir.path())).empty());
  must(vfs.lock(dir / "LOCK", LockMode::exclusive));
  EXPECT_EQ(must(vfs.list(dir.path())), std::vector<std::string>{"LOCK"});
}

TEST(PosixLock, LeavesTheContentsOfItsFileAlone) {
  const TempDir dir;
  PosixVfs vfs;
  create(dir / "LOCK", "kept");
  must(vfs.lock(dir / "LOCK", LockMode::exclusive));
  EXPECT_EQ(contents_of(dir / "LOCK"), "kept");
}

TEST(PosixLock, DestructionReleasesIt) {
  const TempDir dir;
  for (const LockMode mode : {LockMode::exclusive, LockMode::shared}) {
    auto lock = must(PosixVfs().lock(dir / "LOCK", mode));
    EXPECT_EQ(try_lock(dir / "LOCK", LockMode::exclusive), ErrorCode::locked);
    lock.reset();
    EXPECT_EQ(try_lock(dir / "LOCK", LockMode::exclusive), ErrorCode::ok);
  }
}

TEST(PosixLock, AProcessKillReleasesIt) {
  const TempDir dir;
  std::unique_ptr<FileLock> held_by_child;
  LivingChild child([&] { held_by_child = must(PosixVfs().lock(dir / "LOCK", LockMode::exclusive)); });
  EXPECT_EQ(try_lock(dir / "LOCK", LockMode::exclusive), ErrorCode::locked);
  EXPECT_EQ(try_lock(dir / "LOCK", LockMode::shared), ErrorCode::locked);
  child.kill();
  EXPECT_EQ(try_lock(dir / "LOCK", LockMode::exclusive), ErrorCode::ok);
}

// A forked child shares the open file, and with it the lock, until it execs or ends. A program that starts other
// programs would find its own store locked if a child could prolong a lock that its parent has given up.
TEST(PosixLock, AForkedChildDoesNotProlongIt) {
  const TempDir dir;
  auto lock = must(PosixVfs().lock(dir / "LOCK", LockMode::exclusive));
  const LivingChild child([] {});
  lock.reset();
  EXPECT_EQ(try_lock(dir / "LOCK", LockMode::exclusive), ErrorCode::ok);
}

TEST(PosixLock, AForkedChildThatDropsItsCopyDoesNotReleaseIt) {
  const TempDir dir;
  auto lock = must(PosixVfs().lock(dir / "LOCK", LockMode::exclusive));
  ASSERT_EQ(in_child([&] { return lock.reset(), 0; }), 0);
  EXPECT_EQ(try_lock(dir / "LOCK", LockMode::exclusive), ErrorCode::locked);
}

}  // namespace
}  // namespace kv
