#include "harness/explain_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/reference_subject.h"
#include "harness/run_case.h"
#include "harness/without_syncs_test_util.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Case must_parse(const std::string& stages) {
  const auto c = parse_case(
      "walbreaker case 1\nsubject reference\npromise kill=on_ack\npromise power=on_ack\npromise order=prefix\npromise "
      "served=durable\npromise batches=atomic\npromise on_error=invisible\nset compact_after_operations=0\n" +
      stages);
  EXPECT_TRUE(c) << c.error().message();
  return c ? *c : Case{};
}

std::string cure_of(const Subject& subject, const Case& c) {
  const std::string text = explain_case(subject, c);
  const std::size_t at = text.find("what would cure it\n");
  return at == std::string::npos ? text : text.substr(at);
}

std::string cure_of(const Subject& subject, const std::string& stages) { return cure_of(subject, must_parse(stages)); }

constexpr const char* kRecordDropped =
    "stage\nput \"a\" \"1\"\nput \"b\" \"2\"\nmodel posix\ncrash after command 0 write 0 of log\n";

TEST(ExplainCase, TellsWhatWasAskedWhatBecameOfItAndWhatIsOnTheDisk) {
  const WithoutSyncs subject("lying_sync sync at 1 for_ever of wal-*.log\n");
  const std::string text = explain_case(subject, must_parse(kRecordDropped));
  EXPECT_THAT(
      text, AllOf(HasSubstr("violation lost_ack: commands that had to survive are gone"), HasSubstr("put \"a\" \"1\""),
                  HasSubstr("acked       put"), HasSubstr("in flight   put \"b\""), HasSubstr("crash under posix"),
                  HasSubstr("dropped    in command 0"), HasSubstr("db/wal-1.log, 4,096 bytes, log"),
                  HasSubstr("the last open answered clean")));
}

TEST(ExplainCase, NamesTheSyncOfARecordThatIsMissing) {
  EXPECT_THAT(cure_of(WithoutSyncs("lying_sync sync at 1 for_ever of wal-*.log\n"), kRecordDropped),
              HasSubstr("sync db/wal-1.log after operation"));
  EXPECT_THAT(cure_of(WithoutSyncs("lying_sync sync at 1 for_ever of wal-*.log\n"), kRecordDropped),
              HasSubstr("and before command 0 is answered"));
}

TEST(ExplainCase, NamesTheSyncOfADirectoryThatIsMissing) {
  EXPECT_THAT(cure_of(WithoutSyncs("lying_sync sync_dir at 0 for_ever of db\n"),
                      "stage\nput \"a\" \"1\"\nmodel posix\ncrash after command 0 sync 0 of log\n"),
              HasSubstr("sync_dir db after operation"));
}

// A put, a compaction, and a put, in a store that is new; the first crash in it that shows what is missing.
struct Missing {
  std::string_view name;
  std::string_view plan;
  std::string_view settings;
  std::string_view cure;  // a regular expression
};

class CureOf : public testing::TestWithParam<Missing> {};

TEST_P(CureOf, AMissingSyncIsThatSync) {
  const WithoutSyncs subject(GetParam().plan);
  Case c = must_parse(std::string(GetParam().settings) +
                      "stage\nput \"a\" \"1\"\ncompact\nput \"b\" \"2\"\nclose\nmodel posix\ncrash at_start\n");
  c.promise = subject.promise(c.settings);
  const auto found = find_crash(subject, c, std::nullopt);
  ASSERT_TRUE(found);
  EXPECT_THAT(cure_of(subject, *found), testing::ContainsRegex(std::string(GetParam().cure)));
}

INSTANTIATE_TEST_SUITE_P(
    Each, CureOf,
    testing::Values(
        Missing{"of_the_parent", "lying_sync sync_dir at 0 for_ever of .\n", "",
                "sync_dir \\. after operation 0 .make_dir db., and before command 0 is answered"},
        Missing{"of_a_log_s_name_in_an_open", "lying_sync sync_dir at 0 once of db\n", "",
                "sync_dir db after operation [0-9]+ .create db/wal-1.log., and before operation [0-9]+ .rename"},
        Missing{"of_a_log_s_name_in_a_compaction", "lying_sync sync_dir at 2 once of db\n", "",
                "sync_dir db after operation [0-9]+ .create db/wal-2.log., and before operation [0-9]+ .rename"},
        Missing{
            "of_a_snapshot_s_name", "lying_sync sync_dir at 3 once of db\n", "",
            "sync_dir db after operation [0-9]+ .rename db/snapshot-2.dat.tmp.*and before operation [0-9]+ .unlink"},
        Missing{"of_a_log_s_header_in_an_open", "lying_sync sync at 0 once of wal-1.log\n", "",
                "sync db/wal-1.log after operation [0-9]+ .write db/wal-1.log, 4096 bytes at 0., and before operation "
                "[0-9]+ .rename"},
        Missing{"of_a_log_s_header_in_a_compaction", "lying_sync sync at 0 once of wal-2.log\n", "",
                "sync db/wal-2.log after operation [0-9]+ .write db/wal-2.log, 4096 bytes at 0., and before operation "
                "[0-9]+ .rename"},
        Missing{"of_a_snapshot", "lying_sync sync at 0 for_ever of *.tmp\n", "",
                "sync db/snapshot-1.dat.tmp after operation [0-9]+ .write.*and before operation [0-9]+ .rename"},
        Missing{"of_a_record", "lying_sync sync at 1 for_ever of wal-1.log\n", "",
                "sync db/wal-1.log after operation [0-9]+ .write.*at 4096., and before command 0 is answered"},
        Missing{"of_a_log_that_another_follows", "lying_sync sync at 1 for_ever of wal-1.log\n",
                "set sync=on_request\n",
                "sync db/wal-1.log after operation [0-9]+ .write.*at 4096., and before operation [0-9]+ .write "
                "db/wal-2.log"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ExplainCase, CutsThePowerElsewhereWhereAScenarioDidNotShowWhatIsMissing) {
  EXPECT_THAT(cure_of(WithoutSyncs("lying_sync sync at 0 for_ever of *.tmp\n"),
                      "stage\nscenario discarded_tail\nput \"a\" \"1\"\n"),
              HasSubstr("sync db/snapshot-1.dat.tmp after operation"));
}

TEST(ExplainCase, HasNoCureForWhatPasses) {
  const std::string text = explain_case(ReferenceSubject(), must_parse(kRecordDropped));
  EXPECT_THAT(text, testing::StartsWith("pass\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("cure")));
}

TEST(ExplainCase, SaysWhatDoesNotFit) {
  EXPECT_THAT(
      explain_case(ReferenceSubject(), must_parse("stage\nmodel posix\ncrash after command 7 write 0 of log\n")),
      testing::StartsWith("stale: stage 0: there is no operation"));
}

}  // namespace
}  // namespace walbreaker
