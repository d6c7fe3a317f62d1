#include "harness/promise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/assert.h"
#include "faultfs/line_scanner.h"

namespace walbreaker {

namespace {

// One key: how its value is read into a promise, and told.
struct Row {
  std::string_view key;
  std::string_view values;  // in words, for errors
  bool (*set)(Promise& promise, std::string_view value);
  std::string (*get)(const Promise& promise);
};

template <std::size_t N>
using Names = std::array<std::string_view, N>;

// A field whose type is an enumeration, with its enumerators' names in their order.
template <auto Field, const auto& kNames>
struct Named {
  static bool set(Promise& promise, std::string_view value) {
    const auto name = std::ranges::find(kNames, value);
    if (name == kNames.end()) return false;
    using Type = std::remove_reference_t<decltype(promise.*Field)>;
    promise.*Field = static_cast<Type>(name - kNames.begin());
    return true;
  }
  static std::string get(const Promise& promise) {
    return std::string(kNames.at(static_cast<std::size_t>(promise.*Field)));
  }
};

// A field that is a number of bytes, or not said.
template <auto Field>
struct Limit {
  static bool set(Promise& promise, std::string_view value) {
    std::uint64_t number = 0;
    if (!faultfs::parse_number(value, number)) return false;
    promise.*Field = number;
    return true;
  }
  static std::string get(const Promise& promise) {
    return promise.*Field ? std::to_string(*(promise.*Field)) : std::string();
  }
};

constexpr Names<3> kSurvives{"never", "on_sync", "on_ack"};
constexpr Names<2> kServed{"cached", "durable"};
constexpr Names<2> kOrders{"per_key", "prefix"};
constexpr Names<2> kBatches{"none", "atomic"};
constexpr Names<2> kOnError{"unknown", "invisible"};
constexpr Names<4> kOnDamage{"none", "prefix", "detect", "exact_prefix"};
constexpr Names<2> kKeys{"bytes", "int32"};
constexpr Names<3> kValues{"bytes", "int32", "int64"};

template <class Field>
constexpr Row row(std::string_view key, std::string_view values) {
  return {key, values, Field::set, Field::get};
}

constexpr std::array kRows{
    row<Named<&Promise::kill, kSurvives>>("kill", "on_ack, on_sync or never"),
    row<Named<&Promise::power, kSurvives>>("power", "on_ack, on_sync or never"),
    row<Named<&Promise::served, kServed>>("served", "durable or cached"),
    row<Named<&Promise::order, kOrders>>("order", "prefix or per_key"),
    row<Named<&Promise::batches, kBatches>>("batches", "atomic or none"),
    row<Named<&Promise::on_error, kOnError>>("on_error", "invisible or unknown"),
    row<Named<&Promise::on_damage, kOnDamage>>("on_damage", "exact_prefix, detect, prefix or none"),
    row<Named<&Promise::keys, kKeys>>("keys", "bytes or int32"),
    row<Named<&Promise::values, kValues>>("values", "bytes, int32 or int64"),
    row<Limit<&Promise::max_key>>("max_key", "a number of bytes"),
    row<Limit<&Promise::max_value>>("max_value", "a number of bytes"),
};

}  // namespace

kv::Result<Promise> parse_promise(std::span<const PromiseTerm> terms) {
  Promise promise;
  std::vector<std::string_view> seen;
  for (const auto& [key, value] : terms) {
    const auto row = std::ranges::find(kRows, key, &Row::key);
    if (row == kRows.end()) {
      return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("promise {}={}: there is no such key", key, value));
    }
    if (std::ranges::find(seen, key) != seen.end()) {
      return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("promise {}={}: promised twice", key, value));
    }
    if (!row->set(promise, value)) {
      return kv::fail(kv::ErrorCode::invalid_argument,
                      fmt::format("promise {}={}: expected {}", key, value, row->values));
    }
    seen.push_back(key);
  }
  return promise;
}

std::vector<PromiseTerm> to_terms(const Promise& promise) {
  std::vector<PromiseTerm> terms;
  for (const Row& row : kRows) {
    if (std::string value = row.get(promise); !value.empty()) terms.push_back({std::string(row.key), std::move(value)});
  }
  return terms;
}

kv::Result<PromiseTerm> parse_term(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("\"{}\": expected KEY=VALUE", text));
  }
  return PromiseTerm{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

Promise promise_of(const Subject& subject, const Settings& settings) {
  const auto promise = parse_promise(subject.promise(settings));
  WB_ASSERT(promise.has_value());
  return *promise;
}

}  // namespace walbreaker
