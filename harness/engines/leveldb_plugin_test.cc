// The LevelDB plugin under the campaigns. WALBREAKER_PLUGINS is the plugin folder of this build.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/configured_subject.h"
#include "harness/damage_campaign.h"
#include "harness/engines/leveldb_subject.h"
#include "harness/plugin_library.h"
#include "harness/power_campaign.h"

namespace walbreaker {
namespace {

using testing::Contains;
using testing::IsEmpty;

std::shared_ptr<const ConfiguredSubject> plugin(const Settings& settings,
                                                const std::vector<PromiseTerm>& promise = {}) {
  const auto loaded = load_plugin(WALBREAKER_PLUGINS "/leveldb.so");
  if (!loaded) throw std::runtime_error(loaded.error().message());
  return *ConfiguredSubject::make(**loaded, settings, promise);
}

Tally run(Campaign& campaign, std::uint64_t units) {
  Tally tally = campaign.prepare();
  for (std::uint64_t unit = 0; unit < units && !tally.trouble && tally.violations.empty(); ++unit) {
    const std::uint64_t size = campaign.cases_per_unit();
    tally.add(campaign.run({unit * size, (unit + 1) * size}));
  }
  return tally;
}

Tally cut_power(const Subject& subject, std::string_view model, std::uint64_t units = 2) {
  PowerCampaign campaign(subject, {.seed = 1, .model = *faultfs::parse_disk_model(model)});
  return run(campaign, units);
}

Tally damage(const Subject& subject, DamageCampaignKind kind) {
  DamageCampaign campaign(kind, subject, {.seed = 1, .scenarios = {}});
  return run(campaign, 4);
}

void expect_pass(const Tally& tally) {
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_THAT(tally.violations, IsEmpty()) << tally.violations.front().summary;
  EXPECT_GT(tally.fired, 1'000U);
}

std::vector<ViolationKind> kinds_of(const Tally& tally) {
  std::vector<ViolationKind> kinds;
  kinds.reserve(tally.violations.size());
  for (const Violation& violation : tally.violations) kinds.push_back(violation.kind);
  return kinds;
}

TEST(LevelDbPlugin, SaysWhatTheSubjectSays) {
  const LevelDbSubject subject;
  const auto loaded = load_plugin(WALBREAKER_PLUGINS "/leveldb.so");
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ((*loaded)->name(), "leveldb");
  EXPECT_EQ((*loaded)->ways(), subject.ways());
  EXPECT_EQ((*loaded)->capabilities(), subject.capabilities());
  EXPECT_EQ((*loaded)->role_of("CURRENT"), FileRole::unknown);
}

TEST(LevelDbPlugin, KeepsItsPromiseWithSyncedWritesWhereADirectoryKeepsItsOrder) {
  expect_pass(cut_power(*plugin({{"sync", "true"}}), "ordered"));
  expect_pass(
      cut_power(*plugin({{"sync", "true"}, {"background", "lazy"}, {"compact_after_operations", "3"}}), "ordered"));
}

TEST(LevelDbPlugin, UnsyncedWritesAreNoAcksThatSurviveAPowerCut) {
  const auto subject = plugin({{"sync", "false"}}, {{"power", "on_ack"}});
  EXPECT_THAT(kinds_of(cut_power(*subject, "ordered")), Contains(ViolationKind::lost_ack));
}

// The rename of CURRENT is not durable before the files that the old one needs are unlinked
// (github.com/google/leveldb/issues/195).
TEST(LevelDbPlugin, LosesTheStoreWhereADirectoryKeepsNoOrderUntilItIsSynced) {
  const std::string model = "posix size_before_data=none";
  EXPECT_THAT(kinds_of(cut_power(*plugin({{"sync", "true"}}), model)), Contains(ViolationKind::unrecoverable));
  expect_pass(cut_power(*plugin({{"sync", "true"}, {"env", "careful"}}), model));
}

TEST(LevelDbPlugin, GoingOnBehindABadRecordIsFoundByFlippedBits) {
  const Tally tally = damage(*plugin({}, {{"on_damage", "detect"}}), DamageCampaignKind::bitflip);
  EXPECT_THAT(kinds_of(tally), testing::AnyOf(Contains(ViolationKind::hole), Contains(ViolationKind::silent_loss)));
}

}  // namespace
}  // namespace walbreaker
