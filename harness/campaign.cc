#include "harness/campaign.h"

#include <algorithm>

namespace walbreaker {

bool same_cause(const Violation& a, const Violation& b) { return a.kind == b.kind && a.where == b.where; }

namespace {

void keep_first(std::vector<Violation>& violations, Violation violation) {
  const auto known = [&](const Violation& v) { return same_cause(v, violation); };
  if (std::ranges::none_of(violations, known)) violations.push_back(std::move(violation));
}

}  // namespace

void Tally::add(Violation violation) {
  ++violating_cases;
  keep_first(violations, std::move(violation));
}

void Tally::add(Tally next) {
  cases += next.cases;
  fired += next.fired;
  distinct_images += next.distinct_images;
  follow_ups += next.follow_ups;
  violating_cases += next.violating_cases;
  for (const auto& [what, count] : next.counts) counts[what] += count;
  for (Violation& violation : next.violations) keep_first(violations, std::move(violation));
  if (!trouble) trouble = std::move(next.trouble);
}

}  // namespace walbreaker
