#include "harness/plugin_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace walbreaker {

namespace {

using kv::ErrorCode;
using kv::Result;

constexpr std::uint32_t kKnownCapabilities =
    WALBREAKER_CAN_BATCH | WALBREAKER_CAN_COMPACT | WALBREAKER_CAN_READ_ONLY | WALBREAKER_CAN_LOCK;

// The values of a term; where there is one that has to be promised, it is the first.
struct Term {
  std::string_view key;
  bool required;
  std::array<std::string_view, 4> values;
};

constexpr std::array<Term, 9> kTerms{{
    {"kill", false, {"on_ack", "on_sync", "never"}},
    {"power", false, {"on_ack", "on_sync", "never"}},
    {"served", true, {"durable", "cached"}},
    {"order", true, {"prefix", "per_key"}},
    {"batches", true, {"atomic", "none"}},
    {"on_error", false, {"invisible", "unknown"}},
    {"on_damage", false, {"exact_prefix", "detect", "prefix", "none"}},
    {"keys", true, {"bytes"}},
    {"values", true, {"bytes"}},
}};

Result<void> wrong(std::string text) { return kv::fail(ErrorCode::invalid_argument, std::move(text)); }

Result<void> check_functions(const walbreaker_plugin& plugin) {
  const Capabilities can = capabilities_of(plugin);
  const std::array<std::pair<std::string_view, bool>, 12> missing{{
      {"promise", plugin.promise == nullptr},
      {"open", plugin.open == nullptr},
      {"put", plugin.put == nullptr},
      {"del", plugin.del == nullptr},
      {"batch, with WALBREAKER_CAN_BATCH", can.batch && plugin.batch == nullptr},
      {"get", plugin.get == nullptr},
      {"scan", plugin.scan == nullptr},
      {"sync", plugin.sync == nullptr},
      {"compact, with WALBREAKER_CAN_COMPACT", can.compact && plugin.compact == nullptr},
      {"close", plugin.close == nullptr},
      {"abandon", plugin.abandon == nullptr},
      {"ways, with a way_count above 0", plugin.way_count > 0 && plugin.ways == nullptr},
  }};
  const auto found = std::ranges::find_if(missing, &std::pair<std::string_view, bool>::second);
  return found == missing.end() ? Result<void>{} : wrong(fmt::format("it lacks {}", found->first));
}

Result<void> check_name(const char* name) {
  const std::string_view text = name == nullptr ? "" : name;
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  };
  if (!text.empty() && std::ranges::all_of(text, allowed)) return {};
  return wrong(fmt::format("its name, \"{}\", has to be of letters, digits, '_', '-' and '.'", text));
}

Result<void> check_ways(const walbreaker_plugin& plugin) {
  for (std::size_t i = 0; i < plugin.way_count; ++i) {
    const walbreaker_way& way = plugin.ways[i];
    if (way.settings == nullptr && way.count > 0) return wrong(fmt::format("way {} lacks its settings", i));
    Settings settings;
    for (std::size_t j = 0; j < way.count; ++j) {
      const walbreaker_setting& setting = way.settings[j];
      if (setting.name == nullptr || setting.value == nullptr) {
        return wrong(fmt::format("setting {} of way {} lacks its name or its value", j, i));
      }
      settings[setting.name] = setting.value;
    }
    TRY(check_promise(promise_of(plugin, settings), capabilities_of(plugin)));
  }
  return check_promise(promise_of(plugin, {}), capabilities_of(plugin));
}

Result<void> check_contents(const walbreaker_plugin& plugin) {
  if ((plugin.capabilities & ~kKnownCapabilities) != 0) {
    return wrong(
        fmt::format("its capabilities, {:#x}, have bits that this version does not know", plugin.capabilities));
  }
  TRY(check_name(plugin.name));
  TRY(check_functions(plugin));
  return check_ways(plugin);
}

}  // namespace

Result<void> check_promise(const std::vector<PromiseTerm>& terms, const Capabilities& capabilities) {
  for (auto term = terms.begin(); term != terms.end(); ++term) {
    const auto known = std::ranges::find(kTerms, std::string_view(term->key), &Term::key);
    const bool good = known != kTerms.end() && !term->value.empty() &&
                      std::ranges::find(known->values, std::string_view(term->value)) != known->values.end();
    if (!good) return wrong(fmt::format("its promise {}={} is not known", term->key, term->value));
    const bool twice = std::ranges::find(terms.begin(), term, term->key, &PromiseTerm::key) != term;
    if (twice) return wrong(fmt::format("it promises {} twice", term->key));
  }
  for (const Term& row : kTerms) {
    if (!row.required || (row.key == "batches" && !capabilities.batch)) continue;
    const auto term = std::ranges::find(terms, row.key, &PromiseTerm::key);
    if (term != terms.end() && term->value == row.values.front()) continue;
    return wrong(
        fmt::format("it does not promise {}={}, and this version judges nothing less", row.key, row.values.front()));
  }
  return {};
}

Result<void> check_plugin(const walbreaker_plugin* plugin, const std::string& file) {
  const auto refuse = [&](ErrorCode code, std::string_view why) {
    return kv::fail(code, fmt::format("plugin {}: {}", file, why));
  };
  if (plugin == nullptr) {
    return refuse(ErrorCode::unsupported_version,
                  fmt::format("walbreaker_plugin_entry({}) answered null: it does not serve this version of the ABI",
                              WALBREAKER_ABI_VERSION));
  }
  // The two first members are in every version; no other is looked at before they are right.
  if (plugin->abi_version != WALBREAKER_ABI_VERSION) {
    return refuse(ErrorCode::unsupported_version, fmt::format("it has version {} of the ABI, and {} is expected",
                                                              plugin->abi_version, WALBREAKER_ABI_VERSION));
  }
  if (plugin->struct_size < sizeof(walbreaker_plugin)) {
    return refuse(ErrorCode::unsupported_version,
                  fmt::format("its struct walbreaker_plugin has {} bytes, and version {} of the ABI has {}",
                              plugin->struct_size, WALBREAKER_ABI_VERSION, sizeof(walbreaker_plugin)));
  }
  const auto checked = check_contents(*plugin);
  return checked ? Result<void>{} : refuse(checked.error().code, checked.error().context);
}

Capabilities capabilities_of(const walbreaker_plugin& plugin) {
  return {.batch = (plugin.capabilities & WALBREAKER_CAN_BATCH) != 0,
          .compact = (plugin.capabilities & WALBREAKER_CAN_COMPACT) != 0,
          .read_only = (plugin.capabilities & WALBREAKER_CAN_READ_ONLY) != 0,
          .locks = (plugin.capabilities & WALBREAKER_CAN_LOCK) != 0};
}

std::vector<walbreaker_setting> to_plugin_settings(const Settings& settings) {
  std::vector<walbreaker_setting> list;
  list.reserve(settings.size());
  for (const auto& [name, value] : settings) list.push_back({name.c_str(), value.c_str()});
  return list;
}

std::vector<PromiseTerm> promise_of(const walbreaker_plugin& plugin, const Settings& settings) {
  const auto add = [](void* context, const char* key, const char* value) {
    const auto text = [](const char* given) { return given == nullptr ? std::string() : std::string(given); };
    static_cast<std::vector<PromiseTerm>*>(context)->push_back({text(key), text(value)});
  };
  std::vector<PromiseTerm> terms;
  const auto list = to_plugin_settings(settings);
  plugin.promise(list.data(), list.size(), add, &terms);
  return terms;
}

}  // namespace walbreaker
