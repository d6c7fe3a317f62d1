// The RocksDB plugin under the campaigns. WALBREAKER_PLUGINS is the plugin folder of this build. It is a program of its
// own: one that links RocksDB would replace the plugin's replacements (rocksdb_env.h) by its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

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

Tally run(Campaign& campaign, std::uint64_t units) {
  Tally tally = campaign.prepare();
  for (std::uint64_t unit = 0; unit < units && !tally.trouble && tally.violations.empty(); ++unit) {
    const std::uint64_t size = campaign.cases_per_unit();
    tally.add(campaign.run({unit * size, (unit + 1) * size}));
  }
  return tally;
}

Tally cut_power(const Subject& subject) {
  PowerCampaign campaign(subject, {.seed = 1, .model = *faultfs::parse_disk_model("ordered")});
  return run(campaign, 1);
}

void expect_pass(const Tally& tally) {
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_THAT(tally.violations, IsEmpty()) << tally.violations.front().summary;
  EXPECT_GT(tally.fired, 500U);
}

std::vector<ViolationKind> kinds_of(const Tally& tally) {
  std::vector<ViolationKind> kinds;
  kinds.reserve(tally.violations.size());
  for (const Violation& violation : tally.violations) kinds.push_back(violation.kind);
  return kinds;
}

TEST(RocksDbPlugin, IsAPlugin) {
  const auto loaded = load_plugin(WALBREAKER_PLUGINS "/rocksdb.so");
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ((*loaded)->name(), "rocksdb");
  EXPECT_EQ((*loaded)->capabilities(), Capabilities{.locks = true});
}

TEST(RocksDbPlugin, KeepsItsPromiseWithSyncedWritesWhereADirectoryKeepsItsOrder) {
  expect_pass(cut_power(*plugin({{"sync", "true"}})));
  expect_pass(cut_power(*plugin({{"sync", "true"}, {"background", "lazy"}, {"compact_after_operations", "3"}})));
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
    return run(campaign, 2);
  };
  EXPECT_THAT(kinds_of(flip_bits("kSkipAnyCorruptedRecords")), Contains(ViolationKind::hole));
  EXPECT_THAT(kinds_of(flip_bits("kPointInTimeRecovery")), IsEmpty());
}

}  // namespace
}  // namespace walbreaker
