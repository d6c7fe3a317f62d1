#include "harness/possible_contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "harness/explain.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

bool same(const std::string* a, const std::string* b) { return a == nullptr || b == nullptr ? a == b : *a == *b; }

// What contents show under a key; null: missing.
const std::string* shown_under(const Contents& contents, const std::string& key) {
  const auto it = contents.find(key);
  return it == contents.end() ? nullptr : &it->second;
}

// Of several writes to one key in a command, the last one counts.
bool is_last_to_its_key(const std::vector<kv::Batch::Operation>& writes, std::size_t index) {
  return std::none_of(writes.begin() + static_cast<std::ptrdiff_t>(index) + 1, writes.end(),
                      [&](const auto& later) { return later.key == writes[index].key; });
}

}  // namespace

ContentsRules rules_of(const Promise& promise, std::uint64_t epoch) { return {promise.order, promise.batches, epoch}; }

const std::string PossibleContents::kRefused;

bool PossibleContents::agrees(const std::string* shown, const std::string* made) {
  return shown == &kRefused || same(shown, made);
}

// --- what happened ---

PossibleContents::PossibleContents(Contents base, const ContentsRules& rules) : rules_(rules), acked_(std::move(base)) {
  for (const auto& [key, value] : acked_) of_key_[id_of(key)].base = value;
}

PossibleContents::PossibleContents(const History& history, const Promise& promise)
    : PossibleContents(history.base, rules_of(promise, history.epoch)) {
  for (const Command& command : history.commands) add(command, Outcome::acked);
}

std::uint32_t PossibleContents::id_of(const std::string& key) {
  const auto at = std::ranges::lower_bound(keys_, key, {}, &Key::name);
  if (at != keys_.end() && at->name == key) return at->id;
  const auto id = static_cast<std::uint32_t>(keys_.size());
  keys_.insert(at, {key, id});
  of_key_.emplace_back();
  return id;
}

std::optional<std::uint32_t> PossibleContents::find(const std::string& key) const {
  const auto at = std::ranges::lower_bound(keys_, key, {}, &Key::name);
  return at != keys_.end() && at->name == key ? std::optional(at->id) : std::nullopt;
}

void PossibleContents::add_step(std::uint32_t command, bool maybe, std::size_t first, std::size_t last) {
  const auto& writes = issued_[command].command.writes.operations();
  const auto step = static_cast<std::uint32_t>(steps_.size());
  for (std::size_t i = first; i < last; ++i) {
    if (last - first > 1 && !is_last_to_its_key(writes, i)) continue;
    const std::uint32_t key = id_of(writes[i].key);
    of_key_[key].mentions.push_back({step, static_cast<std::uint32_t>(writes_.size())});
    writes_.push_back({key, static_cast<std::uint32_t>(i)});
  }
  steps_.push_back({command, static_cast<std::uint32_t>(writes_.size()), maybe});
}

void PossibleContents::add(const Command& command, Outcome outcome) {
  const auto index = static_cast<std::uint32_t>(issued_.size());
  const std::size_t writes = outcome == Outcome::nothing ? 0 : command.writes.size();
  if (outcome == Outcome::acked) apply_to(acked_, command);
  issued_.push_back({command, outcome, 0});
  const std::size_t at_once = rules_.batches == Batches::atomic ? std::max<std::size_t>(writes, 1) : 1;
  for (std::size_t i = 0; i < writes; i += at_once) add_step(index, outcome == Outcome::failed, i, i + at_once);
  issued_.back().end = static_cast<std::uint32_t>(steps_.size());
}

bool PossibleContents::wrote(std::size_t prefix) const {
  return std::any_of(issued_.begin(), issued_.begin() + static_cast<std::ptrdiff_t>(prefix), [](const Issued& issued) {
    if (issued.outcome != Outcome::acked) return false;
    const auto is_put = [](const auto& write) { return write.kind == kv::Batch::Kind::put; };
    return issued.command.kind != CommandKind::batch || std::ranges::any_of(issued.command.writes.operations(), is_put);
  });
}

std::size_t PossibleContents::steps_before(std::size_t prefix) const {
  return prefix == 0 ? 0 : issued_.at(prefix - 1).end;
}

const std::string* PossibleContents::made_by(std::uint32_t command, std::uint32_t operation) const {
  const auto& write = issued_[command].command.writes.operations()[operation];
  return write.kind == kv::Batch::Kind::put ? &write.value : nullptr;
}

std::vector<std::string> PossibleContents::keys() const {
  std::vector<std::string> names;
  names.reserve(keys_.size());
  for (const Key& key : keys_) names.push_back(key.name);
  return names;
}

// --- what is shown ---

// Nothing where there is a key that no command wrote, or where the keys are in no order.
std::optional<PossibleContents::Shown> PossibleContents::shown_in(const Listing& listing) const {
  Shown shown(keys_.size(), nullptr);
  auto seen = listing.begin();
  for (auto key = keys_.begin(); key != keys_.end() && seen != listing.end(); ++key) {
    if (key->name != seen->first) continue;
    shown[key->id] = &seen->second;
    ++seen;
  }
  if (seen != listing.end()) return std::nullopt;
  return shown;
}

std::optional<PossibleContents::Shown> PossibleContents::shown_in(const PartialListing& listing) const {
  Shown shown(keys_.size(), &kRefused);
  for (const auto& [key, value] : listing) {
    const auto id = find(key);
    if (!id && value) return std::nullopt;
    if (id) shown[*id] = value ? &*value : nullptr;
  }
  return shown;
}

