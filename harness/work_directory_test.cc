#include "harness/work_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

namespace walbreaker {
namespace {

TEST(WorkDirectory, IsRemovedWithAllThatIsInIt) {
  std::string path;
  {
    const auto work = WorkDirectory::make(testing::TempDir());
    ASSERT_TRUE(work) << work.error().message();
    path = (*work)->path();
    const auto child = (*work)->make_child("0");
    ASSERT_TRUE(child);
    std::ofstream(*child + "/file") << "bytes";
    EXPECT_TRUE(std::filesystem::exists(path + "/0/file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(WorkDirectory, StaysWhereAForkOfItsProcessLetsGoOfIt) {
  auto work = *WorkDirectory::make(testing::TempDir());
  const pid_t child = ::fork();
  if (child == 0) {
    work.reset();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(std::filesystem::exists(work->path()));
}

TEST(WorkDirectory, AParentThatIsMissingIsAnError) { EXPECT_FALSE(WorkDirectory::make("/no/such/directory")); }

}  // namespace
}  // namespace walbreaker
