#include "faultfs/enumerate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "faultfs/disk_script_test_util.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

constexpr Budget kNoCuts{.cuts_per_write = 0};

struct Listing {
  std::vector<std::string> states;  // in the order in which they came
  std::vector<std::string> images;
  Coverage coverage;
};

Listing list(const Trace& trace, std::string_view model, const Budget& budget, OpIndex first, OpIndex last) {
  Listing listing;
  const DiskModel disk_model = model_of(model);
  listing.coverage = enumerate(trace, disk_model, budget, first, last, [&](Candidate& candidate) {
    listing.states.push_back(to_text(candidate.state()));
    listing.images.push_back(show(candidate.image()));
    EXPECT_TRUE(listing.states.back().starts_with(to_text(candidate.point())));
    return true;
  });
  return listing;
}

Listing list(const DiskScript& script, std::string_view model, const Budget& budget) {
  return list(script.trace(), model, budget, 0, script.trace().ops.size() + 1);
}

std::vector<std::string> points_of(const DiskScript& script, std::string_view model, const Budget& budget) {
  std::vector<std::string> points;
  enumerate(script.trace(), model_of(model), budget, [&](Candidate& candidate) {
    const std::string point = to_text(candidate.point());
    if (points.empty() || points.back() != point) points.push_back(point);
    return true;
  });
  return points;
}

// Forty sectors, each on its own: 2^40 states at the end.
DiskScript large_script() {
  DiskScript script(Files{{"a", std::string(80, 'a')}});
  script.write("a", 0, std::string(80, 'x'));
  return script;
}

TEST(Enumerate, ListsEveryStateOfEveryCrashPointWhereTheyFit) {
  DiskScript script(Files{{"a", "aa"}});
  script.write("a", 0, "x");
  script.create("b");
  script.sync("a");
  const Listing all = list(script, "posix", kNoCuts);
  EXPECT_THAT(all.states, ElementsAre("after 0",                                                      //
                                      "after 1: 0 dropped", "after 1: 0 kept",                        //
                                      "after 2: 0 dropped, 1 dropped", "after 2: 0 kept, 1 dropped",  //
                                      "after 2: 0 dropped, 1 kept", "after 2: 0 kept, 1 kept",        //
                                      "after 3: 1 dropped", "after 3: 1 kept"));
  EXPECT_THAT(all.images, ElementsAre("a=aa", "a=aa", "a=xa", "a=aa", "a=xa", "a=aa b=", "a=xa b=", "a=xa", "a=xa b="));
  EXPECT_EQ(all.coverage, (Coverage{.points = 4,
                                    .exhausted_points = 4,
                                    .states = 9,
                                    .distinct_images = 9,
                                    .possible_states = 9,
                                    .largest_exhausted = 4}));
}

TEST(Enumerate, AnImageComesOnceForEachCrashPointAndCountsAsAStateEachTime) {
  DiskScript script(Files{{"a", "aa"}});
  script.write("a", 0, "a");  // changes nothing
  const Listing all = list(script, "posix", kNoCuts);
  EXPECT_THAT(all.images, ElementsAre("a=aa", "a=aa"));
  EXPECT_EQ(all.coverage.states, 3U);
  EXPECT_EQ(all.coverage.distinct_images, 2U);
}

TEST(Enumerate, ACandidatesImageIsItsStateApplied) {
  DiskScript script(Files{{"a", ""}});
  script.append("a", "wxyz");
  script.rename("a", "b");
  const DiskModel model = model_of("posix sector_bytes=2");
  std::uint64_t candidates = 0;
  const auto visit = [&](Candidate& candidate) {
    const auto image = apply(candidate.state(), script.trace(), model);
    EXPECT_TRUE(image && *image == candidate.image()) << to_text(candidate.state());
    ++candidates;
    return true;
  };
  EXPECT_EQ(enumerate(script.trace(), model, {}, visit).distinct_images, candidates);
  EXPECT_GT(candidates, 20U);
}

TEST(Enumerate, ListsTheSameStatesInTheSameOrderEachTime) {
  const DiskScript script = large_script();
  const Budget budget{.states_per_point = 300, .seed = 5};
  const Listing first = list(script, "posix sector_bytes=2", budget);
  const Listing second = list(script, "posix sector_bytes=2", budget);
  EXPECT_EQ(first.states, second.states);
  EXPECT_EQ(first.coverage, second.coverage);
}

