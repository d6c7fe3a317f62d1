#include "harness/worker_pool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace walbreaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A campaign of ten cases a unit, in each of which the subject does what a test says.
struct Acts {
  std::function<void()> prepare = [] {};
  std::function<void(std::uint64_t)> at_case = [](std::uint64_t) {};
  std::uint64_t cases_told = 1;  // for each
};

class ActingCampaign final : public Campaign {
 public:
  explicit ActingCampaign(Acts acts) : acts_(std::move(acts)) {}
  [[nodiscard]] std::string_view name() const override { return "acting"; }
  Tally prepare() override {
    acts_.prepare();
    return {};
  }
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return 1'000; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 10; }
  Tally run(const CaseRange& cases, CaseWatch& watch) override {
    Tally tally;
    for (std::uint64_t i = cases.first; i < cases.last; ++i) {
      tally.cases += acts_.cases_told;
      const auto draft = [] { return Violation{ViolationKind::died, "the act", "expected  nothing\n", 0, {}}; };
      if (!watch.at(i, draft)) continue;
      acts_.at_case(i);
      if (i == kWrongCase) tally.add({ViolationKind::hole, "here", "", i, {}});
    }
    ++tally.counts[{"process", std::to_string(::getpid())}];
    return tally;
  }

  static constexpr std::uint64_t kWrongCase = 777;

 private:
  Acts acts_;
};

