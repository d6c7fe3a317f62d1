// The oracle: what a subject may answer, and whether it did.
//
// The contents allowed are always those after the first k commands of a history, batches whole, or what a weaker
// promise makes of them (possible_contents.h). Which k are allowed, and which answers of the open go with them, is told
// by an Allowed: a kill's is made here, that of damage in damage_oracle.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/observation.h"
#include "harness/possible_contents.h"
#include "harness/timeline.h"

namespace walbreaker {

struct Allowed {
  PrefixSet unreported;                 // the prefixes that an open may serve that answered clean or torn
  std::optional<PrefixRange> reported;  // the prefixes that may be served by an open that answered damaged
  bool refusal = false;                 // whether the open may fail, with corrupted or unsupported_version
};

// After a process kill: everything acked is there, and of what was issued and not acked, any first part.
[[nodiscard]] Allowed allowed_after_kill(const History& history);

// With no fault at all, all commands acked: exactly the full contents.
[[nodiscard]] Allowed allowed_without_fault(const History& history);

struct Judgement {
  std::optional<Wrong> wrong;         // nothing: the answer was allowed
  std::optional<std::size_t> prefix;  // the prefix that was served, the highest where several show the same contents
};

[[nodiscard]] Judgement judge(const Timeline& timeline, const Allowed& allowed, const Observation& observation);

// The same by what the subject promises of order and batches.
[[nodiscard]] Judgement judge(const PossibleContents& possible, const Allowed& allowed, const Observation& observation);

// Whether the second of two opens, with no command between them, contradicts the first one.
[[nodiscard]] std::optional<Wrong> judge_second_open(const Observation& first, const Observation& second);

}  // namespace walbreaker
