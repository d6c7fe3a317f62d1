// The LevelDB plugin under the campaigns. WALBREAKER_PLUGINS is the plugin folder of this build.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign_test_util.h"
#include "harness/configured_subject.h"
#include "harness/damage_campaign.h"
#include "harness/engines/leveldb_subject.h"
#include "harness/plugin_library.h"
#include "harness/power_campaign.h"

namespace walbreaker {
namespace {

using testing::Contains;

std::shared_ptr<const ConfiguredSubject> plugin(const Settings& settings,
                                                const std::vector<PromiseTerm>& promise = {}) {
  const auto loaded = load_plugin(WALBREAKER_PLUGINS "/leveldb.so");
  if (!loaded) throw std::runtime_error(loaded.error().message());
  return *ConfiguredSubject::make(**loaded, settings, promise);
}

Tally cut_power(const Subject& subject, std::string_view model, std::uint64_t units = 2) {
  PowerCampaign campaign(subject, {.seed = 1, .model = *faultfs::parse_disk_model(model)});
  return run_units(campaign, units);
}

Tally damage(const Subject& subject, DamageCampaignKind kind) {
  DamageCampaign campaign(kind, subject, {.seed = 1, .scenarios = {}});
  return run_units(campaign, 4);
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
  expect_pass(cut_power(*plugin({{"sync", "true"}}), "ordered"), 1'000);
  expect_pass(
      cut_power(*plugin({{"sync", "true"}, {"background", "lazy"}, {"compact_after_operations", "3"}}), "ordered"),
      1'000);
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
  expect_pass(cut_power(*plugin({{"sync", "true"}, {"env", "careful"}}), model), 1'000);
}

TEST(LevelDbPlugin, GoingOnBehindABadRecordIsFoundByFlippedBits) {
  const Tally tally = damage(*plugin({}, {{"on_damage", "detect"}}), DamageCampaignKind::bitflip);
  EXPECT_THAT(kinds_of(tally), testing::AnyOf(Contains(ViolationKind::hole), Contains(ViolationKind::silent_loss)));
}

}  // namespace
}  // namespace walbreaker
