#include "harness/ground.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/assert.h"

namespace walbreaker {

namespace {

// `standings`: of each stretch until the crash.
std::vector<Ground::Part> older_parts(const PlayedRun& run, const std::vector<Standing>& standings,
                                      const Ground* before) {
  std::vector<Ground::Part> older;
  for (std::size_t i = standings.size(); i > 0; --i) {
    const auto& [stretch, allowed] = standings[i - 1];
    const bool is_first = stretch == 0;
    // What was there before the run is told by `before`, and not by a stretch.
    if (i < standings.size() && !(is_first && before != nullptr)) older.push_back({&run.stretches[stretch], allowed});
    if (run.stretches[stretch].wrote(allowed.first)) return older;
  }
  if (before == nullptr || before->stretches.empty()) return older;
  older.push_back(before->now());
  older.insert(older.end(), before->older.begin(), before->older.end());
  return older;
}

}  // namespace

Ground ground_at(const PlayedRun& run, const std::vector<Command>& commands, faultfs::OpIndex ops,
                 faultfs::Survival survival, const Promise& promise, const Ground* before) {
  const auto standings = standings_at(run.trace, commands, ops, survival, promise);
  Ground ground{.stretches = run.stretches, .standing = standings.back()};
  const bool may_go_back = promise.served == Served::cached && survival != faultfs::Survival::all;
  if (may_go_back) ground.older = older_parts(run, standings, before);
  return ground;
}

namespace {

// Whether the listing is the answer of a store that is in order.
bool serves(const Observation& observation) {
  return (observation.answer == Answer::clean || observation.answer == Answer::torn) && !observation.wrong;
}

// What the stretch before might have left was settled by an open, and settled otherwise.
bool shows_what_was_settled(const Ground& ground, const Observation& observation) {
  if (!serves(observation) || ground.standing.stretch == 0) return false;
  const PossibleContents& before = ground.stretches[ground.standing.stretch - 1];
  return before.matches(observation.listing, {0, before.size()}).has_value();
}

// Under order=per_key each key may go back by itself. Batches are not held together then: one that happened may have
// gone back for some of its keys.
bool every_key_is_possible(const std::vector<Ground::Part>& parts, const Listing& listing) {
  std::map<std::string, const std::string*> shown;
  for (const Ground::Part& part : parts) {
    for (std::string& key : part.contents->keys()) shown.emplace(std::move(key), nullptr);
  }
  for (const auto& [key, value] : listing) {
    const auto known = shown.find(key);
    if (known == shown.end()) return false;
    known->second = &value;
  }
  return std::ranges::all_of(shown, [&](const auto& entry) {
    return std::ranges::any_of(parts, [&](const Ground::Part& part) {
      return part.contents->may_show(entry.first, entry.second, part.allowed);
    });
  });
}

// Whether the store went back to what was possible before an open, as it may.
bool went_back(const Ground& ground, const Observation& observation) {
  if (ground.older.empty() || !serves(observation)) return false;
  const auto matches = [&](const Ground::Part& part) {
    return part.contents->matches(observation.listing, part.allowed).has_value();
  };
  if (std::ranges::any_of(ground.older, matches)) return true;
  const Ground::Part now = ground.now();
  if (now.contents->rules().order != Order::per_key) return false;
  std::vector<Ground::Part> parts = ground.older;
  parts.push_back(now);
  return every_key_is_possible(parts, observation.listing);
}

}  // namespace

std::optional<Wrong> judge(const Ground& ground, const Observation& observation) {
  WB_ASSERT(ground.standing.stretch < ground.stretches.size());
  const auto [contents, allowed] = ground.now();
  auto wrong = contents->judge(observation, allowed);
  if (!wrong || went_back(ground, observation)) return std::nullopt;
  const bool is_lost = wrong->kind == ViolationKind::lost_ack;
  if ((is_lost && ground.after_recovery) || (!is_lost && shows_what_was_settled(ground, observation))) {
    wrong->kind = ViolationKind::lost_after_recovery;
  }
  return wrong;
}

}  // namespace walbreaker
