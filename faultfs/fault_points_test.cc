#include "faultfs/fault_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"

namespace faultfs {
namespace {

// A client that replaces a file in the way that is safe, or in one that overlooks the error of one call.
struct Saver {
  bool overlooks_sync = false;

  [[nodiscard]] kv::Result<void> save(kv::Vfs& vfs, std::string_view bytes) const {
    const auto file = TRY(vfs.open("a.tmp", kv::OpenMode::create_new));
    TRY(kv::write_all(*file, 0, bytes));
    const auto synced = file->sync();
    if (!synced && !overlooks_sync) return synced;
    TRY(vfs.rename("a.tmp", "a"));
    return vfs.sync_dir(".");
  }
};

// At how many points the fault strikes, and at how many of these the client says that all is well.
struct Outcome {
  FaultPoints points;
  int overlooked = 0;
};

Outcome torture(const Saver& saver, const Fault& fault, std::uint64_t limit = 100) {
  Outcome outcome;
  outcome.points = for_each_fault_point(fault, limit, [&](const Fault& planned) {
    SimDisk disk;
    FaultyVfs vfs(disk, {{planned}});
    const auto saved = saver.save(vfs, "contents");
    if (vfs.fired() > 0 && saved) ++outcome.overlooked;
    return vfs.fired();
  });
  return outcome;
}

TEST(FaultPoints, AreAllTheOperationsThatTheFaultHits) {
  for (const Lasting lasting : {Lasting::once, Lasting::for_ever}) {
    const Outcome changes = torture({}, {.kind = FaultKind::write_error, .lasting = lasting});
    EXPECT_TRUE(changes.points.all);
    EXPECT_EQ(changes.points.fired, 3U);  // create, write, rename
    const Outcome syncs = torture({}, {.kind = FaultKind::sync_error, .lasting = lasting});
    EXPECT_TRUE(syncs.points.all);
    EXPECT_EQ(syncs.points.fired, 2U);
    EXPECT_EQ(changes.overlooked + syncs.overlooked, 0);
  }
}

TEST(FaultPoints, AreNoneWhereTheFaultHitsNothing) {
  const Outcome outcome = torture({}, {.kind = FaultKind::read_error, .op = OpKind::read});
  EXPECT_TRUE(outcome.points.all);
  EXPECT_EQ(outcome.points.fired, 0U);
}

TEST(FaultPoints, StartAtTheFirstOperationWhereverTheFaultWasPlanned) {
  EXPECT_EQ(torture({}, {.kind = FaultKind::write_error, .at = 2}).points.fired, 3U);
}

TEST(FaultPoints, FindTheOneCallWhoseErrorIsOverlooked) {
  EXPECT_EQ(torture({.overlooks_sync = true}, {.kind = FaultKind::sync_error}).overlooked, 1);
}

TEST(FaultPoints, SayWhenTheLimitEndedThem) {
  const Outcome outcome = torture({}, {.kind = FaultKind::write_error}, 2);
  EXPECT_FALSE(outcome.points.all);
  EXPECT_EQ(outcome.points.fired, 2U);
}

}  // namespace
}  // namespace faultfs
