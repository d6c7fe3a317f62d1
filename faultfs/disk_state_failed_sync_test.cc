// What a failed sync leaves pending of a file (MODEL.md, 8), and what later operations make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/disk_script_test_util.h"
#include "faultfs/disk_state.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr FileId kFirst{0};
constexpr const char* kModel = "posix sector_bytes=2";

TEST(FailedSyncState, StaysPendingAndTheNextSyncMakesItDurable) {
  DiskScript script(Files{{"a", "aa"}}, FailedSync::stays_pending);
  script.write("a", 0, "x");
  script.fail_sync("a");
  {
    AtTheEnd failed(script, kModel);
    EXPECT_EQ(durable(failed.state), "a=aa");
    EXPECT_THAT(pending(failed.state, kFirst), ElementsAre("write 0 x"));
  }
  script.sync("a");
  AtTheEnd end(script, kModel);
  EXPECT_EQ(durable(end.state), "a=xa");
}

TEST(FailedSyncState, CleanedBytesAreWrittenByNoLaterSync) {
  DiskScript script(Files{{"a", "aaaa"}}, FailedSync::clean_readable);
  script.write("a", 1, "xy");
  script.fail_sync("a");
  EXPECT_EQ(script.read("a"), "axya") << "a process goes on reading them";
  script.sync("a");
  AtTheEnd end(script, kModel);
  EXPECT_EQ(durable(end.state), "a=aaaa");
  EXPECT_THAT(pending(end.state, kFirst), ElementsAre("write 1 x detached", "write 2 y detached"));
}

TEST(FailedSyncState, ALaterWriteToTheSameSectorBringsCleanedBytesAlong) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 1, "xy");
  script.fail_sync("a");
  script.write("a", 3, "z");
  {
    AtTheEnd before(script, kModel);
    EXPECT_THAT(pending(before.state, kFirst), ElementsAre("write 1 x detached", "write 2 y detached", "write 3 z"));
  }
  script.sync("a");
  AtTheEnd end(script, kModel);
  EXPECT_EQ(durable(end.state), "a=aayz") << "the page is written whole; the other sector is not";
  EXPECT_THAT(pending(end.state, kFirst), ElementsAre("write 1 x detached"));
}

// MODEL.md, 5: in no model does a failed sync hold back a size.
TEST(FailedSyncState, TheNextSyncMakesTheSizeDurableAndTheBytesBelowItMayBeMissing) {
  for (const char* model : {kModel, "ordered sector_bytes=2"}) {
    DiskScript script(Files{{"a", "aa"}});
    script.append("a", "xyz");
    script.fail_sync("a");
    {
      AtTheEnd failed(script, model);
      EXPECT_EQ(durable(failed.state), "a=aa") << model;
      EXPECT_THAT(pending(failed.state, kFirst),
                  ElementsAre("write 2 xy grows past_end detached", "write 4 z grows past_end detached"));
    }
    script.sync("a");
    AtTheEnd end(script, model);
    EXPECT_EQ(durable(end.state), "a=aa...") << model;
    EXPECT_THAT(pending(end.state, kFirst), ElementsAre("write 2 xy past_end detached", "write 4 z past_end detached"));
  }
}

TEST(FailedSyncState, ATruncationIsNoPageAndTheNextSyncMakesItDurable) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.truncate("a", 1);
  script.fail_sync("a");
  {
    AtTheEnd failed(script, kModel);
    EXPECT_THAT(pending(failed.state, kFirst), ElementsAre("truncate 1"));
  }
  script.sync("a");
  AtTheEnd end(script, kModel);
  EXPECT_EQ(durable(end.state), "a=a");
}

TEST(FailedSyncState, ATruncationCutsWhatIsLeftOfCleanedBytes) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  script.fail_sync("a");
  script.truncate("a", 1);
  script.sync("a");
  AtTheEnd end(script, kModel);
  EXPECT_EQ(durable(end.state), "a=a");
  EXPECT_THAT(pending(end.state, kFirst), ElementsAre("write 0 w detached"));
}

// A truncation cut the bytes of a cleaned write and left it the size that it had once given to the file. Each later
// sync made that size durable again, so that a power cut left a file longer than any process had seen it since.
TEST(FailedSyncState, ACutFileStaysCutWhateverWasWrittenBefore) {
  DiskScript script(Files{{"a", "a"}});
  script.append("a", "xyzz");
  script.fail_sync("a");
  script.truncate("a", 2);
  script.sync("a");
  script.sync("a");
  AtTheEnd end(script, "posix sector_bytes=4");
  EXPECT_EQ(end.state.file(kFirst).live_size, 2U);
  EXPECT_EQ(durable(end.state), "a=a.");
  EXPECT_THAT(pending(end.state, kFirst), ElementsAre("write 1 x detached"));
}

TEST(FailedSyncState, RevertedBytesAndSizesAreGoneForTheProcessToo) {
  DiskScript script(Files{{"a", "aaaa"}}, FailedSync::reverted);
  script.write("a", 0, "x");
  script.sync("a");
  script.append("a", "y");
  script.write("a", 1, "z");
  script.fail_sync("a");
  EXPECT_EQ(script.read("a"), "xaaa");
  {
    AtTheEnd failed(script, kModel);
    EXPECT_EQ(durable(failed.state), "a=xaaa");
    EXPECT_THAT(pending(failed.state, kFirst), IsEmpty());
    EXPECT_EQ(failed.state.file(kFirst).live_size, 4U);
  }
  script.append("a", "b");
  script.sync("a");
  AtTheEnd end(script, kModel);
  EXPECT_EQ(durable(end.state), "a=xaaab");
}

TEST(FailedSyncState, WhatAFailedSyncCleanedOfOneFileDoesNotConcernAnother) {
  DiskScript script(Files{{"a", "aa"}, {"b", "bb"}});
  script.write("a", 0, "x");
  script.write("b", 0, "y");
  script.fail_sync("a");
  script.sync("b");
  AtTheEnd end(script, kModel);
  EXPECT_EQ(durable(end.state), "a=aa b=yb");
}

}  // namespace
}  // namespace faultfs