TEST(Enumerate, AnotherSeedDrawsOtherStatesAfterTheSameFamilies) {
  const DiskScript script = large_script();
  const Listing one = list(script, "posix sector_bytes=2", {.states_per_point = 300, .cuts_per_write = 0, .seed = 1});
  const Listing two = list(script, "posix sector_bytes=2", {.states_per_point = 300, .cuts_per_write = 0, .seed = 2});
  ASSERT_GE(std::min(one.states.size(), two.states.size()), 100U);
  EXPECT_TRUE(std::ranges::equal(std::span(one.states).first(100), std::span(two.states).first(100)));
  EXPECT_NE(one.states, two.states);
}

TEST(Enumerate, KeepsToTheBudgetOfEachPoint) {
  const DiskScript script = large_script();
  for (const std::uint64_t budget : {2U, 3U, 50U, 300U}) {
    const Listing some =
        list(script, "posix sector_bytes=2", {.states_per_point = budget, .cuts_per_write = 3, .states_per_cut = 7});
    std::map<std::string, std::uint64_t> by_point;
    for (const std::string& state : some.states) ++by_point[state.substr(0, state.find(':'))];
    EXPECT_LE(by_point["after 1"], budget);
    EXPECT_GE(by_point["after 1"], budget * 9 / 10) << "and uses it";
    by_point.erase("after 1");
    EXPECT_THAT(by_point, SizeIs(4)) << "the beginning, and three cuts";
    for (const auto& [point, states] : by_point) EXPECT_LE(states, 7U) << point;
    EXPECT_FALSE(some.coverage.exhaustive());
  }
}

TEST(Enumerate, TriesAllKeptAndAllDroppedWhateverTheBudget) {
  const Listing two = list(large_script(), "posix sector_bytes=2", {.states_per_point = 2, .cuts_per_write = 0});
  EXPECT_THAT(two.states, ElementsAre("after 0", "after 1: 0 kept", "after 1: 0 dropped"));
}

TEST(Enumerate, APointThatFitsTheBudgetExactlyIsExhausted) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  const Listing fits = list(script, "posix sector_bytes=2", {.states_per_point = 4, .cuts_per_write = 0});
  EXPECT_TRUE(fits.coverage.exhaustive());
  EXPECT_THAT(fits.states, SizeIs(1 + 4));
  const Listing tight = list(script, "posix sector_bytes=2", {.states_per_point = 3, .cuts_per_write = 0});
  EXPECT_FALSE(tight.coverage.exhaustive());
  EXPECT_EQ(tight.coverage.exhausted_points, 1U);
  EXPECT_THAT(tight.states, SizeIs(Le(1 + 3)));
}

TEST(Enumerate, UnitsPutTogetherAreTheWhole) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  script.append("a", "uvw");
  script.sync("a");
  script.unlink("a");
  const Listing whole = list(script, "posix sector_bytes=2", {});
  const OpIndex end = script.trace().ops.size() + 1;
  for (const OpIndex step : {1U, 2U, 3U}) {
    Listing together;
    for (OpIndex first = 0; first < end; first += step) {
      const Listing unit = list(script.trace(), "posix sector_bytes=2", {}, first, std::min(first + step, end));
      together.states.insert(together.states.end(), unit.states.begin(), unit.states.end());
      together.coverage.add(unit.coverage);
    }
    EXPECT_EQ(together.states, whole.states) << step;
    EXPECT_EQ(together.coverage, whole.coverage) << step;
  }
}

TEST(Enumerate, AnEmptyUnitHasNoPoint) {
  const Listing none = list(large_script().trace(), "posix", {}, 1, 1);
  EXPECT_THAT(none.states, IsEmpty());
  EXPECT_EQ(none.coverage, Coverage());
}

// --- cuts ---

TEST(EnumerateCuts, AProcessMayBeKilledAtEachPlaceInsideAShortWrite) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  EXPECT_THAT(points_of(script, "process_kill", {.cuts_per_write = 3}),
              ElementsAre("after 0", "after 0 and 1 bytes", "after 0 and 2 bytes", "after 0 and 3 bytes", "after 1"));
  EXPECT_THAT(list(script, "process_kill", {}).images, ElementsAre("a=aaaa", "a=waaa", "a=wxaa", "a=wxya", "a=wxyz"));
}

