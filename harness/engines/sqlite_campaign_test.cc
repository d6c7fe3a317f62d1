// What the campaigns find in SQLite, and what they do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "harness/campaign_test_util.h"
#include "harness/configured_subject.h"
#include "harness/engines/sqlite_subject.h"
#include "harness/error_campaign.h"
#include "harness/plugin_library.h"
#include "harness/power_campaign.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// The disk that SQLite's documentation supposes: sizes may come before bytes, and no stale bytes with them.
constexpr const char* kNothingStale = "posix size_before_data=zeros";

std::shared_ptr<const ConfiguredSubject> with(Settings settings) {
  static const SqliteSubject kSqlite;
  return *ConfiguredSubject::make(kSqlite, std::move(settings), {});
}

Tally power(const Subject& subject, std::string_view model, std::uint64_t cases) {
  PowerCampaign campaign(subject, {.seed = 1, .model = *faultfs::parse_disk_model(model)});
  return campaign.run({0, cases});
}

class SqlitePower : public testing::TestWithParam<Settings> {};

INSTANTIATE_TEST_SUITE_P(Each, SqlitePower, testing::ValuesIn(SqliteSubject().ways()), [](const auto& way) {
  return way.param.at("journal_mode") + "_" + way.param.at("synchronous");
});

TEST_P(SqlitePower, SafeSettingsSurviveAPowerCut) {
  const Tally tally = power(*with(GetParam()), kNothingStale, 800);
  EXPECT_THAT(tally.violations, IsEmpty()) << text_of(tally);
  EXPECT_EQ(tally.cases, 800u);
}

TEST_P(SqlitePower, IsFoundBrokenWithoutItsSyncs) {
  Settings settings = GetParam();
  settings["synchronous"] = "off";
  EXPECT_THAT(power(*with(settings), kNothingStale, 1'000).violations, Not(IsEmpty()));
}

// https://www.sqlite.org/pragma.html#pragma_synchronous: "There is a very small (though non-zero) chance that a power
// failure at just the wrong time could corrupt the database in journal_mode=DELETE on an older filesystem."
TEST(SqliteCampaign, FindsTheVerySmallChanceOfNormalWithAJournal) {
  const Tally tally = power(*with({{"synchronous", "normal"}}), kNothingStale, 2'000);
  ASSERT_THAT(tally.violations, Not(IsEmpty()));
  const Tally ordered = power(*with({{"synchronous", "normal"}}), "ordered", 1'000);
  EXPECT_THAT(ordered.violations, IsEmpty()) << text_of(ordered);
}

// A journal that was deleted is a whole journal still, nonce and checksums included. Where a new journal grows over its
// bytes before its own are written, a recovery plays it back. PERSIST writes over the header, and syncs that.
TEST(SqliteCampaign, FindsThatADeletedJournalIsTakenForTheNewOne) {
  EXPECT_THAT(power(*with({{"journal_mode", "truncate"}}), "posix", 1'000).violations, Not(IsEmpty()));
  const Tally persist = power(*with({{"journal_mode", "persist"}}), "posix", 1'000);
  EXPECT_THAT(persist.violations, IsEmpty()) << text_of(persist);
}

// On a drive that may harm what shares a sector with what it writes, a log pads each commit to the end of its sector
// where it is told so (https://www.sqlite.org/psow.html). A recovery does not: it may leave the log to go on in the
// middle of a sector that holds what is durable.
TEST(SqliteCampaign, APaddedLogIsHarmedAfterARecoveryAlone) {
  Settings settings{{"journal_mode", "wal"}, {"wal_autocheckpoint", "6"}};
  const std::string harming = std::string(kNothingStale) + " sector_bytes=4096 harms_shared_sectors=true";
  const auto where = [&](std::string_view place) { return Field(&Violation::where, HasSubstr(place)); };
  EXPECT_THAT(power(*with(settings), harming, 4'000).violations, Contains(where("in put")));
  settings["psow"] = "0";
  const Tally tally = power(*with(settings), harming, 4'000);
  EXPECT_THAT(tally.violations, AllOf(Not(IsEmpty()), Each(where("after a recovery")))) << text_of(tally);
  const Tally journal = power(*with({{"psow", "0"}, {"journal_mode", "persist"}}), harming, 1'500);
  EXPECT_THAT(journal.violations, IsEmpty()) << text_of(journal);
}

TEST_P(SqlitePower, OnlyAFailedSyncEverLeadsToALoss) {
  Settings settings = GetParam();
  settings["report_directory_sync"] = "1";
  const auto subject = with(settings);
  ErrorCampaign campaign(*subject, {.seed = 1, .model = *faultfs::parse_disk_model(kNothingStale)});
  const Tally tally = campaign.run({0, campaign.cases_per_unit()});
  EXPECT_GT(tally.fired, 900u);
  EXPECT_THAT(tally.violations, Each(Field(&Violation::where, StartsWith("sync_error")))) << text_of(tally);
}

TEST(SqliteCampaign, RunsThePlugin) {
  const auto plugin = load_plugin(std::string(WALBREAKER_PLUGINS) + "/sqlite.so");
  ASSERT_TRUE(plugin) << plugin.error().message();
  EXPECT_EQ((*plugin)->name(), "sqlite");
  EXPECT_EQ((*plugin)->capabilities(), SqliteSubject().capabilities());
  const Tally tally = power(**plugin, kNothingStale, 1'000);
  EXPECT_THAT(tally.violations, IsEmpty()) << text_of(tally);
}

}  // namespace
}  // namespace walbreaker
