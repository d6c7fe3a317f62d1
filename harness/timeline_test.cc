#include "harness/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/command_test_util.h"
#include "harness/workload.h"

namespace walbreaker {
namespace {

using testing::ElementsAre;

Listing listing_of(const Contents& contents) { return {contents.begin(), contents.end()}; }

TEST(Timeline, FindsTheOnePrefixThatShowsTheContents) {
  const Timeline timeline({1, {}, {put("a", "1"), put("b", "2"), put("a", "3")}, 3});
  EXPECT_THAT(timeline.matches({}).ranges(), ElementsAre(PrefixRange{0, 0}));
  EXPECT_THAT(timeline.matches({{"a", "1"}}).ranges(), ElementsAre(PrefixRange{1, 1}));
  EXPECT_THAT(timeline.matches({{"a", "1"}, {"b", "2"}}).ranges(), ElementsAre(PrefixRange{2, 2}));
  EXPECT_THAT(timeline.matches({{"a", "3"}, {"b", "2"}}).ranges(), ElementsAre(PrefixRange{3, 3}));
}

TEST(Timeline, FindsAllPrefixesWhereSeveralShowTheSame) {
  const Timeline timeline({1, {}, {put("a", "1"), {CommandKind::sync, {}}, del("a"), del("a")}, 4});
  EXPECT_THAT(timeline.matches({{"a", "1"}}).ranges(), ElementsAre(PrefixRange{1, 2}));
  EXPECT_THAT(timeline.matches({}).ranges(), ElementsAre(PrefixRange{0, 0}, PrefixRange{3, 4}));
}

TEST(Timeline, FindsNoneForContentsThatNeverWere) {
  const Timeline timeline({1, {}, {put("a", "1"), put("b", "2")}, 2});
  EXPECT_TRUE(timeline.matches({{"b", "2"}}).empty());                          // a hole
  EXPECT_TRUE(timeline.matches({{"a", "1"}, {"b", "x"}}).empty());              // a wrong value
  EXPECT_TRUE(timeline.matches({{"a", "1"}, {"b", "2"}, {"c", "3"}}).empty());  // a key too many, at the end
  EXPECT_TRUE(timeline.matches({{"", "0"}, {"a", "1"}, {"b", "2"}}).empty());   // and at the front
}

TEST(Timeline, StartsFromTheBase) {
  const Timeline timeline({1, {{"old", "0"}}, {del("old"), put("old", "1")}, 2});
  EXPECT_THAT(timeline.matches({{"old", "0"}}).ranges(), ElementsAre(PrefixRange{0, 0}));
  EXPECT_THAT(timeline.matches({}).ranges(), ElementsAre(PrefixRange{1, 1}));
  EXPECT_THAT(timeline.matches({{"old", "1"}}).ranges(), ElementsAre(PrefixRange{2, 2}));
}

TEST(Timeline, TakesABatchWhole) {
  Command batch{CommandKind::batch, {}};
  batch.writes.put("a", "1");
  batch.writes.put("b", "1");
  batch.writes.put("a", "2");  // the later write of one key counts
  const Timeline timeline({1, {}, {batch}, 1});
  EXPECT_THAT(timeline.matches({{"a", "2"}, {"b", "1"}}).ranges(), ElementsAre(PrefixRange{1, 1}));
  EXPECT_TRUE(timeline.matches({{"a", "2"}}).empty());
  EXPECT_TRUE(timeline.matches({{"a", "1"}, {"b", "1"}}).empty());
}

TEST(Timeline, AgreesWithTheContentsOfEveryPrefixOfAWorkload) {
  History history{.epoch = 1, .base = {{"hot-0", "base"}, {"kept", "base"}}, .commands = {}};
  Workload workload(Random(9), 1, {.cold_keys = 20, .sync_percent = 5});
  while (history.commands.size() < 120) history.commands.push_back(workload.next());
  const Timeline timeline(history);
  for (std::size_t k = 0; k <= 120; ++k) {
    const Contents contents = history.contents_after(k);
    const PrefixSet found = timeline.matches(listing_of(contents));
    EXPECT_TRUE(found.contains(k));
    for (std::size_t other = 0; other <= 120; other += 7) {
      EXPECT_EQ(found.contains(other), history.contents_after(other) == contents) << k << " " << other;
    }
  }
}

}  // namespace
}  // namespace walbreaker
