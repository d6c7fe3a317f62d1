// A child process that is run to its end, with what it wrote on standard output.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/result.h"

namespace walbreaker {

struct ChildPlan {
  std::string program;  // a path
  std::vector<std::string> arguments;
  // Kill it (SIGKILL) so long after its first output; nothing: it ends by itself.
  std::optional<std::chrono::microseconds> kill_after;
  // Kill it when it has run for so long: it hangs.
  std::chrono::milliseconds timeout{60'000};
};

struct ChildEnd {
  std::string output;  // all of it, drained to the end
  int signal = 0;      // that ended it, or 0
  int exit_code = 0;   // where no signal did
  bool timed_out = false;
};

// Runs the child, with no standard input and our standard error, and waits until it is gone and its output read.
// Errors: io_error where it cannot be started or waited for. Threads: any number of children at once.
kv::Result<ChildEnd> run_child(const ChildPlan& plan);

}  // namespace walbreaker
