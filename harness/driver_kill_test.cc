#include "harness/driver_kill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/driver_test_util.h"
#include "harness/kill_campaign.h"

namespace walbreaker {
namespace {

std::unique_ptr<DriverSubject> must_make(const std::string& command, int timeout_ms = 60'000) {
  auto driver = make_driver(command, std::chrono::milliseconds(timeout_ms));
  EXPECT_TRUE(driver) << driver.error().message();
  return std::move(*driver);
}

Tally run(const Subject& subject, std::uint64_t cases, std::uint64_t seed = 1) {
  KillCampaign campaign(KillMode::planned, subject, {.seed = seed});
  EXPECT_FALSE(campaign.set_up());
  Tally tally = campaign.prepare();
  if (!tally.trouble) tally.add(campaign.run({0, cases}));
  return tally;
}

std::uint64_t count(const Tally& tally, const std::string& group) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : tally.counts) sum += name.first == group ? count : 0;
  return sum;
}

TEST(DriverKill, TheReferenceSurvives) {
  const auto driver = must_make(WALBREAKER_REFERENCE_DRIVER);
  const Tally tally = run(*driver, 25);
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  EXPECT_EQ(tally.cases, 25U);
  EXPECT_EQ(tally.fired, 25U);
  EXPECT_EQ(count(tally, "killed"), 25U);
  EXPECT_EQ(count(tally, "judged by"), 25U);
}

TEST(DriverKill, RepeatsInWhatItAsksAndWhenItKills) {
  const auto driver = must_make(WALBREAKER_REFERENCE_DRIVER);
  EXPECT_EQ(run(*driver, 8, 5).counts, run(*driver, 8, 5).counts);
}

TEST(DriverKill, FindsAcksOfWhatIsNotThere) {
  const auto driver = must_make(shell_driver("no_request", "echo never"));  // it keeps nothing, and says ok
  std::set<ViolationKind> kinds;
  std::string summary;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    for (const Violation& violation : run(*driver, 10, seed).violations) {
      kinds.insert(violation.kind);
      summary = violation.summary;
    }
  }
  EXPECT_TRUE(kinds.contains(ViolationKind::lost_ack));
  EXPECT_THAT(summary, testing::HasSubstr("expected  the contents after "));
}

TEST(DriverKill, FindsWrongAnswersBeforeTheKill) {
  const auto first_kind = [](const std::string& verb, const std::string& action) {
    const auto driver = must_make(shell_driver(verb, action));
    for (std::uint64_t seed = 1;; ++seed) {
      const Tally tally = run(*driver, 5, seed);
      if (!tally.violations.empty()) return tally.violations.front().kind;
    }
  };
  EXPECT_EQ(first_kind("open", "echo ok damaged for no cause"), ViolationKind::false_damage);
  EXPECT_EQ(first_kind("open", "echo err io_error no"), ViolationKind::unrecoverable);
  EXPECT_EQ(first_kind("put", "echo err io_error no"), ViolationKind::wrong_result);
  EXPECT_EQ(first_kind("put", "exit 1"), ViolationKind::died);
}

// A round whose kill falls into the open comes to the scan with nothing else wrong.
Tally first_at_the_scan(const Subject& subject) {
  for (std::uint64_t seed = 1;; ++seed) {
    Tally tally = run(subject, 1, seed);
    const bool earlier = !tally.violations.empty() && tally.violations.front().kind == ViolationKind::wrong_result;
    if (!earlier) return tally;
  }
}

TEST(DriverKill, AHangIsAViolationAndGarbageIsNoVerdict) {
  const auto hangs = must_make(shell_driver("scan", "sleep 1000"), 1'000);
  const Tally hung = first_at_the_scan(*hangs);
  ASSERT_FALSE(hung.violations.empty());
  EXPECT_EQ(hung.violations.front().kind, ViolationKind::hung);
  const auto babbles = must_make(shell_driver("scan", "echo what"));
  const Tally garbage = first_at_the_scan(*babbles);
  EXPECT_TRUE(garbage.violations.empty());
  ASSERT_TRUE(garbage.trouble);
  EXPECT_THAT(*garbage.trouble, testing::HasSubstr("got \"what\""));
}

TEST(DriverKill, OneThatPromisesLessIsNotJudged) {
  const auto driver = must_make(shell_driver("hello", "echo ok me order=prefix batches=atomic"));
  EXPECT_TRUE(run(*driver, 1).trouble);
}

}  // namespace
}  // namespace walbreaker
