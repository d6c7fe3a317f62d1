// What each promise of on_damage allows, what files of unknown roles are judged by, and refused reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/damage_oracle.h"

namespace walbreaker {
namespace {

using faultfs::OpKind;
using testing::ElementsAre;

constexpr PrefixRange at(std::size_t prefix) { return {prefix, prefix}; }

History five_puts() {
  History history{.epoch = 1, .base = {}, .commands = {}, .acked = 5};
  for (int i = 0; i < 5; ++i) {
    Command put{CommandKind::put, {}};
    put.writes.put(std::string(1, static_cast<char>('a' + i)), "v");
    history.commands.push_back(put);
  }
  return history;
}

// A file: 100 bytes of an open, then 10 of each of five puts, each synced.
Scenario one_file(FileRole role, OnDamage on_damage, bool closed = false) {
  Scenario scenario{ScenarioKind::mid_flight,
                    closed,
                    {},
                    {},
                    Timeline(five_puts()),
                    {.order = Order::prefix, .batches = Batches::atomic, .on_damage = on_damage}};
  ScenarioFile file{"file", role, 150, {{OpKind::write, 0, 0, 100, tag_after_commands(0)}, {OpKind::sync, 1}}};
  for (std::size_t i = 0; i < 5; ++i) {
    file.recorded.push_back({OpKind::write, 2 + 2 * i, 100 + 10 * i, 10, tag_of_command(i)});
    file.recorded.push_back({OpKind::sync, 3 + 2 * i});
  }
  scenario.files = {file};
  return scenario;
}

HarmedBytes bytes(std::uint64_t begin, std::uint64_t end) { return {"file", {begin, end}}; }

TEST(DamageOraclePromise, OfHarmThatSpansRecordsOfTheLastLogAllowsAnyPrefixFromItsBase) {
  const Scenario open = one_file(FileRole::log, OnDamage::exact_prefix);
  EXPECT_THAT(harm_of(open, bytes(125, 135)).allowed.unreported.ranges(), ElementsAre(PrefixRange{0, 5}));
  EXPECT_EQ(harm_of(open, bytes(125, 135)).allowed.reported, at(2));
  const Scenario closed = one_file(FileRole::log, OnDamage::exact_prefix, true);
  EXPECT_THAT(harm_of(closed, bytes(125, 135)).allowed.unreported.ranges(), ElementsAre(at(5)));
}

TEST(DamageOraclePromise, OfADeletedLastLogAllowsAnyPrefixFromItsBase) {
  HarmedBytes gone{"file", {0, 150}, false, true};
  EXPECT_THAT(harm_of(one_file(FileRole::log, OnDamage::exact_prefix), gone).allowed.unreported.ranges(),
              ElementsAre(PrefixRange{0, 5}));
  EXPECT_THAT(harm_of(one_file(FileRole::log, OnDamage::exact_prefix, true), gone).allowed.unreported.ranges(),
              ElementsAre(at(5)));
}

TEST(DamageOraclePromise, OfAFileThatComesBackAllowsOnlyEverything) {
  const Harm harm = harm_of(one_file(FileRole::log, OnDamage::exact_prefix), {"older", {0, 10}});
  EXPECT_EQ(harm.place, Place::obsolete);
  EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(at(5)));
  EXPECT_EQ(harm.allowed.reported, at(5));
}

TEST(DamageOraclePromise, OfDetectAllowsAnyPrefixThatIsReported) {
  const Harm harm = harm_of(one_file(FileRole::log, OnDamage::detect), bytes(125, 126));
  EXPECT_EQ(harm.allowed.reported, (PrefixRange{0, 5}));
  EXPECT_TRUE(harm.allowed.refusal);
  EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(at(5)));
  // What a crash explains.
  EXPECT_THAT(harm_of(one_file(FileRole::log, OnDamage::detect), bytes(145, 146)).allowed.unreported.ranges(),
              ElementsAre(at(4), at(5)));
}

