#include "harness/runner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>

#include <sys/wait.h>

#include "harness/damage_campaign.h"
#include "harness/toy_subject_test_util.h"

namespace walbreaker {
namespace {

// Every case whose number is divisible by `violates_every` is a violation, and by `dies_every` ends its process;
// `where` is its last digit.
struct FakeOptions {
  std::string_view name = "fake";
  std::optional<std::uint64_t> total = 1'000;
  std::uint64_t violates_every = 0;
  std::uint64_t dies_every = 0;  // and so ends its process
  bool fires = true;
  std::optional<std::string> trouble;
  Tally prepared;
};

class FakeCampaign final : public Campaign {
 public:
  explicit FakeCampaign(FakeOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string_view name() const override { return options_.name; }
  Tally prepare() override { return options_.prepared; }
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return options_.total; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 10; }
  Tally run(const CaseRange& cases, CaseWatch& watch) override {
    Tally tally;
    tally.trouble = options_.trouble;
    for (std::uint64_t i = cases.first; i < cases.last; ++i) {
      ++tally.cases;
      tally.fired += options_.fires ? 1 : 0;
      ++tally.counts[{"last digit", std::to_string(i % 10)}];
      if (!watch.at(i, [&] { return Violation{ViolationKind::died, fmt::format("place {}", i % 10), "", i, {}}; })) {
        continue;
      }
      if (options_.dies_every > 0 && i > 0 && i % options_.dies_every == 0) std::abort();
      if (options_.violates_every > 0 && i > 0 && i % options_.violates_every == 0) {
        tally.add(Violation{ViolationKind::hole, fmt::format("place {}", i % 10), "summary", i, {}});
      }
    }
    return tally;
  }

