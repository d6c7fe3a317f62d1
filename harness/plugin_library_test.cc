// Real libraries: WALBREAKER_PLUGINS is the plugin folder of this build, WALBREAKER_TEST_PLUGINS that of the examples.
#include "harness/plugin_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "faultfs/damage.h"
#include "harness/campaign_test_util.h"
#include "harness/damage_campaign.h"
#include "harness/kill_campaign.h"
#include "harness/power_campaign.h"
#include "harness/reference_subject.h"
#include "harness/subjects.h"

namespace walbreaker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPlugins = WALBREAKER_PLUGINS;
const std::string kTestPlugins = WALBREAKER_TEST_PLUGINS;

const Subject& must_load(const std::string& name_or_path) {
  const auto loaded = load_plugin(name_or_path);
  if (!loaded) throw std::runtime_error(loaded.error().message());
  return **loaded;
}

// Sets WALBREAKER_PLUGIN_PATH as long as it lives.
class PluginPath {
 public:
  explicit PluginPath(const std::string& path) { ::setenv("WALBREAKER_PLUGIN_PATH", path.c_str(), 1); }
  ~PluginPath() { ::unsetenv("WALBREAKER_PLUGIN_PATH"); }
  PluginPath(const PluginPath&) = delete;
  PluginPath& operator=(const PluginPath&) = delete;
};

Tally cut_power(const Subject& subject) {
  PowerCampaign campaign(subject, {.seed = 3, .model = {}});
  return run_units(campaign, 1);
}

Tally damage(const Subject& subject, DamageCampaignKind kind) {
  DamageCampaign campaign(kind, subject, {.seed = 3, .scenarios = {}});
  return run_units(campaign, 3);
}

TEST(PluginLibrary, ANameIsLookedUpInThePluginFolder) {
  EXPECT_THAT(plugin_names(), Contains("reference"));  // this program stands beside the folder of its build
  EXPECT_EQ(must_load("reference").name(), "reference");
  const PluginPath path("/no/such/folder::" + kTestPlugins);
  EXPECT_THAT(plugin_folders(), ElementsAre("/no/such/folder", kTestPlugins));
  EXPECT_THAT(plugin_names(), ElementsAre("log_store", "log_store_without_record_sync", "not_a_plugin"));
  EXPECT_EQ(must_load("log_store").name(), "log_store");
  EXPECT_EQ(must_load("log_store").found_by(), kTestPlugins + "/log_store.so");
  EXPECT_FALSE(load_plugin("reference"));
}

TEST(PluginLibrary, TheSameFileIsLoadedOnceWhateverItIsCalled) {
  EXPECT_EQ(&must_load("reference"), &must_load(kPlugins + "/../plugins/reference.so"));
}

TEST(PluginLibrary, SaysWhyALibraryIsRefused) {
  const auto refusal = [](const std::string& name) {
    const auto loaded = load_plugin(name);
    return loaded ? "none" : loaded.error().message();
  };
  const std::string text_file = testing::TempDir() + "text.so";
  std::ofstream(text_file) << "not a library\n";
  EXPECT_THAT(refusal("nobody"), HasSubstr("there is no plugin nobody.so in " + kPlugins));
  EXPECT_THAT(refusal("/no/such/file.so"), HasSubstr("plugin /no/such/file.so: No such file or directory"));
  EXPECT_THAT(refusal(text_file), HasSubstr("cannot be loaded"));
  EXPECT_THAT(refusal(kTestPlugins + "/not_a_plugin.so"), HasSubstr("does not export walbreaker_plugin_entry"));
  std::filesystem::remove(text_file);
}

TEST(PluginLibrary, ASubjectIsFoundByItsPathToo) {
  const Subject& reference = must_load("reference");
  EXPECT_EQ(find_subject_or_plugin(reference.found_by()), &reference);
  EXPECT_EQ(find_subject_or_plugin("reference"), find_subject("reference"));
  EXPECT_EQ(find_subject_or_plugin("/no/such/file.so"), nullptr);
}

TEST(ReferencePlugin, IsToldFromTheBuiltInReferenceByNoCampaign) {
  const ReferenceSubject built_in;
  const Subject& plugin = must_load("reference");
  const auto expect_equal = [](const Tally& a, const Tally& b) {
    EXPECT_EQ(a.cases, b.cases);
    EXPECT_EQ(a.fired, b.fired);
    EXPECT_EQ(a.counts, b.counts);
    expect_pass(a, 0);
    expect_pass(b, 0);
  };
  expect_equal(cut_power(built_in), cut_power(plugin));
  expect_equal(damage(built_in, DamageCampaignKind::truncate), damage(plugin, DamageCampaignKind::truncate));
  EXPECT_EQ(built_in.ways(), plugin.ways());
  EXPECT_EQ(plugin.capabilities(), built_in.capabilities());
  EXPECT_EQ(plugin.role_of("wal-1.log"), FileRole::log);
}

TEST(LogStorePlugin, KeepsItsPromise) {
  const Subject& store = must_load(kTestPlugins + "/log_store.so");
  EXPECT_EQ(store.capabilities(), (Capabilities{.batch = true, .compact = false, .read_only = false}));
  expect_pass(cut_power(store), 0);
  expect_pass(damage(store, DamageCampaignKind::truncate), 0);
  expect_pass(damage(store, DamageCampaignKind::bitflip), 0);
}

TEST(LogStorePlugin, SurvivesKillsOfARealProcess) {
  KillCampaign campaign(KillMode::planned, must_load(kTestPlugins + "/log_store.so"), {.seed = 3});
  ASSERT_EQ(campaign.set_up(), std::nullopt);
  Tally tally = campaign.prepare();
  if (!tally.trouble) tally.add(campaign.run({0, 20}));
  expect_pass(tally, 0);
}

TEST(LogStorePlugin, WithoutTheSyncOfItsRecordsItIsFoundByACutOfThePower) {
  const Tally tally = cut_power(must_load(kTestPlugins + "/log_store_without_record_sync.so"));
  EXPECT_THAT(tally.violations, Contains(testing::Field(&Violation::kind, ViolationKind::lost_ack)));
}

}  // namespace
}  // namespace walbreaker
