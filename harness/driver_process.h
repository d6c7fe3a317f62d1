// A driver's process: one that is asked a line and answers lines, and may do worse.
//
// Whatever it does instead of answering becomes an Incident (subject.h) that tells it: it ended, it did not answer in
// time, it answered before it was asked, its line had no end, it closed its output. After an incident, and after
// kill(), the process is gone and reaped, and every further call is an incident too.
//
// Threads: one at a time; any number of processes at once. SIGPIPE is never raised.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "harness/child_process.h"
#include "harness/subject.h"

namespace walbreaker {

struct DriverPlan {
  // As a person types it, for one program: /bin/sh -c "exec COMMAND". So words, quotes, $VARIABLES, paths from the
  // current directory and $PATH work as in a shell; a list of commands does not.
  std::string command;
  std::chrono::milliseconds timeout{10'000};  // for every line
};

class DriverProcess {
 public:
  // Errors: io_error: no process could be started. That the program is missing shows at the first line: code 127.
  static kv::Result<std::unique_ptr<DriverProcess>> start(const DriverPlan& plan);

  // Sends a request, without its newline, and returns the first line of the answer.
  std::expected<std::string, Incident> ask(std::string_view request);

  // The two halves of ask(). Where the process does not take the request in time, it hangs.
  std::expected<void, Incident> send(std::string_view request);
  std::expected<std::string, Incident> read_line();

  // After the last line of an answer: there must be no more, as far as it has come yet.
  std::expected<void, Incident> expect_no_more();

  // The process broke the protocol in a way that only its user can tell: it is killed. Returns the incident.
  Incident breach(const std::string& text);

  // SIGKILL for its whole group. Returns what it had answered until then that was not read: its pipe is drained to the
  // end, as far as it has one.
  std::string kill();

  [[nodiscard]] bool is_gone() const { return !child_; }

  // Not in a fork of the process that started it.
  [[nodiscard]] bool is_ours() const { return child_ && child_->is_ours(); }

  // This is a fork of the process that started it: forgets it, and closes our ends of its pipes.
  void disown();

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  DriverProcess(Child child, const DriverPlan& plan);

  std::expected<void, Incident> fill(Deadline deadline);
  Incident ended();
  Incident failed(Incident::Kind kind, std::string text);
  Incident broken(const kv::Error& error);
  [[nodiscard]] std::string_view unread() const { return std::string_view(output_).substr(read_); }

  std::optional<Child> child_;
  std::chrono::milliseconds timeout_;
  std::string request_;  // the beginning of the last one, for messages
  std::string output_;
  std::size_t read_ = 0;      // its bytes that were returned as lines
  std::size_t searched_ = 0;  // its bytes that were looked through for a newline
};

}  // namespace walbreaker
