#include "faultfs/kill_vfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>

#include "faultfs/mem_vfs.h"

namespace faultfs {
namespace {

using kv::OpenMode;
using testing::KilledBySignal;

// Everything that a KillVfs counts, one of each, in this order.
void seven_operations(kv::Vfs& vfs) {
  ASSERT_TRUE(vfs.make_dir("db"));
  const auto file = vfs.open("db/a", OpenMode::create_new);
  ASSERT_TRUE(file);
  ASSERT_TRUE(kv::write_all(**file, 0, "abcdef"));
  ASSERT_TRUE((*file)->allocate(10));
  ASSERT_TRUE((*file)->truncate(3));
  ASSERT_TRUE(vfs.rename("db/a", "db/b"));
  ASSERT_TRUE(vfs.unlink("db/b"));
}

// The last words name the operation, how much of it was done, and the bytes that a later process finds in db/a.
void run_to_death(KillPlan plan) {
  MemVfs disk;
  KillVfs vfs(disk, plan, [&](const Kill& kill) {
    const auto image = disk.image();
    const auto file = image.files.find("db/a");
    std::fprintf(stderr, "%s %d <%s>", std::string(to_string(kill.op.kind)).c_str(), static_cast<int>(kill.done),
                 file == image.files.end() ? "missing" : file->second->c_str());
  });
  seven_operations(vfs);
}

TEST(KillVfs, CountsTheOperationsThatALaterProcessCanSee) {
  MemVfs disk;
  KillVfs vfs(disk, std::nullopt);
  seven_operations(vfs);
  EXPECT_EQ(vfs.operations(), 7U);
}

TEST(KillVfs, DoesNotCountReadsSyncsAndOpeningWhatIsThere) {
  MemVfs disk;
  KillVfs vfs(disk, std::nullopt);
  const auto file = vfs.open("a", OpenMode::create);
  ASSERT_TRUE((*file)->sync());
  ASSERT_TRUE((*file)->size());
  ASSERT_TRUE(vfs.sync_dir("/"));
  ASSERT_TRUE(vfs.list("/"));
  ASSERT_TRUE(vfs.open("a", OpenMode::create));
  ASSERT_TRUE(vfs.open("a", OpenMode::read_write));
  ASSERT_TRUE(vfs.lock("LOCK", kv::LockMode::exclusive));
  EXPECT_EQ(vfs.operations(), 1U);
}

TEST(KillVfs, PassesEverythingThroughUntilTheKill) {
  MemVfs disk;
  KillVfs vfs(disk, KillPlan{.at = 100, .draw = 0});
  const auto file = vfs.open("a", OpenMode::create);
  ASSERT_TRUE(kv::write_all(**file, 2, "cd"));
  EXPECT_EQ(*disk.image().files.at("a"), std::string("\0\0cd", 4));
  EXPECT_EQ((*file)->size(), 4U);
}

TEST(KillVfsDeathTest, DiesInsideAWriteAfterSomeOfItsBytes) {
  EXPECT_EXIT(run_to_death({.at = 2, .draw = 4}), KilledBySignal(SIGKILL), "write 4 <abcd>");
  EXPECT_EXIT(run_to_death({.at = 2, .draw = 0}), KilledBySignal(SIGKILL), "write 0 <>");
  EXPECT_EXIT(run_to_death({.at = 2, .draw = 6}), KilledBySignal(SIGKILL), "write 6 <abcdef>");
  EXPECT_EXIT(run_to_death({.at = 2, .draw = 7}), KilledBySignal(SIGKILL), "write 0 <>");
}

TEST(KillVfsDeathTest, DiesBeforeOrAfterAnyOtherOperation) {
  EXPECT_EXIT(run_to_death({.at = 1, .draw = 0}), KilledBySignal(SIGKILL), "create 0 <missing>");
  EXPECT_EXIT(run_to_death({.at = 1, .draw = 1}), KilledBySignal(SIGKILL), "create 1 <>");
  EXPECT_EXIT(run_to_death({.at = 4, .draw = 1}), KilledBySignal(SIGKILL), "truncate 1 <abc>");
  EXPECT_EXIT(run_to_death({.at = 5, .draw = 0}), KilledBySignal(SIGKILL), "rename 0 <abc>");
  EXPECT_EXIT(run_to_death({.at = 5, .draw = 1}), KilledBySignal(SIGKILL), "rename 1 <missing>");
}

}  // namespace
}  // namespace faultfs
