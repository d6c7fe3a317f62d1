// Names in a DiskState: what a sync_dir and a sync of a file make durable, under each order of directory operations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/disk_script_test_util.h"
#include "faultfs/disk_state.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DiskStateNames, AreNotMadeDurableByASyncOfTheFile) {
  DiskScript script(Files{{"a", ""}});
  script.append("new", "x");
  script.sync("new");
  script.rename("a", "b");
  script.sync("b");
  AtTheEnd end(script, "posix");
  EXPECT_EQ(durable(end.state), "a=");
  EXPECT_THAT(names(end.state), ElementsAre("create new", "rename a b"));
}

TEST(DiskStateNames, AreMadeDurableByASyncOfTheirDirectory) {
  for (const char* model : {"ordered", "posix", "posix directory_order=lost", "synced_only"}) {
    DiskScript script(Files{{"a", "aa"}, {"b", "bb"}, {"c", ""}});
    script.rename("a", "b");
    script.unlink("c");
    script.make_dir("d");
    script.append("new", "x");
    script.sync_dir();
    AtTheEnd end(script, model);
    EXPECT_EQ(durable(end.state), "b=aa d/ new=") << model << ": names are durable, bytes are not";
    EXPECT_THAT(names(end.state), IsEmpty()) << model;
  }
}

// Each model's answer to the same script: three changes in "d", with one of the root between them, and a sync of "d".
TEST(DiskStateNames, OfOtherDirectoriesComeAlongOnlyWhereOneJournalOrdersThem) {
  DiskScript script;
  script.make_dir("d");
  script.sync_dir();
  script.create("d/one");
  script.create("root");
  script.create("d/two");
  script.sync_dir("d");
  script.create("d/three");
  AtTheEnd ordered(script, "ordered");
  EXPECT_EQ(durable(ordered.state), "d/ d/one= d/two= root=");
  EXPECT_THAT(names(ordered.state), ElementsAre("create d/three"));
  for (const char* model : {"posix", "posix directory_order=lost"}) {
    AtTheEnd apart(script, model);
    EXPECT_EQ(durable(apart.state), "d/ d/one=") << model;
    EXPECT_THAT(names(apart.state), ElementsAre("create root", "create d/two durable", "create d/three"))
        << model << ": what is durable still waits for the pending one before it, so that all are done in order";
  }
}

TEST(DiskStateNames, AChangeThatComesAfterTheLastOfTheSyncedDirectoryStaysPending) {
  DiskScript script;
  script.make_dir("d");
  script.create("a");
  script.create("d/b");
  script.sync_dir();
  AtTheEnd ordered(script, "ordered");
  EXPECT_EQ(durable(ordered.state), "a= d/");
  EXPECT_THAT(names(ordered.state), ElementsAre("create d/b"));
}

TEST(DiskStateNames, ASyncOfADirectoryWithoutChangesMakesNothingDurable) {
  DiskScript script;
  script.make_dir("d");
  script.sync_dir("d");
  for (const char* model : {"ordered", "posix"}) {
    AtTheEnd end(script, model);
    EXPECT_THAT(names(end.state), ElementsAre("make_dir d")) << model;
  }
}

TEST(DiskStateNames, ARenameBetweenDirectoriesIsDurableOnceEitherOfThemIsSynced) {
  for (const char* synced : {"from", "to"}) {
    DiskScript script;
    script.make_dir("from");
    script.make_dir("to");
    script.create("from/a");
    script.sync_dir();
    script.sync_dir("from");
    script.rename("from/a", "to/b");
    script.sync_dir(synced);
    AtTheEnd end(script, "posix");
    EXPECT_EQ(durable(end.state), "from/ to/ to/b=") << synced;
  }
}

