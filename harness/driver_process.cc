#include "harness/driver_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/line_protocol.h"

namespace walbreaker {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kNoProgram = 127;  // the shell's exit code for it

// Keeps the SIGPIPE of a write to a process that is gone from this thread, whatever the program does with the signal.
class NoSigpipe {
 public:
  NoSigpipe() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~NoSigpipe() {
    const bool was_blocked = ::sigismember(&before_, SIGPIPE) == 1;
    if (raised_ && !was_blocked) {
      const timespec at_once{};
      while (::sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR) continue;
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

  // write(2): negative errors.
  ssize_t write(int descriptor, std::string_view bytes) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) return count;
    raised_ = raised_ || errno == EPIPE;
    return -errno;
  }

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool raised_ = false;
};

std::chrono::microseconds time_until(Clock::time_point deadline) {
  return std::max(std::chrono::microseconds(0), std::chrono::ceil<std::chrono::microseconds>(deadline - Clock::now()));
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("was ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) == kNoProgram) return "ended with code 127: the shell found no such program";
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

kv::Result<void> make_non_blocking(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags >= 0 && ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0) return {};
  return kv::fail_errno(errno, "make a pipe of the driver non-blocking");
}

}  // namespace

kv::Result<std::unique_ptr<DriverProcess>> DriverProcess::start(const DriverPlan& plan) {
  Child child = TRY(Child::start(
      {.program = "/bin/sh", .arguments = {"-c", "exec " + plan.command}, .with_input = true, .own_group = true}));
  TRY(make_non_blocking(child.input()));
  TRY(make_non_blocking(child.output()));
  return std::unique_ptr<DriverProcess>(new DriverProcess(std::move(child), plan));
}

DriverProcess::DriverProcess(Child child, const DriverPlan& plan) : child_(std::move(child)), timeout_(plan.timeout) {}

std::expected<std::string, Incident> DriverProcess::ask(std::string_view request) {
  TRY(send(request));
  return read_line();
}

std::expected<void, Incident> DriverProcess::send(std::string_view request) {
  if (!child_) return std::unexpected(Incident{Incident::Kind::died, "the driver is gone"});
  request_ = request.substr(0, 200);
  TRY(expect_no_more());
  const std::string line = fmt::format("{}\n", request);
  std::string_view rest = line;
  const auto deadline = Clock::now() + timeout_;
  NoSigpipe pipe;
  while (!rest.empty()) {
    const ssize_t count = pipe.write(child_->input(), rest);
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (count == -EPIPE) {
      return {};  // it reads no more: what it answers, or how it ended, is told by read_line()
    } else if (count == -EAGAIN) {
      const auto ready = wait_for_descriptor(child_->input(), true, time_until(deadline));
      if (!ready) return std::unexpected(broken(ready.error()));
      if (!*ready) return std::unexpected(failed(Incident::Kind::hung, "did not read the request within the time"));
    } else if (count != -EINTR) {
      return std::unexpected(broken({kv::ErrorCode::io_error, static_cast<int>(-count), "write to the driver"}));
    }
  }
  return {};
}

std::expected<std::string, Incident> DriverProcess::read_line() {
  if (!child_) return std::unexpected(Incident{Incident::Kind::died, "the driver is gone"});
  const auto deadline = Clock::now() + timeout_;
  for (;;) {
    const std::size_t end = output_.find('\n', searched_);
    const bool too_long = std::min(end, output_.size()) - read_ >= kMostLineBytes;
    if (end != std::string::npos && !too_long) {
      std::string line = output_.substr(read_, end - read_);
      read_ = searched_ = end + 1;
      return line;
    }
    searched_ = output_.size();
    if (too_long) {
      return std::unexpected(
          failed(Incident::Kind::protocol, fmt::format("answered a line of more than {} bytes", kMostLineBytes)));
    }
    TRY(fill(deadline));
  }
}

// Reads what there is, and waits for it where there is nothing.
std::expected<void, Incident> DriverProcess::fill(Deadline deadline) {
  output_.erase(0, read_);
  searched_ -= std::exchange(read_, 0);
  std::array<char, 64 << 10> buffer;
  for (;;) {
    const ssize_t count = ::read(child_->output(), buffer.data(), buffer.size());
    if (count > 0) {
      output_.append(buffer.data(), static_cast<std::size_t>(count));
      return {};
    }
    if (count == 0) return std::unexpected(ended());
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return std::unexpected(broken({kv::ErrorCode::io_error, errno, "read from the driver"}));
    const auto ready = wait_for_descriptor(child_->output(), false, time_until(deadline));
    if (!ready) return std::unexpected(broken(ready.error()));
    if (!*ready) {
      return std::unexpected(
          failed(Incident::Kind::hung, fmt::format("gave no whole line within {} ms", timeout_.count())));
    }
  }
}

std::expected<void, Incident> DriverProcess::expect_no_more() {
  char byte = 0;
  if (unread().empty() && ::read(child_->output(), &byte, 1) == 1) output_ += byte;
  if (unread().empty()) return {};
  return std::unexpected(breach("wrote more than one answer, or answered before it was asked"));
}

Incident DriverProcess::breach(const std::string& text) { return failed(Incident::Kind::protocol, text); }

// Its output is at its end: it died, or closed it.
Incident DriverProcess::ended() {
  const auto status = child_->wait_for(timeout_);
  if (!status) return broken(status.error());
  if (!*status) return failed(Incident::Kind::protocol, "closed its output and goes on");
  return failed(Incident::Kind::died, end_text(**status));
}

Incident DriverProcess::failed(Incident::Kind kind, std::string text) {
  text = fmt::format("the driver {}; asked {}", text, shortened(request_));
  if (!unread().empty()) text += fmt::format(", it had written {}", shortened(unread()));
  (void)kill();
  return {kind, std::move(text)};
}

Incident DriverProcess::broken(const kv::Error& error) {
  (void)kill();
  return {Incident::Kind::protocol, error.message()};
}

std::string DriverProcess::kill() {
  if (!child_) return {};
  (void)child_->kill();  // which fails only where it is gone
  // A process that left the group may hold the pipe open. It is not waited for.
  const auto deadline = Clock::now() + std::chrono::seconds(1);
  std::array<char, 64 << 10> buffer;
  while (output_.size() < 2 * kMostLineBytes) {
    const ssize_t count = ::read(child_->output(), buffer.data(), buffer.size());
    if (count > 0) output_.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) break;
    if (count < 0 && !wait_for_descriptor(child_->output(), false, time_until(deadline)).value_or(false)) break;
  }
  child_.reset();  // and reaps it
  std::string rest(unread());
  output_.clear();
  read_ = searched_ = 0;
  return rest;
}

void DriverProcess::disown() {
  if (child_) child_->disown();
  child_.reset();
}

}  // namespace walbreaker
