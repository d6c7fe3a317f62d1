#include "harness/worker.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/text.h"

namespace walbreaker {

struct Worker::SharedPage {
  std::atomic<Moment> now = kNotBegun;
  std::atomic<bool> out_of_memory = false;
};

// --- in the worker ---

namespace {

static_assert(std::atomic<Moment>::is_always_lock_free, "two processes share it");

[[noreturn]] void leave() { ::_exit(0); }

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) leave();  // nobody listens any more
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

WorkerOrder receive_order(int fd, FrameBuffer& frames) {
  for (;;) {
    if (const auto frame = frames.next()) {
      auto order = parse_order(*frame);
      if (!order) leave();
      return *std::move(order);
    }
    std::array<char, 4 << 10> buffer;
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) leave();
    frames.add(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  }
}

// What a process is not to have of its parent.
void become_worker(pid_t parent) {
  static_cast<void>(std::signal(SIGINT, SIG_IGN));
  const rlimit no_core{0, 0};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &no_core));
  static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL));
  if (::getppid() != parent) leave();  // it was gone before we said that we die with it
}

}  // namespace

void Worker::serve(int fd, SharedPage& page, const CampaignList& campaigns, const WorkerLimits& limits) {
  limit_memory(limits.memory_bytes, page.out_of_memory);
  std::vector<std::optional<Tally>> prepared(campaigns.size());
  FrameBuffer frames;
  for (;;) {
    const WorkerOrder order = receive_order(fd, frames);
    Campaign& campaign = *campaigns.at(order.campaign);
    auto& preparation = prepared.at(order.campaign);
    if (!preparation) {
      page.now = kPreparing;
      preparation = campaign.prepare();
    }
    if (order.prepare_only) {
      send_all(fd, to_frame(WorkerAnswer(Prepared{campaign.total_cases(), campaign.cases_per_unit(), *preparation})));
      continue;
    }
    page.now = moment_before(order.cases.first);
    CaseWatch watch(page.now, {.skips = order.skips, .suspects = order.suspects, .tell = [&](const Violation& draft) {
                                 send_all(fd, to_frame(WorkerAnswer(draft)));
                               }});
    send_all(fd, to_frame(WorkerAnswer(UnitDone{campaign.run(order.cases, watch)})));
  }
}

// --- in the parent ---

namespace {

// Where a case takes ten seconds, a preparation, which makes stores and reads them back, may take this many times more.
constexpr double kPreparation = 10;
constexpr double kWaiting = 10;  // and the clock may show so many times what the processor does

}  // namespace

kv::Result<std::unique_ptr<Worker>> Worker::start(const CampaignList& campaigns, const WorkerLimits& limits,
                                                  std::span<const int> foreign) {
  void* memory = ::mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return kv::fail_errno(errno, "share a page with a worker process");
  std::unique_ptr<Worker> worker(new Worker(new (memory) SharedPage, limits));
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return kv::fail_errno(errno, "make a socket for a worker process");
  }
  worker->fd_ = ends[0];
  // What was printed and is still in a buffer would be printed by both.
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(ends[0]);
    for (const int fd : foreign) ::close(fd);
    become_worker(parent);
    serve(ends[1], *worker->page_, campaigns, limits);
  }
  const int error = errno;
  ::close(ends[1]);
  if (process < 0) return kv::fail_errno(error, "start a worker process");
  worker->process_ = process;
  worker->resident_at_start_ = resident_bytes(parent).value_or(0);
  return worker;
}

Worker::~Worker() {
  if (process_ > 0) reap();
  if (fd_ >= 0) ::close(fd_);
  ::munmap(page_, sizeof(SharedPage));
}

void Worker::reap() {
  if (std::exchange(gone_, true)) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, &status_, 0) < 0 && errno == EINTR) {
  }
}

void Worker::send(const WorkerOrder& order) {
  page_->now = kNotBegun;
  has_seen_ = false;
  // It waits for this, so that the socket has room. Where it is gone, read() will see that.
  const std::string frame = to_frame(order);
  std::string_view rest = frame;
  while (!rest.empty()) {
    const ssize_t count = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Worker::read() {
  std::array<char, 64 << 10> buffer;
  for (;;) {
    const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count <= 0) {
      over_ = true;
      return;
    }
    frames_.add(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    if (static_cast<std::size_t>(count) < buffer.size()) return;
  }
}

std::optional<WorkerAnswer> Worker::next_answer() {
  const auto frame = frames_.next();
  auto answer = frame ? parse_answer(*frame) : std::nullopt;
  if (frames_.is_broken() || (frame && !answer)) distrust();
  return answer;
}

void Worker::distrust() { stop(ViolationKind::died, "its process was spoiled, and sent what no worker sends"); }

void Worker::stop(ViolationKind kind, std::string text) {
  if (gone_) return;
  stopped_ = WorkerEnd{kind, std::move(text), page_->now};
  over_ = true;
  reap();
}

bool Worker::started_anew(Moment moment, double cpu) {
  if (has_seen_ && moment == seen_) return false;
  seen_ = moment;
  has_seen_ = true;
  cpu_seen_ = cpu;
  clock_seen_ = Clock::now();
  return true;
}

void Worker::check_limits() {
  if (over_) return;
  // A process that it left behind may hold the socket open.
  if (::waitpid(process_, &status_, WNOHANG) == process_) {
    gone_ = true;
    over_ = true;
    read();
    return;
  }
  const auto resident = resident_bytes(process_);
  if (resident && *resident > resident_at_start_ + limits_.memory_bytes * resident_overhead()) {
    page_->out_of_memory = true;
    return stop(ViolationKind::out_of_memory, {});
  }
  const auto cpu = cpu_seconds(process_);
  const Moment now = page_->now;
  if (!cpu || started_anew(now, *cpu)) return;
  const double limit = limits_.timeout_seconds * (now == kPreparing ? kPreparation : 1);
  if (*cpu - cpu_seen_ > limit) {
    return stop(ViolationKind::hung, fmt::format("no answer within {} seconds of processor time", limit));
  }
  const double clock = std::chrono::duration<double>(Clock::now() - clock_seen_).count();
  if (clock <= limit * kWaiting) return;
  stop(ViolationKind::hung, fmt::format("no answer within {} seconds, most of them spent waiting", limit * kWaiting));
}

WorkerEnd Worker::end() {
  // Where it is ending by itself, the signal comes too late to change how; where it only closed its socket, it does
  // not.
  reap();
  const Moment moment = page_->now;
  if (page_->out_of_memory) {
    return {ViolationKind::out_of_memory,
            fmt::format("its process took more than {} bytes of memory", with_commas(limits_.memory_bytes)), moment};
  }
  if (stopped_) return *stopped_;
  if (WIFSIGNALED(status_)) {
    const int signal = WTERMSIG(status_);
    const char* name = ::sigdescr_np(signal);
    return {ViolationKind::died,
            fmt::format("its process died of signal {} ({})", signal, name == nullptr ? "unknown" : name), moment};
  }
  return {ViolationKind::died, fmt::format("its process ended by itself, with exit code {}", WEXITSTATUS(status_)),
          moment};
}

}  // namespace walbreaker
