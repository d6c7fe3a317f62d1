// Shrinks a case: a smaller one that comes to the same kind of violation.
//
// Commands, restarts, faults, damages, values, settings, the crash and what became of each operation are made smaller
// in turn (shrink_steps.h), until no step gives a smaller case any more. Where the last stage of a candidate ends with
// a crash that does not come to the violation, the crash states of its own run are tried before it is given up: with
// fewer commands the same defect shows itself at another place.
//
// All of it runs in a worker, so that a candidate which crashes, loops or eats memory is left out. Where the violation
// itself takes its process down, each candidate runs in one, and no other crash is looked for. This process has one
// thread.
//
// A case that is to show a defect passes where the defect is not. What it names, an operation or a byte of a file, may
// not be there: it is stale then, and says nothing. Where another subject is given, no candidate is taken that does
// not pass on it.
//
// The result depends on the subjects and the case alone, where no time is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/result.h"
#include "harness/case.h"
#include "harness/subject.h"

namespace walbreaker {

struct ShrinkOptions {
  std::uint64_t most_candidates = 4'000;  // after so many it is as small as it has become
  std::optional<double> seconds;          // or after so long, and then the result depends on the machine too
  const Subject* passes_on = nullptr;     // the case passes there, and goes on doing so; null: nothing is asked
};

struct Shrunk {
  Case smallest;
  std::uint64_t candidates = 0;  // that were tried
  bool finished = false;         // no step gives a smaller one
};

// Errors: invalid_argument where the case comes to no violation of the kind that it expects, stale cases among them; or
// does not pass where it has to.
kv::Result<Shrunk> shrink(const Subject& subject, const Case& c, const ShrinkOptions& options = {});

// "1 stage, 12 commands, 40 bytes of values, 1 harm, 3 fates": what there is to a case; a harm is a crash, a damage or
// a live fault.
[[nodiscard]] std::string size_text(const Case& c);

}  // namespace walbreaker
