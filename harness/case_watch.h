// A watch: what a campaign tells whoever watches it, so that a subject which takes its process down is told from which
// case it did so, and the case can be left out when the unit is run again.
//
// Before the subject does anything, the campaign says what for:
//
//   if (watch.at(index, [&] { return draft; })) judge(observe(subject, ...));   // else count the case, and go on
//
// A watch costs one store to memory for each case. It belongs to one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "harness/violation.h"

namespace walbreaker {

// What a subject is at: twice the number of the case, plus one within the case; without, in what comes before it and
// belongs to no case, such as a run that is recorded.
using Moment = std::uint64_t;
[[nodiscard]] constexpr Moment moment_before(std::uint64_t case_index) { return 2 * case_index; }
[[nodiscard]] constexpr Moment moment_of(std::uint64_t case_index) { return 2 * case_index + 1; }
[[nodiscard]] constexpr std::uint64_t case_of(Moment moment) { return moment / 2; }
[[nodiscard]] constexpr bool is_before(Moment moment) { return moment % 2 == 0; }

// In Campaign::prepare().
inline constexpr Moment kPreparing = std::numeric_limits<Moment>::max() - 1;

class CaseWatch {
 public:
  // Nobody watches, and no case is left out.
  CaseWatch() = default;

  struct Plan {
    std::vector<Moment> skips;                   // to be left out
    std::vector<Moment> suspects;                // to be described, when they come
    std::function<void(const Violation&)> tell;  // gets the description
  };

  // `now` outlives the watch. Whoever reads it may be in another process.
  CaseWatch(std::atomic<Moment>& now, Plan plan) : now_(&now), plan_(std::move(plan)) {}

  // What the subject does from here on is for this case. False: it must do nothing for it; the case counts as one that
  // ended in a violation, which is added by whoever left it out, and the campaign goes on as after one.
  // `describe` returns what the violation will be if the subject takes the process down: `where`, the image, and all of
  // the summary but its last line, "got". It is called only where that is likely.
  template <class Describe>
  [[nodiscard]] bool at(std::uint64_t case_index, const Describe& describe) {
    return enter(moment_of(case_index), describe);
  }

  // The same for what belongs to no case and comes before this one. False: the case that comes cannot be made, and
  // counts as above.
  template <class Describe>
  [[nodiscard]] bool before(std::uint64_t case_index, const Describe& describe) {
    return enter(moment_before(case_index), describe);
  }

 private:
  template <class Describe>
  bool enter(Moment moment, const Describe& describe) {
    if (now_ == nullptr) return true;
    if (!plan_.skips.empty() && is_among(plan_.skips, moment)) return false;
    now_->store(moment, std::memory_order_relaxed);
    if (!plan_.suspects.empty() && is_among(plan_.suspects, moment)) {
      Violation draft = describe();
      draft.case_index = case_of(moment);
      plan_.tell(draft);
    }
    return true;
  }

  static bool is_among(const std::vector<Moment>& moments, Moment moment);

  std::atomic<Moment>* now_ = nullptr;
  Plan plan_;
};

}  // namespace walbreaker
