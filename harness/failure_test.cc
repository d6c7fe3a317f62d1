#include "harness/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "engine/posix_vfs.h"

namespace walbreaker {
namespace {

using testing::HasSubstr;

TEST(Failure, KeepsTheImageAndASummaryInAFolderNamedForTheCase) {
  const std::filesystem::path out = std::filesystem::path(testing::TempDir()) / "walbreaker_failure_test";
  Violation violation{ViolationKind::silent_loss, "mid_flight: record", "what happened", 1234, {}};
  violation.image.files["wal-1.log"] = faultfs::FileBytes("log");

  for (int time = 0; time < 2; ++time) {  // the second time it replaces the first
    const auto path = save_failure(out.string(), "bitflip", violation, "walbreaker run");
    ASSERT_TRUE(path) << path.error().message();
    EXPECT_EQ(*path, (out / "bitflip-silent_loss-1234").string());
    kv::PosixVfs vfs;
    const auto kept = faultfs::load_image(vfs, *path + "/store");
    ASSERT_TRUE(kept);
    EXPECT_TRUE(*kept == violation.image);
    const auto folder = faultfs::load_image(vfs, *path);
    ASSERT_TRUE(folder);
    EXPECT_THAT(folder->files.at("summary.txt").to_string(), HasSubstr("what happened\nrepeat    walbreaker run\n"));
  }
  std::filesystem::remove_all(out);
}

TEST(Failure, SaysWhereItCannotBeKept) {
  const auto path = save_failure("/proc/nowhere", "bitflip", {ViolationKind::hole, "", "", 0, {}}, "");
  ASSERT_FALSE(path);
  EXPECT_THAT(path.error().message(), HasSubstr("/proc/nowhere"));
}

}  // namespace
}  // namespace walbreaker
