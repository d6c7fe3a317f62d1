#include "harness/damage_campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/campaign_test_util.h"
#include "harness/damage_oracle.h"
#include "harness/fake_plugin_test_util.h"
#include "harness/plugin_subject.h"
#include "harness/toy_subject_test_util.h"

namespace walbreaker {
namespace {

const Subject& reference() { return *find_test_subject("reference"); }

constexpr ScenarioSize kTiny{.snapshot_bytes = 300, .log_bytes = 300};

Tally run_all(DamageCampaignKind kind, const Subject& subject, const std::vector<ScenarioKind>& scenarios,
              const ScenarioSize& size) {
  DamageCampaign campaign(kind, subject, {.seed = 1, .size = size, .spread = false, .scenarios = scenarios});
  Tally tally = campaign.prepare();
  if (tally.violations.empty()) tally.add(campaign.run({0, *campaign.total_cases()}));
  return tally;
}

Tally torture_toy(DamageCampaignKind kind, ToyBug bug) {
  return run_all(kind, toy(bug), {ScenarioKind::fresh, ScenarioKind::mid_flight}, kTiny);
}

std::uint64_t count(const Tally& tally, ScenarioKind scenario, DamageOutcome outcome) {
  const auto it = tally.counts.find({std::string(to_string(scenario)), std::string(to_string(outcome))});
  return it == tally.counts.end() ? 0 : it->second;
}

TEST(DamageCampaign, ACorrectToyPasses) {
  for (const DamageCampaignKind kind : {DamageCampaignKind::truncate, DamageCampaignKind::bitflip}) {
    const Tally tally = torture_toy(kind, ToyBug::none);
    EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
    EXPECT_GT(tally.cases, 500U);
    EXPECT_EQ(tally.fired, tally.cases);
    EXPECT_FALSE(tally.trouble);
  }
}

TEST(DamageCampaign, FindsEachWayToBeWrongAndNamesIt) {
  const auto found = [](DamageCampaignKind kind, ToyBug bug) { return kinds_of(torture_toy(kind, bug)); };
  EXPECT_TRUE(found(DamageCampaignKind::bitflip, ToyBug::ignores_damage).contains(ViolationKind::silent_loss));
  EXPECT_TRUE(found(DamageCampaignKind::bitflip, ToyBug::skips_bad_records).contains(ViolationKind::hole));
  EXPECT_TRUE(found(DamageCampaignKind::bitflip, ToyBug::checks_nothing).contains(ViolationKind::wrong_value));
  EXPECT_TRUE(found(DamageCampaignKind::bitflip, ToyBug::checks_nothing).contains(ViolationKind::phantom_value));
  EXPECT_TRUE(found(DamageCampaignKind::bitflip, ToyBug::reports_always).contains(ViolationKind::baseline));
  EXPECT_TRUE(found(DamageCampaignKind::bitflip, ToyBug::loses_one_more).contains(ViolationKind::lost_ack));
  EXPECT_TRUE(found(DamageCampaignKind::truncate, ToyBug::loses_one_more).contains(ViolationKind::silent_loss));
  EXPECT_TRUE(
      found(DamageCampaignKind::truncate, ToyBug::forgets_at_reopen).contains(ViolationKind::unstable_recovery));
  EXPECT_TRUE(found(DamageCampaignKind::truncate, ToyBug::writes_read_only).contains(ViolationKind::changed_read_only));
  EXPECT_TRUE(found(DamageCampaignKind::truncate, ToyBug::wrong_get).contains(ViolationKind::wrong_result));
  EXPECT_TRUE(found(DamageCampaignKind::bitflip, ToyBug::fails_oddly).contains(ViolationKind::unrecoverable));
}

TEST(DamageCampaign, AViolationTellsWhatAPersonNeedsAndKeepsTheImage) {
  const Tally tally = torture_toy(DamageCampaignKind::bitflip, ToyBug::ignores_damage);
  ASSERT_EQ(tally.violations.size(), 1U);
  const Violation& violation = tally.violations.front();
  EXPECT_EQ(violation.where, "mid_flight: record");
  EXPECT_NE(violation.summary.find("damage    flip bit "), std::string::npos) << violation.summary;
  EXPECT_NE(violation.summary.find(" of \"log\" (byte "), std::string::npos) << violation.summary;
  EXPECT_NE(violation.summary.find("expected  the contents after all"), std::string::npos) << violation.summary;
  EXPECT_GT(tally.violating_cases, 100U);
}

// The other scenarios are cut in `walbreaker run --exhaustive`.
TEST(DamageCampaign, TheReferencePassesEveryCutOfEveryFile) {
  const std::vector<ScenarioKind> scenarios{ScenarioKind::closed, ScenarioKind::mid_flight,
                                            ScenarioKind::two_generations};
  const Tally tally = run_all(DamageCampaignKind::truncate, reference(), scenarios, kTiny);
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  EXPECT_GT(count(tally, ScenarioKind::mid_flight, DamageOutcome::cut_dropped), 0U);
  EXPECT_GT(count(tally, ScenarioKind::two_generations, DamageOutcome::prefix_reported), 0U);
  EXPECT_GT(count(tally, ScenarioKind::closed, DamageOutcome::full_reported), 0U);
  EXPECT_GT(count(tally, ScenarioKind::closed, DamageOutcome::refused), 0U);
  EXPECT_EQ(count(tally, ScenarioKind::closed, DamageOutcome::cut_dropped), 0U);
}

// The headline, on a store of some 9 KiB; `walbreaker run --exhaustive` shows it on larger ones.
TEST(DamageCampaign, TheReferencePassesEveryBitFlipOfAClosedStore) {
  const Tally tally = run_all(DamageCampaignKind::bitflip, reference(), {ScenarioKind::closed}, kTiny);
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  const std::uint64_t reported = count(tally, ScenarioKind::closed, DamageOutcome::full_reported);
  const std::uint64_t refused = count(tally, ScenarioKind::closed, DamageOutcome::refused);
  EXPECT_EQ(reported + refused + count(tally, ScenarioKind::closed, DamageOutcome::full), tally.cases);
  EXPECT_GT(reported, 4'096U * 8 / 2);
  EXPECT_GT(refused, 4'096U * 8);
}

TEST(DamageCampaign, TheReferencePassesEveryBitFlipOfAStoreStoppedInMidFlight) {
  const Tally tally = run_all(DamageCampaignKind::bitflip, reference(), {ScenarioKind::mid_flight}, kTiny);
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  EXPECT_GT(count(tally, ScenarioKind::mid_flight, DamageOutcome::prefix_reported), 0U);
  EXPECT_GT(count(tally, ScenarioKind::mid_flight, DamageOutcome::last_group_dropped), 0U);
}

TEST(DamageCampaign, TheReferencePassesASampleOfAllBitFlips) {
  DamageCampaign campaign(DamageCampaignKind::bitflip, reference(), {.seed = 1});
  Tally tally = campaign.prepare();
  tally.add(campaign.run({0, 4'000}));
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  for (const ScenarioKind kind :
       {ScenarioKind::mid_flight, ScenarioKind::two_generations, ScenarioKind::sync_on_request}) {
    EXPECT_GT(count(tally, kind, DamageOutcome::prefix_reported), 0U) << to_string(kind);
    EXPECT_GT(count(tally, kind, DamageOutcome::last_group_dropped), 0U) << to_string(kind);
  }
  EXPECT_GT(count(tally, ScenarioKind::closed, DamageOutcome::full_reported), 0U);
  EXPECT_EQ(count(tally, ScenarioKind::closed, DamageOutcome::last_group_dropped), 0U);
}

TEST(DamageCampaign, AUnitComesToTheSameWhateverRanBefore) {
  const auto run = [](const std::vector<CaseRange>& units) {
    DamageCampaign campaign(DamageCampaignKind::truncate, reference(), {.seed = 3});
    Tally tally = campaign.prepare();
    for (const CaseRange& unit : units) tally.add(campaign.run(unit));
    return tally.counts;
  };
  EXPECT_EQ(run({{0, 256}}), run({{128, 256}, {0, 128}}));
}

TEST(DamageCampaign, HasNoVerdictOnASubjectThatDoesNotPromiseWhatItJudges) {
  walbreaker_plugin plugin = fake_plugin();  // it promises nothing of damage, nor of kills
  const PluginSubject subject(plugin, "./fake.so");
  DamageCampaign damage(DamageCampaignKind::bitflip, subject, {.seed = 1});
  EXPECT_THAT(damage.prepare().trouble.value_or(""), testing::HasSubstr("fake promises nothing of damage"));
}

}  // namespace
}  // namespace walbreaker
