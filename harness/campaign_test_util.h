// For tests that run campaigns: some units of one, and what a tally says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include "harness/campaign.h"

namespace walbreaker {

// Prepares the campaign and runs its first units, until there is a violation or trouble.
inline Tally run_units(Campaign& campaign, std::uint64_t units) {
  Tally tally = campaign.prepare();
  for (std::uint64_t unit = 0; unit < units && !tally.trouble && tally.violations.empty(); ++unit) {
    const std::uint64_t size = campaign.cases_per_unit();
    tally.add(campaign.run({unit * size, (unit + 1) * size}));
  }
  return tally;
}

// Nothing was wrong, and more faults than `fired` took place.
inline void expect_pass(const Tally& tally, std::uint64_t fired) {
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
  EXPECT_THAT(tally.violations, testing::IsEmpty()) << tally.violations.front().summary;
  EXPECT_GT(tally.fired, fired);
}

inline std::set<ViolationKind> kinds_of(const Tally& tally) {
  std::set<ViolationKind> kinds;
  for (const Violation& violation : tally.violations) kinds.insert(violation.kind);
  return kinds;
}

// What a person needs to know of a tally that should have been clean: the first violation, or else the trouble.
inline std::string text_of(const Tally& tally) {
  return tally.violations.empty() ? tally.trouble.value_or("") : tally.violations.front().summary;
}

}  // namespace walbreaker