// MODEL.md, 2: sync_names_file.
TEST(DiskStateNames, WhereASyncNamesItsFileItsCreationIsDurableAndInAJournalAllBeforeIt) {
  DiskScript script(Files{{"old", ""}});
  script.rename("old", "older");
  script.append("a", "x");
  script.rename("a", "b");
  script.sync("b");
  AtTheEnd ordered(script, "ordered");
  EXPECT_EQ(durable(ordered.state), "a=x older=");
  EXPECT_THAT(names(ordered.state), ElementsAre("rename a b")) << "a later rename is not included";

  AtTheEnd apart(script, "posix sync_names_file=true");
  EXPECT_EQ(durable(apart.state), "old=");
  EXPECT_THAT(names(apart.state), ElementsAre("rename old older", "create a durable", "rename a b"));

  AtTheEnd neither(script, "ordered sync_names_file=false");
  EXPECT_THAT(names(neither.state), ElementsAre("rename old older", "create a", "rename a b"));
}

TEST(DiskStateNames, ASyncOfAFileWhoseCreationIsDurableNamesNothing) {
  DiskScript script(Files{{"a", ""}});
  script.create("b");
  script.append("a", "x");
  script.sync("a");
  AtTheEnd end(script, "ordered");
  EXPECT_EQ(durable(end.state), "a=x");
  EXPECT_THAT(names(end.state), ElementsAre("create b"));
}

TEST(DiskStateNames, ASyncThatFailedNamesNothing) {
  DiskScript script;
  script.append("a", "x");
  script.fail_sync("a");
  AtTheEnd end(script, "ordered");
  EXPECT_EQ(durable(end.state), "");
  EXPECT_THAT(names(end.state), ElementsAre("create a"));
}

// MODEL.md, 8: a journal cannot leave out what failed before; where each change is on its own, nothing tries again.
TEST(DiskStateNames, AfterAFailedSyncDirALaterOneMakesThemDurableOnlyFromAJournal) {
  DiskScript script;
  script.create("a");
  script.fail_sync_dir();
  script.create("b");
  {
    AtTheEnd ordered(script, "ordered");
    EXPECT_THAT(names(ordered.state), ElementsAre("create a", "create b"));
    AtTheEnd apart(script, "posix");
    EXPECT_THAT(names(apart.state), ElementsAre("create a detached", "create b"));
  }
  script.sync_dir();
  AtTheEnd ordered(script, "ordered");
  EXPECT_EQ(durable(ordered.state), "a= b=");
  AtTheEnd apart(script, "posix");
  EXPECT_EQ(durable(apart.state), "");
  EXPECT_THAT(names(apart.state), ElementsAre("create a detached", "create b durable"));
}

TEST(DiskStateNames, AFailedSyncDirOfOneDirectoryDoesNotConcernAnother) {
  DiskScript script;
  script.make_dir("d");
  script.create("d/a");
  script.fail_sync_dir("d");
  script.sync_dir();
  AtTheEnd end(script, "posix");
  EXPECT_EQ(durable(end.state), "d/");
  EXPECT_THAT(names(end.state), ElementsAre("create d/a detached"));
}

TEST(DiskStateNames, AFileIsForgottenOnceNothingCanNameItAgain) {
  DiskScript script(Files{{"a", "aa"}, {"b", "bb"}});
  script.unlink("a");
  {
    AtTheEnd pending_unlink(script, "posix");
    EXPECT_TRUE(pending_unlink.state.files().contains(FileId{0})) << "a power cut may bring it back";
  }
  script.sync_dir();
  AtTheEnd end(script, "posix");
  EXPECT_FALSE(end.state.files().contains(FileId{0}));
  EXPECT_EQ(durable(end.state), "b=bb");
}

// --- Names: what a change does where another one before it was dropped ---

TEST(Names, AnUnlinkOfANameThatBelongsToAnotherFileDoesNothing) {
  Names names{{{"a", FileId{1}}}, {}};
  names.apply({.kind = OpKind::unlink, .file = FileId{0}, .path = "a"});
  EXPECT_THAT(names.files, ElementsAre(testing::Pair("a", FileId{1})));
}

TEST(Names, ARenameGivesTheFileItsNameWhateverBecameOfTheOldOne) {
  Names names{{{"a", FileId{1}}, {"b", FileId{2}}}, {}};
  names.apply({.kind = OpKind::rename, .file = FileId{0}, .path = "a", .to = "b"});
  EXPECT_THAT(names.files, ElementsAre(testing::Pair("a", FileId{1}), testing::Pair("b", FileId{0})));
}

}  // namespace
}  // namespace faultfs
