#include "harness/runner.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace walbreaker {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::violation: return "violation";
    case Verdict::inconclusive: return "inconclusive";
  }
  return "unknown";
}

Verdict verdict_of(const Tally& tally) {
  if (tally.violating_cases > 0) return Verdict::violation;
  if (tally.trouble || tally.fired == 0) return Verdict::inconclusive;
  return Verdict::pass;
}

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

// One campaign's part of a run.
struct Lane {
  Campaign* campaign;
  std::uint64_t limit = 0;  // cases to run
  std::uint64_t next = 0;   // the first case that was not given out
  double charged = 0;       // seconds of work: done, and an estimate of what is under way
  double last_unit = 0;     // seconds that the latest unit took
  double worked = 0;        // seconds of work done
  Tally tally;

  [[nodiscard]] bool has_more() const { return next < limit; }
};

struct Unit {
  std::uint64_t number;  // in the order in which units were given out
  Lane* lane;
  CaseRange cases;
  double estimate;
};

class Run {
 public:
  Run(const std::vector<std::unique_ptr<Campaign>>& campaigns, const RunOptions& options)
      : options_(options), started_(Clock::now()) {
    lanes_.reserve(campaigns.size());
    for (const auto& campaign : campaigns) add_lane(*campaign);
  }

  RunReport run() {
    std::vector<std::thread> workers;
    workers.reserve(options_.jobs);
    for (unsigned i = 0; i < options_.jobs; ++i) workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
    return report();
  }

 private:
  void add_lane(Campaign& campaign) {
    Lane& lane = lanes_.emplace_back(Lane{.campaign = &campaign, .tally = {}});
    Tally prepared = campaign.prepare();
    const bool usable = prepared.violations.empty() && !prepared.trouble;
    if (usable) lane.limit = limit_of(campaign);
    merge(lane, std::move(prepared));
  }

  [[nodiscard]] std::uint64_t limit_of(const Campaign& campaign) const {
    const std::optional<std::uint64_t> total = campaign.total_cases();
    switch (options_.budget.kind) {
      case Budget::Kind::seconds: return total.value_or(kNoEnd);
      case Budget::Kind::cases: return std::min(options_.budget.cases, total.value_or(kNoEnd));
      case Budget::Kind::exhaustive: return total.value_or(kEndlessCases);
    }
    return 0;
  }

  void work() {
    while (std::optional<Unit> unit = take()) {
      const auto started = Clock::now();
      Tally tally = unit->lane->campaign->run(unit->cases);
      give_back(*unit, std::move(tally), seconds_since(started));
    }
  }

  std::optional<Unit> take() {
    const std::lock_guard lock(mutex_);
    Lane* lane = stopped() ? nullptr : next_lane();
    if (lane == nullptr) return std::nullopt;
    const std::uint64_t last = std::min(lane->limit, lane->next + lane->campaign->cases_per_unit());
    const Unit unit{units_given_++, lane, {std::exchange(lane->next, last), last}, lane->last_unit};
    lane->charged += unit.estimate;
    return unit;
  }

  [[nodiscard]] bool stopped() {
    interrupted_ = interrupted_ || (options_.interrupted != nullptr && *options_.interrupted);
    const bool out_of_time =
        options_.budget.kind == Budget::Kind::seconds && seconds_since(started_) >= options_.budget.seconds;
    return enough_ || interrupted_ || out_of_time;
  }

  // By cases: the first that has more. By time: the one that had the least of it.
  [[nodiscard]] Lane* next_lane() {
    Lane* chosen = nullptr;
    for (Lane& lane : lanes_) {
      if (!lane.has_more()) continue;
      if (chosen == nullptr) chosen = &lane;
      if (options_.budget.kind == Budget::Kind::seconds && lane.charged < chosen->charged) chosen = &lane;
    }
    return chosen;
  }

  // Results are merged in the order in which their units were given out, whichever was done first.
  void give_back(const Unit& unit, Tally tally, double seconds) {
    const std::lock_guard lock(mutex_);
    unit.lane->charged += seconds - unit.estimate;
    unit.lane->last_unit = seconds;
    unit.lane->worked += seconds;
    done_.emplace(unit.number, std::pair(unit.lane, std::move(tally)));
    while (!done_.empty() && done_.begin()->first == units_merged_ && !enough_) {
      auto [lane, merged] = std::move(done_.begin()->second);
      done_.erase(done_.begin());
      ++units_merged_;
      merge(*lane, std::move(merged));
    }
    if (options_.on_progress) options_.on_progress(progress());
  }

  void merge(Lane& lane, Tally tally) {
    const std::size_t known = lane.tally.violations.size();
    lane.tally.add(std::move(tally));
    for (std::size_t i = known; i < lane.tally.violations.size(); ++i) {
      if (options_.on_violation) options_.on_violation(*lane.campaign, lane.tally.violations[i]);
      ++distinct_;
    }
    enough_ = enough_ || distinct_ >= options_.stop_after;
  }

  [[nodiscard]] ProgressState progress() const {
    ProgressState state{.violations = distinct_, .seconds = seconds_since(started_)};
    std::uint64_t planned = 0;
    for (const Lane& lane : lanes_) {
      state.cases += lane.tally.cases;
      planned += lane.limit == kNoEnd ? 0 : lane.limit;
    }
    if (options_.budget.kind == Budget::Kind::seconds) {
      state.done = state.seconds / options_.budget.seconds;
    } else if (planned > 0) {
      state.done = static_cast<double>(state.cases) / static_cast<double>(planned);
    }
    return state;
  }

  [[nodiscard]] RunReport report() {
    RunReport report;
    report.interrupted = interrupted_;
    bool violated = false;
    bool measured = !interrupted_;
    for (Lane& lane : lanes_) {
      const Verdict verdict = verdict_of(lane.tally);
      violated = violated || verdict == Verdict::violation;
      measured = measured && verdict == Verdict::pass;
      const bool exhaustive = lane.campaign->total_cases() == lane.tally.cases;
      report.campaigns.push_back({std::string(lane.campaign->name()), std::move(lane.tally),
                                  lane.worked / static_cast<double>(options_.jobs), exhaustive, verdict});
    }
    if (violated) {
      report.verdict = Verdict::violation;
    } else if (measured && !report.campaigns.empty()) {
      report.verdict = Verdict::pass;
    }
    return report;
  }

  const RunOptions& options_;
  const Clock::time_point started_;
  std::mutex mutex_;  // guards what follows, once workers run
  std::vector<Lane> lanes_;
  std::map<std::uint64_t, std::pair<Lane*, Tally>> done_;  // not merged yet, by the unit's number
  std::uint64_t units_given_ = 0;
  std::uint64_t units_merged_ = 0;
  std::uint64_t distinct_ = 0;
  bool enough_ = false;  // violations
  bool interrupted_ = false;
};

}  // namespace

RunReport run_campaigns(const std::vector<std::unique_ptr<Campaign>>& campaigns, const RunOptions& options) {
  return Run(campaigns, options).run();
}

}  // namespace walbreaker
