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
#include <boost/asio/writable_pipe.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#pragma GCC diagnostic pop

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <mutex>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
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

// What Boost runs in the child, before its program starts.
struct InTheChild {
  bool own_group;

  template <class Launcher, class Path>
  process::error_code on_exec_setup(Launcher&, const Path&, const char* const*) const {
    if (own_group && ::setpgid(0, 0) != 0) return process::detail::get_last_error();
    // The pipes' other copies too: with one of them left, a child that closes its output would not be seen to. A
    // kernel that cannot do this is no reason not to start.
    (void)::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    return {};
  }
};

pid_t spawn(const LaunchPlan& plan, boost::asio::readable_pipe& out, boost::asio::writable_pipe& in,
            boost::asio::io_context& context) {
  const InTheChild setup{plan.own_group};
  const auto start = [&](auto&& input) {
    return process::process(context, plan.program, plan.arguments, process::process_stdio{input, out, {}}, setup);
  };
  process::process started = plan.with_input ? start(in) : start(nullptr);
  const pid_t id = started.id();
  (void)started.detach();  // it is killed and reaped by Child
  return id;
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

}  // namespace

Child::Child(pid_t id, bool own_group, int input, int output)
    : owner_(::getpid()), id_(id), own_group_(own_group), input_(input), output_(output) {}

Child::Child(Child&& other) noexcept
    : owner_(other.owner_),
      id_(std::exchange(other.id_, 0)),
      own_group_(other.own_group_),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)) {}

kv::Result<Child> Child::start(const LaunchPlan& plan) {
  // Boost throws where it cannot make a pipe or a process. No exception leaves here.
  try {
    const std::lock_guard lock(spawning());
    boost::asio::io_context context;
    boost::asio::readable_pipe out(context);
    boost::asio::writable_pipe in(context);
    const pid_t id = spawn(plan, out, in, context);
    // Descriptors of our own: nothing of Boost's outlives this call, so that a fork has nothing of it to undo.
    const int input = plan.with_input ? ::fcntl(in.native_handle(), F_DUPFD_CLOEXEC, 3) : -1;
    const int output = ::fcntl(out.native_handle(), F_DUPFD_CLOEXEC, 3);
    const int error = errno;
    Child child(id, plan.own_group, input, output);
    if (output < 0 || (plan.with_input && input < 0)) return kv::fail_errno(error, "start " + plan.program);
    return child;
  } catch (const std::exception& error) {
    return kv::fail(kv::ErrorCode::io_error, "start " + plan.program + ": " + error.what());
  }
}

Child::~Child() {
  if (id_ != 0 && owner_ == ::getpid()) {
    (void)kill();
    (void)wait();
  }
  disown();
}

kv::Result<void> Child::kill() const {
  if (id_ == 0) return {};
  if (::kill(own_group_ ? -id_ : id_, SIGKILL) == 0 || errno == ESRCH) return {};
  return kv::fail_errno(errno, "kill the child");
}

kv::Result<int> Child::wait() {
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0) {
    if (errno != EINTR) return kv::fail_errno(errno, "wait for the child");
  }
  id_ = 0;
  return status;
}

kv::Result<std::optional<int>> Child::wait_for(std::chrono::milliseconds time) {
  int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  if (descriptor < 0) return kv::fail_errno(errno, "wait for the child");
  const auto ended = wait_for_descriptor(descriptor, false, time);
  close_if_open(descriptor);
  if (!TRY(ended)) return std::nullopt;
  TRY(kill());  // what is left of its group, as long as the number of the group is its own
  return TRY(wait());
}

void Child::disown() {
  close_if_open(input_);
  close_if_open(output_);
  id_ = 0;
}

kv::Result<bool> wait_for_descriptor(int descriptor, bool for_writing, std::chrono::microseconds time) {
  const auto end = Clock::now() + time;
  for (;;) {
    pollfd fd{descriptor, static_cast<short>(for_writing ? POLLOUT : POLLIN), 0};
    const auto left =
        std::max(std::chrono::microseconds(0), std::chrono::ceil<std::chrono::microseconds>(end - Clock::now()));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec limit{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
    const int ready = ::ppoll(&fd, 1, time.count() < 0 ? nullptr : &limit, nullptr);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return kv::fail_errno(errno, "poll a pipe of the child");
  }
}

namespace {

class ChildRun {
 public:
  ChildRun(const ChildPlan& plan, Child& child) : plan_(plan), child_(child) {}

  kv::Result<ChildEnd> run() {
    TRY(drain());
    const int status = TRY(child_.wait());
    if (WIFSIGNALED(status)) end_.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end_.exit_code = WEXITSTATUS(status);
    return std::move(end_);
  }

 private:
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
        TRY(child_.kill());
      }
      if (!TRY(wait_for_descriptor(child_.output(), false, killed ? std::chrono::microseconds(-1) : left))) continue;
      const bool first = end_.output.empty();
      if (!TRY(read_some())) return {};
      if (first && plan_.kill_after) kill_at = std::min(kill_at, Clock::now() + *plan_.kill_after);
    }
  }

  // False: the end.
  kv::Result<bool> read_some() {
    std::array<char, 16 << 10> buffer;
    const ssize_t count = ::read(child_.output(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return true;
    if (count < 0) return kv::fail_errno(errno, "read the output of " + plan_.program);
    end_.output.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  const ChildPlan& plan_;
  Child& child_;
  ChildEnd end_;
};

}  // namespace

kv::Result<ChildEnd> run_child(const ChildPlan& plan) {
  Child child = TRY(Child::start({.program = plan.program, .arguments = plan.arguments}));
  return ChildRun(plan, child).run();
}

}  // namespace walbreaker
