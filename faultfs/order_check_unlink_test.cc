// The rule for unlink_too_early: the protocols that it passes, beside the nearest ones that it flags.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <utility>

#include "faultfs/order_check_test_util.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class UnlinkTooEarly : public OrderCheck {
 protected:
  // A new log, synced, with a durable name; a record in it.
  void start_log(const std::string& path) {
    make(path);
    sync_dir();
    extend(path);
  }
  void put_in_place(const std::string& temporary, const std::string& path) {
    make(temporary);
    rename(temporary, path);
  }
};

// --- a log and a snapshot for each generation ---

TEST_F(UnlinkTooEarly, PassesACompactionThatSyncsTheDirectoryBeforeItUnlinks) {
  for (const auto& [before, after] : {std::pair("1", "2"), {"2", "3"}, {"3", "10"}}) {
    const std::string old_log = std::string("db/wal-") + before + ".log";
    const std::string new_log = std::string("db/wal-") + after + ".log";
    const std::string snapshot = std::string("db/snapshot-") + after;
    extend(old_log);
    start_log(new_log);
    put_in_place(snapshot + ".tmp", snapshot + ".dat");
    sync_dir();
    unlink(old_log);
    unlink(std::string("db/snapshot-") + before + ".dat");
  }
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, FlagsACompactionThatUnlinksBeforeItSyncsTheDirectory) {
  start_log("db/wal-2.log");                               // 0 to 5
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");  // 6 to 9
  unlink("db/wal-1.log");                                  // 10
  unlink("db/snapshot-1.dat");                             // 11
  sync_dir();
  const auto found = finding();
  EXPECT_EQ(found.kind, OrderKind::unlink_too_early);
  EXPECT_THAT(found.operations, ElementsAre(9, 10));
  EXPECT_THAT(found.paths, ElementsAre("db/wal-1.log", "db/snapshot-2.dat"));
  EXPECT_EQ(found.repeats, 1U);
  EXPECT_EQ(
      found.text,
      "operation 10 unlinks db/wal-1.log, but the name of its successor db/snapshot-2.dat, given by operation 9, is "
      "not durable: a power cut can leave neither. Call sync_dir on db after operation 9 and before operation 10.");
}

TEST_F(UnlinkTooEarly, FlagsASyncOfTheDirectoryThatComesBeforeTheRename) {
  start_log("db/wal-2.log");
  make("db/snapshot-2.tmp");
  sync_dir();
  rename("db/snapshot-2.tmp", "db/snapshot-2.dat");
  unlink("db/wal-1.log");
  EXPECT_THAT(finding().paths, ElementsAre("db/wal-1.log", "db/snapshot-2.dat"));
}

// The log goes too early, the snapshot in time. The older snapshot does not hold what the log got since.
TEST_F(UnlinkTooEarly, FlagsTheLogAloneInALaterGeneration) {
  start_log("db/wal-2.log");
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  sync_dir();
  unlink("db/wal-1.log");
  unlink("db/snapshot-1.dat");
  extend("db/wal-2.log");
  start_log("db/wal-3.log");
  put_in_place("db/snapshot-3.tmp", "db/snapshot-3.dat");
  unlink("db/wal-2.log");
  sync_dir();
  unlink("db/snapshot-2.dat");
  EXPECT_THAT(finding().paths, ElementsAre("db/wal-2.log", "db/snapshot-3.dat"));
  EXPECT_EQ(finding().repeats, 0U);
}

TEST_F(UnlinkTooEarly, PassesObsoleteFilesThatGoOneGenerationLate) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  sync_dir();
  put_in_place("db/snapshot-3.tmp", "db/snapshot-3.dat");
  unlink("db/snapshot-1.dat");
  unlink("db/wal-1.log");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, TakesNoFileOfAnotherKindForCoverOfASnapshot) {
  put_in_place("db/settings.tmp", "db/settings");
  start_log("db/wal-2.log");
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  unlink("db/wal-1.log");
  EXPECT_THAT(finding().paths, ElementsAre("db/wal-1.log", "db/snapshot-2.dat"));
}