std::optional<std::size_t> PossibleContents::matches(const Listing& listing, const PrefixRange& prefixes) const {
  const auto shown = shown_in(listing);
  return shown ? match(*shown, prefixes) : std::nullopt;
}

std::optional<std::size_t> PossibleContents::matches(const PartialListing& listing, const PrefixRange& prefixes) const {
  const auto shown = shown_in(listing);
  return shown ? match(*shown, prefixes) : std::nullopt;
}

std::optional<std::size_t> PossibleContents::match(const Shown& shown, const PrefixRange& prefixes) const {
  if (rules_.order == Order::per_key) {
    return may_show_by_key(shown, prefixes) ? std::optional(prefixes.last) : std::nullopt;
  }
  Marks explained;
  const std::size_t fewest = steps_before(prefixes.first);
  std::size_t steps = steps_before(prefixes.last);
  for (std::size_t prefix = prefixes.last;; --steps) {
    while (prefix > prefixes.first && steps_before(prefix) > steps) --prefix;
    explained.assign(keys_.size(), false);
    if (may_be_left(shown, steps, explained)) return prefix;
    if (steps == fewest) return std::nullopt;
  }
}

// --- order=prefix ---

// Whether the step may have happened; then it explains its keys.
bool PossibleContents::take(std::size_t step, const Shown& shown, Marks& explained) const {
  for (std::size_t i = begin_of(step); i < steps_[step].end; ++i) {
    const Write& write = writes_[i];
    if (!explained[write.key] && !agrees(shown[write.key], made_by(steps_[step].command, write.operation)))
      return false;
  }
  for (std::size_t i = begin_of(step); i < steps_[step].end; ++i) explained[writes_[i].key] = true;
  return true;
}

// Of a command that failed, whose last step is this one, takes the longest first part that may have happened. A longer
// one explains all that a shorter one does. Returns its first step.
std::size_t PossibleContents::take_part(std::size_t step, const Shown& shown, Marks& explained) const {
  const std::size_t begin = steps_before(steps_[step].command);
  for (std::size_t end = step + 1; end > begin; --end) {
    Marks tried = explained;
    std::size_t i = end;
    while (i > begin && take(i - 1, shown, tried)) --i;
    if (i > begin) continue;
    explained = std::move(tried);
    break;
  }
  return begin;
}

bool PossibleContents::may_be_left(const Shown& shown, std::size_t steps, Marks& explained) const {
  for (std::size_t i = steps; i > 0;) {
    const std::size_t step = i - 1;
    if (steps_[step].maybe) {
      i = take_part(step, shown, explained);
    } else {
      if (!take(step, shown, explained)) return false;
      i = step;
    }
  }
  for (std::size_t key = 0; key < shown.size(); ++key) {
    if (!explained[key] && !agrees(shown[key], of_key_[key].in_base())) return false;
  }
  return true;
}

// Held against the acked commands, and those maybes of which anything is to be seen.
Wrong PossibleContents::explain_prefix(const Listing& listing, std::size_t expected) const {
  const Contents contents(listing.begin(), listing.end());
  History history{.epoch = rules_.epoch, .base = {}, .commands = {}};
  for (const Key& key : keys_) {
    if (const auto& base = of_key_[key.id].base) history.base.emplace(key.name, *base);
  }
  for (std::size_t i = 0; i < expected; ++i) {
    const Issued& issued = issued_[i];
    const bool is_seen = std::ranges::any_of(issued.command.writes.operations(), [&](const auto& write) {
      const std::string* shown = shown_under(contents, write.key);
      return write.kind == kv::Batch::Kind::put && shown != nullptr && *shown == write.value;
    });
    if (issued.outcome == Outcome::acked || (issued.outcome == Outcome::failed && is_seen)) {
      history.commands.push_back(issued.command);
      // Where batches need not be atomic, being torn is not what is wrong.
      if (rules_.batches == Batches::none && history.commands.back().kind == CommandKind::batch) {
        history.commands.back().kind = CommandKind::put;
      }
    }
  }
  history.acked = history.commands.size();
  const Timeline timeline(std::move(history));
  return explain_no_prefix(timeline, timeline.full(), listing);
}

// --- verdicts ---

Wrong PossibleContents::explain(const Listing& listing, const PrefixRange& allowed) const {
  return rules_.order == Order::per_key ? explain_per_key(listing, allowed) : explain_prefix(listing, allowed.last);
}

std::optional<Wrong> PossibleContents::judge(const Listing& listing, const PrefixRange& allowed) const {
  if (matches(listing, allowed)) return std::nullopt;
  if (rules_.order == Order::prefix && allowed.first > 0) {
    if (const auto less = matches(listing, {0, allowed.first})) {
      return Wrong{ViolationKind::lost_ack,
                   fmt::format("the store shows the first {} commands since it was opened; the first {} have to be "
                               "there, but for those that failed",
                               *less, allowed.first)};
    }
  }
  return explain(listing, allowed);
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

std::string first_difference(const Contents& expected, const Contents& got) {
  std::set<std::string> keys;
  for (const auto& entry : expected) keys.insert(entry.first);
  for (const auto& entry : got) keys.insert(entry.first);
  for (const std::string& key : keys) {
    const std::string* wanted = shown_under(expected, key);
    const std::string* found = shown_under(got, key);
    if (!same(found, wanted)) {
      return fmt::format("key {}: expected {}, got {}", in_quotes(key), value_text(wanted), value_text(found));
    }
  }
  return "no key differs";
}

}  // namespace walbreaker
