#include "harness/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "harness/text.h"
#include "harness/workload.h"

namespace walbreaker {

namespace {

// A key that does not show what it should.
struct Difference {
  std::string_view key;
  const std::string* expected;  // null: missing
  const std::string* got;
  const Timeline::Key* known;  // null: no command ever wrote this key
};

std::vector<Difference> differences(const Timeline& timeline, std::size_t prefix, const Listing& listing) {
  std::map<std::string_view, Difference> by_key;
  for (const Timeline::Key& key : timeline.keys()) {
    by_key[key.name] = {key.name, Timeline::value_at(key, prefix), nullptr, &key};
  }
  for (const auto& [key, value] : listing) {
    const auto [it, added] = by_key.try_emplace(key, Difference{key, nullptr, nullptr, nullptr});
    it->second.got = &value;
  }
  std::vector<Difference> found;
  for (const auto& [key, d] : by_key) {
    const bool same = d.expected == nullptr || d.got == nullptr ? d.expected == d.got : *d.expected == *d.got;
    if (!same) found.push_back(d);
  }
  return found;
}

bool ever_shown(const Difference& d) {
  return std::ranges::any_of(d.known->versions,
                             [&](const Timeline::Version& v) { return v.value != nullptr && *v.value == *d.got; });
}

bool is_from_earlier_epoch(const std::string& value, std::uint64_t epoch) {
  const auto stamp = read_stamp(value);
  return stamp && stamp->epoch < epoch;
}

// The kind of one difference, seen alone.
ViolationKind kind_of(const Difference& d, std::size_t prefix, std::uint64_t epoch) {
  if (d.got == nullptr) return ViolationKind::hole;
  const bool from_the_past = is_from_earlier_epoch(*d.got, epoch);
  if (d.known == nullptr) return from_the_past ? ViolationKind::resurrected_key : ViolationKind::phantom_value;
  if (!ever_shown(d)) return from_the_past ? ViolationKind::resurrected_key : ViolationKind::wrong_value;
  const auto& first = *std::ranges::find_if(
      d.known->versions, [&](const Timeline::Version& v) { return v.value != nullptr && *v.value == *d.got; });
  const bool deleted_since = d.expected == nullptr && first.from <= prefix;
  return deleted_since ? ViolationKind::resurrected_key : ViolationKind::hole;
}

// Lower comes first: what cannot be explained by a loss says more than what can.
int rank(ViolationKind kind) {
  switch (kind) {
    case ViolationKind::phantom_value: return 0;
    case ViolationKind::wrong_value: return 1;
    case ViolationKind::resurrected_key: return 2;
    default: return 3;
  }
}

// The batch whose keys are the only ones that differ, where the rest of it is as it should be: prefix k shows what the
// listing does but for some writes of command k, or k + 1.
std::optional<std::size_t> torn_batch(const Timeline& timeline, const Listing& listing) {
  const auto& commands = timeline.history().commands;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (commands[i].kind != CommandKind::batch) continue;
    // The writes of command i, each by itself, are there or not: everything else is as after i commands.
    const auto belongs = [&](const Difference& d) {
      return std::ranges::any_of(commands[i].writes.operations(),
                                 [&](const auto& write) { return write.key == d.key; });
    };
    const auto is_new = [&](const Difference& d) {
      const std::string* after = d.known == nullptr ? nullptr : Timeline::value_at(*d.known, i + 1);
      return after == nullptr || d.got == nullptr ? after == d.got : *after == *d.got;
    };
    const auto found = differences(timeline, i, listing);
    if (!found.empty() && std::ranges::all_of(found, [&](const Difference& d) { return belongs(d) && is_new(d); }))
      return i;
  }
  return std::nullopt;
}

std::string say(const Difference& d) {
  return fmt::format("key {}: expected {}, got {}", in_quotes(d.key), value_text(d.expected), value_text(d.got));
}

}  // namespace

Wrong explain_no_prefix(const Timeline& timeline, std::size_t expected, const Listing& listing) {
  const std::uint64_t epoch = timeline.history().epoch;
  auto found = differences(timeline, expected, listing);
  if (found.empty()) return {ViolationKind::wrong_result, "the contents are listed in a way that no map could be"};
  const auto rank_of = [&](const Difference& d) { return rank(kind_of(d, expected, epoch)); };
  const Difference& worst = *std::ranges::min_element(found, {}, rank_of);
  Wrong wrong{kind_of(worst, expected, epoch), {}};
  if (wrong.kind == ViolationKind::hole || wrong.kind == ViolationKind::resurrected_key) {
    if (const auto batch = torn_batch(timeline, listing)) {
      return {ViolationKind::torn_batch, fmt::format("command {}, a batch, happened in part; {}", *batch, say(worst))};
    }
  }
  wrong.text = fmt::format(
      "the contents are those after no number of commands; held against the first {}, {} keys differ, among them {}",
      expected, found.size(), say(worst));
  return wrong;
}

}  // namespace walbreaker
