// The campaign `damage`, its follow-ups, and what it makes of weaker promises and of subjects that take numbers alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "harness/campaign_test_util.h"
#include "harness/damage_campaign.h"
#include "harness/run_case.h"
#include "harness/toy_subject_test_util.h"
#include "harness/workload.h"

namespace walbreaker {
namespace {

constexpr ScenarioSize kTiny{.snapshot_bytes = 300, .log_bytes = 300};

Tally run_all(DamageCampaignKind kind, const Subject& subject, const std::vector<ScenarioKind>& scenarios) {
  DamageCampaign campaign(kind, subject, {.seed = 1, .size = kTiny, .spread = false, .scenarios = scenarios});
  Tally tally = campaign.prepare();
  if (tally.violations.empty() && !tally.trouble) tally.add(campaign.run({0, *campaign.total_cases()}));
  return tally;
}

Tally damage_toy(const Subject& subject) {
  return run_all(DamageCampaignKind::damage, subject, {ScenarioKind::fresh, ScenarioKind::mid_flight});
}

void expect_pass(const Tally& tally) {
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  EXPECT_GT(tally.fired, 0U);
}

// A toy that says other things of itself, and takes numbers alone where it promises so.
class OtherToy final : public Subject {
 public:
  OtherToy(ToyBug bug, std::vector<PromiseTerm> terms, Capabilities capabilities = {}, bool knows_roles = true)
      : toy_(toy(bug)), terms_(std::move(terms)), capabilities_(capabilities), knows_roles_(knows_roles) {}

  [[nodiscard]] std::string_view name() const override { return "other_toy"; }
  [[nodiscard]] Capabilities capabilities() const override { return capabilities_; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings&) const override { return terms_; }
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override {
    return knows_roles_ ? toy_.role_of(file_name) : FileRole::unknown;
  }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;

 private:
  const Subject& toy_;
  std::vector<PromiseTerm> terms_;
  Capabilities capabilities_;
  bool knows_roles_;
};

std::vector<PromiseTerm> terms(const std::string& on_damage) {
  return {
      {"kill", "on_ack"}, {"power", "on_ack"}, {"order", "prefix"}, {"batches", "atomic"}, {"on_damage", on_damage}};
}

// Refuses what is no number.
class NumbersOnly final : public Session {
 public:
  explicit NumbersOnly(std::unique_ptr<Session> inner) : inner_(std::move(inner)) {}

  kv::Result<void> put(const std::string& key, const std::string& value) override {
    TRY(check(key, &value));
    return inner_->put(key, value);
  }
  kv::Result<bool> del(const std::string& key) override {
    TRY(check(key, nullptr));
    return inner_->del(key);
  }
  kv::Result<void> batch(const kv::Batch& batch) override {
    for (const auto& write : batch.operations()) {
      TRY(check(write.key, write.kind == kv::Batch::Kind::put ? &write.value : nullptr));
    }
    return inner_->batch(batch);
  }
  kv::Result<std::optional<std::string>> get(const std::string& key) override {
    TRY(check(key, nullptr));
    return inner_->get(key);
  }
  kv::Result<Listing> scan() override { return inner_->scan(); }
  kv::Result<void> sync() override { return inner_->sync(); }
  kv::Result<void> compact() override { return inner_->compact(); }
  kv::Result<void> close() override { return inner_->close(); }

 private:
  static kv::Result<void> check(const std::string& key, const std::string* value) {
    if (key.size() == 4 && (value == nullptr || value->size() == 8)) return {};
    return kv::fail(kv::ErrorCode::invalid_argument, "no number");
  }

