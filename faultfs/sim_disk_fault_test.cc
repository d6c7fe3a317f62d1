// SimDisk where something goes wrong: syncs that fail or lie, a process that is killed, files that are too large.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "faultfs/sim_disk.h"

namespace faultfs {
namespace {

using kv::LockMode;
using kv::OpenMode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

template <class T>
int os_error(const kv::Result<T>& result) {
  return result ? 0 : result.error().os_error;
}

// A durable file "a" that holds "old", open.
struct Scene {
  explicit Scene(FailedSync failed_sync = FailedSync::clean_readable, Tracing tracing = Tracing::on)
      : disk(Image{.files = {{"a", FileBytes("old")}}, .directories = {"d"}}, failed_sync, tracing),
        file(*disk.open("a", OpenMode::read_write)) {}

  void write(std::string_view bytes) const { ASSERT_TRUE(kv::write_all(*file, 0, bytes)); }

  [[nodiscard]] std::string read() const {
    std::string bytes(*file->size(), '\0');
    EXPECT_EQ(kv::read_full(*file, 0, bytes), bytes.size());
    return bytes;
  }

  // What the last operation, a sync, is in the trace: its effect, and whether the caller was told.
  [[nodiscard]] std::pair<SyncEffect, bool> traced() const {
    const TraceOp& op = disk.trace().ops.back();
    return {op.effect, op.failed};
  }

  SimDisk disk;
  std::unique_ptr<kv::File> file;
};

TEST(SimDiskSync, AFailedOneAnswersEioOnceAndTheProcessReadsTheNewBytes) {
  for (const FailedSync kind : {FailedSync::stays_pending, FailedSync::clean_readable}) {
    Scene scene(kind);
    scene.write("NEW");
    scene.disk.arrange(SyncFault::fails);
    const auto failed = scene.file->sync();
    ASSERT_EQ(os_error(failed), EIO);
    EXPECT_EQ(failed.error().context, "sync a");
    EXPECT_EQ(scene.read(), "NEW") << to_string(kind);
    const bool stays = kind == FailedSync::stays_pending;
    EXPECT_THAT(scene.traced(), Pair(stays ? SyncEffect::nothing : SyncEffect::cleaned, true));
    EXPECT_TRUE(scene.file->sync());
    EXPECT_THAT(scene.traced(), Pair(SyncEffect::durable, false));
  }
}

TEST(SimDiskSync, ARevertedOneTakesTheFileBackToItsDurableBytes) {
  Scene scene(FailedSync::reverted);
  scene.write("synced");
  ASSERT_TRUE(scene.file->sync());
  scene.write("longer than before");
  scene.disk.arrange(SyncFault::fails);
  EXPECT_EQ(os_error(scene.file->sync()), EIO);
  EXPECT_EQ(scene.read(), "synced");
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::reverted, true));
  EXPECT_EQ(scene.disk.image().files.at("a").to_string(), "synced");
}

// The file's durable bytes were looked up among the files that have a name, and it had none any more: it came back
// empty, and a process that held it open read nothing where a disk would give it the bytes from before.
TEST(SimDiskSync, ARevertedOneGivesAnUnlinkedFileItsDurableBytesToo) {
  Scene scene(FailedSync::reverted);
  ASSERT_TRUE(scene.disk.unlink("a"));
  ASSERT_TRUE(scene.disk.sync_dir("/"));
  scene.write("NEW");
  scene.disk.arrange(SyncFault::fails);
  EXPECT_EQ(os_error(scene.file->sync()), EIO);
  EXPECT_EQ(scene.read(), "old");
}

TEST(SimDiskSync, OneReportedLateAnswersOkAndTheNextOneOfThatFileFails) {
  Scene scene(FailedSync::reported_late);
  const auto other = *scene.disk.open("b", OpenMode::create);
  scene.write("NEW");
  scene.disk.arrange(SyncFault::fails);
  EXPECT_TRUE(scene.file->sync());
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::nothing, false));

  EXPECT_TRUE(other->sync()) << "another file's sync does not report it";
  EXPECT_TRUE(scene.disk.sync_dir("/"));
  EXPECT_EQ(os_error((*scene.disk.open("a", OpenMode::read))->sync()), EIO) << "through whichever open file";
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::cleaned, true));
  EXPECT_TRUE(scene.file->sync());
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::durable, false));
  EXPECT_EQ(scene.read(), "NEW");
}

