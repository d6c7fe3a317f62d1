#include "faultfs/enumerate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/assert.h"
#include "faultfs/choice_families.h"
#include "faultfs/mix.h"

namespace faultfs {

void Coverage::add(const Coverage& other) {
  points += other.points;
  cuts += other.cuts;
  possible_cuts += other.possible_cuts;
  exhausted_points += other.exhausted_points;
  states += other.states;
  distinct_images += other.distinct_images;
  possible_states += other.possible_states;
  largest_exhausted = std::max(largest_exhausted, other.largest_exhausted);
}

std::string to_text(const Coverage& coverage) {
  const std::string images = fmt::format("{} distinct images", coverage.distinct_images);
  const std::string cuts = fmt::format("{} of {} places inside writes", coverage.cuts, coverage.possible_cuts);
  if (coverage.exhaustive()) {
    return fmt::format("exhaustive: all {} states of {} crash points ({}), {}", coverage.states, coverage.points, cuts,
                       images);
  }
  return fmt::format("sampled: {} of {:.3g} states, {} of {} crash points ({}) exhausted (up to {} states each), {}",
                     coverage.states, coverage.possible_states, coverage.exhausted_points, coverage.points, cuts,
                     coverage.largest_exhausted, images);
}

namespace {

std::uint64_t hash_of(const Choice& choice) {
  std::uint64_t hash = 0;
  for (const std::uint32_t alternative : choice) hash = mix(hash ^ alternative);
  return hash;
}

// After so many draws that gave no new image, one after the other, there is little left to draw.
constexpr std::uint64_t kDrawsInVain = 1'000;

// The work at one crash point.
class PointRun {
 public:
  PointRun(DiskState& disk, const CrashPoint& point, std::uint64_t budget, const Visit& visit)
      : space_(disk, point), point_(point), budget_(budget), visit_(visit) {}

  // False where `visit` ended it.
  bool run(std::uint64_t seed) {
    coverage_.points = 1;
    coverage_.possible_states = space_.states();
    const bool fits = coverage_.possible_states <= static_cast<double>(budget_);
    if (fits) {
      all();
    } else {
      families();
      samples(seed);
    }
    if (fits && !ended_) {
      coverage_.exhausted_points = 1;
      coverage_.largest_exhausted = coverage_.states;
    }
    return !ended_;
  }

  [[nodiscard]] const Coverage& coverage() const { return coverage_; }

 private:
  // Counts through the alternatives, those of the first group fastest.
  void all() {
    const auto& groups = space_.groups();
    Choice choice(groups.size());
    std::ranges::transform(groups, choice.begin(), &FateGroup::first);
    for (bool more = true; more && !ended_;) {
      try_one(choice);
      more = false;
      for (std::size_t g = 0; g < groups.size() && !more; ++g) {
        more = ++choice[g] < groups[g].first() + groups[g].alternatives();
        if (!more) choice[g] = groups[g].first();
      }
    }
  }

  // Each family has an equal share of what is left; what it does not need goes to those after it, and one share to the
  // samples.
  void families() {
    const std::vector<ChoiceFamily> families = choice_families(space_);
    for (std::size_t f = 0; f < families.size() && !ended_; ++f) {
      const std::uint64_t share = (budget_ - used_) / (families.size() - f + 1);
      const std::uint64_t count = f == 0 ? families[f].size : std::min(families[f].size, share);
      for (std::uint64_t i = 0; i < count && !ended_; ++i) {
        try_new(families[f].choice(evenly(i, count, families[f].size)));
      }
    }
  }

  static std::uint64_t evenly(std::uint64_t i, std::uint64_t count, std::uint64_t size) {
    return static_cast<std::uint64_t>(static_cast<double>(i) * static_cast<double>(size) / static_cast<double>(count));
  }

  void samples(std::uint64_t seed) {
    SplitMix random(mix(mix(seed ^ mix(point_.ops)) ^ point_.bytes));
    std::uint64_t in_vain = 0;
    while (used_ < budget_ && in_vain < kDrawsInVain && !ended_) {
      const std::uint64_t images = coverage_.distinct_images;
      try_new(random_choice(space_, random));
      in_vain = coverage_.distinct_images > images ? 0 : in_vain + 1;
    }
  }