TEST_F(UnlinkTooEarly, FlagsASnapshotThatIsCreatedUnderItsOwnName) {
  make("db/snapshot-2.dat");
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), ElementsAre("unlink_too_early"));
}

TEST_F(UnlinkTooEarly, PassesASnapshotThatIsCreatedUnderItsOwnNameOnceThatIsDurable) {
  make("db/snapshot-2.dat");
  sync_dir();
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

// --- tables, a manifest, and a pointer to it ---

// Logs are written without a sync, which promises nothing of the last commands, and the next one begins whenever one is
// full: between the sync_dir and the unlink too.
TEST_F(UnlinkTooEarly, PassesTablesAndAManifestThatAreDurableFirst) {
  make("db/MANIFEST-2");
  sync_dir();
  put_in_place("db/2.dbtmp", "db/CURRENT");
  sync_dir();
  start_log("db/3.log");
  for (const auto& [old_log, table, log, next_log] : {std::tuple("db/3.log", "db/4.ldb", "db/5.log", "db/6.log"),
                                                      std::tuple("db/5.log", "db/7.ldb", "db/6.log", "db/8.log")}) {
    open(log);
    write(log);
    make(table);  // holds what is in old_log
    sync_dir();
    extend("db/MANIFEST-2");
    create(next_log);
    write(next_log);
    unlink(old_log);
  }
  make("db/9.ldb");  // merges the tables
  sync_dir();
  extend("db/MANIFEST-2");
  make("db/10.ldb");
  unlink("db/4.ldb");
  unlink("db/7.ldb");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, FlagsTablesThatTheManifestNamesBeforeTheirOwnNamesAreDurable) {
  make("db/4.ldb");
  make("db/MANIFEST-2");
  sync_dir();
  make("db/9.ldb");
  extend("db/MANIFEST-2");
  unlink("db/4.ldb");
  EXPECT_THAT(finding().paths, ElementsAre("db/4.ldb", "db/9.ldb"));
}

TEST_F(UnlinkTooEarly, PassesAPointerWhoseRenameIsDurable) {
  make("db/MANIFEST-1");
  put_in_place("db/1.dbtmp", "db/CURRENT");
  sync_dir();
  make("db/MANIFEST-2");
  sync_dir();
  put_in_place("db/2.dbtmp", "db/CURRENT");
  sync_dir();
  unlink("db/MANIFEST-1");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, FlagsAPointerWhoseRenameIsNotDurable) {
  make("db/MANIFEST-1");
  put_in_place("db/1.dbtmp", "db/CURRENT");
  sync_dir();
  make("db/MANIFEST-2");
  sync_dir();
  put_in_place("db/2.dbtmp", "db/CURRENT");
  unlink("db/MANIFEST-1");
  EXPECT_THAT(finding().paths, ElementsAre("db/MANIFEST-1", "db/CURRENT"));
}

TEST_F(UnlinkTooEarly, PassesALogOfALaterSwitchThatIsNotDurableYet) {
  start_log("db/3.log");
  start_log("db/5.log");
  make("db/9.log");
  unlink("db/3.log");  // 5.log and a table hold what was in it
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, PassesANewLogBehindADurableSnapshot) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  sync_dir();
  make("db/wal-2.log");
  unlink("db/wal-1.log");
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

// --- what is no loss ---

TEST_F(UnlinkTooEarly, PassesTemporaryFilesWhateverIsPending) {
  make("db/snapshot-2.tmp");
  make("db/other");
  sync_dir();
  make("db/snapshot-3.tmp");
  put_in_place("db/data.tmp", "db/data");
  unlink("db/snapshot-2.tmp");  // its name is durable
  unlink("db/snapshot-3.tmp");  // its name never was
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, PassesFilesWhoseNameOrContentsNeverWereDurable) {
  create("db/a");
  write("db/a");
  sync_dir();
  make("db/b");
  put_in_place("db/data.tmp", "db/data");
  unlink("db/a");
  unlink("db/b");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, PassesObsoleteFilesInAnyOrderWithNoSyncAfter) {
  unlink("db/snapshot-1.dat");
  unlink("db/wal-1.log");
  EXPECT_THAT(flagged(), IsEmpty());
}

// --- what is no successor ---

TEST_F(UnlinkTooEarly, TakesNoLockAndNoEmptyFileForASuccessor) {
  const auto lock = vfs_.lock("db/LOCK", kv::LockMode::exclusive);
  create("db/wal-2.log");
  make("db/wal-3.log");
  truncate("db/wal-3.log", 0);
  unlink("db/wal-1.log");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, PassesALockFileThatIsTakenAway) {
  disk_.open("db/LOCK", kv::OpenMode::create_new).value();
  put_in_place("db/data.tmp", "db/data");
  unlink("db/LOCK");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, TakesNoNewFileOfAnotherKindForASuccessor) {
  make("db/snapshot-2.tmp");
  make("db/wal-2.log");
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, TakesNoFileThatIsSetAsideOrUsedAgainForASuccessor) {
  extend("db/wal-1.log");
  rename("db/wal-1.log", "db/wal-1.old");
  start_log("db/5.log");
  rename("db/5.log", "db/9.log");
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, TakesAFileThatIsWrittenBeforeForNoSuccessor) {
  put_in_place("db/settings.tmp", "db/settings");
  extend("db/wal-1.log");
  unlink("db/wal-1.log");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, TakesASuccessorInAnotherDirectoryForNone) {
  make_dir("db/sub");
  put_in_place("db/sub/snapshot-2.tmp", "db/sub/snapshot-2.dat");
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

// --- a rename over a file ---

TEST_F(UnlinkTooEarly, PassesARenameThatPutsTheSuccessorThere) {
  put_in_place("db/settings.tmp", "db/settings");
  put_in_place("db/snapshot-1.tmp", "db/snapshot-1.dat");
  put_in_place("db/snapshot-1.tmp", "db/snapshot-1.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, FlagsARenameThatPutsSomethingElseOverAFileWhoseSuccessorIsNotDurable) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");  // 0 to 3
  create("db/empty");                                      // 4
  rename("db/empty", "db/wal-1.log");                      // 5
  EXPECT_THAT(finding().operations, ElementsAre(3, 5));
  EXPECT_THAT(finding().text, HasSubstr("operation 5 renames db/empty over db/wal-1.log, but"));
}

TEST_F(UnlinkTooEarly, SeesThroughANameThatAFileWasGivenToBeUnlinked) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  rename("db/wal-1.log", "db/obsolete");
  unlink("db/obsolete");
  EXPECT_THAT(flagged(), ElementsAre("unlink_too_early"));
}

// --- a sync_dir that fails ---

TEST_F(UnlinkTooEarly, FlagsAnUnlinkAfterASyncOfTheDirectoryFailedEvenIfALaterOneDoesNot) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");  // 0 to 3
  fail_every(OpKind::sync_dir);
  EXPECT_FALSE(vfs_.sync_dir("db"));  // 4
  fail_none();
  sync_dir();
  unlink("db/snapshot-1.dat");  // 6
  EXPECT_THAT(finding().operations, ElementsAre(3, 4, 6));
  EXPECT_THAT(finding().text,
              HasSubstr("The sync_dir in operation 4 failed, and a later one does not bring the name back."));
}

TEST_F(UnlinkTooEarly, PassesWhatIsMadeAnewAfterASyncOfTheDirectoryFailed) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  fail_every(OpKind::sync_dir);
  EXPECT_FALSE(vfs_.sync_dir("db"));
  fail_none();
  put_in_place("db/snapshot-3.tmp", "db/snapshot-3.dat");
  sync_dir();
  unlink("db/wal-1.log");
  unlink("db/snapshot-1.dat");
  unlink("db/snapshot-2.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, BelievesTheSyncOfANewProcess) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  fail_every(OpKind::sync_dir);
  EXPECT_FALSE(vfs_.sync_dir("db"));
  fail_none();
  restart();
  sync_dir();
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), IsEmpty());
}

TEST_F(UnlinkTooEarly, RemembersAcrossARestartThatANameIsPending) {
  put_in_place("db/snapshot-2.tmp", "db/snapshot-2.dat");
  restart();
  unlink("db/snapshot-1.dat");
  EXPECT_THAT(flagged(), ElementsAre("unlink_too_early"));
}

}  // namespace
}  // namespace faultfs
