#include "harness/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report_test_util.h"

namespace walbreaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Report, TheJsonIsAsDocumented) {
  EXPECT_EQ(to_json(sample_report()), R"({
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
      "follow_ups": 0,
      "seconds": 2.0,
      "coverage": "exhaustive",
      "counts": {
        "closed": {
          "full": 4000,
          "lost_silently": 0
        },
        "fresh": {
          "refused": 7997
        }
      }
    },
    {
      "name": "kill",
      "verdict": "inconclusive",
      "cases": 0,
      "distinct_images": 0,
      "fired": 0,
      "violations": 0,
      "follow_ups": 0,
      "seconds": 0.5,
      "coverage": "sampled",
      "counts": {}
    }
  ],
  "violations": [
    {
      "campaign": "bitflip",
      "kind": "silent_loss",
      "where": "closed: a record",
      "case_index": 17,
      "case": "out/bitflip-1",
      "summary": "three )"
                                      "\xEF\xBF\xBD"
                                      R"( <lines>\ngot       nothing: 100 %"
    }
  ]
}
)");
}

TEST(Report, TheJsonTellsWhatWasAskedForWhereItWas) {
  Report report = sample_report();
  report.settings = {{"sync", "on_request"}};
  report.model = "posix sector_bytes=4096";
  report.shard = {1, 4};
  report.budget = "cases 100";
  report.run.interrupted = true;
  report.run.campaigns[1].tally.trouble = "no space";
  const std::string json = to_json(report);
  EXPECT_THAT(json, HasSubstr("  \"settings\": {\n    \"sync\": \"on_request\"\n  },\n"));
  EXPECT_THAT(json, HasSubstr("  \"model\": \"posix sector_bytes=4096\",\n"));
  EXPECT_THAT(json, HasSubstr("  \"shard\": {\n    \"index\": 1,\n    \"count\": 4\n  },\n"));
  EXPECT_THAT(json, HasSubstr("  \"budget\": \"cases 100\",\n  \"interrupted\": true,\n"));
  EXPECT_THAT(json, HasSubstr("      \"counts\": {},\n      \"trouble\": \"no space\"\n"));
}

TEST(Report, TellsABudgetAsItsFlagDoes) {
  EXPECT_EQ(to_text({.kind = Budget::Kind::cases, .cases = 100}), "cases 100");
  EXPECT_EQ(to_text({.kind = Budget::Kind::seconds, .seconds = 0.5}), "seconds 0.5");
  EXPECT_EQ(to_text({.kind = Budget::Kind::exhaustive}), "exhaustive");
}

TEST(Report, TheTableHasCountsVerdictsAndRates) {
  EXPECT_EQ(to_table(sample_report(), false), R"(bitflip
  closed  full 4,000, lost_silently 0
  fresh   refused 7,997

kill


campaign   verdict             cases        fired  violations    cases/s  coverage
bitflip    violation          12,000       12,000           3      6,000  exhaustive
kill       inconclusive            0            0           0          0  sampled
all        violation          12,000       12,000           3      4,800
kill: nothing fired

reference, seed 7: violation
)");
}

TEST(Report, TheTableStaysAlignedForAsManyCasesAsThereAre) {
  Report report = sample_report();
  report.run.campaigns[0].tally.cases = 10'123'456;
  report.run.campaigns[0].tally.fired = 1'234'567'890'123;
  report.run.campaigns[0].tally.follow_ups = 632'716;
  EXPECT_THAT(to_table(report, false), HasSubstr(
                                           R"(
campaign   verdict             cases              fired  violations    cases/s  followed/s  coverage
bitflip    violation      10,123,456  1,234,567,890,123           3  5,061,728     316,358  exhaustive
kill       inconclusive            0                  0           0          0           0  sampled
all        violation      10,123,456  1,234,567,890,123           3  4,049,382     253,086
)"));
}

TEST(Report, TheTableNamesTheShard) {
  Report report = sample_report();
  report.shard = {3, 4};
  EXPECT_THAT(to_table(report, false), HasSubstr("reference, seed 7, shard 3/4: violation\n"));
}

TEST(Report, TheTableIsColouredWhereThatIsWanted) {
  EXPECT_THAT(to_table(sample_report(), true), HasSubstr("\x1b[1;31mviolation"));
  EXPECT_THAT(to_table(sample_report(), false), Not(HasSubstr("\x1b")));
}

TEST(Report, SaysWhatTheHarnessCouldNotDo) {
  Report report = sample_report();
  report.run.campaigns[1].tally.trouble = "make a directory: no space";
  report.run.interrupted = true;
  EXPECT_THAT(to_table(report, false), HasSubstr("kill: make a directory: no space\n"));
  EXPECT_THAT(to_table(report, false), HasSubstr("interrupted"));
}

TEST(Report, NamesTheShardsThatAreMissing) {
  Report report = sample_report();
  report.shard = {0, 40};
  report.missing_shards = {7};
  EXPECT_THAT(troubles_of(report),
              ElementsAre(Trouble{"kill", "nothing fired"}, Trouble{"", "of 40 shards one is missing: 7"}));
  for (std::uint64_t shard = 8; shard < 20; ++shard) report.missing_shards.push_back(shard);
  EXPECT_EQ(troubles_of(report).back().text,
            "of 40 shards some are missing: 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 and 3 more");
}

TEST(Report, AViolationSaysWhatItMeansAndWhatToDoNext) {
  const Violation violation{ViolationKind::silent_loss,
                            "closed: a record of wal-2.log",
                            "harm      flip 12 of \"wal-2.log\"\nexpected  all 30 commands\ngot       the first 29",
                            17,
                            {}};
  EXPECT_EQ(violation_text("bitflip", violation, "walbreaker run --subject reference --seed 7 --cases 18",
                           std::string("my out/bitflip.case")),
            R"(violation: bitflip silent_loss, closed: a record of wal-2.log
meaning   damage took acked commands, and nothing was reported
harm      flip 12 of "wal-2.log"
expected  all 30 commands
got       the first 29
repeat    walbreaker run --subject reference --seed 7 --cases 18
saved     my out/bitflip.case
replay    walbreaker replay 'my out/bitflip.case'
shrink    walbreaker shrink 'my out/bitflip.case'
)");
  EXPECT_THAT(violation_text("bitflip", violation, "walbreaker run", kv::fail(kv::ErrorCode::no_space, "write o/x")),
              HasSubstr("repeat    walbreaker run\nnot saved: no_space: write o/x\n"));
}

TEST(GithubReport, AnnotatesEachViolationAndWhatIsInconclusive) {
  EXPECT_EQ(to_github(sample_report()),
            "::error file=out/bitflip-1,title=walbreaker bitflip silent_loss::closed: a record, damage took acked "
            "commands, and nothing was reported%0Athree \xFF <lines>%0Agot       nothing: 100 %25\n"
            "::warning title=walbreaker kill inconclusive::nothing fired\n");
}

// A colon or a comma would end the property, and a line end the whole annotation.
TEST(GithubReport, EscapesWhatWouldEndAnAnnotation) {
  Report report = sample_report();
  report.violations[0].case_path = "a,b:c%d\r\n";
  EXPECT_THAT(to_github(report), HasSubstr("::error file=a%2Cb%3Ac%25d%0D%0A,title="));
  report.violations[0].case_path = "";
  EXPECT_THAT(to_github(report), HasSubstr("::error title=walbreaker bitflip"));
  report.run.interrupted = true;
  EXPECT_THAT(to_github(report), HasSubstr("::warning title=walbreaker run inconclusive::interrupted"));
}

}  // namespace
}  // namespace walbreaker
