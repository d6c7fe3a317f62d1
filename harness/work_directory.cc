#include "harness/work_directory.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace walbreaker {

namespace fs = std::filesystem;

namespace {

std::string default_parent() {
  std::error_code error;
  if (fs::is_directory("/dev/shm", error)) return "/dev/shm";
  const char* configured = std::getenv("TMPDIR");
  return configured == nullptr ? "/tmp" : configured;
}

}  // namespace

kv::Result<std::unique_ptr<WorkDirectory>> WorkDirectory::make(const std::string& parent) {
  std::string path = (fs::path(parent.empty() ? default_parent() : parent) / "walbreaker-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) return kv::fail_errno(errno, "make a directory " + path);
  return std::unique_ptr<WorkDirectory>(new WorkDirectory(path));
}

WorkDirectory::WorkDirectory(std::string path) : path_(std::move(path)), owner_(::getpid()) {}

WorkDirectory::~WorkDirectory() {
  if (owner_ != ::getpid()) return;
  if (const auto removed = remove_directory(path_); !removed) {
    fmt::print(stderr, "walbreaker: left behind: {}\n", removed.error().message());
  }
}

kv::Result<std::string> WorkDirectory::make_child(const std::string& name) const {
  const fs::path path = fs::path(path_) / name;
  std::error_code error;
  fs::create_directory(path, error);
  if (error) return kv::fail_errno(error.value(), "make a directory " + path.string());
  return path.string();
}

kv::Result<void> remove_directory(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return kv::fail_errno(error.value(), "remove " + path);
  return {};
}

}  // namespace walbreaker
