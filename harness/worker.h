// A worker: a process that runs units of campaigns for the parent, so that a subject which crashes, loops or eats
// memory takes down no more than that.
//
// It is forked, and runs no other program: campaigns, subjects, loaded plugins and the toys of a test are there as they
// were in the parent, with nothing to be found, named or sent again. That is sound because the parent of a run has one
// thread: no lock is held by a thread that the child does not have. (Boost.Process is for programs that are somebody
// else's: drivers, and the children that a campaign kills.) It prepares a campaign when the first order for it comes.
// It dies with its parent, ignores Ctrl-C, which is for the parent to decide, leaves no core file, and ends without
// destructors: what the parent made it does not clean up.
//
// What it is at it notes in a page of memory that both share (case_watch.h), at no cost worth a measurement.
// Everything else goes through a socket, as frames (worker_message.h); what comes out of it is not trusted.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "engine/result.h"
#include "harness/worker_limits.h"
#include "harness/worker_message.h"

namespace walbreaker {

// Before the first case of a unit.
inline constexpr Moment kNotBegun = std::numeric_limits<Moment>::max();

// How a worker came to its end, and at what.
struct WorkerEnd {
  ViolationKind kind;  // died, hung, out_of_memory
  std::string text;    // "its process died of signal 6 (Aborted)"
  Moment moment = kNotBegun;
};

using CampaignList = std::vector<std::unique_ptr<Campaign>>;

class Worker {
 public:
  // Forks one. The campaigns outlive it. It closes `foreign`, the file descriptors that are for other workers.
  // Errors: io_error, no_memory, where the system has no process or socket to give.
  static kv::Result<std::unique_ptr<Worker>> start(const CampaignList& campaigns, const WorkerLimits& limits,
                                                   std::span<const int> foreign);
  // Kills it and waits until it is gone.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] pid_t process() const { return process_; }
  [[nodiscard]] int fd() const { return fd_; }  // for poll(): readable where read() has something to do

  // Gives it something to do. It has answered the order before.
  void send(const WorkerOrder& order);

  // Takes in what it has sent, and waits for nothing.
  void read();
  // The next answer, of what was taken in.
  std::optional<WorkerAnswer> next_answer();

  // Kills it where it is beyond a limit; to be called some ten times a second while it has something to do.
  void check_limits();

  // Kills it: what it sent last is no answer to what it was given.
  void distrust();

  // It is gone, or sends what no worker sends; answers may be left.
  [[nodiscard]] bool is_over() const { return over_; }
  // Makes sure that it is gone, and tells how that came.
  WorkerEnd end();

 private:
  struct SharedPage;
  using Clock = std::chrono::steady_clock;

  Worker(SharedPage* page, const WorkerLimits& limits) : page_(page), limits_(limits) {}
  [[noreturn]] static void serve(int fd, SharedPage& page, const CampaignList& campaigns, const WorkerLimits& limits);
  [[nodiscard]] bool started_anew(Moment moment, double cpu);
  void stop(ViolationKind kind, std::string text);
  void reap();

  SharedPage* page_;
  const WorkerLimits& limits_;
  pid_t process_ = 0;
  int fd_ = -1;
  int status_ = 0;  // of wait(), once process_ is gone
  bool gone_ = false;
  bool over_ = false;
  FrameBuffer frames_;
  std::optional<WorkerEnd> stopped_;  // by us, and why
  std::uint64_t resident_at_start_ = 0;
  // When the present case was first seen, by both clocks.
  Moment seen_ = kNotBegun;
  bool has_seen_ = false;
  double cpu_seen_ = 0;
  Clock::time_point clock_seen_;
};

}  // namespace walbreaker
