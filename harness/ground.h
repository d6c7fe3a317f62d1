// The ground that a crash is judged on: what a store may show when it is opened after it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/play.h"

namespace walbreaker {

// A view: what it is made of outlives it.
struct Ground {
  // Of some contents, which prefixes may show.
  struct Part {
    const PossibleContents* contents;
    PrefixRange allowed;
  };

  std::span<const PossibleContents> stretches;
  Standing standing;
  bool after_recovery = false;  // what is there was served by an open that had found what an earlier crash left
  // Under served=cached a power cut may take back what an open had served, until something after it is durable: then
  // what was possible before that open is possible again. The latest first.
  std::vector<Part> older = {};

  // What is possible as far as the last open goes.
  [[nodiscard]] Part now() const { return {&stretches[standing.stretch], standing.allowed}; }
};

// The ground of a crash after `ops` operations of a run. `commands` are those of its script. `before`: of the crash
// that left what the run began with, if there was one.
[[nodiscard]] Ground ground_at(const PlayedRun& run, const std::vector<Command>& commands, faultfs::OpIndex ops,
                               faultfs::Survival survival, const Promise& promise, const Ground* before = nullptr);

// Nothing where the answer is allowed: the store opens, reports no damage, and shows contents that are possible.
[[nodiscard]] std::optional<Wrong> judge(const Ground& ground, const Observation& observation);

}  // namespace walbreaker
