// The process dies: for good, in a child of the test, and as if, where a simulated disk goes on without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>

#include <unistd.h>

#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"

namespace faultfs {
namespace {

using kv::OpenMode;
using testing::KilledBySignal;

Fault kill_at(std::uint64_t at, std::uint64_t amount) { return {.kind = FaultKind::kill, .at = at, .amount = amount}; }

// Everything that a kill counts, one of each, in this order, and what it doesn't.
kv::Result<void> seven_operations(kv::Vfs& vfs) {
  TRY(vfs.make_dir("db"));
  const auto file = TRY(vfs.open("db/a", OpenMode::create_new));
  TRY(kv::write_all(*file, 0, "abcdef"));
  TRY(file->sync());
  (void)TRY(file->size());
  TRY(file->allocate(10));
  TRY(file->truncate(3));
  TRY(vfs.sync_dir("db"));
  (void)TRY(vfs.list("db"));
  TRY(vfs.rename("db/a", "db/b"));
  (void)TRY(vfs.open("db/b", OpenMode::create));
  return vfs.unlink("db/b");
}

std::string contents(kv::Vfs& disk, const std::string& path) {
  const auto file = disk.open(path, OpenMode::read);
  if (!file) return "missing";
  std::string bytes(100, '?');
  bytes.resize(kv::read_full(**file, 0, bytes).value());
  return bytes;
}

// The last words name the operation, how much of it was done, and the bytes that a later process finds in db/a.
void run_to_death(const Fault& fault) {
  SimDisk disk;
  FaultyVfs vfs(disk, {{fault}}, {.before_sync = {}, .kill = [&](const Kill& kill) {
                                    std::fprintf(stderr, "%s %d <%s>", std::string(to_string(kill.op.kind)).c_str(),
                                                 static_cast<int>(kill.done), contents(disk, "db/a").c_str());
                                    ::kill(::getpid(), SIGKILL);
                                  }});
  EXPECT_TRUE(seven_operations(vfs));
}

TEST(KillDeathTest, ComesInsideAWriteAfterSomeOfItsBytes) {
  EXPECT_EXIT(run_to_death(kill_at(2, 4)), KilledBySignal(SIGKILL), "write 4 <abcd>");
  EXPECT_EXIT(run_to_death(kill_at(2, 0)), KilledBySignal(SIGKILL), "write 0 <>");
  EXPECT_EXIT(run_to_death(kill_at(2, 6)), KilledBySignal(SIGKILL), "write 6 <abcdef>");
  EXPECT_EXIT(run_to_death(kill_at(2, 7)), KilledBySignal(SIGKILL), "write 0 <>");
}

TEST(KillDeathTest, ComesBeforeOrAfterAnyOtherOperation) {
  EXPECT_EXIT(run_to_death(kill_at(1, 0)), KilledBySignal(SIGKILL), "create 0 <missing>");
  EXPECT_EXIT(run_to_death(kill_at(1, 1)), KilledBySignal(SIGKILL), "create 1 <>");
  EXPECT_EXIT(run_to_death(kill_at(4, 1)), KilledBySignal(SIGKILL), "truncate 1 <abc>");
  EXPECT_EXIT(run_to_death(kill_at(5, 0)), KilledBySignal(SIGKILL), "rename 0 <abc>");
  EXPECT_EXIT(run_to_death(kill_at(5, 1)), KilledBySignal(SIGKILL), "rename 1 <missing>");
}

// A run to the death of a process whose disk goes on.
struct Death {
  SimDisk disk;
  std::optional<Kill> kill;
  int kills = 0;
  FaultyVfs vfs;

