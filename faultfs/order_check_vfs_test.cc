#include "faultfs/order_check_vfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <thread>

#include "faultfs/order_check_test_util.h"

namespace faultfs {
namespace {

using kv::OpenMode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// --- ack_before_durable ---

TEST_F(OrderCheck, FlagsAnAckOfAWriteThatIsNotSynced) {
  open("db/wal-1.log");
  issue(5);
  write("db/wal-1.log");  // 0
  ack(5);
  const auto found = finding();
  EXPECT_EQ(found.kind, OrderKind::ack_before_durable);
  EXPECT_THAT(found.operations, ElementsAre(0));
  EXPECT_THAT(found.paths, ElementsAre("db/wal-1.log"));
  EXPECT_EQ(found.command, 5U);
  EXPECT_EQ(
      found.text,
      "command 5 is acknowledged, but what operation 0 changed in db/wal-1.log is not synced: a power cut can undo "
      "it. Call sync on the file after operation 0 and before the acknowledgement.");
}

TEST_F(OrderCheck, PassesAnAckOfAWriteThatIsSynced) {
  open("db/wal-1.log");
  issue(5);
  write("db/wal-1.log");
  sync("db/wal-1.log");
  ack(5);
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(OrderCheck, FlagsAnAckOfASizeThatIsNotSynced) {
  open("db/wal-1.log");
  issue(1);
  allocate("db/wal-1.log", 5'000);
  ack(1);
  issue(2);
  truncate("db/wal-1.log", 2);
  ack(2);
  EXPECT_EQ(finding().repeats, 1U);
}

TEST_F(OrderCheck, FlagsAnAckThatRestsOnANameFromBeforeTheCommandThatIsNotDurable) {
  make("db/wal-2.log");  // 0: create
  issue(0);
  extend("db/wal-2.log");
  ack(0);
  EXPECT_THAT(finding().operations, ElementsAre(0));
  EXPECT_EQ(
      finding().text,
      "command 0 is acknowledged, but the name db/wal-2.log, given by operation 0, is not durable: a power cut can "
      "take it, and what the command put into db/wal-2.log with it. Call sync_dir on db after operation 0 and "
      "before the acknowledgement.");
}

TEST_F(OrderCheck, PassesAnAckThatRestsOnADurableName) {
  make("db/wal-2.log");
  sync_dir();
  issue(0);
  extend("db/wal-2.log");
  ack(0);
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(OrderCheck, FlagsAnAckOfARenameThatIsNotDurable) {
  issue(0);
  make("db/data.tmp");
  rename("db/data.tmp", "db/data");  // 3
  ack(0);
  EXPECT_EQ(finding().kind, OrderKind::ack_before_durable);
  EXPECT_THAT(finding().operations, ElementsAre(3));
  sync_dir();
  issue(1);
  make("db/data.tmp");
  rename("db/data.tmp", "db/data");
  sync_dir();
  ack(1);
  EXPECT_EQ(finding().repeats, 0U);
}

TEST_F(OrderCheck, FlagsAnAckThatRestsOnADirectoryWhoseNameIsNotDurable) {
  make_dir("new");      // 0
  make_dir("new/sub");  // 1
  make("new/sub/log");
  sync_dir("new/sub");
  sync_dir("new");
  issue(0);
  extend("new/sub/log");
  ack(0);
  EXPECT_THAT(finding().operations, ElementsAre(0));
  EXPECT_THAT(finding().paths, ElementsAre("new/sub/log", "new"));
  EXPECT_THAT(finding().text, HasSubstr("Call sync_dir on . after operation 0"));
  sync_dir("/");
  issue(1);
  extend("new/sub/log");
  ack(1);
  EXPECT_EQ(finding().repeats, 0U);
}

TEST_F(OrderCheck, SaysThatASyncFailedWhereItsErrorWasDropped) {
  open("db/wal-1.log");
  issue(0);
  write("db/wal-1.log");
  fail_every(OpKind::sync);
  EXPECT_FALSE(file("db/wal-1.log").sync());
  ack(0);
  EXPECT_THAT(flagged(), ElementsAre("ack_before_durable"));
  EXPECT_THAT(finding().operations, ElementsAre(0, 1));
  EXPECT_THAT(finding().text, HasSubstr("is not synced (the sync in operation 1 failed)"));
}

TEST_F(OrderCheck, HoldsAgainstACommandOnlyWhatItDidItself) {
  open("db/wal-1.log");
  write("db/wal-1.log");
  issue(0);
  write("db/wal-1.log");  // answered with an error, so never acknowledged
  issue(1);
  std::thread([&] { make("db/table"); }).join();  // a compaction in the background
  ack(1);
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(OrderCheck, JudgesNoAckOfASubjectThatPromisesNothing) {
  OrderCheckVfs vfs(disk_);
  const auto log = vfs.open("db/wal-1.log", OpenMode::create);
  vfs.issued(0);
  ASSERT_TRUE(kv::write_all(**log, 0, "x"));
  vfs.acknowledged(0);
  EXPECT_THAT(vfs.findings(), IsEmpty());
}

// A compaction that fails behind a durable write need not fail the write. What it leaves is nobody's data.
TEST_F(OrderCheck, PassesUpkeepBehindDataThatIsDurable) {
  open("db/wal-1.log");
  issue(0);
  extend("db/wal-1.log");
  create("db/snapshot-2.tmp");
  write("db/snapshot-2.tmp");
  ack(0);
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(OrderCheck, FlagsNewFilesOfACommandThatWroteNothingDurableBefore) {
  open("db/wal-1.log");
  issue(0);
  write("db/wal-1.log");
  create("db/values-2.dat");
  write("db/values-2.dat");
  sync("db/wal-1.log");
  sync_dir();
  ack(0);
  EXPECT_THAT(finding().paths, ElementsAre("db/values-2.dat"));
}

TEST_F(OrderCheck, PassesAnAckWithANewFileThatHoldsNothingOrHasGone) {
  issue(0);
  create("db/wal-2.log");
  create("db/journal");
  write("db/journal");
  unlink("db/journal");
  ack(0);
  EXPECT_THAT(flagged(), IsEmpty());
}

// --- rename_before_sync ---

TEST_F(OrderCheck, FlagsARenameOfUnsyncedContents) {
  create("db/snapshot-2.tmp");
  write("db/snapshot-2.tmp");                        // 1
  rename("db/snapshot-2.tmp", "db/snapshot-2.dat");  // 2
  const auto found = finding();
  EXPECT_EQ(found.kind, OrderKind::rename_before_sync);
  EXPECT_THAT(found.operations, ElementsAre(1, 2));
  EXPECT_THAT(found.paths, ElementsAre("db/snapshot-2.tmp", "db/snapshot-2.dat"));
  EXPECT_EQ(found.command, std::nullopt);
  EXPECT_EQ(
      found.text,
      "operation 2 renames db/snapshot-2.tmp to db/snapshot-2.dat, but what operation 1 changed in it is not "
      "synced: a power cut can leave the new name with missing contents. Call sync on the file before operation 2.");
}

TEST_F(OrderCheck, PassesARenameOfSyncedOrEmptyContents) {
  make("db/snapshot-2.tmp");
  rename("db/snapshot-2.tmp", "db/snapshot-2.dat");
  create("db/marker.tmp");
  rename("db/marker.tmp", "db/marker");
  rename("db/wal-1.log", "db/wal-1.old");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(OrderCheck, CountsACauseOnceForAllGenerations) {
  for (const char* generation : {"2", "3", "10"}) {
    const std::string name = std::string("db/snapshot-") + generation;
    create(name + ".tmp");
    write(name + ".tmp");
    rename(name + ".tmp", name + ".dat");
  }
  EXPECT_THAT(finding().operations, ElementsAre(1, 2));
  EXPECT_EQ(finding().repeats, 2U);
}

TEST_F(OrderCheck, TellsTheCommandThatWasUnderWay) {
  issue(7);
  create("db/a.tmp");
  write("db/a.tmp");
  rename("db/a.tmp", "db/a");
  EXPECT_EQ(finding().command, 7U);
  EXPECT_THAT(finding().text, HasSubstr("operation 2 (in command 7) renames"));
}

TEST_F(OrderCheck, RemembersAcrossARestartWhatIsPending) {
  create("db/a.tmp");
  issue(3);
  write("db/a.tmp");
  restart();
  rename("db/a.tmp", "db/a");
  EXPECT_THAT(flagged(), ElementsAre("rename_before_sync"));
  EXPECT_EQ(finding().command, std::nullopt) << "the command died with its process";
}

TEST_F(OrderCheck, LeavesFilesAloneThatHoldNoData) {
  issue(0);
  open("db/LOG");
  write("db/LOG");
  rename("db/LOG", "db/LOG.old");
  fail_every(OpKind::sync);
  EXPECT_FALSE(file("db/LOG.old").sync());
  write("db/LOG.old");
  ack(0);
  EXPECT_THAT(flagged(), IsEmpty());
}

// --- write_after_failed_sync ---

TEST_F(OrderCheck, FlagsAWriteToAFileAfterASyncOfItFailed) {
  make("db/wal-2.log");
  fail_every(OpKind::sync);
  write("db/wal-2.log");
  EXPECT_FALSE(file("db/wal-2.log").sync());  // 4
  fail_none();
  write("db/wal-2.log");  // 5
  EXPECT_EQ(finding().kind, OrderKind::write_after_failed_sync);
  EXPECT_THAT(finding().operations, ElementsAre(4, 5));
  EXPECT_EQ(
      finding().text,
      "operation 5 writes to db/wal-2.log, but the sync of it in operation 4 failed: what was pending then may be "
      "lost, and no later sync brings it back or tells. Leave the file alone after operation 4, and write anew to "
      "another one.");
}

TEST_F(OrderCheck, FlagsARetryOfAFailedSync) {
  make("db/wal-2.log");
  fail_every(OpKind::sync);
  EXPECT_FALSE(file("db/wal-2.log").sync());
  EXPECT_FALSE(file("db/wal-2.log").sync());
  fail_none();
  sync("db/wal-2.log");
  EXPECT_THAT(flagged(), ElementsAre("write_after_failed_sync"));
  EXPECT_THAT(finding().text, HasSubstr("operation 4 syncs db/wal-2.log, but the sync of it in operation 3 failed"));
  EXPECT_EQ(finding().repeats, 1U);
}

TEST_F(OrderCheck, PassesAnotherFileOrAFreshStartAfterAFailedSync) {
  make("db/wal-2.log");
  create("db/wal-3.log");
  fail_every(OpKind::sync);
  EXPECT_FALSE(file("db/wal-2.log").sync());
  fail_none();
  extend("db/wal-3.log");
  truncate("db/wal-2.log", 0);
  extend("db/wal-2.log");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(OrderCheck, HoldsNoFailedSyncAgainstANewProcess) {
  make("db/data");
  fail_every(OpKind::sync);
  EXPECT_FALSE(file("db/data").sync());
  fail_none();
  restart();
  extend("db/data");  // recovery writes what the journal holds
  EXPECT_THAT(flagged(), IsEmpty());
}

// --- files and the disk below ---

TEST_F(OrderCheck, TakesAnOpenFileForTheSameOneUnderANewName) {
  make("db/a.tmp");
  rename("db/a.tmp", "db/a");
  sync_dir();
  issue(0);
  write("db/a");  // through the file that was opened as db/a.tmp
  ack(0);
  EXPECT_THAT(finding().paths, ElementsAre("db/a"));
}

TEST_F(OrderCheck, TellsANewFileFromAnOldOneOfTheSameName) {
  make("db/data");
  sync_dir();
  const auto old_file = vfs_.open("db/data", OpenMode::read_write);
  unlink("db/data");
  issue(0);
  ASSERT_TRUE(kv::write_all(**old_file, 0, "y"));  // has no name any more
  ack(0);
  EXPECT_THAT(flagged(), IsEmpty());
  issue(1);
  extend("db/data");  // creates it
  ack(1);
  EXPECT_THAT(finding().text, HasSubstr("the name db/data, given by operation"));
}

TEST_F(OrderCheck, TakesAFileForGoneThatAFailedUnlinkTookAway) {
  make("db/data");
  sync_dir();
  const auto old_file = vfs_.open("db/data", OpenMode::read_write);
  ASSERT_TRUE(disk_.unlink("db/data"));
  open("db/data");  // creates it
  issue(0);
  ASSERT_TRUE(kv::write_all(**old_file, 0, "y"));
  ack(0);
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(OrderCheck, KeepsWorkingForFilesThatOutliveIt) {
  auto vfs = std::make_unique<OrderCheckVfs>(disk_);
  const auto created = vfs->open("db/a", OpenMode::create_new);
  const auto lock = vfs->lock("db/LOCK", kv::LockMode::exclusive);
  vfs.reset();
  ASSERT_TRUE(kv::write_all(**created, 0, "abc"));
  ASSERT_TRUE((*created)->sync());
  EXPECT_EQ((*created)->size(), 3U);
}

TEST_F(OrderCheck, NumbersWhatChangedSomethingAndEverySync) {
  create("db/a");  // 0
  write("db/a");   // 1
  EXPECT_EQ((*vfs_.open("db/a", OpenMode::create))->write_at(0, ""), 0U);
  allocate("db/a", 1);      // it has that size
  allocate("db/a", 4'000);  // 2
  truncate("db/a", 4'000);  // it has that size
  truncate("db/a", 10);     // 3
  sync("db/a");             // 4
  ASSERT_TRUE(vfs_.open("db/a", OpenMode::read));
  EXPECT_FALSE(vfs_.open("db/a", OpenMode::create_new));
  EXPECT_FALSE(vfs_.open("db/missing", OpenMode::read_write));
  EXPECT_FALSE(vfs_.unlink("db/missing"));
  rename("db/a", "db//a");                                     // the same name
  rename("db/a", "db/b");                                      // 5
  unlink("db/b");                                              // 6
  make_dir("db/sub");                                          // 7
  sync_dir("db/sub");                                          // 8
  ASSERT_TRUE(vfs_.lock("db/LOCK", kv::LockMode::exclusive));  // 9: creates it
  ASSERT_TRUE(vfs_.lock("db/LOCK", kv::LockMode::exclusive));
  fail_every(OpKind::sync_dir);
  EXPECT_FALSE(vfs_.sync_dir("db"));  // 10
  EXPECT_EQ(vfs_.operations(), 11U);
}

TEST_F(OrderCheck, HandsOnEveryAnswerUnchanged) {
  open("db/a");
  write("db/a");
  std::string bytes(200, '?');
  EXPECT_EQ(file("db/a").read_at(100, bytes), 1U);
  EXPECT_EQ(bytes.front(), 'x');
  EXPECT_THAT(*vfs_.list("db"), ElementsAre("a", "snapshot-1.dat", "wal-1.log"));
  for (const auto& path : {"db/missing", "db"}) {
    EXPECT_EQ(vfs_.open(path, OpenMode::read).error().message(), disk_.open(path, OpenMode::read).error().message());
    EXPECT_EQ(vfs_.unlink(path).error().message(), disk_.unlink(path).error().message());
    EXPECT_EQ(vfs_.rename(path, "b").error().message(), disk_.rename(path, "b").error().message());
    EXPECT_EQ(vfs_.lock(path, kv::LockMode::shared).error().message(),
              disk_.lock(path, kv::LockMode::shared).error().message());
  }
  fail_every(OpKind::sync);
  EXPECT_EQ(file("db/a").sync().error().os_error, EIO);
}

TEST(OrderKind, HasARowInTheTableForEachKind) {
  for (const OrderKindInfo& row : kOrderKinds) EXPECT_EQ(info(row.kind).name, row.name);
  EXPECT_EQ(info(OrderKind::write_after_failed_sync).name, "write_after_failed_sync");
}

}  // namespace
}  // namespace faultfs
