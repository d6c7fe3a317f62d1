// Runs a case in a worker process, since its subject may crash, loop or eat memory.
#pragma once

#include <optional>
#include <string>

#include "harness/case.h"
#include "harness/subject.h"

namespace walbreaker {

struct IsolatedVerdict {
  std::optional<Wrong> wrong;          // died, hung and out_of_memory among them
  std::optional<std::string> trouble;  // why there is no verdict: "stale: ..."
  bool same_run = true;                // as in CaseResult
};

// The same verdict as run_case() gives, where the subject lets it. With the limits of a run (runner.h). This process
// has one thread.
[[nodiscard]] IsolatedVerdict run_isolated(const Subject& subject, const Case& c);

// Whether a violation of this kind takes the process down that it is met in.
[[nodiscard]] bool takes_process_down(ViolationKind kind);

}  // namespace walbreaker
