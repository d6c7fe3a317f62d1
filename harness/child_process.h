// Child processes: one that is run to its end, and one that is talked to.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

#include "engine/result.h"

namespace walbreaker {

struct LaunchPlan {
  std::string program;  // a path
  std::vector<std::string> arguments;
  bool with_input = false;  // its standard input is a pipe; else it has none
  bool own_group = false;   // it leads a process group of its own, which kill() kills whole
};

// A process that was started, with a pipe on its standard output, our standard error, and no other file of ours.
// Destroying it kills it, its group too, and reaps it.
//
// A fork of this process has it as well, and must not harm it: there only disown() or the destructor may be called, and
// both just forget it.
//
// Threads: one at a time; any number of children at once.
class Child {
 public:
  // Errors: io_error where it cannot be started.
  static kv::Result<Child> start(const LaunchPlan& plan);

  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] bool is_ours() const { return owner_ == ::getpid(); }
  [[nodiscard]] int input() const { return input_; }  // a descriptor to write to; -1 without
  [[nodiscard]] int output() const { return output_; }

  // SIGKILL, which is on its way when this returns. Errors: io_error.
  kv::Result<void> kill() const;

  // Waits until the process ends, and reaps it. Returns its status, as waitpid(2) gives it. Errors: io_error.
  kv::Result<int> wait();

  // The same within so long; nothing where it goes on.
  kv::Result<std::optional<int>> wait_for(std::chrono::milliseconds time);

  // Closes our ends of the pipes, and forgets it.
  void disown();

 private:
  Child(pid_t id, bool own_group, int input, int output);

  pid_t owner_;  // the process that started it
  pid_t id_;     // 0: reaped or forgotten
  bool own_group_;
  int input_;
  int output_;
};

// Waits until a descriptor can be read (or is at its end) or, where `for_writing`, written, or has an error. False: the
// time is over. A negative time waits for ever. Errors: io_error.
kv::Result<bool> wait_for_descriptor(int descriptor, bool for_writing, std::chrono::microseconds time);

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
