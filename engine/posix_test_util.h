// For tests on the real disk: a directory of one's own, short forms for Results, and code run in another process.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "engine/posix_vfs.h"
#include "engine/result.h"
#include "engine/vfs.h"

namespace kv {

// A new, empty directory, removed with all it holds at the end of the test.
class TempDir {
 public:
  TempDir() {
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "mkdtemp " << path_;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const { return join_path(path_, name); }

 private:
  std::string path_ = testing::TempDir() + "posix_vfs_XXXXXX";
};

// The value of a call that must succeed.
template <class T>
T must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().message();
  return std::move(result).value();
}

// The error of a call that must fail; `ok` where it did not.
template <class T>
Error error_of(const Result<T>& result) {
  return result ? Error{ErrorCode::ok, 0, ""} : result.error();
}

inline std::string read_all(File& file) {
  std::string contents(must(file.size()) + 1, '?');
  contents.resize(must(read_full(file, 0, contents)));
  return contents;
}

inline std::string contents_of(const std::string& path) {
  return read_all(*must(PosixVfs().open(path, OpenMode::read)));
}

inline void create(const std::string& path, std::string_view contents) {
  must(write_all(*must(PosixVfs().open(path, OpenMode::create_new)), 0, contents));
}

// The exit status that `body` returns, run in a child process. An exception stops the child: it must not unwind into
// gtest, which would go on with the next test in two processes.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit([&]() noexcept { return body(); }());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace kv
