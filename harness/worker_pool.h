// A pool of worker processes (worker.h): takes tasks, and gives back what came of each, however many workers ended over
// it (worker_attempts.h). A worker is replaced when it ended, and after any violation, which may have spoiled it.
//
// For one thread, in a process that has no other. While the pool lives, that process adopts what its workers leave
// behind (drivers, children that were to be killed), and ends it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/worker.h"
#include "harness/worker_attempts.h"

namespace walbreaker {

class WorkerPool {
 public:
  // `campaigns` outlive it. At least one job.
  WorkerPool(const CampaignList& campaigns, unsigned jobs, const WorkerLimits& limits);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] bool has_idle() const;
  [[nodiscard]] bool has_busy() const;

  // Gives an idle worker something to do; `number` is the caller's.
  void give(std::uint64_t number, WorkerOrder order);

  struct Done {
    std::uint64_t number;
    Prepared prepared;  // where the order was to prepare only; its tally is the one below
    Tally tally;
    double seconds = 0;  // from give() to the answer
  };

  // Waits for something to be done, a tenth of a second at most.
  std::vector<Done> wait();

  // From here on no case is run a second time: where a worker ends, so does its task, with trouble.
  void hurry() { in_a_hurry_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Task {
    std::uint64_t number;
    WorkerAttempts attempts;
    Clock::time_point started;
  };

  struct Slot {
    std::unique_ptr<Worker> worker;
    std::optional<Task> task;
    std::optional<Violation> draft;    // the last that came with this attempt
    std::optional<std::string> stray;  // how a worker ended that had nothing to do
  };

  void start_attempt(Slot& slot, std::vector<Done>& done);
  void take_answers(Slot& slot, std::vector<Done>& done);
  [[nodiscard]] static bool fits(const WorkerAnswer& answer, const WorkerOrder& order);
  void answered(Slot& slot, Prepared prepared, Tally tally, std::vector<Done>& done);
  void worker_ended(Slot& slot, std::vector<Done>& done);
  void finish(Slot& slot, Prepared prepared, Tally tally, std::vector<Done>& done);
  void look_at_limits();
  void end_orphans() const;

  const CampaignList& campaigns_;
  const WorkerLimits limits_;
  std::vector<Slot> slots_;
  std::vector<Done> done_early_;  // before wait() could tell
  Clock::time_point last_look_;
  bool in_a_hurry_ = false;
  bool adopted_before_ = false;
  std::set<pid_t> children_before_;  // of this process, and none of ours
};

}  // namespace walbreaker
