#include "harness/kill_campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "harness/campaign_test_util.h"
#include "harness/run_case.h"
#include "harness/toy_subject_test_util.h"

namespace walbreaker {
namespace {

const Subject& reference() { return *find_test_subject("reference"); }

Tally run(KillMode mode, const Subject& subject, std::uint64_t cases, KillCampaignOptions options = {}) {
  KillCampaign campaign(mode, subject, std::move(options));
  Tally tally;
  tally.trouble = campaign.set_up();
  if (!tally.trouble) tally.add(campaign.prepare());
  if (!tally.trouble) tally.add(campaign.run({0, cases}));
  return tally;
}

std::uint64_t count(const Tally& tally, const std::string& group, const std::string& name) {
  const auto it = tally.counts.find({group, name});
  return it == tally.counts.end() ? 0 : it->second;
}

TEST(KillCampaign, TheReferenceSurvivesKillsAtExactBytes) {
  const Tally tally = run(KillMode::planned, reference(), 50);
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  EXPECT_EQ(tally.cases, 50U);
  EXPECT_GT(tally.fired, 35U);
  EXPECT_GT(count(tally, "killed during", "open"), 0U);
  EXPECT_GT(count(tally, "killed during", "put"), 0U);
  EXPECT_GT(count(tally, "killed at", "write wal-#.log"), 0U);
  EXPECT_GT(count(tally, "judged by", "read-only open"), 0U);
  EXPECT_GT(count(tally, "judged by", "read-write open"), 0U);
}

TEST(KillCampaign, RepeatsToTheLastCount) {
  const Tally a = run(KillMode::planned, reference(), 12, {.seed = 5});
  const Tally b = run(KillMode::planned, reference(), 12, {.seed = 5});
  EXPECT_EQ(a.counts, b.counts);
  EXPECT_EQ(a.fired, b.fired);
}

TEST(KillCampaign, ACorrectToySurvives) {
  const Tally tally = run(KillMode::planned, toy(ToyBug::none), 20);
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
}

TEST(KillCampaign, FindsAckedCommandsThatWereNeverWritten) {
  EXPECT_TRUE(kinds_of(run(KillMode::planned, toy(ToyBug::buffers_writes), 20)).contains(ViolationKind::lost_ack));
}

TEST(KillCampaign, FindsABatchThatHappenedInPart) {
  std::set<ViolationKind> found;
  for (std::uint64_t seed = 0; seed < 10 && !found.contains(ViolationKind::torn_batch); ++seed) {
    found.merge(kinds_of(run(KillMode::planned, toy(ToyBug::tears_batches), 30, {.seed = seed})));
  }
  EXPECT_TRUE(found.contains(ViolationKind::torn_batch));
}

TEST(KillCampaign, FindsDamageThatIsReportedForNoCause) {
  EXPECT_TRUE(kinds_of(run(KillMode::planned, toy(ToyBug::reports_always), 5)).contains(ViolationKind::false_damage));
}

TEST(KillCampaign, AViolationKeepsACaseThatRepeatsIt) {
  const Tally tally = run(KillMode::planned, toy(ToyBug::buffers_writes), 20);
  ASSERT_FALSE(tally.violations.empty());
  const auto c = parse_case(tally.violations.front().case_text);
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_EQ(run_case(toy(ToyBug::buffers_writes), *c).wrong->kind, tally.violations.front().kind);
  EXPECT_THAT(tally.violations.front().summary, testing::HasSubstr("expected  the contents after "));
}

TEST(KillCampaign, TheReferenceSurvivesKillsByTheClock) {
  const Tally tally = run(KillMode::by_clock, reference(), 15);
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  EXPECT_GT(tally.fired, 10U);
}

TEST(KillCampaign, AChildThatCannotBeStartedIsTroubleAndNoPass) {
  EXPECT_TRUE(run(KillMode::planned, reference(), 5, {.program = "/no/such/program"}).trouble);
  EXPECT_TRUE(run(KillMode::planned, reference(), 5, {.program = "/bin/false"}).trouble);
  EXPECT_TRUE(run(KillMode::planned, reference(), 5, {.directory = "/no/such/directory"}).trouble);
}

TEST(KillCampaign, LeavesNothingBehind) {
  const std::string directory = testing::TempDir() + "walbreaker_kill_test";
  kv::PosixVfs vfs;
  ASSERT_TRUE(vfs.make_dir(directory));
  EXPECT_FALSE(run(KillMode::planned, reference(), 3, {.directory = directory}).trouble);
  EXPECT_THAT(*vfs.list(directory), testing::IsEmpty());
  std::filesystem::remove(directory);
}

}  // namespace
}  // namespace walbreaker
