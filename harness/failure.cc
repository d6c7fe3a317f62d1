#include "harness/failure.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "engine/posix_vfs.h"

namespace walbreaker {

namespace fs = std::filesystem;

namespace {

kv::Result<void> make_anew(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) fs::create_directories(folder / "store", error);
  if (error) return kv::fail_errno(error.value(), "make the folder " + folder.string());
  return {};
}

}  // namespace

kv::Result<std::string> save_failure(const std::string& out, std::string_view campaign, const Violation& violation,
                                     std::string_view how_to_repeat) {
  const std::string kind(info(violation.kind).name);
  const fs::path folder = fs::path(out) / fmt::format("{}-{}-{}", campaign, kind, violation.case_index);
  TRY(make_anew(folder));
  kv::PosixVfs vfs;
  TRY(faultfs::save_image(violation.image, vfs, (folder / "store").string()));
  const auto summary = TRY(vfs.open((folder / "summary.txt").string(), kv::OpenMode::create));
  TRY(kv::write_all(*summary, 0,
                    fmt::format("{} {}\n{}\nrepeat    {}\n", campaign, kind, violation.summary, how_to_repeat)));
  return folder.string();
}

}  // namespace walbreaker
