// Possible contents under order=per_key: each key is judged by itself, and then batches are held together.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "harness/possible_contents.h"
#include "harness/text.h"
#include "harness/workload.h"

namespace walbreaker {

// Going back from the last step of the window: what was in the window when the crash came may have happened; before it,
// what failed may have; and the last one that was acked before it has, so that nothing older can be seen.
PossibleContents::Standing PossibleContents::standing_of(std::uint32_t key, const std::string* shown,
                                                         const PrefixRange& window) const {
  if (shown == &kRefused) return {.makers = 1, .latest = std::nullopt, .refused = true};
  const std::size_t durable = steps_before(window.first);
  const auto& mentions = of_key_[key].mentions;
  const auto behind = std::ranges::lower_bound(mentions, steps_before(window.last), {}, &Mention::step);
  Standing standing;
  for (auto at = behind; at != mentions.begin();) {
    --at;
    const Step& step = steps_[at->step];
    if (agrees(shown, made_by(step.command, writes_[at->write].operation))) {
      if (standing.makers++ == 0) standing.latest = at->step;
    }
    if (at->step < durable && !step.maybe) return standing;
  }
  standing.makers += agrees(shown, of_key_[key].in_base()) ? 1U : 0U;
  return standing;
}

bool PossibleContents::may_show(const std::string& key, const std::string* shown, const PrefixRange& prefixes) const {
  const auto id = find(key);
  return id ? standing_of(*id, shown, prefixes).makers > 0 : shown == nullptr;
}

std::vector<PossibleContents::Standing> PossibleContents::standings_of(const Shown& shown,
                                                                       const PrefixRange& window) const {
  std::vector<Standing> standings;
  standings.reserve(shown.size());
  for (std::uint32_t key = 0; key < shown.size(); ++key) standings.push_back(standing_of(key, shown[key], window));
  return standings;
}

// The command of a batch that is seen to have happened by one of its keys, and not to by another one.
std::optional<std::size_t> PossibleContents::torn_batch(const std::vector<Standing>& standings) const {
  for (std::uint32_t key = 0; key < standings.size(); ++key) {
    const auto& [makers, maker, refused] = standings[key];
    if (makers != 1 || !maker || refused) continue;
    const Step& step = steps_[*maker];
    const std::span writes(writes_.begin() + static_cast<std::ptrdiff_t>(begin_of(*maker)),
                           writes_.begin() + static_cast<std::ptrdiff_t>(step.end));
    // That a key is missing has many possible reasons: only a value tells who wrote it.
    const auto own = std::ranges::find(writes, key, &Write::key);
    if (made_by(step.command, own->operation) == nullptr) continue;
    const bool torn = std::ranges::any_of(writes, [&](const Write& write) {
      const Standing& other = standings[write.key];
      return !other.refused && (!other.latest || *other.latest < *maker);
    });
    if (torn) return step.command;
  }
  return std::nullopt;
}

bool PossibleContents::may_show_by_key(const Shown& shown, const PrefixRange& window) const {
  const auto standings = standings_of(shown, window);
  const auto is_wrong = [](const Standing& standing) { return standing.makers == 0; };
  if (std::ranges::any_of(standings, is_wrong)) return false;
  return rules_.batches == Batches::none || !torn_batch(standings);
}

Wrong PossibleContents::explain_per_key(const Listing& listing, const PrefixRange& window) const {
  const auto shown = shown_in(listing);
  if (!shown) {
    for (const auto& [name, value] : listing) {
      if (std::ranges::find(keys_, name, &Key::name) != keys_.end()) continue;
      const auto stamp = read_stamp(value);
      const bool from_the_past = stamp && stamp->epoch < rules_.epoch;
      return {from_the_past ? ViolationKind::resurrected_key : ViolationKind::phantom_value,
              fmt::format("key {} shows {}, and no command ever wrote it", in_quotes(name), value_text(&value))};
    }
    return {ViolationKind::wrong_result, "the contents are listed in a way that no map could be"};
  }
  const auto standings = standings_of(*shown, window);
  for (const Key& key : keys_) {
    if (standings[key.id].makers == 0) return explain_key(key, (*shown)[key.id], window);
  }
  const auto batch = torn_batch(standings);
  return {ViolationKind::torn_batch, fmt::format("command {}, a batch, happened in part", batch.value_or(0))};
}

Wrong PossibleContents::explain_key(const Key& key, const std::string* got, const PrefixRange& window) const {
  const KeyHistory& history = of_key_[key.id];
  const Standing ever = standing_of(key.id, got, {0, issued_.size()});
  const std::string says = fmt::format("key {} shows {}", in_quotes(key.name), value_text(got));
  if (ever.makers == 0) {
    const auto stamp = got == nullptr ? std::nullopt : read_stamp(*got);
    const bool from_the_past = stamp && stamp->epoch < rules_.epoch;
    return {from_the_past ? ViolationKind::resurrected_key : ViolationKind::wrong_value,
            says + ", which no command ever made of it"};
  }
  // The last command that must have happened: what is shown is older than that.
  const auto durable = steps_before(window.first);
  const auto is_durable = [&](const Mention& mention) { return mention.step < durable && !steps_[mention.step].maybe; };
  const auto last = std::find_if(history.mentions.rbegin(), history.mentions.rend(), is_durable);
  if (last == history.mentions.rend()) {
    return {ViolationKind::wrong_result, says + ", which a command made of it that was not issued by then"};
  }
  const Step& step = steps_[last->step];
  const std::string* made = made_by(step.command, writes_[last->write].operation);
  const bool came_back = made == nullptr && got != nullptr;
  return {came_back ? ViolationKind::resurrected_key : ViolationKind::lost_ack,
          fmt::format("{}; command {} had to survive, and made {} of it", says, step.command, value_text(made))};
}

}  // namespace walbreaker
