#include "harness/plugin_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/fake_plugin_test_util.h"

namespace walbreaker {
namespace {

using kv::ErrorCode;
using testing::HasSubstr;

template <const char* const* terms>
void promise_terms(const walbreaker_setting*, std::size_t, walbreaker_term_visitor visit, void* context) {
  for (std::size_t i = 0; terms[i] != nullptr; i += 2) visit(context, terms[i], terms[i + 1]);
}

constexpr const char* kNothing[] = {nullptr};
constexpr const char* kNull[] = {"order", nullptr, nullptr};

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
  plugin.capabilities = WALBREAKER_CAN_LOCK;
  EXPECT_TRUE(capabilities_of(plugin).locks);
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
      {"capabilities, 0x10", [](auto& p) { p.capabilities = 16; }},
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
      {"does not promise served=durable", [](auto& p) { p.promise = promise_terms<kNothing>; }},
      {"its promise order= is not known", [](auto& p) { p.promise = promise_terms<kNull>; }},
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

TEST(PluginCheck, TakesPromisesThatAreJudgedAndNoOthers) {
  const std::vector<PromiseTerm> least{
      {"served", "durable"}, {"order", "prefix"}, {"batches", "atomic"}, {"keys", "bytes"}, {"values", "bytes"}};
  const auto with = [&](PromiseTerm term) {
    auto terms = least;
    std::erase_if(terms, [&](const PromiseTerm& old) { return old.key == term.key; });
    terms.push_back(std::move(term));
    return check_promise(terms, {}).has_value();
  };
  EXPECT_TRUE(check_promise(least, {}));
  EXPECT_TRUE(with({"power", "on_sync"}));
  EXPECT_TRUE(with({"on_damage", "detect"}));
  EXPECT_FALSE(with({"power", "sometimes"}));
  EXPECT_FALSE(with({"colour", "red"}));
  EXPECT_FALSE(with({"order", "per_key"}));
  EXPECT_FALSE(with({"served", "cached"}));
  EXPECT_FALSE(with({"keys", "int32"}));
  auto twice = least;
  twice.push_back(least.front());
  EXPECT_FALSE(check_promise(twice, {}));
}

TEST(PluginCheck, AsksForNoPromiseOfBatchesWhereThereAreNone) {
  const std::vector<PromiseTerm> terms{
      {"served", "durable"}, {"order", "prefix"}, {"batches", "none"}, {"keys", "bytes"}, {"values", "bytes"}};
  EXPECT_FALSE(check_promise(terms, {}));
  EXPECT_TRUE(check_promise(terms, {.batch = false}));
}

}  // namespace
}  // namespace walbreaker