TEST(SimDiskSync, ASyncDirReportedLateFailsTheNextOneOfThatDirectory) {
  Scene scene(FailedSync::reported_late);
  scene.disk.arrange(SyncFault::fails);
  EXPECT_TRUE(scene.disk.sync_dir("d"));
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::nothing, false));
  EXPECT_TRUE(scene.disk.sync_dir("/"));
  EXPECT_TRUE(scene.file->sync());
  const auto late = scene.disk.sync_dir("/d/");
  ASSERT_EQ(os_error(late), EIO);
  EXPECT_EQ(late.error().context, "sync_dir /d/");
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::cleaned, true));
  EXPECT_TRUE(scene.disk.sync_dir("d"));
}

TEST(SimDiskSync, AFailedSyncDirTakesNoNameBackFromARunningProcess) {
  for (const FailedSync kind : {FailedSync::clean_readable, FailedSync::reverted, FailedSync::stays_pending}) {
    Scene scene(kind);
    ASSERT_TRUE(scene.disk.rename("a", "b"));
    scene.disk.arrange(SyncFault::fails);
    EXPECT_EQ(os_error(scene.disk.sync_dir("/")), EIO);
    EXPECT_THAT(*scene.disk.list("/"), ElementsAre("b", "d")) << to_string(kind);
    const bool stays = kind == FailedSync::stays_pending;
    EXPECT_THAT(scene.traced(), Pair(stays ? SyncEffect::nothing : SyncEffect::cleaned, true)) << to_string(kind);
  }
}

TEST(SimDiskSync, ALyingOneAnswersOkAndMakesNothingDurable) {
  Scene scene;
  scene.disk.arrange(SyncFault::lies);
  EXPECT_TRUE(scene.file->sync());
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::nothing, false));
  scene.disk.arrange(SyncFault::lies);
  EXPECT_TRUE(scene.disk.sync_dir("d"));
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::nothing, false));
  EXPECT_TRUE(scene.file->sync());
  EXPECT_THAT(scene.traced(), Pair(SyncEffect::durable, false)) << "one fault is for one sync";
}

TEST(SimDiskSync, AFaultWaitsForTheNextSyncWhateverComesBefore) {
  Scene scene;
  scene.disk.arrange(SyncFault::fails);
  scene.write("NEW");
  ASSERT_TRUE(scene.disk.rename("a", "b"));
  EXPECT_EQ(os_error(scene.disk.sync_dir("/")), EIO);
  EXPECT_TRUE(scene.file->sync());
}

// --- a kill ---

TEST(SimDiskKill, OpenFilesOfTheProcessAnswerEbadf) {
  Scene scene;
  scene.disk.kill();
  std::array<char, 4> into{};
  EXPECT_EQ(os_error(scene.file->read_at(0, into)), EBADF);
  EXPECT_EQ(os_error(scene.file->write_at(0, "x")), EBADF);
  EXPECT_EQ(os_error(scene.file->truncate(0)), EBADF);
  EXPECT_EQ(os_error(scene.file->allocate(9)), EBADF);
  EXPECT_EQ(os_error(scene.file->sync()), EBADF);
  EXPECT_EQ(os_error(scene.file->size()), EBADF);
  EXPECT_THAT(scene.disk.trace().ops, IsEmpty());
  EXPECT_EQ((*scene.disk.open("a", OpenMode::read))->size(), 3U) << "the next process opens it anew";
}

TEST(SimDiskKill, LeavesThePageCacheAndWhatWasPending) {
  Scene scene;
  scene.write("NEW");
  scene.disk.kill();
  EXPECT_EQ(scene.disk.image().files.at("a").to_string(), "NEW");
  EXPECT_EQ(scene.disk.trace().ops.size(), 1U) << "and made nothing durable";
}

TEST(SimDiskKill, ReleasesLocks) {
  SimDisk disk;
  const auto exclusive = *disk.lock("one", LockMode::exclusive);
  ASSERT_TRUE(disk.open("two", OpenMode::create));
  const auto shared = *disk.lock("two", LockMode::shared);
  disk.kill();
  EXPECT_TRUE(disk.lock("one", LockMode::exclusive));
  EXPECT_TRUE(disk.lock("two", LockMode::exclusive));
}