  void try_new(const Choice& choice) {
    ++used_;
    if (tried_.insert(hash_of(choice)).second) try_one(choice);
  }

  void try_one(const Choice& choice) {
    if (!space_.is_state(choice)) return;
    ++coverage_.states;
    // A point with one state has nothing to repeat.
    if (!space_.groups().empty() && !images_.insert(space_.hash(choice)).second) return;
    ++coverage_.distinct_images;
    Candidate candidate(space_, point_, choice);
    ended_ = !visit_(candidate);
  }

  CrashSpace space_;
  CrashPoint point_;
  std::uint64_t budget_;
  const Visit& visit_;
  Coverage coverage_;
  std::uint64_t used_ = 0;                   // of the budget: states that came twice count here
  std::unordered_set<std::uint64_t> tried_;  // by hash_of
  std::unordered_set<std::uint64_t> images_;
  bool ended_ = false;
};

// After how many of its bytes a process is killed inside a write: ascending.
std::set<std::uint64_t> cuts(const TraceOp& write, const DiskModel& model, const Budget& budget, OpIndex op) {
  std::set<std::uint64_t> chosen;
  const std::uint64_t places = write.length - 1;
  if (places <= budget.cuts_per_write) {
    for (std::uint64_t cut = 1; cut <= places; ++cut) chosen.insert(cut);
    return chosen;
  }
  const auto choose = [&](std::uint64_t cut) {
    if (cut >= 1 && cut <= places && chosen.size() < budget.cuts_per_write) chosen.insert(cut);
  };
  choose(1);
  choose(places);
  const std::uint64_t sector = model.sector_bytes;
  for (std::uint64_t edge = sector - write.offset % sector; edge <= places && chosen.size() < budget.cuts_per_write;
       edge += sector) {
    for (const std::uint64_t cut : {edge, edge - 1, edge + 1}) choose(cut);
  }
  SplitMix random(mix(budget.seed ^ mix(op)));
  while (chosen.size() < budget.cuts_per_write) choose(random.next() % places + 1);
  return chosen;
}

class Enumeration {
 public:
  Enumeration(const Trace& trace, const DiskModel& model, const Budget& budget, const Visit& visit)
      : trace_(trace), model_(model), budget_(budget), visit_(visit), disk_(trace.initial, model) {
    WB_ASSERT(budget.states_per_point >= 2);
    WB_ASSERT(budget.states_per_cut >= 2);
  }

  Coverage run(OpIndex first, OpIndex last) {
    for (OpIndex op = 0; op < last; ++op) {
      if (op >= first && !point(disk_, {op, 0}, budget_.states_per_point)) break;
      if (op == trace_.ops.size()) break;
      if (op >= first && !inside(op)) break;
      disk_.step(trace_.ops[op]);
    }
    return coverage_;
  }

 private:
  bool point(DiskState& disk, const CrashPoint& at, std::uint64_t budget) {
    PointRun run(disk, at, budget, visit_);
    const bool goes_on = run.run(budget_.seed);
    coverage_.add(run.coverage());
    return goes_on;
  }

  bool inside(OpIndex op) {
    const TraceOp& write = trace_.ops[op];
    // Where nothing that is pending survives, a part of a write survives no more than all of it.
    if (write.kind != OpKind::write || write.length < 2 || model_.survival == Survival::none) return true;
    coverage_.possible_cuts += write.length - 1;
    return std::ranges::all_of(cuts(write, model_, budget_, op), [&](std::uint64_t cut) {
      ++coverage_.cuts;
      DiskState cut_short = disk_.fork();
      cut_short.step(write, cut);
      return point(cut_short, {op, cut}, budget_.states_per_cut);
    });
  }

  const Trace& trace_;
  const DiskModel& model_;
  const Budget& budget_;
  const Visit& visit_;
  DiskState disk_;
  Coverage coverage_;
};

}  // namespace

Coverage enumerate(const Trace& trace, const DiskModel& model, const Budget& budget, const Visit& visit) {
  return enumerate(trace, model, budget, 0, trace.ops.size() + 1, visit);
}

Coverage enumerate(const Trace& trace, const DiskModel& model, const Budget& budget, OpIndex first, OpIndex last,
                   const Visit& visit) {
  return Enumeration(trace, model, budget, visit).run(first, last);
}

}  // namespace faultfs
