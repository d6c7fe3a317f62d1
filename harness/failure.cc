#include "harness/failure.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "engine/posix_vfs.h"

namespace walbreaker {

namespace fs = std::filesystem;

kv::Result<std::string> save_failure(const std::string& out, std::string_view campaign, const Violation& violation) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error) return kv::fail_errno(error.value(), "make the folder " + out);
  const fs::path path =
      fs::path(out) / fmt::format("{}-{}-{}.case", campaign, info(violation.kind).name, violation.case_index);
  TRY(write_file(path.string(), violation.case_text));
  return path.string();
}

kv::Result<std::string> read_file(const std::string& path, std::uint64_t limit) {
  kv::PosixVfs vfs;
  const auto file = TRY(vfs.open(path, kv::OpenMode::read));
  const std::uint64_t size = TRY(file->size());
  if (size > limit) {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("{}: {} bytes, more than {}", path, size, limit));
  }
  std::string text(size, '\0');
  text.resize(TRY(kv::read_full(*file, 0, text)));
  return text;
}

kv::Result<void> write_file(const std::string& path, std::string_view text) {
  kv::PosixVfs vfs;
  const auto file = TRY(vfs.open(path, kv::OpenMode::create));
  TRY(file->truncate(0));
  return kv::write_all(*file, 0, text);
}

}  // namespace walbreaker
