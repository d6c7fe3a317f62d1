// Laws of the simulated disk while nothing crashes.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <map>
#include <ranges>
#include <string>
#include <string_view>

#include "engine/posix_test_util.h"
#include "properties/disk_program.h"

namespace walbreaker::properties {
namespace {

// So that most programs find a directory that holds a file, and each meets an error that is rare: a directory cannot be
// replaced by what it holds.
DiskProgram with_a_start(DiskProgram program) {
  program.insert(program.begin(), {{.verb = DiskVerb::make_dir, .path = "dir"},
                                   {.path = "dir/a"},
                                   {.path = "b"},
                                   {.verb = DiskVerb::rename, .path = "dir/a", .to = "dir"}});
  return program;
}

// Renames of directories are not simulated.
bool renames_a_directory(const DiskStep& step, faultfs::SimDisk& disk) {
  return step.verb == DiskVerb::rename && disk.list(step.path).has_value();
}

// Above the root of a simulated disk is the root itself; above the directory that stands for it here is something else.
bool leaves_the_root(std::string_view path) {
  int depth = 0;
  for (const auto part : std::views::split(path, '/')) {
    const std::string_view name(part.begin(), part.end());
    if (!name.empty() && name != ".") depth += name == ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

bool is_left_out(const DiskStep& step, faultfs::SimDisk& disk) {
  return leaves_the_root(step.path) || leaves_the_root(step.to) || renames_a_directory(step, disk);
}

TEST(SimDisk, CannotBeToldFromTheRealDiskWhileNothingCrashes) {
  std::map<std::string, std::uint64_t> answers;
  const bool same = rc::check([&] {
    const kv::TempDir root;
    kv::PosixVfs posix;
    faultfs::SimDisk sim;
    DiskRunner real(posix, root.path());
    DiskRunner simulated(sim);
    const DiskProgram program = with_a_start(*any_calm_program());
    for (const DiskStep& step : program) {
      if (is_left_out(step, sim)) continue;
      const std::string answer = real.run(step);
      RC_LOG() << step << ": " << answer << '\n';
      RC_ASSERT(simulated.run(step) == answer);
      ++answers[answer];
    }
  });
  EXPECT_TRUE(same);
  for (const int error : {ENOENT, EEXIST, ENOTDIR, EISDIR, EINVAL, EBADF, EBUSY, ENAMETOOLONG, ENOTEMPTY}) {
    EXPECT_GT(answers["io_error " + std::to_string(error)], 0U)
        << kv::fail_errno(error, "never answered").error().message();
  }
  EXPECT_GT(answers["locked 0"], 0U);
  EXPECT_GT(answers["invalid_argument 0"], 0U);
}

}  // namespace
}  // namespace walbreaker::properties
