// The RocksDB plugin under the campaigns. WALBREAKER_PLUGINS is the plugin folder of this build. It is a program of its
// own: one that links RocksDB would replace the plugin's replacements (rocksdb_env.h) by its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "harness/campaign_test_util.h"
#include "harness/configured_subject.h"
#include "harness/damage_campaign.h"
#include "harness/plugin_library.h"
#include "harness/power_campaign.h"

namespace walbreaker {
namespace {

using testing::Contains;
using testing::IsEmpty;

std::shared_ptr<const ConfiguredSubject> plugin(const Settings& settings,
                                                const std::vector<PromiseTerm>& promise = {}) {
  const auto loaded = load_plugin(WALBREAKER_PLUGINS "/rocksdb.so");
  if (!loaded) throw std::runtime_error(loaded.error().message());
  return *ConfiguredSubject::make(**loaded, settings, promise);
}

Tally cut_power(const Subject& subject) {
  PowerCampaign campaign(subject, {.seed = 1, .model = *faultfs::parse_disk_model("ordered")});
  return run_units(campaign, 1);
}

TEST(RocksDbPlugin, IsAPlugin) {
  const auto loaded = load_plugin(WALBREAKER_PLUGINS "/rocksdb.so");
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ((*loaded)->name(), "rocksdb");
  EXPECT_EQ((*loaded)->capabilities(), Capabilities{.locks = true});
}

TEST(RocksDbPlugin, KeepsItsPromiseWithSyncedWritesWhereADirectoryKeepsItsOrder) {
  expect_pass(cut_power(*plugin({{"sync", "true"}})), 500);
  expect_pass(cut_power(*plugin({{"sync", "true"}, {"background", "lazy"}, {"compact_after_operations", "3"}})), 500);
}

TEST(RocksDbPlugin, UnsyncedWritesAreNoAcksThatSurviveAPowerCut) {
  const auto subject = plugin({{"sync", "false"}}, {{"power", "on_ack"}});
  EXPECT_THAT(kinds_of(cut_power(*subject)), Contains(ViolationKind::lost_ack));
}

// Where two logs live, one that goes on with the second behind damage to the first shows later commands without earlier
// ones, and one that stops there does not.
TEST(RocksDbPlugin, SkippingCorruptedRecordsIsToldFromAPointInTimeByFlippedBits) {
  const auto flip_bits = [](const std::string& mode) {
    const auto subject =
        plugin({{"wal_recovery_mode", mode}, {"background", "lazy"}, {"compact_after_operations", "20"}},
               {{"on_damage", "prefix"}, {"order", "prefix"}});
    DamageCampaign campaign(DamageCampaignKind::bitflip, *subject, {.seed = 1, .scenarios = {}});
    return run_units(campaign, 2);
  };
  EXPECT_THAT(kinds_of(flip_bits("kSkipAnyCorruptedRecords")), Contains(ViolationKind::hole));
  EXPECT_THAT(kinds_of(flip_bits("kPointInTimeRecovery")), IsEmpty());
}

}  // namespace
}  // namespace walbreaker
