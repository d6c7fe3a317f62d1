// The one user of Boost.Process: its headers cost seconds.
#define BOOST_PROCESS_USE_STD_FS  // std::filesystem, and so nothing to link

#include "harness/child_process.h"

// Boost's headers are not written to our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <boost/optional.hpp>  // this and the next: v2 of Boost 1.81 uses them without including them
#include <boost/type_traits.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#pragma GCC diagnostic pop

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <mutex>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace walbreaker {

namespace {

namespace process = boost::process::v2;
using Clock = std::chrono::steady_clock;

// A child started while another one's pipe is being made would inherit its end for writing, and that pipe would not end
// before both children did.
std::mutex& spawning() {
  static std::mutex mutex;
  return mutex;
}

class Child {
 public:
  explicit Child(const ChildPlan& plan) : plan_(plan), out_(context_), process_(start(plan, context_, out_)) {}

  kv::Result<ChildEnd> run() {
    TRY(drain());
    boost::system::error_code error;
    process_.wait(error);
    if (error) return kv::fail_errno(error.value(), "wait for " + plan_.program);
    const int status = process_.native_exit_code();
    if (WIFSIGNALED(status)) end_.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end_.exit_code = WEXITSTATUS(status);
    return std::move(end_);
  }

 private:
  static process::process start(const ChildPlan& plan, boost::asio::io_context& context,
                                boost::asio::readable_pipe& out) {
    const std::lock_guard lock(spawning());
    return process::process(context, plan.program, plan.arguments, process::process_stdio{nullptr, out, {}});
  }

  // Reads until the child, by its own end or by ours, has closed its output.
  kv::Result<void> drain() {
    const auto started = Clock::now();
    Clock::time_point kill_at = started + plan_.timeout;
    bool killed = false;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::microseconds>(kill_at - Clock::now());
      if (!killed && left.count() <= 0) {
        end_.timed_out = kill_at == started + plan_.timeout;
        killed = true;
        if (const int error = kill_child(); error != 0) return kv::fail_errno(error, "kill " + plan_.program);
      }
      if (!TRY(wait_for_output(killed ? std::chrono::microseconds(-1) : left))) continue;
      const bool first = end_.output.empty();
      if (!TRY(read_some())) return {};
      if (first && plan_.kill_after) kill_at = std::min(kill_at, Clock::now() + *plan_.kill_after);
    }
  }

  int kill_child() {
    boost::system::error_code error;
    process_.terminate(error);
    return error.value();
  }

  // True: there is something to read, or the end. A negative time waits for ever.
  kv::Result<bool> wait_for_output(std::chrono::microseconds time) {
    pollfd fd{out_.native_handle(), POLLIN, 0};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec limit{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
    const int ready = ::ppoll(&fd, 1, time.count() < 0 ? nullptr : &limit, nullptr);
    if (ready < 0 && errno != EINTR) return kv::fail_errno(errno, "poll the output of " + plan_.program);
    return ready > 0;
  }

  // False: the end.
  kv::Result<bool> read_some() {
    std::array<char, 16 << 10> buffer;
    const ssize_t count = ::read(out_.native_handle(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return true;
    if (count < 0) return kv::fail_errno(errno, "read the output of " + plan_.program);
    end_.output.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  const ChildPlan& plan_;
  boost::asio::io_context context_;
  boost::asio::readable_pipe out_;
  process::process process_;
  ChildEnd end_;
};

}  // namespace

kv::Result<ChildEnd> run_child(const ChildPlan& plan) {
  // Boost throws where it cannot make a pipe or a process. No exception leaves here.
  try {
    return Child(plan).run();
  } catch (const std::exception& error) {
    return kv::fail(kv::ErrorCode::io_error, "start " + plan.program + ": " + error.what());
  }
}

}  // namespace walbreaker
