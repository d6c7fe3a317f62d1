// The progress line: on a terminal, one line of standard error that is written over and over; in a pipe, nothing.
#pragma once

#include <chrono>
#include <string>

#include "harness/runner.h"

namespace walbreaker {

// "  41,235 cases, 4,117/s, 0 violations, 34 %, 20 s left"
[[nodiscard]] std::string progress_text(const ProgressState& state);

class ProgressLine {
 public:
  explicit ProgressLine(bool terminal) : terminal_(terminal) {}

  // Shows the state, ten times a second at most.
  void show(const ProgressState& state);

  // Takes the line away, so that something else can be printed.
  void clear();

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace walbreaker
