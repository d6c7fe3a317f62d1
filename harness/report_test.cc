#include "harness/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace walbreaker {
namespace {

using testing::HasSubstr;
using testing::Not;

Report sample() {
  CampaignReport bitflip{"bitflip", {}, 2.0, true, Verdict::violation};
  bitflip.tally.cases = 12'000;
  bitflip.tally.fired = 12'000;
  bitflip.tally.distinct_images = 11'999;
  bitflip.tally.violating_cases = 3;
  bitflip.tally.counts[{"closed", "full"}] = 4'000;
  bitflip.tally.counts[{"closed", "lost_silently"}] = 0;
  bitflip.tally.counts[{"fresh", "refused"}] = 7'997;
  CampaignReport kill{"kill", {}, 0.5, false, Verdict::inconclusive};
  return {"reference",
          {{"kill", "on_ack"}},
          7,
          {{bitflip, kill}, false, Verdict::violation},
          {{ViolationKind::silent_loss, "out/bitflip-1", "three \xFF lines"}}};
}

TEST(Report, TheJsonIsAsDocumented) {
  EXPECT_EQ(to_json(sample()), R"({
  "format": 1,
  "subject": "reference",
  "promise": {
    "kill": "on_ack"
  },
  "seed": 7,
  "verdict": "violation",
  "campaigns": [
    {
      "name": "bitflip",
      "verdict": "violation",
      "cases": 12000,
      "distinct_images": 11999,
      "fired": 12000,
      "violations": 3,
      "seconds": 2.0,
      "coverage": "exhaustive"
    },
    {
      "name": "kill",
      "verdict": "inconclusive",
      "cases": 0,
      "distinct_images": 0,
      "fired": 0,
      "violations": 0,
      "seconds": 0.5,
      "coverage": "sampled"
    }
  ],
  "violations": [
    {
      "kind": "silent_loss",
      "case": "out/bitflip-1",
      "summary": "three )"
                               "\xEF\xBF\xBD"
                               R"( lines"
    }
  ]
}
)");
}

TEST(Report, TheTableHasCountsVerdictsAndRates) {
  const std::string table = to_table(sample(), false);
  EXPECT_THAT(table, HasSubstr("closed  full 4,000, lost_silently 0\n"));
  EXPECT_THAT(table,
              HasSubstr("bitflip    violation          12,000       12,000           3      6,000  exhaustive\n"));
  EXPECT_THAT(table, HasSubstr("kill: nothing fired\n"));
  EXPECT_THAT(table, HasSubstr("reference, seed 7: violation\n"));
}

TEST(Report, TheTableIsColouredWhereThatIsWanted) {
  EXPECT_THAT(to_table(sample(), true), HasSubstr("\x1b[1;31mviolation"));
  EXPECT_THAT(to_table(sample(), false), Not(HasSubstr("\x1b")));
}

TEST(Report, SaysWhatTheHarnessCouldNotDo) {
  Report report = sample();
  report.run.campaigns[1].tally.trouble = "make a directory: no space";
  report.run.interrupted = true;
  EXPECT_THAT(to_table(report, false), HasSubstr("kill: make a directory: no space\n"));
  EXPECT_THAT(to_table(report, false), HasSubstr("interrupted"));
}

}  // namespace
}  // namespace walbreaker