TEST(DamageOraclePromise, OfPrefixAllowsAnyPrefixReportedOrNot) {
  for (const FileRole role : {FileRole::log, FileRole::snapshot, FileRole::unknown}) {
    const Harm harm = harm_of(one_file(role, OnDamage::prefix, true), bytes(125, 126));
    EXPECT_EQ(harm.allowed.reported, (PrefixRange{0, 5}));
    EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(PrefixRange{0, 5}));
  }
}

TEST(DamageOraclePromise, OfAFileOfUnknownRoleIsExactWhereOneCommandWroteWhatIsHarmed) {
  const Scenario open = one_file(FileRole::unknown, OnDamage::exact_prefix);
  EXPECT_EQ(harm_of(open, bytes(125, 126)).allowed.reported, at(2));
  EXPECT_THAT(harm_of(open, bytes(125, 126)).allowed.unreported.ranges(), ElementsAre(at(5)));
  EXPECT_THAT(harm_of(open, bytes(145, 146)).allowed.unreported.ranges(), ElementsAre(at(4), at(5)));
  EXPECT_EQ(harm_of(open, bytes(125, 126)).place, Place::unknown);
}

TEST(DamageOraclePromise, OfAFileOfUnknownRoleIsJudgedAsDetectElsewhere) {
  const Scenario open = one_file(FileRole::unknown, OnDamage::exact_prefix);
  for (const HarmedBytes& harm : {bytes(125, 135), bytes(99, 101), bytes(5, 6)}) {
    EXPECT_EQ(harm_of(open, harm).allowed.reported, (PrefixRange{0, 5}));
  }
  EXPECT_THAT(harm_of(open, bytes(125, 135)).allowed.unreported.ranges(), ElementsAre(PrefixRange{2, 5}));
  const Scenario closed = one_file(FileRole::unknown, OnDamage::exact_prefix, true);
  EXPECT_THAT(harm_of(closed, bytes(125, 135)).allowed.unreported.ranges(), ElementsAre(at(5)));
}

// --- refused reads ---

Observation refuses_scans(PartialListing partial) {
  Observation observation;
  observation.wrong = Wrong{ViolationKind::unrecoverable, "scan failed"};
  observation.refusal = kv::ErrorCode::corrupted;
  observation.partial = std::move(partial);
  return observation;
}

TEST(DamageOraclePromise, TakesARefusedReadForAReport) {
  const Scenario scenario = one_file(FileRole::log, OnDamage::exact_prefix);
  const PossibleContents possible(scenario.timeline.history(), scenario.promise);
  const Allowed allowed = harm_of(scenario, bytes(125, 126)).allowed;
  EXPECT_FALSE(judge_damage(possible, allowed, refuses_scans({})).wrong);
  EXPECT_FALSE(judge_damage(possible, allowed, refuses_scans({{"a", "v"}, {"e", "v"}})).wrong);
  EXPECT_FALSE(judge_damage(possible, allowed, refuses_scans({{"a", "v"}, {"c", std::nullopt}})).wrong);
  // No prefix has the last command without the first.
  EXPECT_TRUE(judge_damage(possible, allowed, refuses_scans({{"a", std::nullopt}, {"e", "v"}})).wrong);
  EXPECT_TRUE(judge_damage(possible, allowed, refuses_scans({{"a", "other"}})).wrong);
}

TEST(DamageOraclePromise, TakesARefusedReadForWrongWhereNothingIsHarmed) {
  const Scenario scenario = one_file(FileRole::log, OnDamage::exact_prefix);
  const PossibleContents possible(scenario.timeline.history(), scenario.promise);
  const auto judgement =
      judge_damage(possible, allowed_without_fault(scenario.timeline.history()), refuses_scans({{"a", "v"}}));
  ASSERT_TRUE(judgement.wrong);
  EXPECT_EQ(judgement.wrong->kind, ViolationKind::unrecoverable);
}

}  // namespace
}  // namespace walbreaker
