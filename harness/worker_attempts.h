// Attempts: one order that is given to worker after worker until one of them lives to answer it.
//
// Where a worker ends, the case that it was on is a suspect, and the order is given, from its start, to a fresh one:
// - ends that one on the same case too, it is a violation, and from then on the case is left out;
// - ends it on another, that one is the suspect;
// - answers it, the first end has not been repeated. That is trouble, not a violation: no verdict.
// The whole is bounded: after kMostDeaths, or where a case cannot be left out, what is left of the order is not run. An
// end by a limit, of time or memory, takes seconds each time, and counts as kLimitDeaths of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/worker.h"

namespace walbreaker {

class WorkerAttempts {
 public:
  static constexpr unsigned kMostDeaths = 16;
  static constexpr unsigned kLimitDeaths = 4;

  explicit WorkerAttempts(WorkerOrder order) : order_(std::move(order)) {}

  // What the next worker is to do.
  [[nodiscard]] const WorkerOrder& order() const { return order_; }

  // A worker ended, having sent this draft last, if any. False: there is to be no further attempt.
  bool ended(const WorkerEnd& end, std::optional<Violation> draft);

  // The result of it all: where a worker answered, or gave no answer to the last attempt.
  [[nodiscard]] Tally answered(Tally tally);
  [[nodiscard]] Tally given_up(const std::string& why);

 private:
  struct Suspect {
    Moment moment;
    std::string text;
  };

  [[nodiscard]] bool can_be_left_out(Moment moment) const;
  void confirm(const WorkerEnd& end, std::optional<Violation> draft);
  [[nodiscard]] Tally with_deaths(Tally tally);

  WorkerOrder order_;
  std::optional<Suspect> suspect_;
  std::vector<Violation> violations_;
  unsigned deaths_ = 0;
  std::optional<std::string> unrepeated_;
};

}  // namespace walbreaker
