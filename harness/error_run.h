// Runs under a fault: a script is played on a simulated disk on which one operation fails, or all from one on, and the
// program goes on as a careless application would.
//
// The fault acts in one process, from when it fires to the end of that process; then the disk is as good as new ("then
// space again"). Where it fires in an open that fails, the store is opened once more, without it: the directory must
// open to the same contents. After the last command the process ends, and the store is opened a last time.
//
// While it plays, the run is judged by what the living see:
// - An error is an answer only where the fault is one, and in the process in which it fired. Elsewhere, and under short
//   reads and writes, which are no errors, every answer must be ok.
// - After each error all of the store is read. What failed must not show, if the subject promises that.
// - Each open that answers must serve possible contents (possible_contents.h), and report no damage.
// What a power cut may leave is judged by standing_at(), which tells what was asked for up to any moment of the trace.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faultfs/fault_plan.h"
#include "faultfs/trace.h"
#include "harness/possible_contents.h"
#include "harness/recording.h"

namespace walbreaker {

struct ErrorPlan {
  std::optional<faultfs::Fault> fault;  // none: the run without a fault, which tells how many operations there are
  faultfs::FailedSync failed_sync = faultfs::FailedSync::clean_readable;
  Restart end = Restart::kill;  // how the last process ends
};

// What a subject promises, as far as errors go.
struct ErrorPromise {
  PowerPromise power = PowerPromise::never;
  bool outlives_kills = false;    // an ack does
  bool hides_what_failed = true;  // reads of the same process never show a command that was answered with an error
};

[[nodiscard]] ErrorPromise error_promise(const Subject& subject, const Settings& settings);

// Whether a fault of this kind is an error to the application. Short calls are none.
[[nodiscard]] bool is_error(faultfs::FaultKind kind);

// When a fault fired first.
struct Firing {
  std::string during;                  // "put", "an open", "a close"
  std::optional<std::size_t> command;  // its index, where it was one
  faultfs::OpIndex step_begin = 0;     // the operations before that
  faultfs::OpIndex process_end = 0;    // the operations done when the process ended, and with it the fault
};

// A wrong answer of the living.
struct Mistake {
  Wrong wrong;
  std::string phase;  // "live", "opened again"
  faultfs::Image image;
};

struct ErrorRun {
  faultfs::Trace trace;                     // with marks as those of a Recording, and for commands that failed
  std::vector<PossibleContents> stretches;  // before the first open that answered, and from each such open to the next
  std::vector<std::string> failures;        // every error that was answered, in words
  std::uint64_t failed_opens = 0;
  std::uint64_t reads_answered = 0;  // whole scans by a process in which the fault had fired
  std::uint64_t reads_refused = 0;   // with an error: allowed, as nothing false is served; but a store can do better
  std::optional<Firing> firing;
  std::uint64_t fired = 0;
  std::array<std::uint64_t, faultfs::kOpKinds.size()> operations{};  // how many were called, by kind
  std::optional<Mistake> mistake;                                    // ends the run
};

[[nodiscard]] ErrorRun play_with_fault(const Subject& subject, const Script& script, const ErrorPlan& plan);

// What a crash after some operations is judged by: a stretch of the run, and of its commands the prefixes allowed.
struct Standing {
  std::size_t stretch = 0;
  PrefixRange allowed;
};

// `ops` operations were done, and more of the trace does not count. `commands` are those of the script.
[[nodiscard]] Standing standing_at(const faultfs::Trace& trace, const std::vector<Command>& commands,
                                   faultfs::OpIndex ops, faultfs::Survival survival, const ErrorPromise& promise);

}  // namespace walbreaker