 private:
  FakeOptions options_;
};

std::vector<std::unique_ptr<Campaign>> one(FakeOptions options) {
  std::vector<std::unique_ptr<Campaign>> campaigns;
  campaigns.push_back(std::make_unique<FakeCampaign>(std::move(options)));
  return campaigns;
}

RunOptions cases(std::uint64_t count, unsigned jobs = 2) {
  return {.budget = {.kind = Budget::Kind::cases, .cases = count}, .jobs = jobs};
}

RunOptions exhaustive() { return {.budget = {.kind = Budget::Kind::exhaustive}, .jobs = 2}; }

TEST(Runner, RunsSoManyCasesOfEachCampaign) {
  auto campaigns = one({.name = "a"});
  campaigns.push_back(std::make_unique<FakeCampaign>(FakeOptions{.name = "b", .total = 17}));
  const RunReport report = run_campaigns(campaigns, cases(25));
  ASSERT_EQ(report.campaigns.size(), 2U);
  EXPECT_EQ(report.campaigns[0].tally.cases, 25U);
  EXPECT_FALSE(report.campaigns[0].exhaustive);
  EXPECT_EQ(report.campaigns[1].tally.cases, 17U);
  EXPECT_TRUE(report.campaigns[1].exhaustive);
  EXPECT_EQ(report.verdict, Verdict::pass);
}

TEST(Runner, ExhaustiveRunsAllThereAreAndSomeOfWhatHasNoEnd) {
  EXPECT_EQ(run_campaigns(one({}), exhaustive()).campaigns[0].tally.cases, 1'000U);
  const RunReport endless = run_campaigns(one({.total = std::nullopt}), exhaustive());
  EXPECT_EQ(endless.campaigns[0].tally.cases, kEndlessCases);
  EXPECT_FALSE(endless.campaigns[0].exhaustive);
}

TEST(Runner, SecondsRunEveryCampaignThatHasCasesLeft) {
  auto campaigns = one({.name = "endless", .total = std::nullopt});
  campaigns.push_back(std::make_unique<FakeCampaign>(FakeOptions{.name = "short", .total = 50}));
  const RunReport report = run_campaigns(campaigns, {.budget = {.seconds = 0.2}, .jobs = 2});
  EXPECT_GT(report.campaigns[0].tally.cases, 0U);
  EXPECT_EQ(report.campaigns[1].tally.cases, 50U);
}

TEST(Runner, ComesToTheSameWithAnyNumberOfJobs) {
  const auto run = [](unsigned jobs) {
    RunOptions options = cases(1'000, jobs);
    std::vector<std::uint64_t> seen;
    options.on_violation = [&](const Campaign&, const Violation& violation) { seen.push_back(violation.case_index); };
    options.stop_after = 4;
    const RunReport report = run_campaigns(one({.violates_every = 37}), options);
    return std::tuple(report.campaigns[0].tally.cases, report.campaigns[0].tally.violating_cases, seen);
  };
  const auto expected = run(1);
  EXPECT_EQ(std::get<2>(expected), (std::vector<std::uint64_t>{37, 74, 111, 148}));
  EXPECT_EQ(run(2), expected);
  EXPECT_EQ(run(7), expected);
}

TEST(Runner, ARealCampaignComesToTheSameWithAnyNumberOfJobs) {
  const auto run = [](unsigned jobs) {
    std::vector<std::unique_ptr<Campaign>> campaigns;
    campaigns.push_back(std::make_unique<DamageCampaign>(
        DamageCampaignKind::bitflip, toy(ToyBug::ignores_damage),
        DamageCampaignOptions{.size = {.snapshot_bytes = 300, .log_bytes = 300},
                              .scenarios = {ScenarioKind::fresh, ScenarioKind::mid_flight}}));
    const RunReport report = run_campaigns(campaigns, cases(1'500, jobs));
    return std::pair(report.campaigns[0].tally.counts, report.campaigns[0].tally.violations.at(0).summary);
  };
  EXPECT_EQ(run(1), run(3));
}

TEST(Runner, ComesToTheSameWithAnyNumberOfJobsWhereProcessesDie) {
  const auto run = [](unsigned jobs) {
    RunOptions options = cases(200, jobs);
    std::vector<std::string> seen;
    options.on_violation = [&](const Campaign&, const Violation& violation) {
      seen.push_back(fmt::format("{} {} {}", info(violation.kind).name, violation.where, violation.case_index));
    };
    const RunReport report = run_campaigns(one({.violates_every = 45, .dies_every = 37}), options);
    const Tally& tally = report.campaigns[0].tally;
    return std::tuple(tally.cases, tally.violating_cases, tally.counts, seen, report.verdict);
  };
  const auto expected = run(1);
  EXPECT_EQ(std::get<0>(expected), 200U);
  EXPECT_EQ(std::get<1>(expected), 9U);
  EXPECT_THAT(std::get<3>(expected),
              testing::ElementsAre("died place 7 37", "hole place 5 45", "died place 4 74", "hole place 0 90",
                                   "died place 1 111", "died place 8 148", "died place 5 185"));
  EXPECT_EQ(std::get<4>(expected), Verdict::violation);
  EXPECT_EQ(run(2), expected);
  EXPECT_EQ(run(3), expected);
}

TEST(Runner, TheShardsOfARunAreTogetherTheRun) {
  const auto run = [](std::uint64_t total, std::uint64_t index, std::uint64_t count) {
    RunOptions options = cases(505);
    options.stop_after = 1'000;
    options.shard_index = index;
    options.shard_count = count;
    return std::move(run_campaigns(one({.total = total, .violates_every = 37}), options).campaigns[0]);
  };
  const CampaignReport whole = run(1'000, 0, 1);
  Tally together;
  for (std::uint64_t index = 0; index < 3; ++index) {
    CampaignReport shard = run(1'000, index, 3);
    EXPECT_FALSE(shard.exhaustive);
    EXPECT_GT(shard.tally.cases, 160U);
    together.add(std::move(shard.tally));
  }
  EXPECT_EQ(together.cases, 505U);
  EXPECT_EQ(together.counts, whole.tally.counts);
  EXPECT_EQ(together.violating_cases, whole.tally.violating_cases);
  for (std::uint64_t index = 0; index < 3; ++index) EXPECT_TRUE(run(101, index, 3).exhaustive);
  EXPECT_EQ(run(15, 2, 3).tally.cases, 0U) << "there are two units, and three shards";
}

TEST(Runner, NoProcessIsLeftInTheEnd) {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }  // those that other tests in this process have left
  run_campaigns(one({.violates_every = 37, .dies_every = 61}), cases(200, 3));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Runner, CountsEveryViolationAndTellsEachCauseOnce) {
  RunOptions options = cases(1'000);
  std::uint64_t told = 0;
  options.on_violation = [&](const Campaign&, const Violation&) { ++told; };
  const RunReport report = run_campaigns(one({.violates_every = 20}), options);  // all at "place 0"
  EXPECT_EQ(told, 1U);
  EXPECT_EQ(report.campaigns[0].tally.violating_cases, 49U);
  EXPECT_EQ(report.verdict, Verdict::violation);
}

TEST(Runner, StopsAfterEnoughDistinctViolations) {
  RunOptions options = cases(1'000);
  options.stop_after = 2;
  const RunReport report = run_campaigns(one({.violates_every = 37}), options);
  EXPECT_EQ(report.campaigns[0].tally.violations.size(), 2U);
  EXPECT_EQ(report.campaigns[0].tally.cases, 80U);  // case 74 is in the unit that ends there
}

TEST(Runner, IsInconclusiveWhereNothingFiredOrTheHarnessFailed) {
  EXPECT_EQ(run_campaigns(one({.fires = false}), cases(10)).verdict, Verdict::inconclusive);
  EXPECT_EQ(run_campaigns(one({.trouble = "no space"}), cases(10)).verdict, Verdict::inconclusive);
  EXPECT_EQ(run_campaigns(one({.total = 0}), cases(10)).verdict, Verdict::inconclusive);
  EXPECT_EQ(run_campaigns({}, cases(10)).verdict, Verdict::inconclusive);
}

TEST(Runner, AViolationOutweighsWhatIsInconclusive) {
  auto campaigns = one({.violates_every = 3});
  campaigns.push_back(std::make_unique<FakeCampaign>(FakeOptions{.fires = false}));
  EXPECT_EQ(run_campaigns(campaigns, cases(10)).verdict, Verdict::violation);
}

TEST(Runner, RunsNoCaseOfACampaignWhoseBaselineIsWrong) {
  FakeOptions broken;
  broken.prepared.add(Violation{ViolationKind::baseline, "closed", "wrong from the start", 0, {}});
  const RunReport report = run_campaigns(one(broken), cases(10));
  EXPECT_EQ(report.campaigns[0].tally.cases, 0U);
  EXPECT_EQ(report.verdict, Verdict::violation);
}

TEST(Runner, AnInterruptedRunTellsWhatIsKnownAndIsNoPass) {
  const std::atomic<bool> interrupted = true;
  RunOptions options = cases(100);
  options.interrupted = &interrupted;
  const RunReport report = run_campaigns(one({}), options);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
}

TEST(Runner, TellsItsProgress) {
  RunOptions options = cases(100);
  ProgressState last;
  options.on_progress = [&](const ProgressState& state) { last = state; };
  run_campaigns(one({}), options);
  EXPECT_EQ(last.cases, 100U);
  EXPECT_DOUBLE_EQ(last.done, 1.0);
}

}  // namespace
}  // namespace walbreaker
