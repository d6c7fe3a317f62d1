#include "harness/ground.h"

#include "engine/assert.h"

namespace walbreaker {

Ground ground_at(const PlayedRun& run, const std::vector<Command>& commands, faultfs::OpIndex ops,
                 faultfs::Survival survival, const Promise& promise) {
  return {run.stretches, standing_at(run.trace, commands, ops, survival, promise)};
}

namespace {

// What the stretch before might have left was settled by an open, and settled otherwise.
bool shows_what_was_settled(const Ground& ground, const Observation& observation) {
  const bool serves = observation.answer == Answer::clean || observation.answer == Answer::torn;
  if (!serves || observation.wrong || ground.standing.stretch == 0) return false;
  const PossibleContents& before = ground.stretches[ground.standing.stretch - 1];
  return before.matches(observation.listing, {0, before.size()}).has_value();
}

}  // namespace

std::optional<Wrong> judge(const Ground& ground, const Observation& observation) {
  WB_ASSERT(ground.standing.stretch < ground.stretches.size());
  auto wrong = ground.stretches[ground.standing.stretch].judge(observation, ground.standing.allowed);
  if (!wrong) return wrong;
  const bool is_lost = wrong->kind == ViolationKind::lost_ack;
  if ((is_lost && ground.after_recovery) || (!is_lost && shows_what_was_settled(ground, observation))) {
    wrong->kind = ViolationKind::lost_after_recovery;
  }
  return wrong;
}

}  // namespace walbreaker