  explicit Death(const Fault& fault)
      : vfs(disk, {{fault}}, {.before_sync = {}, .kill = [this](const Kill& told) {
                                kill = told;
                                ++kills;
                              }}) {}
};

TEST(Kill, CountsTheOperationsThatALaterProcessCanSee) {
  for (std::uint64_t at = 0; at < 7; ++at) {
    Death death(kill_at(at, 0));
    EXPECT_FALSE(seven_operations(death.vfs));
    EXPECT_EQ(death.kills, 1);
  }
  Death death(kill_at(7, 0));
  EXPECT_TRUE(seven_operations(death.vfs));
  EXPECT_FALSE(death.vfs.is_dead());
}

TEST(Kill, TellsTheOperationAndHowMuchOfItWasDone) {
  Death death(kill_at(2, 4));
  EXPECT_FALSE(seven_operations(death.vfs));
  ASSERT_TRUE(death.kill);
  EXPECT_EQ(death.kill->op.kind, OpKind::write);
  EXPECT_EQ(death.kill->op.path, "db/a");
  EXPECT_EQ(death.kill->op.length, 6U);
  EXPECT_EQ(death.kill->done, 4U);
}

TEST(Kill, LeavesADiskThatAnswersNothingAndChangesNothing) {
  Death death(kill_at(1, 0));
  const auto before = death.vfs.open("a", OpenMode::create_new);
  const auto lock = death.vfs.lock("LOCK", kv::LockMode::exclusive);
  ASSERT_TRUE(before && lock);
  EXPECT_EQ((*before)->write_at(0, "x").error().message(), "io_error: the process was killed: Input/output error");
  EXPECT_TRUE(death.vfs.is_dead());

  const std::uint64_t operations = death.vfs.operations();
  const auto refuses = [](const auto& result) { return !result && result.error().os_error == EIO; };
  char byte = '?';
  EXPECT_TRUE(refuses((*before)->read_at(0, {&byte, 1})));
  EXPECT_TRUE(refuses((*before)->write_at(0, "x")));
  EXPECT_TRUE(refuses((*before)->truncate(5)));
  EXPECT_TRUE(refuses((*before)->allocate(5)));
  EXPECT_TRUE(refuses((*before)->sync()));
  EXPECT_TRUE(refuses((*before)->size()));
  EXPECT_TRUE(refuses(death.vfs.open("a", OpenMode::read)));
  EXPECT_TRUE(refuses(death.vfs.open("b", OpenMode::create)));
  EXPECT_TRUE(refuses(death.vfs.rename("a", "b")));
  EXPECT_TRUE(refuses(death.vfs.unlink("a")));
  EXPECT_TRUE(refuses(death.vfs.make_dir("dir")));
  EXPECT_TRUE(refuses(death.vfs.list(".")));
  EXPECT_TRUE(refuses(death.vfs.sync_dir(".")));
  EXPECT_TRUE(refuses(death.vfs.lock("LOCK2", kv::LockMode::exclusive)));
  EXPECT_EQ(death.vfs.operations(), operations);
  EXPECT_EQ(death.kills, 1);
  EXPECT_EQ(death.vfs.fired(), 1U);
  EXPECT_THAT(death.disk.list("."), testing::Optional(testing::ElementsAre("LOCK", "a")));
  EXPECT_EQ(contents(death.disk, "a"), "");
}

TEST(Kill, DoesNotReleaseTheLockOfTheDiskBelow) {
  Death death(kill_at(0, 0));
  const auto lock = death.vfs.lock("LOCK", kv::LockMode::exclusive);
  EXPECT_FALSE(death.vfs.make_dir("dir"));
  EXPECT_EQ(death.disk.lock("LOCK", kv::LockMode::exclusive).error().code, kv::ErrorCode::locked);
}

TEST(Kill, ComesThoughTheDiskRefusesTheLastOperation) {
  Death death(kill_at(0, 1));
  EXPECT_FALSE(death.vfs.unlink("missing"));
  ASSERT_TRUE(death.kill);
  EXPECT_EQ(death.kill->done, 0U);
  EXPECT_TRUE(death.vfs.is_dead());
}

TEST(Kill, WithoutAHookIsADeadDiskAllTheSame) {
  SimDisk disk;
  FaultyVfs vfs(disk, {{kill_at(0, 1)}});
  EXPECT_FALSE(vfs.make_dir("dir"));
  EXPECT_TRUE(vfs.is_dead());
  EXPECT_THAT(disk.list("."), testing::Optional(testing::ElementsAre("dir")));
}

}  // namespace
}  // namespace faultfs
