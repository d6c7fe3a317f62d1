#include "harness/worker_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/assert.h"

namespace walbreaker {

namespace {

constexpr auto kTick = std::chrono::milliseconds(100);

// Empty where the system does not tell.
std::set<pid_t> children_of_this_process() {
  std::ifstream file(fmt::format("/proc/self/task/{}/children", ::getpid()));
  std::set<pid_t> children;
  for (pid_t child = 0; file >> child;) children.insert(child);
  return children;
}

}  // namespace

WorkerPool::WorkerPool(const CampaignList& campaigns, unsigned jobs, const WorkerLimits& limits)
    : campaigns_(campaigns), limits_(limits), slots_(jobs), last_look_(Clock::now()) {
  WB_ASSERT(jobs > 0);
  int adopts = 0;
  adopted_before_ = ::prctl(PR_GET_CHILD_SUBREAPER, &adopts) == 0 && adopts != 0;
  static_cast<void>(::prctl(PR_SET_CHILD_SUBREAPER, 1));
  children_before_ = children_of_this_process();
}

WorkerPool::~WorkerPool() {
  for (Slot& slot : slots_) slot.worker.reset();
  end_orphans();
  if (!adopted_before_) static_cast<void>(::prctl(PR_SET_CHILD_SUBREAPER, 0));
}

// Each that is ended may leave its own children to us.
void WorkerPool::end_orphans() const {
  std::set<pid_t> known = children_before_;
  for (const Slot& slot : slots_) {
    if (slot.worker) known.insert(slot.worker->process());
  }
  for (bool found = true; found;) {
    found = false;
    for (const pid_t child : children_of_this_process()) {
      if (known.contains(child)) continue;
      ::kill(child, SIGKILL);
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
      found = true;
    }
  }
}

bool WorkerPool::has_idle() const {
  return std::ranges::any_of(slots_, [](const Slot& slot) { return !slot.task; });
}

bool WorkerPool::has_busy() const {
  return !done_early_.empty() || std::ranges::any_of(slots_, [](const Slot& slot) { return slot.task.has_value(); });
}

void WorkerPool::give(std::uint64_t number, WorkerOrder order) {
  const auto slot = std::ranges::find_if(slots_, [](const Slot& s) { return !s.task; });
  WB_ASSERT(slot != slots_.end());
  slot->task.emplace(Task{number, WorkerAttempts(std::move(order)), Clock::now()});
  start_attempt(*slot, done_early_);
}

void WorkerPool::start_attempt(Slot& slot, std::vector<Done>& done) {
  slot.draft.reset();
  if (!slot.worker) {
    std::vector<int> foreign;
    for (const Slot& other : slots_) {
      if (other.worker) foreign.push_back(other.worker->fd());
    }
    auto worker = Worker::start(campaigns_, limits_, foreign);
    if (!worker) return finish(slot, {}, slot.task->attempts.given_up(worker.error().message()), done);
    slot.worker = std::move(*worker);
  }
  slot.worker->send(slot.task->attempts.order());
}

std::vector<WorkerPool::Done> WorkerPool::wait() {
  std::vector<Done> done = std::exchange(done_early_, {});
  std::vector<pollfd> fds;
  fds.reserve(slots_.size());
  for (const Slot& slot : slots_) fds.push_back({slot.worker ? slot.worker->fd() : -1, POLLIN, 0});
  ::poll(fds.data(), fds.size(), done.empty() ? static_cast<int>(kTick.count()) : 0);
  if (Clock::now() - last_look_ >= kTick) look_at_limits();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!slot.worker) continue;
    if (fds[i].revents != 0) slot.worker->read();
    take_answers(slot, done);
  }
  return done;
}

void WorkerPool::look_at_limits() {
  last_look_ = Clock::now();
  for (Slot& slot : slots_) {
    if (slot.worker && slot.task) slot.worker->check_limits();
  }
}

bool WorkerPool::fits(const WorkerAnswer& answer, const WorkerOrder& order) {
  if (std::holds_alternative<Prepared>(answer)) return order.prepare_only;
  const auto* unit = std::get_if<UnitDone>(&answer);
  return unit == nullptr || (!order.prepare_only && unit->tally.cases <= order.cases.size());
}

void WorkerPool::take_answers(Slot& slot, std::vector<Done>& done) {
  while (slot.worker && slot.task) {
    auto answer = slot.worker->next_answer();
    if (!answer) break;
    if (!fits(*answer, slot.task->attempts.order())) {
      slot.worker->distrust();
      break;
    }
    if (auto* draft = std::get_if<Violation>(&*answer)) slot.draft = std::move(*draft);
    if (auto* unit = std::get_if<UnitDone>(&*answer)) answered(slot, {}, std::move(unit->tally), done);
    if (auto* prepared = std::get_if<Prepared>(&*answer)) {
      Tally tally = std::move(prepared->tally);
      answered(slot, std::move(*prepared), std::move(tally), done);
    }
  }
  if (slot.worker && slot.worker->is_over()) worker_ended(slot, done);
}

void WorkerPool::answered(Slot& slot, Prepared prepared, Tally tally, std::vector<Done>& done) {
  if (tally.violating_cases > 0) slot.worker.reset();
  finish(slot, std::move(prepared), slot.task->attempts.answered(std::move(tally)), done);
}

void WorkerPool::worker_ended(Slot& slot, std::vector<Done>& done) {
  const WorkerEnd end = slot.worker->end();
  slot.worker.reset();
  end_orphans();
  if (!slot.task) {
    slot.stray = "between two units: " + end.text;
    return;
  }
  WorkerAttempts& attempts = slot.task->attempts;
  const bool again = attempts.ended(end, std::exchange(slot.draft, std::nullopt));
  if (again && !in_a_hurry_) return start_attempt(slot, done);
  finish(slot, {}, attempts.given_up(end.text), done);
}

void WorkerPool::finish(Slot& slot, Prepared prepared, Tally tally, std::vector<Done>& done) {
  const double seconds = std::chrono::duration<double>(Clock::now() - slot.task->started).count();
  if (slot.stray && !tally.trouble) tally.trouble = std::exchange(slot.stray, std::nullopt);
  done.push_back({slot.task->number, std::move(prepared), std::move(tally), seconds});
  slot.task.reset();
}

}  // namespace walbreaker