  std::unique_ptr<Session> inner_;
};

kv::Result<Opened> OtherToy::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  Opened opened = TRY(toy_.open(vfs, directory, request));
  if (promise_of(*this, {}).keys == Domain::int32) {
    opened.session = std::make_unique<NumbersOnly>(std::move(opened.session));
  }
  return opened;
}

TEST(Damage, ACorrectToyPasses) {
  const Tally tally = damage_toy(toy(ToyBug::none));
  expect_pass(tally);
  EXPECT_GT(tally.cases, 30U);
  EXPECT_GT(tally.follow_ups, 3U);
}

TEST(Damage, FindsToysThatAreWrongAndNamesIt) {
  const auto found = [](ToyBug bug) { return kinds_of(damage_toy(toy(bug))); };
  EXPECT_TRUE(found(ToyBug::ignores_damage).contains(ViolationKind::silent_loss));
  EXPECT_TRUE(found(ToyBug::skips_bad_records).contains(ViolationKind::hole));
  EXPECT_FALSE(found(ToyBug::checks_nothing).empty());
  EXPECT_TRUE(found(ToyBug::forgets_at_reopen).contains(ViolationKind::unstable_recovery));
  EXPECT_TRUE(found(ToyBug::writes_read_only).contains(ViolationKind::changed_read_only));
}

TEST(Damage, TheReferencePassesAllOfItWhereItIsSmall) {
  const Tally tally = run_all(DamageCampaignKind::damage, *find_test_subject("reference"),
                              {ScenarioKind::closed, ScenarioKind::three_logs, ScenarioKind::power_cut});
  expect_pass(tally);
  EXPECT_GT(tally.counts.at({"closed", "refused"}), 0U);
  EXPECT_GT(tally.counts.at({"three_logs", "prefix_reported"}), 0U);
  EXPECT_GT(tally.counts.at({"three_logs", "prefix_dropped"}), 0U);
  EXPECT_FALSE(tally.counts.contains({"closed", "prefix_dropped"}));
}

TEST(Damage, TheReferencePassesASampleInEveryScenario) {
  DamageCampaign campaign(DamageCampaignKind::damage, *find_test_subject("reference"), {.seed = 1, .scenarios = {}});
  Tally tally = campaign.prepare();
  tally.add(campaign.run({0, 1'024}));
  expect_pass(tally);
  std::set<std::string> scenarios;
  for (const auto& [what, count] : tally.counts) {
    if (count > 0) scenarios.insert(what.first);
  }
  EXPECT_EQ(scenarios.size(), kScenarios.size());
}

TEST(Damage, ACaseIsMadeAgainFromItsScriptAndItsDamage) {
  const Subject& subject = toy(ToyBug::ignores_damage);
  DamageCampaign campaign(DamageCampaignKind::damage, subject,
                          {.seed = 1, .size = kTiny, .scenarios = {ScenarioKind::mid_flight}});
  campaign.prepare();
  const Tally tally = campaign.run({0, *campaign.total_cases()});
  ASSERT_FALSE(tally.violations.empty());
  const Violation& violation = tally.violations.front();
  const auto& [scenario, damage] = campaign.case_at(violation.case_index);
  const auto again = play_scenario(scenario.kind, subject, scenario.script);
  ASSERT_TRUE(again);
  EXPECT_TRUE(apply(damage, again->image, &again->older).has_value());
  const auto c = parse_case(violation.case_text);
  ASSERT_TRUE(c) << c.error().message();
  const CaseResult result = run_case(subject, *c);
  ASSERT_TRUE(result.wrong) << result.text;
  EXPECT_EQ(result.wrong->kind, violation.kind);
}

TEST(Damage, ASecondOpenerHasToBeRefusedWhereTheSubjectLocks) {
  const OtherToy subject(ToyBug::none, terms("exact_prefix"), {.locks = true});
  EXPECT_TRUE(kinds_of(damage_toy(subject)).contains(ViolationKind::double_open));
}

TEST(Damage, AWeakerPromiseIsJudgedByItself) {
  // It loses silently what lies behind a bad record: a prefix, and no more is promised.
  expect_pass(damage_toy(OtherToy(ToyBug::ignores_damage, terms("prefix"))));
  EXPECT_TRUE(
      kinds_of(damage_toy(OtherToy(ToyBug::ignores_damage, terms("detect")))).contains(ViolationKind::silent_loss));
  expect_pass(damage_toy(OtherToy(ToyBug::none, terms("detect"))));
  EXPECT_TRUE(kinds_of(damage_toy(OtherToy(ToyBug::skips_bad_records, terms("prefix")))).contains(ViolationKind::hole));
}

// The search judged by what the subject promises, and came back with a damage that is allowed where the case says less.
TEST(Damage, AnotherDamageIsLookedForUnderThePromiseThatTheCaseStates) {
  const OtherToy subject(ToyBug::ignores_damage, terms("exact_prefix"));
  const Tally tally = damage_toy(subject);
  ASSERT_FALSE(tally.violations.empty());
  auto c = parse_case(tally.violations.front().case_text);
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_TRUE(find_damage(subject, *c, ViolationKind::silent_loss));
  const auto on_damage = std::ranges::find(c->promise, "on_damage", &PromiseTerm::key);
  ASSERT_NE(on_damage, c->promise.end());
  on_damage->value = "prefix";
  EXPECT_FALSE(find_damage(subject, *c, ViolationKind::silent_loss));
}

TEST(Damage, ASubjectThatPromisesNothingOfItIsInconclusive) {
  const Tally tally = damage_toy(OtherToy(ToyBug::none, terms("none")));
  EXPECT_THAT(tally.trouble.value_or(""), testing::HasSubstr("other_toy promises nothing of damage"));
}

TEST(Damage, AFileOfUnknownRoleIsJudgedByWhoWroteIt) {
  expect_pass(damage_toy(OtherToy(ToyBug::none, terms("exact_prefix"), {}, false)));
  EXPECT_TRUE(kinds_of(damage_toy(OtherToy(ToyBug::ignores_damage, terms("exact_prefix"), {}, false)))
                  .contains(ViolationKind::silent_loss));
  EXPECT_TRUE(
      kinds_of(run_all(DamageCampaignKind::bitflip, OtherToy(ToyBug::loses_one_more, terms("exact_prefix"), {}, false),
                       {ScenarioKind::mid_flight}))
          .contains(ViolationKind::lost_ack));
}

TEST(Damage, ASubjectThatTakesNumbersAloneIsGivenNumbers) {
  auto numbers = terms("exact_prefix");
  numbers.push_back({"keys", "int32"});
  numbers.push_back({"values", "int64"});
  expect_pass(damage_toy(OtherToy(ToyBug::none, numbers)));
  EXPECT_TRUE(kinds_of(damage_toy(OtherToy(ToyBug::skips_bad_records, numbers))).contains(ViolationKind::hole));
}

}  // namespace
}  // namespace walbreaker
