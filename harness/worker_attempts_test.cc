#include "harness/worker_attempts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace walbreaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

WorkerOrder unit() { return {.campaign = 0, .prepare_only = false, .cases = {10, 20}, .skips = {}, .suspects = {}}; }

WorkerEnd died_at(Moment moment) { return {ViolationKind::died, "its process died of signal 6 (Aborted)", moment}; }

Violation draft_of(std::uint64_t index) { return {ViolationKind::died, "a place", "scenario  x\n", index, {}}; }

Tally judged(std::uint64_t cases) {
  Tally tally;
  tally.cases = cases;
  return tally;
}

TEST(WorkerAttempts, AnEndThatRepeatsIsAViolationAndItsCaseIsLeftOut) {
  WorkerAttempts attempts(unit());
  EXPECT_TRUE(attempts.ended(died_at(moment_of(13)), std::nullopt));
  EXPECT_THAT(attempts.order().suspects, ElementsAre(moment_of(13)));
  EXPECT_THAT(attempts.order().skips, IsEmpty());
  EXPECT_TRUE(attempts.ended(died_at(moment_of(13)), draft_of(13)));
  EXPECT_THAT(attempts.order().suspects, IsEmpty());
  EXPECT_THAT(attempts.order().skips, ElementsAre(moment_of(13)));

  const Tally tally = attempts.answered(judged(10));
  EXPECT_FALSE(tally.trouble);
  EXPECT_EQ(tally.violating_cases, 1U);
  ASSERT_EQ(tally.violations.size(), 1U);
  EXPECT_EQ(tally.violations[0].kind, ViolationKind::died);
  EXPECT_EQ(tally.violations[0].where, "a place");
  EXPECT_EQ(tally.violations[0].case_index, 13U);
  EXPECT_EQ(tally.violations[0].summary,
            "scenario  x\ngot       its process died of signal 6 (Aborted), in case 13, twice");
}

TEST(WorkerAttempts, AnEndThatDoesNotRepeatIsTroubleThatNamesTheCase) {
  WorkerAttempts attempts(unit());
  EXPECT_TRUE(attempts.ended(died_at(moment_of(13)), std::nullopt));
  const Tally tally = attempts.answered(judged(10));
  EXPECT_EQ(tally.violating_cases, 0U);
  EXPECT_EQ(tally.cases, 10U);
  EXPECT_EQ(tally.trouble, "case 13: its process died of signal 6 (Aborted), and did not when it was run again");
}

TEST(WorkerAttempts, ASuspectThatWasPassedDidNotRepeat) {
  WorkerAttempts attempts(unit());
  EXPECT_TRUE(attempts.ended(died_at(moment_of(13)), std::nullopt));
  EXPECT_TRUE(attempts.ended(died_at(moment_of(15)), std::nullopt));
  EXPECT_TRUE(attempts.ended(died_at(moment_of(15)), draft_of(15)));
  const Tally tally = attempts.answered(judged(10));
  EXPECT_EQ(tally.violating_cases, 1U);
  EXPECT_THAT(tally.trouble.value_or(""), HasSubstr("case 13"));
}

TEST(WorkerAttempts, TheKindIsThatOfTheSecondEnd) {
  WorkerAttempts attempts(unit());
  attempts.ended(died_at(moment_before(13)), std::nullopt);
  attempts.ended({ViolationKind::out_of_memory, "too much", moment_before(13)}, draft_of(13));
  const Tally tally = attempts.answered(judged(10));
  EXPECT_EQ(tally.violations.at(0).kind, ViolationKind::out_of_memory);
  EXPECT_THAT(tally.violations.at(0).summary, HasSubstr("in what comes before case 13"));
}

TEST(WorkerAttempts, ViolationsComeInTheOrderOfTheCases) {
  WorkerAttempts attempts(unit());
  attempts.ended(died_at(moment_of(13)), std::nullopt);
  attempts.ended(died_at(moment_of(13)), draft_of(13));
  Tally answer = judged(10);
  answer.add({ViolationKind::hole, "here", "", 11, {}});
  answer.add({ViolationKind::hole, "there", "", 17, {}});
  const Tally tally = attempts.answered(std::move(answer));
  EXPECT_THAT(tally.violations,
              ElementsAre(testing::Field(&Violation::case_index, 11), testing::Field(&Violation::case_index, 13),
                          testing::Field(&Violation::case_index, 17)));
}

TEST(WorkerAttempts, GivesUpWhereACaseCannotBeLeftOut) {
  WorkerAttempts attempts(unit());
  EXPECT_TRUE(attempts.ended(died_at(kPreparing), std::nullopt));
  EXPECT_FALSE(attempts.ended(died_at(kPreparing), std::nullopt));
  const Tally tally = attempts.given_up("why");
  EXPECT_EQ(tally.violations.at(0).where, "prepare");
  EXPECT_EQ(tally.trouble, "cases 10 to 19 were not all run: why");

  WorkerAttempts deaf(unit());  // a campaign that does not leave out what it is told to
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(deaf.ended(died_at(moment_of(12)), std::nullopt));
  EXPECT_FALSE(deaf.ended(died_at(moment_of(12)), std::nullopt));
}

TEST(WorkerAttempts, GivesUpAfterManyEnds) {
  WorkerAttempts attempts(unit());
  unsigned ends = 1;
  while (attempts.ended(died_at(moment_of(10 + ends / 2)), std::nullopt)) ++ends;
  EXPECT_EQ(ends, WorkerAttempts::kMostDeaths);
}

TEST(WorkerAttempts, GivesUpSoonerWhereEachEndTakesSeconds) {
  WorkerAttempts attempts(unit());
  const auto hung_at = [](Moment moment) {
    WorkerEnd end = died_at(moment);
    end.kind = ViolationKind::hung;
    return end;
  };
  unsigned ends = 1;
  while (attempts.ended(hung_at(moment_of(10 + (ends - 1) / 2)), std::nullopt)) ++ends;
  EXPECT_EQ(ends, WorkerAttempts::kMostDeaths / WorkerAttempts::kLimitDeaths);
  EXPECT_EQ(attempts.given_up("why").violating_cases, ends / 2);
}

TEST(WorkerAttempts, APreparationThatNeverEndsWellIsAViolationAndNothingElse) {
  WorkerOrder order = unit();
  order.prepare_only = true;
  WorkerAttempts attempts(order);
  attempts.ended(died_at(kPreparing), std::nullopt);
  attempts.ended(died_at(kPreparing), std::nullopt);
  const Tally tally = attempts.given_up("why");
  EXPECT_FALSE(tally.trouble);
  EXPECT_EQ(tally.cases, 0U);
  EXPECT_EQ(tally.violations.at(0).where, "prepare");
}

}  // namespace
}  // namespace walbreaker
