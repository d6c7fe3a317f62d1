#include "harness/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace walbreaker {
namespace {

using testing::HasSubstr;

TEST(Failure, KeepsTheCaseInAFileNamedForIt) {
  const std::filesystem::path out = std::filesystem::path(testing::TempDir()) / "walbreaker_failure_test";
  for (const char* text :
       {"walbreaker case 1, a long one\n", "walbreaker case 1\n"}) {  // the second replaces the first
    const auto path =
        save_failure(out.string(), "bitflip", {ViolationKind::silent_loss, "mid_flight: record", "", 1234, text});
    ASSERT_TRUE(path) << path.error().message();
    EXPECT_EQ(*path, (out / "bitflip-silent_loss-1234.case").string());
    EXPECT_EQ(read_file(*path, 100).value_or("none"), text);
  }
  std::filesystem::remove_all(out);
}

TEST(Failure, SaysWhereItCannotBeKept) {
  const auto path = save_failure("/proc/nowhere", "bitflip", {ViolationKind::hole, "", "", 0, {}});
  ASSERT_FALSE(path);
  EXPECT_THAT(path.error().message(), HasSubstr("/proc/nowhere"));
}

TEST(Failure, ReadsNoFileThatIsTooLarge) {
  const std::string path = testing::TempDir() + "/walbreaker_large";
  ASSERT_TRUE(write_file(path, "12345"));
  EXPECT_EQ(read_file(path, 5).value_or("none"), "12345");
  EXPECT_THAT(read_file(path, 4).error().message(), HasSubstr("5 bytes, more than 4"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace walbreaker
