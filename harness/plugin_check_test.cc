#include "harness/plugin_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/fake_plugin_test_util.h"

namespace walbreaker {
namespace {

using kv::ErrorCode;
using testing::HasSubstr;
using testing::Optional;

template <const char* const* terms>
void promise_terms(const walbreaker_setting*, std::size_t, walbreaker_term_visitor visit, void* context) {
  for (std::size_t i = 0; terms[i] != nullptr; i += 2) visit(context, terms[i], terms[i + 1]);
}

constexpr const char* kNothing[] = {nullptr};
constexpr const char* kNull[] = {"order", nullptr, nullptr};
constexpr const char* kWeakest[] = {"order", "per_key", "served", "cached", "batches", "none", nullptr};
constexpr const char* kNumbers[] = {"keys", "int32", "values", "int64", nullptr};
constexpr const char* kSometimes[] = {"power", "sometimes", nullptr};
constexpr const char* kColour[] = {"colour", "red", nullptr};
constexpr const char* kTwice[] = {"served", "durable", "served", "durable", nullptr};

// Why a plugin that promises these terms is refused, if it is.
template <const char* const* terms>
std::optional<std::string> refusal_of() {
  walbreaker_plugin plugin = fake_plugin();
  plugin.promise = promise_terms<terms>;
  const auto checked = check_plugin(&plugin, "fake.so");
  return checked ? std::nullopt : std::optional(checked.error().context);
}

TEST(PluginCheck, PassesAPluginWithAllThatIsRequired) {
  const walbreaker_plugin plugin = fake_plugin();
  const auto checked = check_plugin(&plugin, "fake.so");
  EXPECT_TRUE(checked) << checked.error().message();
}

TEST(PluginCheck, PassesAPluginThatIsLargerThanThisVersionKnows) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.struct_size += 64;
  EXPECT_TRUE(check_plugin(&plugin, "fake.so"));
}

TEST(PluginCheck, PassesAPluginWithoutWhatItSaysItLacks) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.capabilities = 0;
  plugin.batch = nullptr;
  plugin.compact = nullptr;
  EXPECT_TRUE(check_plugin(&plugin, "fake.so"));
  EXPECT_EQ(capabilities_of(plugin), (Capabilities{.batch = false, .compact = false, .read_only = false}));
}

TEST(PluginCheck, RefusesNoPluginForThisVersion) {
  const auto checked = check_plugin(nullptr, "old.so");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::unsupported_version);
  EXPECT_THAT(checked.error().context, HasSubstr("plugin old.so: walbreaker_plugin_entry(1) answered null"));
}

TEST(PluginCheck, SaysWhatIsWrongWithAPlugin) {
  struct Row {
    std::string mention;
    std::function<void(walbreaker_plugin&)> spoil;
  };
  static const walbreaker_setting kUnnamed{nullptr, "1"};
  static const walbreaker_way kWayWithoutAName{&kUnnamed, 1};
  static const walbreaker_way kWayWithoutSettings{nullptr, 1};
  const std::vector<Row> table{
      {"version 2 of the ABI, and 1 is expected", [](auto& p) { p.abi_version = 2; }},
      {"has 8 bytes", [](auto& p) { p.struct_size = 8; }},
      {"capabilities, 0x8", [](auto& p) { p.capabilities = 8; }},
      {"name, \"\"", [](auto& p) { p.name = nullptr; }},
      {"name, \"a b\"", [](auto& p) { p.name = "a b"; }},
      {"lacks promise", [](auto& p) { p.promise = nullptr; }},
      {"lacks open", [](auto& p) { p.open = nullptr; }},
      {"lacks put", [](auto& p) { p.put = nullptr; }},
      {"lacks del", [](auto& p) { p.del = nullptr; }},
      {"lacks batch, with WALBREAKER_CAN_BATCH", [](auto& p) { p.batch = nullptr; }},
      {"lacks get", [](auto& p) { p.get = nullptr; }},
      {"lacks scan", [](auto& p) { p.scan = nullptr; }},
      {"lacks sync", [](auto& p) { p.sync = nullptr; }},
      {"lacks compact, with WALBREAKER_CAN_COMPACT", [](auto& p) { p.compact = nullptr; }},
      {"lacks close", [](auto& p) { p.close = nullptr; }},
      {"lacks abandon", [](auto& p) { p.abandon = nullptr; }},
      {"lacks ways", [](auto& p) { p.way_count = 1; }},
      {"way 0 lacks its settings", [](auto& p) { p.ways = &kWayWithoutSettings, p.way_count = 1; }},
      {"setting 0 of way 0", [](auto& p) { p.ways = &kWayWithoutAName, p.way_count = 1; }},
      {"promise order=: expected prefix or per_key", [](auto& p) { p.promise = promise_terms<kNull>; }},
  };
  for (const Row& row : table) {
    walbreaker_plugin plugin = fake_plugin();
    row.spoil(plugin);
    const auto checked = check_plugin(&plugin, "fake.so");
    ASSERT_FALSE(checked) << row.mention;
    EXPECT_THAT(checked.error().context, HasSubstr("plugin fake.so: "));
    EXPECT_THAT(checked.error().context, HasSubstr(row.mention));
  }
}

TEST(PluginCheck, TakesEveryPromiseThatThereIs) {
  EXPECT_FALSE(refusal_of<kWeakest>());
  EXPECT_FALSE(refusal_of<kNothing>()) << "what is left out is the weakest";
  EXPECT_FALSE(refusal_of<kNumbers>());
  EXPECT_THAT(refusal_of<kSometimes>(), Optional(HasSubstr("promise power=sometimes")));
  EXPECT_THAT(refusal_of<kColour>(), Optional(HasSubstr("promise colour=red: there is no such key")));
  EXPECT_THAT(refusal_of<kTwice>(), Optional(HasSubstr("promise served=durable: promised twice")));
}

}  // namespace
}  // namespace walbreaker
