#include "harness/possible_contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "harness/explain.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

// What contents show under a key; null: missing.
const std::string* shown(const Contents& contents, const std::string& key) {
  const auto it = contents.find(key);
  return it == contents.end() ? nullptr : &it->second;
}

bool same(const std::string* a, const std::string* b) { return a == nullptr || b == nullptr ? a == b : *a == *b; }

}  // namespace

void PossibleContents::add(const Command& command, Outcome outcome) {
  Issued issued{command, outcome, {}};
  for (const auto& write : command.writes.operations()) {
    const bool is_put = write.kind == kv::Batch::Kind::put;
    issued.effect[write.key] = is_put ? std::optional(write.value) : std::nullopt;
  }
  if (outcome == Outcome::acked) apply_to(acked_, command);
  commands_.push_back(std::move(issued));
}

bool PossibleContents::may_show(const Contents& contents, std::size_t prefix) const {
  std::set<std::string_view> explained;
  for (std::size_t i = prefix; i-- > 0;) {
    const Issued& issued = commands_[i];
    if (issued.outcome == Outcome::nothing) continue;
    const bool agrees = std::ranges::all_of(issued.effect, [&](const auto& made) {
      return explained.contains(made.first) || same(shown(contents, made.first), made.second ? &*made.second : nullptr);
    });
    if (!agrees && issued.outcome == Outcome::acked) return false;
    if (!agrees) continue;
    for (const auto& made : issued.effect) explained.insert(made.first);
  }
  const auto stands_as_in = [&](const Contents& other) {
    return [&](const auto& entry) {
      return explained.contains(entry.first) || same(shown(other, entry.first), &entry.second);
    };
  };
  return std::ranges::all_of(contents, stands_as_in(base_)) && std::ranges::all_of(base_, stands_as_in(contents));
}

std::optional<std::size_t> PossibleContents::matches(const Listing& listing, const PrefixRange& prefixes) const {
  const Contents contents(listing.begin(), listing.end());
  for (std::size_t prefix = prefixes.last + 1; prefix-- > prefixes.first;) {
    if (may_show(contents, prefix)) return prefix;
  }
  return std::nullopt;
}

std::optional<Wrong> PossibleContents::judge(const Listing& listing, const PrefixRange& allowed) const {
  if (matches(listing, allowed)) return std::nullopt;
  if (allowed.first > 0) {
    if (const auto less = matches(listing, {0, allowed.first - 1})) {
      return Wrong{ViolationKind::lost_ack,
                   fmt::format("the store shows the first {} commands since it was opened; the first {} have to be "
                               "there, but for those that failed",
                               *less, allowed.first)};
    }
  }
  return explain(listing, allowed.last);
}

std::optional<Wrong> PossibleContents::judge(const Observation& observation, const PrefixRange& allowed) const {
  if (observation.answer == Answer::refused) {
    return Wrong{ViolationKind::unrecoverable, fmt::format("the open failed: {}", observation.text)};
  }
  if (observation.wrong) return observation.wrong;
  if (observation.answer == Answer::damaged) {
    return Wrong{ViolationKind::false_damage,
                 fmt::format("damage was reported, where none may be: {}", observation.text)};
  }
  return judge(observation.listing, allowed);
}

// Held against the acked commands, and those maybes of which anything is to be seen.
Wrong PossibleContents::explain(const Listing& listing, std::size_t expected) const {
  const Contents contents(listing.begin(), listing.end());
  History history{.epoch = 0, .base = base_, .commands = {}};
  for (std::size_t i = 0; i < expected; ++i) {
    const Issued& issued = commands_[i];
    const bool is_seen = std::ranges::any_of(issued.effect, [&](const auto& made) {
      return made.second && same(shown(contents, made.first), &*made.second);
    });
    if (issued.outcome == Outcome::acked || (issued.outcome == Outcome::failed && is_seen)) {
      history.commands.push_back(issued.command);
    }
  }
  history.acked = history.commands.size();
  const Timeline timeline(std::move(history));
  return explain_no_prefix(timeline, timeline.full(), listing);
}

std::string first_difference(const Contents& expected, const Contents& got) {
  std::set<std::string> keys;
  for (const auto& entry : expected) keys.insert(entry.first);
  for (const auto& entry : got) keys.insert(entry.first);
  for (const std::string& key : keys) {
    const std::string* wanted = shown(expected, key);
    const std::string* found = shown(got, key);
    if (!same(wanted, found)) {
      return fmt::format("key {}: expected {}, got {}", in_quotes(key), value_text(wanted), value_text(found));
    }
  }
  return "no key differs";
}

}  // namespace walbreaker
