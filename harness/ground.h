// The ground that a crash is judged on: what a store may show when it is opened after it.
#pragma once

#include <optional>
#include <span>

#include "harness/play.h"

namespace walbreaker {

// A view: what it is made of outlives it.
struct Ground {
  std::span<const PossibleContents> stretches;
  Standing standing;
  bool after_recovery = false;  // what is there was served by an open that had found what an earlier crash left
};

// The ground of a crash after `ops` operations of a run. `commands` are those of its script.
[[nodiscard]] Ground ground_at(const PlayedRun& run, const std::vector<Command>& commands, faultfs::OpIndex ops,
                               faultfs::Survival survival, const Promise& promise);

// Nothing where the answer is allowed: the store opens, reports no damage, and shows contents that are possible.
[[nodiscard]] std::optional<Wrong> judge(const Ground& ground, const Observation& observation);

}  // namespace walbreaker
