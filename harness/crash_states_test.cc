// Every crash state of the reference engine under every disk model: what it recovers to is a prefix that was promised.
//
// Each test prints how many states that were, and how fast they were judged.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "faultfs/enumerate.h"
#include "harness/ground.h"
#include "harness/reference_subject.h"
#include "harness/workload.h"

namespace walbreaker {
namespace {

constexpr std::size_t kCommands = 40;

// Forty commands on about thirty keys; the 14th and the 28th are compactions.
Script forty_commands(std::string_view sync) {
  WorkloadShape shape;
  shape.cold_keys = 24;
  shape.sync_percent = sync == "on_request" ? 15 : 0;
  Workload workload(Random(7), 1, shape);
  Script script;
  while (script.commands.size() < kCommands) {
    const std::size_t index = script.commands.size();
    script.commands.push_back(workload.next());
    if (index == 13 || index == 27) script.commands.back() = {CommandKind::compact, {}};
  }
  script.settings = {{"compact_after_operations", "0"}, {"compact_after_bytes", "0"}, {"sync", std::string(sync)}};
  return script;
}

struct Totals {
  faultfs::Coverage coverage;
  std::uint64_t judged = 0;
};

struct Played {
  Script script;
  PlayedRun run;
};

// Judges the crash states of a run under a model, and prints what that came to.
Totals judge_all(const Played& played, const std::string& model_text, const faultfs::Budget& budget) {
  const auto& [script, run] = played;
  const auto model = faultfs::parse_disk_model(model_text);
  if (!model) {
    ADD_FAILURE() << model.error().message();
    return {};
  }
  const ReferenceSubject subject;
  const Promise promise = promise_of(subject, script.settings);
  Totals totals;
  const auto begin = std::chrono::steady_clock::now();
  totals.coverage = faultfs::enumerate(run.trace, *model, budget, [&](faultfs::Candidate& candidate) {
    const Ground ground = ground_at(run, script.commands, candidate.point().ops, model->survival, promise);
    const auto wrong = judge(ground, observe_after_crash(subject, script.settings, script.epoch, candidate.image()));
    ++totals.judged;
    if (wrong) ADD_FAILURE() << model_text << ", " << faultfs::to_text(candidate.state()) << "\n" << wrong->text;
    return !wrong;
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{:<28} {}; {:.0f} judged a second\n", model_text, faultfs::to_text(totals.coverage),
             static_cast<double>(totals.judged) / seconds);
  return totals;
}

Played must_play(const Script& script) {
  Played played{script, play(ReferenceSubject(), script)};
  EXPECT_FALSE(played.run.mistake) << played.run.mistake->wrong.text;
  return played;
}

class CrashStates : public testing::TestWithParam<std::string_view> {};

TEST_P(CrashStates, OfASyncedStoreAllRecoverToAnAllowedPrefix) {
  const Played played = must_play(forty_commands("on_commit"));
  const Totals totals = judge_all(played, std::string(GetParam()), {.states_per_point = 1'024});
  EXPECT_GT(totals.coverage.points, played.run.trace.ops.size());
  EXPECT_GT(totals.judged, 50U);
}

TEST_P(CrashStates, OfAStoreSyncedOnRequestAllRecoverToAnAllowedPrefix) {
  const Played played = must_play(forty_commands("on_request"));
  const Totals totals =
      judge_all(played, std::string(GetParam()), {.states_per_point = 256, .cuts_per_write = 2, .states_per_cut = 32});
  EXPECT_GT(totals.judged, 50U);
}

// What the page cache holds after a kill, a new process serves; so it must not go away when the power does. The
// recoveries lie in the trace, so that crashes inside them are among the states.
TEST_P(CrashStates, AfterAKillWhatWasServedStaysWhenThePowerIsCut) {
  Script script = forty_commands("on_request");
  script.restarts = {{5, Restart::kill}, {13, Restart::kill}, {20, Restart::close}, {35, Restart::kill}};
  const Totals totals = judge_all(must_play(script), std::string(GetParam()),
                                  {.states_per_point = 256, .cuts_per_write = 1, .states_per_cut = 32});
  EXPECT_GT(totals.judged, 50U);
}

INSTANTIATE_TEST_SUITE_P(Models, CrashStates,
                         testing::Values("process_kill", "synced_only", "ordered", "ordered size_before_data=zeros",
                                         "posix", "posix sector_bytes=4096"),
                         [](const auto& param) {
                           std::string name(param.param);
                           std::ranges::replace_if(name, [](char c) { return c == ' ' || c == '='; }, '_');
                           return name;
                         });

// With sectors of 4,096 bytes few pieces are pending at a time, so that every state is tried.
TEST(CrashStatesWhole, OfASyncedStoreWithLargeSectorsAreAllTried) {
  const Played played = must_play(forty_commands("on_commit"));
  for (const char* model : {"ordered sector_bytes=4096", "posix sector_bytes=4096"}) {
    const Totals totals = judge_all(played, model, {});
    EXPECT_TRUE(totals.coverage.exhaustive());
    EXPECT_GT(totals.judged, played.run.trace.ops.size());
  }
}

}  // namespace
}  // namespace walbreaker
