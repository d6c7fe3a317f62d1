#include "harness/ground.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/command_test_util.h"

namespace walbreaker {
namespace {

using faultfs::MarkKind;
using faultfs::Survival;

Observation showing(Listing listing) { return {.listing = std::move(listing), .wrong = std::nullopt}; }

// Two processes: one puts a=1 and b=1 and is killed; the next one serves both, and puts a=2. Each put is one sync.
struct TwoProcesses {
  explicit TwoProcesses(const Promise& promise) : promise(promise) {
    const ContentsRules rules = rules_of(promise);
    run.stretches.emplace_back(Contents{}, rules);
    run.stretches.emplace_back(Contents{}, rules);
    run.stretches.back().add(commands[0], Outcome::acked);
    run.stretches.back().add(commands[1], Outcome::acked);
    run.stretches.emplace_back(Contents{{"a", "1"}, {"b", "1"}}, rules);
    run.stretches.back().add(commands[2], Outcome::acked);
    run.trace.ops.resize(3, {.kind = faultfs::OpKind::sync});
    run.trace.marks = {{0, MarkKind::opened, 0}, {0, MarkKind::issued, 0}, {1, MarkKind::acked, 0},
                       {1, MarkKind::issued, 1}, {2, MarkKind::acked, 1},  {2, MarkKind::killed, 2},
                       {2, MarkKind::opened, 2}, {2, MarkKind::issued, 2}, {3, MarkKind::acked, 2}};
  }

  // What is wrong with it after all three operations.
  [[nodiscard]] std::optional<ViolationKind> wrong(Listing listing, Survival survival = Survival::chosen) const {
    const auto found = judge(ground_at(run, commands, 3, survival, promise), showing(std::move(listing)));
    return found ? std::optional(found->kind) : std::nullopt;
  }

  Promise promise;
  std::vector<Command> commands{put("a", "1"), put("b", "1"), put("a", "2")};
  PlayedRun run;
};

Promise promising(Served served, Order order = Order::prefix, Survives power = Survives::on_sync) {
  return {.kill = Survives::on_ack, .power = power, .served = served, .order = order, .batches = Batches::atomic};
}

TEST(Ground, WhatWasServedStaysWhereThatIsPromised) {
  const TwoProcesses runs(promising(Served::durable));
  EXPECT_FALSE(runs.wrong({{"a", "2"}, {"b", "1"}}));
  EXPECT_FALSE(runs.wrong({{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(runs.wrong({{"a", "1"}}), ViolationKind::lost_after_recovery);
}

TEST(Ground, WhatWasServedMayGoWhereItIsPromisedForTheCacheOnly) {
  const TwoProcesses runs(promising(Served::cached));
  EXPECT_FALSE(runs.wrong({{"a", "2"}, {"b", "1"}}));
  EXPECT_FALSE(runs.wrong({{"a", "1"}}));
  EXPECT_FALSE(runs.wrong({}));
  EXPECT_TRUE(runs.wrong({{"b", "1"}})) << "no prefix of either process";
  EXPECT_TRUE(runs.wrong({{"a", "2"}})) << "what came later needs what was served";
  EXPECT_TRUE(runs.wrong({{"a", "1"}}, Survival::all)) << "a kill takes nothing from the cache";
}

TEST(Ground, NothingGoesThatSomethingDurableCameAfter) {
  const TwoProcesses runs(promising(Served::cached, Order::prefix, Survives::on_ack));
  EXPECT_FALSE(runs.wrong({{"a", "2"}, {"b", "1"}}));
  EXPECT_TRUE(runs.wrong({{"a", "1"}, {"b", "1"}}));
  EXPECT_TRUE(runs.wrong({{"a", "1"}}));
}

// The del was acked and is durable, but it found nothing to write, and so nothing that held what the open had served.
TEST(Ground, WhatWasServedMayGoAfterACommandThatHadNothingToDo) {
  TwoProcesses runs(promising(Served::cached, Order::prefix, Survives::on_ack));
  runs.commands[2] = del("c");
  runs.run.stretches.back() = PossibleContents(Contents{{"a", "1"}, {"b", "1"}}, rules_of(runs.promise));
  runs.run.stretches.back().add(runs.commands[2], Outcome::nothing);
  runs.run.trace.marks[4].kind = MarkKind::failed;  // of b=1
  EXPECT_FALSE(runs.wrong({{"a", "1"}, {"b", "1"}}));
  EXPECT_FALSE(runs.wrong({{"a", "1"}}));
  EXPECT_TRUE(runs.wrong({})) << "a=1 was acked";
}

TEST(Ground, EachKeyGoesBackByItselfWhereOnlyThatIsPromised) {
  const TwoProcesses runs(promising(Served::cached, Order::per_key));
  EXPECT_FALSE(runs.wrong({{"a", "2"}}));
  EXPECT_FALSE(runs.wrong({{"b", "1"}}));
  EXPECT_FALSE(runs.wrong({}));
  EXPECT_TRUE(runs.wrong({{"a", "3"}}));
  EXPECT_TRUE(runs.wrong({{"c", "1"}}));
}

TEST(Ground, WhatAnEarlierCrashLeftMayComeBackToo) {
  const Promise promise = promising(Served::cached);
  const TwoProcesses first(promise);
  const Ground before = ground_at(first.run, first.commands, 2, Survival::chosen, promise);
  // A run on what that crash left: an open that serves a=1 and b=1, and nothing more.
  PlayedRun second;
  second.stretches.emplace_back(Contents{}, rules_of(promise));
  second.stretches.emplace_back(Contents{{"a", "1"}, {"b", "1"}}, rules_of(promise));
  second.trace.marks = {{0, MarkKind::opened, 0}};
  const auto ground = [&](const Ground* earlier) {
    return ground_at(second, {}, 0, Survival::chosen, promise, earlier);
  };
  EXPECT_FALSE(judge(ground(&before), showing({{"a", "1"}})));
  EXPECT_TRUE(judge(ground(&before), showing({{"b", "1"}})));
}

}  // namespace
}  // namespace walbreaker
