#include "harness/power_campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include "harness/reference_subject.h"
#include "harness/run_case.h"
#include "harness/toy_subject_test_util.h"
#include "harness/without_syncs_test_util.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

Tally run_units(const Subject& subject, std::uint64_t units, std::uint64_t seed = 1) {
  PowerCampaign campaign(subject, {.seed = seed, .model = {}});
  Tally tally = campaign.prepare();
  for (std::uint64_t unit = 0; unit < units; ++unit) {
    tally.add(campaign.run({unit * campaign.cases_per_unit(), (unit + 1) * campaign.cases_per_unit()}));
  }
  return tally;
}

TEST(PowerCampaign, PassesTheReference) {
  const Tally tally = run_units(ReferenceSubject(), 4);
  EXPECT_EQ(tally.cases, 4U * 1'024);
  EXPECT_EQ(tally.fired, tally.cases);
  EXPECT_THAT(tally.violations, IsEmpty()) << tally.violations.front().summary;
}

TEST(PowerCampaign, CutsFirstInRecoveriesAndAfterThem) {
  const Tally tally = run_units(ReferenceSubject(), 1);
  for (const char* when : {"first", "in_recovery", "after_recovery"}) {
    const auto count = tally.counts.find({"cuts", when});
    ASSERT_NE(count, tally.counts.end()) << when;
    EXPECT_GT(count->second, 50U) << when;
  }
}

TEST(PowerCampaign, ComesToTheSameFromTheSameSeed) {
  const WithoutSyncs subject("lying_sync sync at 0 for_ever of wal-*.log\n");
  const Tally once = run_units(subject, 1, 5);
  const Tally again = run_units(subject, 1, 5);
  EXPECT_EQ(once.counts, again.counts);
  EXPECT_EQ(once.violating_cases, again.violating_cases);
  ASSERT_FALSE(once.violations.empty());
  EXPECT_EQ(once.violations.front().summary, again.violations.front().summary);
}

struct LeftOut {
  std::string_view name;
  std::string_view plan;
  ViolationKind kind;  // one of those that it has to be found by
};

std::ostream& operator<<(std::ostream& out, const LeftOut& row) { return out << row.name; }

class LeftOutBarrier : public testing::TestWithParam<LeftOut> {};

TEST_P(LeftOutBarrier, IsFoundByACutOfThePower) {
  const WithoutSyncs subject(GetParam().plan);
  const Tally tally = run_units(subject, 2);
  std::set<ViolationKind> kinds;
  for (const Violation& violation : tally.violations) kinds.insert(violation.kind);
  EXPECT_TRUE(kinds.contains(GetParam().kind));
  EXPECT_FALSE(kinds.contains(ViolationKind::baseline));
}

INSTANTIATE_TEST_SUITE_P(
    Each, LeftOutBarrier,
    testing::Values(
        LeftOut{"of_records", "lying_sync sync at 1 for_ever of wal-*.log\n", ViolationKind::lost_ack},
        LeftOut{"of_a_new_log", "lying_sync sync at 0 for_ever of wal-*.log\n", ViolationKind::false_damage},
        LeftOut{"of_the_snapshot", "lying_sync sync at 0 for_ever of *.tmp\n", ViolationKind::unrecoverable},
        LeftOut{"of_directories", "lying_sync sync_dir at 0 for_ever of *\n", ViolationKind::lost_ack}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(PowerCampaign, AViolationTellsTheModelTheStateAndWhatBecameOfEachOperation) {
  const WithoutSyncs subject("lying_sync sync at 0 for_ever of wal-*.log\n");
  const Tally tally = run_units(subject, 1);
  ASSERT_FALSE(tally.violations.empty());
  const Violation& violation = tally.violations.front();
  EXPECT_THAT(violation.summary,
              AllOf(HasSubstr("model     "), HasSubstr("crash     after "), HasSubstr("got       ")));
  EXPECT_THAT(violation.summary, HasSubstr("write db/wal-"));
}

TEST(PowerCampaign, KeepsOfEachViolationACaseThatRepeatsIt) {
  for (const char* plan :
       {"lying_sync sync at 1 for_ever of wal-*.log\n", "lying_sync sync_dir at 0 for_ever of *\n"}) {
    const WithoutSyncs subject(plan);
    const Tally tally = run_units(subject, 2);
    ASSERT_FALSE(tally.violations.empty());
    for (const Violation& violation : tally.violations) {
      const auto c = parse_case(violation.case_text);
      ASSERT_TRUE(c) << c.error().message() << violation.case_text;
      EXPECT_EQ(c->campaign, "power");
      const CaseResult result = run_case(subject, *c);
      ASSERT_TRUE(result.wrong) << violation.summary << result.text;
      EXPECT_EQ(info(result.wrong->kind).name, info(violation.kind).name) << violation.case_text;
      EXPECT_TRUE(result.same_run);
      // What a write was torn into may be no state of a run that has synced it.
      EXPECT_NE(run_case(ReferenceSubject(), *c).verdict, CaseResult::Verdict::violation) << violation.case_text;
    }
  }
}

TEST(PowerCampaign, ReportsASubjectThatIsWrongWithNoFaultAsABaseline) {
  // The toy stores its log in a directory that it expects to be there.
  const Tally tally = run_units(toy(ToyBug::none), 1);
  ASSERT_EQ(tally.violations.size(), 1U);
  EXPECT_EQ(tally.violations.front().kind, ViolationKind::baseline);
}

}  // namespace
}  // namespace walbreaker