TEST(EnumerateCuts, InALongWriteTheEdgesOfSectorsAndTheirNeighboursComeFirst) {
  DiskScript script(Files{{"a", std::string(100, 'a')}});
  script.write("a", 6, std::string(30, 'x'));
  const char* const model = "posix sector_bytes=16";  // edges at 16 and 32: after 10 and 26 bytes
  EXPECT_THAT(points_of(script, model, {.cuts_per_write = 2}),
              ElementsAre("after 0", "after 0 and 1 bytes", "after 0 and 29 bytes", "after 1"));
  EXPECT_THAT(points_of(script, model, {.cuts_per_write = 8}),
              ElementsAre("after 0", "after 0 and 1 bytes", "after 0 and 9 bytes", "after 0 and 10 bytes",
                          "after 0 and 11 bytes", "after 0 and 25 bytes", "after 0 and 26 bytes",
                          "after 0 and 27 bytes", "after 0 and 29 bytes", "after 1"));
  EXPECT_THAT(points_of(script, model, {.cuts_per_write = 12}), SizeIs(2 + 12)) << "and others from the seed";
  EXPECT_NE(points_of(script, model, {.cuts_per_write = 12, .seed = 1}),
            points_of(script, model, {.cuts_per_write = 12, .seed = 2}));
}

TEST(EnumerateCuts, ThereAreNoneInOtherOperationsOrInAWriteOfOneByte) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "x");
  script.truncate("a", 2);
  EXPECT_THAT(points_of(script, "posix", {}), ElementsAre("after 0", "after 1", "after 2"));
}

TEST(EnumerateCuts, ThereAreNoneWithoutABudgetOrWhereAllPendingIsGoneAnyway) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  EXPECT_THAT(points_of(script, "posix", kNoCuts), ElementsAre("after 0", "after 1"));
  EXPECT_THAT(points_of(script, "synced_only", {}), ElementsAre("after 0", "after 1"));
}

TEST(EnumerateCuts, TheLastPieceOfACutWriteIsKept) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  const Listing all = list(script, "posix sector_bytes=2", {.cuts_per_write = 3});
  std::vector<std::string> inside;
  for (const std::string& state : all.states) {
    if (state.find("bytes") != std::string::npos) inside.push_back(state);
  }
  EXPECT_THAT(inside, ElementsAre("after 0 and 1 bytes: 0 kept", "after 0 and 2 bytes: 0 kept",
                                  "after 0 and 3 bytes: 0 torn dk", "after 0 and 3 bytes: 0 kept"));
}

// --- ends and numbers ---

TEST(Enumerate, StopsWhenVisitSaysSo) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  script.append("a", "vw");
  const std::uint64_t all = list(script, "posix sector_bytes=2", {}).coverage.distinct_images;
  for (std::uint64_t last = 1; last < all; ++last) {
    std::uint64_t calls = 0;
    const Coverage coverage =
        enumerate(script.trace(), model_of("posix sector_bytes=2"), {}, [&](Candidate&) { return ++calls < last; });
    EXPECT_EQ(calls, last);
    EXPECT_EQ(coverage.distinct_images, last);
    EXPECT_FALSE(coverage.exhaustive()) << "the point that was left is not exhausted";
  }
}

TEST(Coverage, CountsPlacesInsideWrites) {
  DiskScript script(Files{{"a", std::string(100, 'a')}});
  script.write("a", 0, std::string(100, 'x'));
  script.write("a", 0, "wx");
  const Coverage coverage = list(script, "process_kill", {.cuts_per_write = 5}).coverage;
  EXPECT_EQ(coverage.points, 3U + 5 + 1);
  EXPECT_EQ(coverage.cuts, 5U + 1);
  EXPECT_EQ(coverage.possible_cuts, 99U + 1);
}

TEST(Coverage, SaysWhatWasDoneInOneLine) {
  Coverage coverage{.points = 287,
                    .cuts = 176,
                    .possible_cuts = 21'470,
                    .exhausted_points = 287,
                    .states = 901,
                    .distinct_images = 821,
                    .possible_states = 901,
                    .largest_exhausted = 16};
  EXPECT_EQ(to_text(coverage),
            "exhaustive: all 901 states of 287 crash points (176 of 21470 places inside writes), 821 distinct images");
  coverage.exhausted_points = 280;
  coverage.possible_states = 1.5e9;
  EXPECT_EQ(to_text(coverage),
            "sampled: 901 of 1.5e+09 states, 280 of 287 crash points (176 of 21470 places inside writes) exhausted "
            "(up to 16 states each), 821 distinct images");
}

TEST(Coverage, AddsUpButForTheLargest) {
  Coverage sum{1, 2, 3, 4, 5, 6, 7, 8};
  sum.add({10, 20, 30, 40, 50, 60, 70, 5});
  EXPECT_EQ(sum, (Coverage{11, 22, 33, 44, 55, 66, 77, 8}));
}

}  // namespace
}  // namespace faultfs
