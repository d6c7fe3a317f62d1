#include "faultfs/disk_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/disk_script_test_util.h"
#include "faultfs/sector_hash.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr FileId kFirst{0};

TEST(DiskState, ADiskBeginsWithAllOfItsImageDurable) {
  const DiskScript script(Files{{"a", "aaa"}, {"b", ""}});
  AtTheEnd end(script, "posix");
  EXPECT_EQ(durable(end.state), "a=aaa b=");
  EXPECT_EQ(end.state.ops_done(), 0U);
  EXPECT_THAT(pending(end.state, kFirst), IsEmpty());
}

TEST(DiskState, AWriteIsPendingInOnePieceForEachSectorThatItTouches) {
  DiskScript script(Files{{"a", "aaaaaa"}});
  script.write("a", 1, "wxyz");
  AtTheEnd end(script, "posix sector_bytes=2");
  EXPECT_EQ(durable(end.state), "a=aaaaaa");
  EXPECT_THAT(pending(end.state, kFirst), ElementsAre("write 1 w", "write 2 xy", "write 4 z"));
  const auto& pieces = end.state.file(kFirst).pending;
  EXPECT_EQ(pieces[0].part, 0U);
  EXPECT_EQ(pieces[2].part, 2U);
  EXPECT_EQ(pieces[2].op, 0U);
}

TEST(DiskState, AWriteInWholeSectorsHasNoPieceBesideThem) {
  DiskScript script(Files{{"a", "aaaaaa"}});
  script.write("a", 2, "xy");
  AtTheEnd end(script, "posix sector_bytes=2");
  EXPECT_THAT(pending(end.state, kFirst), ElementsAre("write 2 xy"));
}

TEST(DiskState, PiecesSayWhetherTheyMakeTheFileGrowAndWhetherTheirSectorIsNew) {
  DiskScript script(Files{{"a", "aaa"}});
  script.write("a", 1, "vwxyz");
  script.write("a", 3, "b");
  AtTheEnd end(script, "posix sector_bytes=2");
  EXPECT_THAT(pending(end.state, kFirst),
              ElementsAre("write 1 v", "write 2 wx grows", "write 4 yz grows past_end", "write 3 b"));
  EXPECT_EQ(end.state.file(kFirst).pending[1].new_size, 4U);
  EXPECT_EQ(end.state.file(kFirst).live_size, 6U);
}

TEST(DiskState, AWriteThatAKillCutShortIsAShorterWrite) {
  DiskScript script(Files{{"a", ""}});
  script.append("a", "wxyz");
  const DiskModel model = model_of("posix sector_bytes=2");
  DiskState state(script.trace().initial, model);
  state.step(script.trace().ops[0], 3);
  EXPECT_THAT(pending(state, kFirst), ElementsAre("write 0 wx grows past_end", "write 2 y grows past_end"));
  EXPECT_EQ(state.file(kFirst).live_size, 3U);
  EXPECT_EQ(state.ops_done(), 1U);
}

TEST(DiskState, ASyncMakesTheBytesAndTheSizeOfItsFileDurableAndNoOther) {
  DiskScript script(Files{{"a", "aa"}, {"b", "bb"}});
  script.append("a", "xyz");
  script.append("b", "xyz");
  script.sync("a");
  AtTheEnd end(script, "posix sector_bytes=2");
  EXPECT_EQ(durable(end.state), "a=aaxyz b=bb");
  EXPECT_THAT(pending(end.state, kFirst), IsEmpty());
  EXPECT_THAT(pending(end.state, FileId{1}), ElementsAre("write 2 xy grows past_end", "write 4 z grows past_end"));
}

TEST(DiskState, ASyncDoesWritesTruncationsAndAllocationsInTheirOrder) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.append("a", "xx");
  script.truncate("a", 3);
  script.allocate("a", 5);
  script.write("a", 0, "z");
  {
    AtTheEnd before(script, "posix sector_bytes=2");
    EXPECT_THAT(pending(before.state, kFirst),
                ElementsAre("write 4 xx grows past_end", "truncate 3", "allocate 5", "write 0 z"));
    EXPECT_EQ(before.state.file(kFirst).live_size, 5U);
  }
  script.sync("a");
  AtTheEnd end(script, "posix sector_bytes=2");
  EXPECT_EQ(durable(end.state), "a=zaa..");
}

