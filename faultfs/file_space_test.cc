#include "faultfs/file_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/crash_test_util.h"
#include "faultfs/mix.h"

namespace faultfs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::UnorderedElementsAre;

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

// A truncation used to begin its last sector anew, though some of it was left: a later write there could survive
// without an earlier one, and the sector held what the page cache never did.
TEST(FileSpace, ASectorCutInPartKeepsTheOrderOfItsWrites) {
  const std::string lines =
      "file 0 \"a\" 61616161\n"
      "0 write 0 at 0 6262\n"
      "1 truncate 0 to 3\n"
      "2 write 0 at 2 63\n";
  EXPECT_THAT(contents_of("a", lines, "posix sector_bytes=4"),
              UnorderedElementsAre("aaaa", "bbaa", "bbca", "aaa", "bba", "bbc"));
}

TEST(FileSpace, ASectorThatIsCutOffBeginsAnew) {
  const std::string lines =
      "file 0 \"a\" 61616161\n"
      "0 write 0 at 0 6262\n"
      "1 truncate 0 to 0\n"
      "2 write 0 at 0 63\n";
  EXPECT_THAT(contents_of("a", lines, "posix sector_bytes=4"), Contains("caaa"));
}

// A write that did not make the file grow, in a sector where another did, could survive as a size: the one of what had
// made room for it, and was dropped.
TEST(FileSpace, OnlyAWriteThatMakesTheFileGrowLeavesASizeWithoutItsBytes) {
  const std::string lines =
      "file 0 \"a\" -\n"
      "0 allocate 0 to 3\n"
      "1 write 0 at 0 6262\n"
      "2 truncate 0 to 1\n"
      "3 write 0 at 0 63636363\n";
  EXPECT_THAT(contents_of("a", lines, "posix sector_bytes=4 size_before_data=zeros"), Not(Contains(zeros(2))));
}

// Where a file grows in order, and where data does over all files, the writes of the groups that this takes lost the
// flag by which they harm their sector: an append to a log that shares a sector with synced records harmed none.
TEST(FileSpace, AnAppendHarmsTheDurableBytesOfItsSector) {
  const std::string lines =
      "file 0 \"a\" 6161\n"
      "0 write 0 at 2 6262\n";
  for (const std::string model : {"ordered harms_shared_sectors=true sector_bytes=4",
                                  "posix data_order=in_order harms_shared_sectors=true sector_bytes=4"}) {
    const std::string harmed = garbage(0, 0, 2);
    EXPECT_THAT(contents_of("a", lines, model), UnorderedElementsAre("aa", "aabb", harmed)) << model;
  }
}

TEST(FileSpace, ATruncationHarmsNothing) {
  const std::string lines =
      "file 0 \"a\" 6161\n"
      "0 truncate 0 to 1\n";
  EXPECT_THAT(contents_of("a", lines, "ordered harms_shared_sectors=true sector_bytes=4"), ElementsAre("a", "aa"));
}

// Where a size covers only what is on the disk, a write into reserved room made the file as long as itself when the
// reservation was dropped: a log of a size that nothing had given it.
TEST(FileSpace, AWriteIntoRoomThatDoesNotSurviveDoesNotShow) {
  const std::string lines =
      "file 0 \"a\" -\n"
      "0 allocate 0 to 8\n"
      "1 write 0 at 0 62626262\n";
  EXPECT_THAT(contents_of("a", lines, "ordered sector_bytes=4"), UnorderedElementsAre("", zeros(8), "bbbb" + zeros(4)));
  EXPECT_THAT(contents_of("a", lines, "posix sector_bytes=4"), Contains("bbbb"));
}

// At a write that was cut short every state keeps its last piece. Where the file grew in order, that piece was still
// dropped with the write that had made room for it: a state that a process kill cannot leave, and that no model allows
// more of, so that `ordered` had states which `posix` had not.
TEST(FileSpace, AWriteCutShortKeepsWhatItStandsOn) {
  const Trace trace = trace_of(
      "file 0 \"a\" -\n"
      "0 write 0 at 0 61\n"
      "1 write 0 at 0 6262\n");
  const DiskModel model = model_of("ordered sector_bytes=4");
  std::set<std::string> contents;
  enumerate(trace, model, {.states_per_cut = 2}, 1, 2, [&](Candidate& candidate) {
    if (candidate.point().bytes == 1) contents.insert(candidate.image().files.at("a").to_string());
    return true;
  });
  EXPECT_THAT(contents, ElementsAre("b"));
  EXPECT_FALSE(apply(*parse_crash_state("after 1 and 1 bytes: 1 kept"), trace, model));
  EXPECT_TRUE(apply(*parse_crash_state("after 1 and 1 bytes: 0 kept, 1 kept"), trace, model));
}

// With data in order, a write that survives brings all before it. One to a file without a name was forgotten, and what
// came before a part of it could be dropped: a state of another point, listed again.
TEST(FileSpace, AWriteCutShortKeepsWhatCameBeforeItAlsoWhereItsFileHasNoName) {
  const Trace trace = trace_of(
      "file 0 \"a\" -\n"
      "file 1 \"b\" -\n"
      "0 unlink 0 \"a\"\n"
      "1 sync_dir \"\"\n"
      "2 write 1 at 0 62\n"
      "3 write 0 at 0 6161\n");
  std::set<std::string> contents;
  enumerate(trace, model_of("posix data_order=in_order"), {}, 3, 4, [&](Candidate& candidate) {
    if (candidate.point().bytes == 1) contents.insert(candidate.image().files.at("b").to_string());
    return true;
  });
  EXPECT_THAT(contents, ElementsAre("b"));
}

}  // namespace
}  // namespace faultfs
