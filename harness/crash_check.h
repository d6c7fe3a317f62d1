// One question, for an engine's own tests: does it survive every crash state of this workload?
//
//   const CrashFindings found = check_crashes(my_subject, {.seed = 7, .commands = 40, .model = "posix"});
//   if (found.failure) ...  // the shrunk case, and what it means
//
// With GoogleTest: gtest.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "faultfs/enumerate.h"
#include "harness/script.h"
#include "harness/subject.h"

namespace walbreaker {

struct CrashCheck {
  std::uint64_t seed = 1;          // of the workload, where no script is given
  std::size_t commands = 24;       // that many
  std::optional<Script> script{};  // what the subject is made to do, if not that
  Settings settings{};             // what it is opened with
  std::string model = "posix";     // the disk (faultfs/disk_model.h)
  faultfs::Budget budget{.states_per_point = 256, .cuts_per_write = 1, .states_per_cut = 16};
};

struct CrashFindings {
  std::uint64_t judged = 0;            // crash states, until the first that came to a violation
  std::string coverage;                // which of them those were, in words
  std::optional<std::string> failure;  // what is wrong: the kind, the shrunk case as text, and its explanation
};

// Plays the workload on the simulated disk, and opens and judges what every crash state of it leaves, by what the
// subject promises. Takes as long as the budget says; deterministic. Errors are failures, too: a model that there is
// not, a subject that is wrong with no crash at all.
[[nodiscard]] CrashFindings check_crashes(const Subject& subject, const CrashCheck& check);

}  // namespace walbreaker