TEST(SimDiskKill, AHandleOfTheKilledProcessReleasesNoLockOfTheNextOne) {
  SimDisk disk;
  auto dead = *disk.lock("LOCK", LockMode::exclusive);
  disk.kill();
  const auto held = *disk.lock("LOCK", LockMode::exclusive);
  dead.reset();
  EXPECT_FALSE(disk.lock("LOCK", LockMode::exclusive));
}

TEST(SimDiskKill, IsMarkedWithTheNumberOfCommandsIssuedBefore) {
  Scene scene;
  scene.disk.mark(MarkKind::opened, 0);
  scene.disk.mark(MarkKind::issued, 0);
  scene.write("NEW");
  scene.disk.mark(MarkKind::acked, 0);
  scene.disk.mark(MarkKind::issued, 1, 2);
  scene.disk.kill();
  EXPECT_THAT(scene.disk.trace().marks,
              ElementsAre(Mark{0, MarkKind::opened, 0}, Mark{0, MarkKind::issued, 0}, Mark{1, MarkKind::acked, 0},
                          Mark{1, MarkKind::issued, 1, 2}, Mark{1, MarkKind::killed, 2}));
}

// --- the trace ---

TEST(SimDiskTrace, HasEveryOperationThatChangedTheDiskAndNoOther) {
  Scene scene;
  scene.write("");
  ASSERT_TRUE(scene.file->truncate(3));  // as long as it is
  ASSERT_TRUE(scene.file->allocate(2));  // shorter than it is
  ASSERT_TRUE(scene.disk.rename("a", "./a"));
  EXPECT_EQ(os_error(scene.disk.unlink("none")), ENOENT);
  (void)scene.read();
  EXPECT_THAT(scene.disk.trace().ops, IsEmpty());
  const auto created = *scene.disk.open("/d//b", OpenMode::create_new);
  EXPECT_THAT(scene.disk.trace().ops, ElementsAre(TraceOp{.kind = OpKind::create, .file = FileId{1}, .path = "d/b"}));
}

TEST(SimDiskTrace, IsEmptyWithTracingOffAndTheDiskWorksTheSame) {
  Scene scene(FailedSync::clean_readable, Tracing::off);
  scene.write("NEW");
  ASSERT_TRUE(scene.file->allocate(5));
  ASSERT_TRUE(scene.file->truncate(4));
  ASSERT_TRUE(scene.disk.make_dir("e"));
  ASSERT_TRUE(scene.disk.open("b", OpenMode::create_new));
  ASSERT_TRUE(scene.disk.rename("b", "c"));
  ASSERT_TRUE(scene.disk.unlink("c"));
  ASSERT_TRUE(scene.disk.sync_dir("/"));
  scene.disk.mark(MarkKind::issued, 0);
  scene.disk.arrange(SyncFault::fails);
  EXPECT_EQ(os_error(scene.file->sync()), EIO);
  EXPECT_EQ(scene.read(), std::string("NEW\0", 4));
  scene.disk.kill();
  EXPECT_EQ(os_error(scene.file->size()), EBADF);
  EXPECT_EQ(scene.disk.trace(), Trace());
}

TEST(SimDiskDeathTest, WithoutATraceThereIsNothingToRevertTo) {
  EXPECT_DEATH(SimDisk({}, FailedSync::reverted, Tracing::off), "failed_sync != FailedSync::reverted");
}

// --- sizes ---

TEST(SimDiskSize, AFileGrowsUpToTheLimitAndNoFurther) {
  Scene scene;
  EXPECT_EQ(os_error(scene.file->truncate(kMaxFileBytes + 1)), EFBIG);
  EXPECT_EQ(os_error(scene.file->allocate(kMaxFileBytes + 1)), EFBIG);
  EXPECT_EQ(os_error(scene.file->write_at(kMaxFileBytes, "x")), EFBIG);
  EXPECT_EQ(os_error(scene.file->write_at(kMaxFileBytes - 1, "xy")), EFBIG);
  // Past the largest offset that a file can have at all, kv::PosixVfs does not ask the disk.
  EXPECT_EQ(scene.file->write_at(~std::uint64_t{0}, "xy").error().code, kv::ErrorCode::invalid_argument);
  EXPECT_EQ(scene.read(), "old");
  EXPECT_THAT(scene.disk.trace().ops, IsEmpty());

  EXPECT_EQ(scene.file->write_at(kMaxFileBytes - 1, "x"), 1U);
  EXPECT_EQ(scene.file->size(), kMaxFileBytes);
}

}  // namespace
}  // namespace faultfs
