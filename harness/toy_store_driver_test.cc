// The example driver, as it is and with one line broken: the campaigns pass the one and catch the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "harness/damage_campaign.h"
#include "harness/driver_test_util.h"
#include "harness/kill_campaign.h"
#include "harness/run_case.h"
#include "harness/shrink.h"

namespace walbreaker {
namespace {

std::string source() {
  std::ostringstream text;
  text << std::ifstream(WALBREAKER_TOY_STORE_DRIVER).rdbuf();
  return text.str();
}

std::unique_ptr<DriverSubject> must_make(const std::string& path) {
  auto driver = make_driver("python3 " + path);
  EXPECT_TRUE(driver) << driver.error().message();
  return std::move(*driver);
}

std::unique_ptr<DriverSubject> broken(const std::string& line, const std::string& with) {
  std::string text = source();
  const std::size_t at = text.find(line);
  EXPECT_NE(at, std::string::npos) << line;
  text.replace(at, line.size(), with);
  const std::string path = fmt::format("{}walbreaker_broken_toy_{}.py", testing::TempDir(), ::getpid());
  std::ofstream(path) << text;
  return must_make(path);
}

Tally damage(DamageCampaignKind kind, const Subject& subject, std::uint64_t cases) {
  constexpr ScenarioSize kTiny{.snapshot_bytes = 400, .log_bytes = 400};
  DamageCampaign campaign(kind, subject, {.seed = 1, .size = kTiny, .scenarios = {}});
  Tally tally = campaign.prepare();
  if (tally.violations.empty() && !tally.trouble) tally.add(campaign.run({0, cases}));
  return tally;
}

Tally kill(const Subject& subject, std::uint64_t cases, std::uint64_t seed) {
  KillCampaign campaign(KillMode::planned, subject, {.seed = seed});
  EXPECT_FALSE(campaign.set_up());
  Tally tally = campaign.prepare();
  if (!tally.trouble) tally.add(campaign.run({0, cases}));
  return tally;
}

std::set<ViolationKind> kinds_of(const Tally& tally) {
  std::set<ViolationKind> kinds;
  for (const Violation& violation : tally.violations) kinds.insert(violation.kind);
  return kinds;
}

TEST(ToyStoreDriver, IsShortEnoughToBeRead) { EXPECT_LT(std::ranges::count(source(), '\n'), 100); }

TEST(ToyStoreDriver, KeepsItsPromise) {
  const auto driver = must_make(WALBREAKER_TOY_STORE_DRIVER);
  EXPECT_EQ(driver->name(), "toy_store");
  EXPECT_EQ(driver->capabilities(), (Capabilities{.batch = true, .compact = false, .read_only = true}));
  for (const auto kind : {DamageCampaignKind::truncate, DamageCampaignKind::bitflip}) {
    const Tally tally = damage(kind, *driver, 128);
    EXPECT_EQ(tally.fired, 128U);
    EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
    EXPECT_FALSE(tally.trouble) << *tally.trouble;
  }
  const Tally tally = kill(*driver, 6, 1);
  EXPECT_EQ(tally.fired, 6U);
  EXPECT_EQ(tally.violating_cases, 0U) << tally.violations.front().summary;
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
}

TEST(ToyStoreDriver, WithoutItsCheckOfTheChecksumIsCaught) {
  const auto driver = broken("if match[0] != record(match.start(), match[2]):", "if False:");
  EXPECT_TRUE(kinds_of(damage(DamageCampaignKind::bitflip, *driver, 128)).contains(ViolationKind::wrong_value));
}

TEST(ToyStoreDriver, WithoutItsCheckOfTheChecksumShrinksToAFewCommands) {
  const auto driver = broken("if match[0] != record(match.start(), match[2]):", "if False:");
  const Tally tally = damage(DamageCampaignKind::bitflip, *driver, 128);
  ASSERT_FALSE(tally.violations.empty());
  const auto c = parse_case(tally.violations.front().case_text);
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_EQ(c->subject.kind, SubjectKind::driver);
  const auto shrunk = shrink(*driver, *c, {.most_candidates = 60});
  ASSERT_TRUE(shrunk) << shrunk.error().message();
  EXPECT_LE(shrunk->smallest.stages.front().script.commands.size(), 3U) << to_text(shrunk->smallest);
  EXPECT_TRUE(run_case(*must_make(WALBREAKER_TOY_STORE_DRIVER), shrunk->smallest).verdict == CaseResult::Verdict::pass);
}

TEST(ToyStoreDriver, WithoutItsMarkOfACloseIsCaught) {
  const auto driver = broken("if was_closed and (last", "if False and (last");
  EXPECT_TRUE(kinds_of(damage(DamageCampaignKind::truncate, *driver, 128)).contains(ViolationKind::silent_loss));
}

TEST(ToyStoreDriver, WithoutItsFlushIsCaught) {
  const auto driver = broken("        self.file.flush()\n", "");
  std::set<ViolationKind> found;
  for (std::uint64_t seed = 1; seed <= 8 && !found.contains(ViolationKind::lost_ack); ++seed) {
    found.merge(kinds_of(kill(*driver, 4, seed)));
  }
  EXPECT_TRUE(found.contains(ViolationKind::lost_ack));
}

}  // namespace
}  // namespace walbreaker
