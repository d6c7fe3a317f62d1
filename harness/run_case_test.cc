#include "harness/run_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/reference_subject.h"
#include "harness/without_syncs_test_util.h"

namespace walbreaker {
namespace {

Case must_parse(const std::string& text) {
  const std::string promise =
      "promise kill=on_ack\npromise power=on_ack\npromise order=prefix\npromise served=durable\npromise "
      "batches=atomic\npromise on_error=invisible\n";
  auto c = parse_case("walbreaker case 1\nsubject reference\n" + promise + text);
  EXPECT_TRUE(c) << c.error().message();
  return c ? *c : Case{};
}

const WithoutSyncs& without_record_syncs() {
  static const WithoutSyncs kSubject("lying_sync sync at 1 for_ever of wal-*.log\n");
  return kSubject;
}

constexpr const char* kDropsARecord =
    "stage\nput \"a\" \"1\"\nput \"b\" \"2\"\nmodel posix\ncrash after command 1 write 0 of log\n";

TEST(RunCase, FindsWhatThePowerCutTakesFromASubjectThatDoesNotSync) {
  const CaseResult result = run_case(without_record_syncs(), must_parse(kDropsARecord));
  ASSERT_TRUE(result.wrong);
  EXPECT_EQ(result.wrong->kind, ViolationKind::lost_ack);
  EXPECT_EQ(result.verdict, CaseResult::Verdict::violation);
}

TEST(RunCase, PassesASubjectThatIsRight) {
  const CaseResult result = run_case(ReferenceSubject(), must_parse(kDropsARecord));
  EXPECT_EQ(result.verdict, CaseResult::Verdict::pass) << result.text;
  ASSERT_TRUE(result.observation);
  EXPECT_EQ(result.observation->listing, (Listing{{"a", "1"}}));
}

TEST(RunCase, IsStaleWhereAnOperationOrAFateDoesNotFit) {
  const CaseResult gone = run_case(
      ReferenceSubject(), must_parse("stage\nput \"a\" \"1\"\nmodel posix\ncrash after command 0 write 7 of log\n"));
  EXPECT_EQ(gone.verdict, CaseResult::Verdict::stale);
  EXPECT_EQ(gone.text, "stage 0: there is no operation \"command 0 write 7 of log\" in this run");
  // A record that is synced is not pending any more.
  const CaseResult durable = run_case(
      ReferenceSubject(), must_parse("stage\nput \"a\" \"1\"\nput \"b\" \"2\"\nmodel posix\ncrash after command "
                                     "1 write 0 of log\nfate command 0 write 0 of log: dropped\n"));
  EXPECT_EQ(durable.verdict, CaseResult::Verdict::stale);
  EXPECT_THAT(durable.text, testing::StartsWith("stage 0: "));
}

TEST(RunCase, GoesOnWithTheStoreThatACrashLeft) {
  const CaseResult result = run_case(
      ReferenceSubject(), must_parse(std::string(kDropsARecord) +
                                     "stage\nepoch 2\nput \"c\" \"3\"\nmodel process_kill\ncrash after command "
                                     "0 write 0 of log\n"));
  EXPECT_EQ(result.verdict, CaseResult::Verdict::pass) << result.text;
  EXPECT_EQ(result.observation->listing, (Listing{{"a", "1"}, {"c", "3"}}));
}

TEST(RunCase, JudgesACrashInsideARecoveryByTheCrashBeforeIt) {
  const CaseResult result =
      run_case(ReferenceSubject(), must_parse(std::string(kDropsARecord) +
                                              "stage\nepoch 2\nput \"c\" \"3\"\nmodel posix\ncrash after open 0 create "
                                              "0 of log\n"));
  EXPECT_EQ(result.verdict, CaseResult::Verdict::pass) << result.text;
  EXPECT_EQ(result.observation->listing, (Listing{{"a", "1"}}));
}

TEST(RunCase, TellsWhatIsLostAfterARecoveryFromWhatIsLostAtFirst) {
  const CaseResult result = run_case(
      without_record_syncs(),
      must_parse(
          "stage\nput \"a\" \"1\"\nmodel process_kill\ncrash after command 0 write 0 of log\nstage\nepoch 2\nput "
          "\"b\" \"2\"\nput \"c\" \"3\"\nmodel posix\ncrash after command 1 write 0 of log\n"));
  ASSERT_TRUE(result.wrong) << result.text;
  EXPECT_EQ(result.wrong->kind, ViolationKind::lost_after_recovery);
}

TEST(RunCase, JudgesByThePromiseThatTheCaseStates) {
  Case c = must_parse(kDropsARecord);
  for (PromiseTerm& term : c.promise) {
    if (term.key == "power") term.value = "on_sync";
  }
  EXPECT_EQ(run_case(without_record_syncs(), c).verdict, CaseResult::Verdict::pass);
}

TEST(RunCase, CallsWhatIsWrongWithNoFaultABaseline) {
  Case c = must_parse("set no_such=1\nstage\nput \"a\" \"1\"\n");
  EXPECT_EQ(run_case(ReferenceSubject(), c).wrong->kind, ViolationKind::baseline);
}

TEST(RunCase, JudgesWhatARealProcessLeftByWhatItWasTold) {
  const std::string found = "stage\nfound 1\nbase \"a\" \"0\"\nput \"a\" \"1\"\nput \"b\" \"2\"\n";
  // An empty disk makes a new store, which lacks both the base and the command that was acked.
  const CaseResult result = run_case(ReferenceSubject(), must_parse(found));
  ASSERT_TRUE(result.wrong);
  EXPECT_NE(result.wrong->kind, ViolationKind::baseline);
}

}  // namespace
}  // namespace walbreaker