// Counts, whichever process does.
class SharedCounter {
 public:
  SharedCounter()
      : count_(new(::mmap(nullptr, sizeof *count_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                   std::atomic<std::uint64_t>(0)) {}
  ~SharedCounter() { ::munmap(count_, sizeof *count_); }
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  std::atomic<std::uint64_t>& operator*() { return *count_; }

 private:
  std::atomic<std::uint64_t>* count_;
};

constexpr WorkerLimits kSmall{.timeout_seconds = 0.2, .memory_bytes = 64 << 20};

// Runs a unit for each number given, one after the other.
std::vector<WorkerPool::Done> run_units(const Acts& acts, const std::vector<std::uint64_t>& units,
                                        const WorkerLimits& limits = {}) {
  CampaignList campaigns;
  campaigns.push_back(std::make_unique<ActingCampaign>(acts));
  WorkerPool pool(campaigns, 1, limits);
  std::vector<WorkerPool::Done> all;
  for (const std::uint64_t unit : units) {
    pool.give(unit, {.cases = {10 * unit, 10 * unit + 10}, .skips = {}, .suspects = {}});
    while (pool.has_busy()) {
      for (auto& done : pool.wait()) all.push_back(std::move(done));
    }
  }
  return all;
}

Tally run_unit(const Acts& acts, const WorkerLimits& limits = {}) {
  auto done = run_units(acts, {0}, limits);
  EXPECT_EQ(done.size(), 1U);
  return std::move(done.at(0).tally);
}

Acts at(std::uint64_t wanted, const std::function<void()>& act) {
  return {.at_case = [=](std::uint64_t index) {
    if (index == wanted) act();
  }};
}

// All ten cases were run, and the fourth is the one violation.
void expect_violation(const Tally& tally, ViolationKind kind, const std::string& text) {
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_EQ(tally.cases, 10U);
  EXPECT_EQ(tally.violating_cases, 1U);
  ASSERT_EQ(tally.violations.size(), 1U);
  EXPECT_EQ(tally.violations[0].kind, kind);
  EXPECT_EQ(tally.violations[0].where, "the act");
  EXPECT_EQ(tally.violations[0].case_index, 4U);
  EXPECT_THAT(tally.violations[0].summary, StartsWith("expected  nothing\ngot       " + text));
}

void loop_for_ever() {
  for (volatile std::uint64_t turns = 0;;) turns = turns + 1;
}

TEST(WorkerPool, ASubjectThatAbortsIsAViolationOfItsCase) {
  const Tally tally = run_unit(at(4, [] { std::abort(); }));
  expect_violation(tally, ViolationKind::died, "its process died of signal 6 (Aborted), in case 4, twice");
}

TEST(WorkerPool, ASubjectThatEndsItsProcessQuietlyIsAViolationToo) {
  const Tally tally = run_unit(at(4, [] { ::_exit(0); }));
  expect_violation(tally, ViolationKind::died, "its process ended by itself, with exit code 0");
}

TEST(WorkerPool, ASubjectThatLoopsForEverHangs) {
  const Tally tally = run_unit(at(4, loop_for_ever), kSmall);
  expect_violation(tally, ViolationKind::hung, "no answer within 0.2 seconds of processor time");
}

TEST(WorkerPool, ASubjectThatWaitsForEverHangs) {
  const Tally tally = run_unit(at(4,
                                  [] {
                                    for (;;) ::pause();
                                  }),
                               {.timeout_seconds = 0.02});
  expect_violation(tally, ViolationKind::hung, "no answer within 0.2 seconds, most of them spent waiting");
}

TEST(WorkerPool, ManyCasesMayTakeLongerThanOne) {
  const auto work = [](std::uint64_t) {
    for (volatile std::uint64_t turns = 0; turns < 30'000'000;) turns = turns + 1;
  };
  const Tally tally = run_unit({.at_case = work}, {.timeout_seconds = 0.4});
  EXPECT_THAT(tally.violations, IsEmpty());
  EXPECT_FALSE(tally.trouble);
}

TEST(WorkerPool, ASubjectThatAllocatesForEverIsOutOfMemory) {
  const Tally tally = run_unit(at(4,
                                  [] {
                                    for (;;) {
                                      char* block = new char[1 << 20];
                                      std::memset(block, 1, 1 << 20);
                                      [[maybe_unused]] static char* volatile keep;
                                      keep = block;
                                    }
                                  }),
                               {.memory_bytes = 64 << 20});
  expect_violation(tally, ViolationKind::out_of_memory, "its process took more than 67,108,864 bytes of memory");
}

TEST(WorkerPool, ASubjectThatAsksForMoreThanThereIsAtOnceIsOutOfMemory) {
  const Tally tally = run_unit(at(4, [] {
    volatile std::size_t size = std::size_t{1} << 45;
    [[maybe_unused]] static void* volatile keep;
    keep = ::operator new(size);
  }));
  EXPECT_EQ(tally.violations.at(0).kind, ViolationKind::out_of_memory);
}

TEST(WorkerPool, MemoryThatIsGivenBackIsNotCounted) {
  const Tally tally = run_unit(at(4,
                                  [] {
                                    for (int i = 0; i < 400; ++i) {
                                      const std::string block(1 << 20, 'x');
                                      ASSERT_EQ(block.back(), 'x');
                                    }
                                  }),
                               {.memory_bytes = 300 << 20});
  EXPECT_THAT(tally.violations, IsEmpty());
}

TEST(WorkerPool, EveryCaseThatEndsAWorkerIsFoundAndTheOthersAreRunAllTheSame) {
  const Tally tally = run_unit({.at_case = [](std::uint64_t index) {
    if (index == 2 || index == 7) std::abort();
  }});
  EXPECT_EQ(tally.cases, 10U);
  EXPECT_EQ(tally.violating_cases, 2U);
  ASSERT_EQ(tally.violations.size(), 1U) << "they have the same cause, as far as one can tell";
  EXPECT_EQ(tally.violations[0].case_index, 2U);
}

TEST(WorkerPool, AUnitWhoseCasesAllEndWorkersComesToAnEnd) {
  const Tally tally = run_unit({.at_case = [](std::uint64_t) { std::abort(); }});
  EXPECT_EQ(tally.violating_cases, WorkerAttempts::kMostDeaths / 2);
  EXPECT_THAT(tally.trouble.value_or(""), StartsWith("cases 0 to 9 were not all run: "));
}

TEST(WorkerPool, AnEndThatDoesNotRepeatIsTroubleAndTheGoodRunCounts) {
  SharedCounter ends;
  const Tally tally = run_unit(at(4, [&] {
    if ((*ends)++ == 0) std::abort();
  }));
  EXPECT_EQ(tally.cases, 10U);
  EXPECT_THAT(tally.violations, IsEmpty());
  EXPECT_EQ(tally.trouble, "case 4: its process died of signal 6 (Aborted), and did not when it was run again");
}

TEST(WorkerPool, AnEndInThePreparationIsAViolation) {
  const Tally tally = run_unit({.prepare = [] { std::abort(); }});
  ASSERT_EQ(tally.violations.size(), 1U);
  EXPECT_EQ(tally.violations[0].kind, ViolationKind::died);
  EXPECT_EQ(tally.violations[0].where, "prepare");
}

TEST(WorkerPool, AWorkerIsReplacedAfterAViolationAndOnlyThen) {
  const auto done = run_units({}, {0, 1, ActingCampaign::kWrongCase / 10, 2, 3});
  ASSERT_EQ(done.size(), 5U);
  EXPECT_EQ(done[0].tally.counts, done[1].tally.counts);
  EXPECT_EQ(done[1].tally.counts, done[2].tally.counts);
  EXPECT_NE(done[2].tally.counts, done[3].tally.counts);
  EXPECT_EQ(done[3].tally.counts, done[4].tally.counts);
  EXPECT_EQ(done[2].tally.violating_cases, 1U);
}

TEST(WorkerPool, AWorkerIsNotBelievedThatTellsOfMoreCasesThanItWasGiven) {
  const Tally tally = run_unit({.cases_told = 5});
  EXPECT_EQ(tally.violations.at(0).kind, ViolationKind::died);
  EXPECT_THAT(tally.violations[0].summary, HasSubstr("was spoiled"));
}

TEST(WorkerPool, LeavesNoProcessBehind) {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }  // those that other tests in this process have left
  SharedCounter child;
  run_unit(at(4, [&] {
    const pid_t process = ::fork();
    if (process == 0) {
      for (;;) ::pause();
    }
    *child = static_cast<std::uint64_t>(process);
    std::abort();
  }));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  EXPECT_EQ(::kill(static_cast<pid_t>(*child), 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(WorkerPool, InAHurryNoCaseIsRunTwice) {
  CampaignList campaigns;
  campaigns.push_back(std::make_unique<ActingCampaign>(at(4, [] { std::abort(); })));
  WorkerPool pool(campaigns, 1, {});
  pool.give(0, {.cases = {0, 10}, .skips = {}, .suspects = {}});
  pool.hurry();
  std::vector<WorkerPool::Done> all;
  while (pool.has_busy()) {
    for (auto& done : pool.wait()) all.push_back(std::move(done));
  }
  EXPECT_THAT(all.at(0).tally.violations, IsEmpty());
  EXPECT_EQ(all.at(0).tally.trouble, "cases 0 to 9 were not all run: its process died of signal 6 (Aborted)");
}

}  // namespace
}  // namespace walbreaker
