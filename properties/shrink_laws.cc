// Laws of the shrinker: what it gives is the same violation, no larger, and shrinks no further.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

#include "harness/power_campaign.h"
#include "harness/run_case.h"
#include "harness/shrink.h"
#include "harness/without_syncs_test_util.h"
#include "properties/law.h"

namespace walbreaker::properties {
namespace {

// Barriers to leave out, from some occasion on.
std::string any_missing_barrier() {
  const auto [kind, path] = *rc::gen::element(std::pair{"sync", "wal-*.log"}, std::pair{"sync", "*.tmp"},
                                              std::pair{"sync_dir", "*"}, std::pair{"any", "*"});
  return fmt::format("lying_sync {} at {} for_ever of {}\n", kind, *rc::gen::inRange(0, 4), path);
}

// What makes a case large, the worst first.
auto size_of(const Case& c) {
  std::size_t commands = 0;
  for (const Stage& stage : c.stages) commands += stage.script.commands.size();
  return std::tuple(c.stages.size(), commands);
}

void check_shrunk(const Subject& subject, const Case& large, const Shrunk& shrunk) {
  RC_LOG() << to_text(shrunk.smallest) << '\n';
  RC_ASSERT(shrunk.finished);
  RC_ASSERT(shrunk.smallest.expected == large.expected);
  RC_ASSERT(size_of(shrunk.smallest) <= size_of(large));
  const auto c = parse_case(to_text(shrunk.smallest));  // its text is all there is to it
  if (!c) RC_FAIL(c.error().message());
  const CaseResult again = run_case(subject, *c);
  RC_ASSERT(again.wrong.has_value());
  RC_ASSERT(again.wrong->kind == *large.expected);
  RC_ASSERT(again.same_run);
  RC_ASSERT(run_case(ReferenceSubject(), *c).verdict == CaseResult::Verdict::pass);
  auto further = shrink(subject, *c);
  RC_ASSERT(further.has_value());
  further->smallest.comment = shrunk.smallest.comment;
  RC_ASSERT(to_text(further->smallest) == to_text(shrunk.smallest));
}

TEST(Shrinking, GivesTheSameViolationNoLargerAndShrinksNoFurther) {
  std::uint64_t smaller = 0;
  check_law(6, [&] {
    const WithoutSyncs subject(any_missing_barrier());
    PowerCampaign campaign(subject, {.seed = *rc::gen::arbitrary<std::uint64_t>(), .model = {}});
    const Tally tally = campaign.run({0, 256});
    RC_PRE(!tally.violations.empty());
    const Violation violation = *rc::gen::elementOf(tally.violations);
    const auto large = parse_case(violation.case_text);
    if (!large) RC_FAIL(large.error().message());
    const auto shrunk = shrink(subject, *large);
    if (!shrunk) RC_FAIL(shrunk.error().message());
    check_shrunk(subject, *large, *shrunk);
    if (size_of(shrunk->smallest) < size_of(*large)) ++smaller;
  });
  EXPECT_GT(smaller, 0U);
}

}  // namespace
}  // namespace walbreaker::properties
