#include "harness/runner.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "engine/assert.h"
#include "harness/worker_pool.h"

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
  Prepared prepared;
  std::uint64_t limit = 0;      // cases to run, by all shards
  std::uint64_t next_unit = 0;  // the first that was not given out
  double charged = 0;           // seconds of work: done, and an estimate of what is under way
  double last_unit = 0;         // seconds that the latest unit took
  double worked = 0;            // seconds of work done
  Tally tally;

  [[nodiscard]] std::uint64_t units() const {
    return limit / prepared.cases_per_unit + (limit % prepared.cases_per_unit == 0 ? 0 : 1);
  }
  [[nodiscard]] bool has_more() const { return next_unit < units(); }
  [[nodiscard]] double spent() const { return charged / campaign->share(); }
  [[nodiscard]] CaseRange cases_of(std::uint64_t unit) const {
    const std::uint64_t first = unit * prepared.cases_per_unit;
    return {first, first + std::min(prepared.cases_per_unit, limit - first)};
  }
  // How many cases are of this shard.
  [[nodiscard]] std::uint64_t planned(std::uint64_t shard_index, std::uint64_t shard_count) const {
    const std::uint64_t all = units();
    if (all <= shard_index) return 0;
    const std::uint64_t mine = (all - shard_index - 1) / shard_count + 1;
    const bool has_last = (all - 1) % shard_count == shard_index;
    const std::uint64_t last = cases_of(all - 1).size();
    return mine * prepared.cases_per_unit - (has_last ? prepared.cases_per_unit - last : 0);
  }
};

struct Unit {
  Lane* lane;
  CaseRange cases;
  double estimate;
};

class Run {
 public:
  Run(const CampaignList& campaigns, const RunOptions& options)
      : options_(options),
        started_(Clock::now()),
        pool_(campaigns, options.jobs, {options.timeout_seconds, options.memory_bytes}) {
    WB_ASSERT(options.shard_index < options.shard_count);
    lanes_.reserve(campaigns.size());
    for (const auto& campaign : campaigns) {
      lanes_.push_back({.campaign = campaign.get(), .prepared = {}, .next_unit = options.shard_index, .tally = {}});
      lanes_.back().tally.trouble = campaign->set_up();
    }
  }

  RunReport run() {
    prepare();
    while (!enough_) {
      give_out();
      if (!pool_.has_busy()) break;
      for (auto& done : pool_.wait()) give_back(std::move(done));
      if (options_.on_progress) options_.on_progress(progress());
    }
    return report();
  }

 private:
  // Every campaign is prepared once, by some worker, before the first case is run; each worker that runs a unit of it
  // does so again for itself.
  void prepare() {
    std::vector<std::optional<WorkerPool::Done>> prepared(lanes_.size());
    std::size_t next = 0;
    while (next < lanes_.size() || pool_.has_busy()) {
      for (; next < lanes_.size() && pool_.has_idle(); ++next) {
        if (lanes_[next].tally.trouble) continue;
        pool_.give(next, {.campaign = next, .prepare_only = true, .cases = {}, .skips = {}, .suspects = {}});
      }
      for (auto& done : pool_.wait()) prepared.at(done.number) = std::move(done);
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (prepared[i]) start(lanes_[i], *std::move(prepared[i]));
    }
  }

  void start(Lane& lane, WorkerPool::Done done) {
    lane.prepared = std::move(done.prepared);
    const bool usable = done.tally.violations.empty() && !done.tally.trouble;
    if (usable) lane.limit = limit_of(lane.prepared.total_cases);
    merge(lane, std::move(done.tally));
  }

  [[nodiscard]] std::uint64_t limit_of(std::optional<std::uint64_t> total) const {
    switch (options_.budget.kind) {
      case Budget::Kind::seconds: return total.value_or(kNoEnd);
      case Budget::Kind::cases: return std::min(options_.budget.cases, total.value_or(kNoEnd));
      case Budget::Kind::exhaustive: return total.value_or(kEndlessCases);
    }
    return 0;
  }

  void give_out() {
    while (pool_.has_idle()) {
      Lane* lane = stopped() ? nullptr : next_lane();
      if (lane == nullptr) return;
      const CaseRange cases = lane->cases_of(lane->next_unit);
      lane->next_unit += options_.shard_count;
      lane->charged += lane->last_unit;
      const auto campaign = static_cast<std::uint64_t>(lane - lanes_.data());
      pool_.give(units_.size(),
                 {.campaign = campaign, .prepare_only = false, .cases = cases, .skips = {}, .suspects = {}});
      units_.push_back({lane, cases, lane->last_unit});
    }
  }

  [[nodiscard]] bool stopped() {
    interrupted_ = interrupted_ || (options_.interrupted != nullptr && *options_.interrupted);
    if (interrupted_) pool_.hurry();
    const bool out_of_time =
        options_.budget.kind == Budget::Kind::seconds && seconds_since(started_) >= options_.budget.seconds;
    return enough_ || interrupted_ || out_of_time;
  }

  // By cases: the first that has more. By time: the one that had the least of its share.
  [[nodiscard]] Lane* next_lane() {
    Lane* chosen = nullptr;
    for (Lane& lane : lanes_) {
      if (!lane.has_more()) continue;
      if (chosen == nullptr) chosen = &lane;
      if (options_.budget.kind == Budget::Kind::seconds && lane.spent() < chosen->spent()) chosen = &lane;
    }
    return chosen;
  }

  // Results are merged in the order in which their units were given out, whichever was done first.
  void give_back(WorkerPool::Done done) {
    const Unit& unit = units_.at(done.number);
    unit.lane->charged += done.seconds - unit.estimate;
    unit.lane->last_unit = done.seconds;
    unit.lane->worked += done.seconds;
    done_.emplace(done.number, std::move(done.tally));
    while (!done_.empty() && done_.begin()->first == units_merged_ && !enough_) {
      Tally merged = std::move(done_.begin()->second);
      done_.erase(done_.begin());
      merge(*units_.at(units_merged_++).lane, std::move(merged));
    }
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
      planned += lane.limit == kNoEnd ? 0 : lane.planned(options_.shard_index, options_.shard_count);
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
      const bool exhaustive = lane.limit == lane.prepared.total_cases &&
                              lane.tally.cases == lane.planned(options_.shard_index, options_.shard_count);
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
  WorkerPool pool_;
  std::vector<Lane> lanes_;
  std::vector<Unit> units_;              // in the order in which they were given out
  std::map<std::uint64_t, Tally> done_;  // not merged yet, by their unit's place in units_
  std::uint64_t units_merged_ = 0;
  std::uint64_t distinct_ = 0;
  bool enough_ = false;  // violations
  bool interrupted_ = false;
};

}  // namespace

RunReport run_campaigns(const CampaignList& campaigns, const RunOptions& options) {
  return Run(campaigns, options).run();
}

}  // namespace walbreaker
