#include "harness/runner.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/damage_campaign.h"
#include "harness/toy_subject_test_util.h"

namespace walbreaker {
namespace {

// Every case whose number is divisible by `violates_every` is a violation; `where` is its last digit.
struct FakeOptions {
  std::string_view name = "fake";
  std::optional<std::uint64_t> total = 1'000;
  std::uint64_t violates_every = 0;
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
  Tally run(const CaseRange& cases) override {
    Tally tally;
    tally.trouble = options_.trouble;
    for (std::uint64_t i = cases.first; i < cases.last; ++i) {
      ++tally.cases;
      tally.fired += options_.fires ? 1 : 0;
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