TEST(DiskState, ALyingSyncLeavesAllPendingAndTheNextOneMakesItDurable) {
  DiskScript script(Files{{"a", "aa"}});
  script.write("a", 0, "x");
  script.lying_sync("a");
  AtTheEnd lied(script, "posix");
  EXPECT_EQ(durable(lied.state), "a=aa");
  EXPECT_THAT(pending(lied.state, kFirst), ElementsAre("write 0 x"));
  script.sync("a");
  AtTheEnd end(script, "posix");
  EXPECT_EQ(durable(end.state), "a=xa");
}

TEST(DiskState, KeepsTheHashOfWhatIsDurable) {
  DiskScript script(Files{{"a", "aaaaa"}});
  const auto expect_right_hash = [&] {
    AtTheEnd end(script, "posix sector_bytes=2");
    const FileState& file = end.state.file(kFirst);
    EXPECT_TRUE(file.pending.empty());
    EXPECT_EQ(file.durable_hash, hash_sectors(file.durable.view(), 0, file.durable.size(), 2));
  };
  expect_right_hash();
  script.write("a", 1, "xx");
  script.sync("a");
  expect_right_hash();
  script.truncate("a", 2);
  script.append("a", "yyyyyy");
  script.sync("a");
  expect_right_hash();
  script.truncate("a", 3);
  script.sync("a");
  expect_right_hash();
  script.allocate("a", 9);
  script.truncate("a", 12);
  script.sync("a");
  expect_right_hash();
}

TEST(DiskState, AForkGoesItsOwnWay) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "x");
  script.sync("a");
  script.write("a", 1, "y");
  script.sync("a");
  script.unlink("a");
  const Trace& trace = script.trace();
  const DiskModel model = model_of("posix");
  DiskState state(trace.initial, model);
  state.step(trace.ops[0]);
  state.step(trace.ops[1]);

  DiskState copy = state.fork();
  EXPECT_EQ(copy.ops_done(), 2U);
  for (std::size_t i = 2; i < 5; ++i) copy.step(trace.ops[i]);
  EXPECT_EQ(durable(copy), "a=xyaa");
  EXPECT_THAT(names(copy), ElementsAre("unlink a"));
  EXPECT_EQ(durable(state), "a=xaaa");
  EXPECT_THAT(names(state), IsEmpty());
  EXPECT_THAT(pending(state, kFirst), IsEmpty());
}

TEST(DiskState, RemembersTheLastDeletedFileThatHadBytesAtAPlace) {
  DiskScript script(Files{{"a", "aaaa"}, {"b", "b"}, {"c", "cc"}});
  {
    AtTheEnd begin(script, "posix sector_bytes=1");
    EXPECT_EQ(begin.state.deleted_bytes(0), nullptr);
  }
  script.append("a", "x");
  script.unlink("a");
  script.rename("c", "b");  // deletes the old b
  AtTheEnd end(script, "posix sector_bytes=1");
  EXPECT_EQ(end.state.deleted_bytes(0)->to_string(), "b");
  EXPECT_EQ(end.state.deleted_bytes(1)->to_string(), "aaaax") << "what was pending is among it";
  EXPECT_EQ(end.state.deleted_bytes(5), nullptr);
}

TEST(DurableBytes, AreThoseThatWereSyncedBeforeTheEndOfTheTrace) {
  DiskScript script;
  script.append("a", "x");
  script.sync("a");
  script.append("a", "y");
  EXPECT_EQ(durable_bytes(script.trace(), kFirst).to_string(), "x");
}

// Once its unlink was durable the state of the disk let go of the file, and it counted as empty. A failed sync that
// takes back what was pending then took all that the process could read through the file that it still had open.
TEST(DurableBytes, AreThereAlsoWhereTheFileHasNoNameAnyMore) {
  DiskScript script(Files{{"a", "old"}});
  script.unlink("a");
  script.sync_dir();
  EXPECT_EQ(durable_bytes(script.trace(), kFirst).to_string(), "old");
}

}  // namespace
}  // namespace faultfs
