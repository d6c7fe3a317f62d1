#include "harness/worker_attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/case.h"

namespace walbreaker {

namespace {

std::string name_of(Moment moment) {
  if (moment == kPreparing) return "the preparation";
  if (moment == kNotBegun) return "the start of a unit";
  return fmt::format("{}case {}", is_before(moment) ? "what comes before " : "", case_of(moment));
}

}  // namespace

bool WorkerAttempts::can_be_left_out(Moment moment) const {
  const bool is_case = moment != kPreparing && moment != kNotBegun;
  return is_case && std::ranges::find(order_.skips, moment) == order_.skips.end();
}

bool WorkerAttempts::ended(const WorkerEnd& end, std::optional<Violation> draft) {
  deaths_ += end.kind == ViolationKind::died ? 1 : kLimitDeaths;
  if (suspect_ && suspect_->moment == end.moment) {
    const bool go_on = can_be_left_out(end.moment);
    confirm(end, std::move(draft));
    return go_on && deaths_ < kMostDeaths;
  }
  // The suspect was passed, or was not reached this time: then it will be found again.
  if (suspect_ && suspect_->moment < end.moment && !unrepeated_) unrepeated_ = suspect_->text;
  suspect_ =
      Suspect{end.moment, fmt::format("{}: {}, and did not when it was run again", name_of(end.moment), end.text)};
  order_.suspects = {end.moment};
  return deaths_ < kMostDeaths;
}

void WorkerAttempts::confirm(const WorkerEnd& end, std::optional<Violation> draft) {
  const bool has_case = end.moment != kPreparing && end.moment != kNotBegun;
  const std::uint64_t index = has_case ? case_of(end.moment) : order_.cases.first;
  Violation violation{end.kind, end.moment == kPreparing ? "prepare" : "a case", "", index, {}};
  if (draft && draft->case_index == index) violation = std::move(*draft);
  violation.kind = end.kind;
  violation.case_text = with_expected(std::move(violation.case_text), end.kind);
  violation.summary += fmt::format("got       {}, in {}, twice", end.text, name_of(end.moment));
  violations_.push_back(std::move(violation));
  suspect_.reset();
  order_.suspects.clear();
  order_.skips.push_back(end.moment);
}

Tally WorkerAttempts::with_deaths(Tally tally) {
  for (Violation& violation : violations_) tally.add(std::move(violation));
  std::ranges::stable_sort(tally.violations, {}, &Violation::case_index);
  if (unrepeated_ && !tally.trouble) tally.trouble = std::move(unrepeated_);
  return tally;
}

Tally WorkerAttempts::answered(Tally tally) {
  if (suspect_ && !unrepeated_) unrepeated_ = std::move(suspect_->text);
  return with_deaths(std::move(tally));
}

Tally WorkerAttempts::given_up(const std::string& why) {
  Tally tally;
  if (!order_.prepare_only) {
    tally.cases = violations_.size();
    tally.fired = tally.cases;
    tally.trouble = fmt::format("cases {} to {} were not all run: {}", order_.cases.first, order_.cases.last - 1, why);
  } else if (violations_.empty()) {
    tally.trouble = "could not be prepared: " + why;
  }
  return with_deaths(std::move(tally));
}

}  // namespace walbreaker
