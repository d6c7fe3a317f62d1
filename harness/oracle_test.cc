#include "harness/oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/workload.h"

namespace walbreaker {
namespace {

using testing::HasSubstr;

// Epoch 2: a key from epoch 1, then four commands, of which the last was not acked.
//   0 put a, 1 batch {put b, put c}, 2 del old, 3 put a
Timeline four_commands() {
  Command put_a{CommandKind::put, {}};
  put_a.writes.put("a", "e2.0.");
  Command batch{CommandKind::batch, {}};
  batch.writes.put("b", "e2.1.");
  batch.writes.put("c", "e2.1.");
  Command del_old{CommandKind::del, {}};
  del_old.writes.remove("old");
  Command again{CommandKind::put, {}};
  again.writes.put("a", "e2.3.");
  return Timeline({2, {{"old", "e1.9."}}, {put_a, batch, del_old, again}, 3});
}

Listing after(std::size_t count) {
  const Contents contents = four_commands().history().contents_after(count);
  return {contents.begin(), contents.end()};
}

Observation served(Answer answer, Listing listing) {
  return {.answer = answer, .text = "text", .listing = std::move(listing), .wrong = {}};
}

Observation refused(kv::ErrorCode code) {
  return {.answer = Answer::refused, .text = "text", .refusal = code, .listing = {}, .wrong = {}};
}

std::optional<ViolationKind> kind_of(const Allowed& allowed, const Observation& observation) {
  const Judgement judgement = judge(four_commands(), allowed, observation);
  return judgement.wrong ? std::optional(judgement.wrong->kind) : std::nullopt;
}

std::optional<ViolationKind> after_kill(const Observation& observation) {
  return kind_of(allowed_after_kill(four_commands().history()), observation);
}

Allowed log_damage(std::size_t p) { return {PrefixSet({{4, 4}}), PrefixRange{p, p}, true}; }

TEST(Oracle, AcceptsEveryPrefixFromTheLastAckedToTheLastIssued) {
  EXPECT_EQ(after_kill(served(Answer::clean, after(3))), std::nullopt);
  EXPECT_EQ(after_kill(served(Answer::torn, after(4))), std::nullopt);
}

TEST(Oracle, SaysWhichPrefixWasServed) {
  const auto judgement =
      judge(four_commands(), allowed_after_kill(four_commands().history()), served(Answer::clean, after(4)));
  EXPECT_EQ(judgement.prefix, 4U);
}

TEST(Oracle, RefusesALostAck) {
  EXPECT_EQ(after_kill(served(Answer::clean, after(2))), ViolationKind::lost_ack);
  EXPECT_EQ(after_kill(served(Answer::torn, after(0))), ViolationKind::lost_ack);
}

TEST(Oracle, RefusesAHole) {
  Listing hole = after(4);
  std::erase_if(hole, [](const auto& entry) { return entry.first == "b" || entry.first == "c"; });
  EXPECT_EQ(after_kill(served(Answer::clean, hole)), ViolationKind::hole);
}

TEST(Oracle, RefusesATornBatch) {
  Listing torn = after(2);
  std::erase_if(torn, [](const auto& entry) { return entry.first == "c"; });
  EXPECT_EQ(after_kill(served(Answer::clean, torn)), ViolationKind::torn_batch);
}

TEST(Oracle, RefusesAWrongValue) {
  Listing wrong = after(3);
  wrong.front().second = "e2.0?";
  EXPECT_EQ(after_kill(served(Answer::clean, wrong)), ViolationKind::wrong_value);
}

TEST(Oracle, RefusesAKeyThatNobodyWrote) {
  Listing phantom = after(3);
  phantom.emplace_back("z", "e2.1.");
  EXPECT_EQ(after_kill(served(Answer::clean, phantom)), ViolationKind::phantom_value);
}

TEST(Oracle, RefusesAResurrectedKeyOrValue) {
  Listing deleted = after(4);
  deleted.emplace_back("old", "e1.9.");  // was deleted by command 2, and command 3 is there
  EXPECT_EQ(after_kill(served(Answer::clean, deleted)), ViolationKind::resurrected_key);

  Listing discarded = after(3);
  discarded.emplace_back("z", "e1.4.");  // an earlier run's, which its recovery had discarded
  EXPECT_EQ(after_kill(served(Answer::clean, discarded)), ViolationKind::resurrected_key);

  Listing overwritten = after(3);
  overwritten.front().second = "e1.2.";
  EXPECT_EQ(after_kill(served(Answer::clean, overwritten)), ViolationKind::resurrected_key);
}

TEST(Oracle, RefusesDamageReportedAfterAKill) {
  EXPECT_EQ(after_kill(served(Answer::damaged, after(3))), ViolationKind::false_damage);
  EXPECT_EQ(after_kill(refused(kv::ErrorCode::corrupted)), ViolationKind::unrecoverable);
}

TEST(Oracle, WithoutAFaultAcceptsTheFullContentsAlone) {
  const Allowed allowed = allowed_without_fault(four_commands().history());
  EXPECT_EQ(kind_of(allowed, served(Answer::clean, after(4))), std::nullopt);
  EXPECT_EQ(kind_of(allowed, served(Answer::clean, after(3))), ViolationKind::lost_ack);
}

TEST(Oracle, AfterDamageAcceptsEverythingUnreportedTheExactPrefixReportedAndARefusal) {
  EXPECT_EQ(kind_of(log_damage(2), served(Answer::clean, after(4))), std::nullopt);
  EXPECT_EQ(kind_of(log_damage(2), served(Answer::damaged, after(2))), std::nullopt);
  EXPECT_EQ(kind_of(log_damage(2), refused(kv::ErrorCode::corrupted)), std::nullopt);
  EXPECT_EQ(kind_of(log_damage(2), refused(kv::ErrorCode::unsupported_version)), std::nullopt);
}

TEST(Oracle, AfterDamageRefusesALossThatIsNotReported) {
  EXPECT_EQ(kind_of(log_damage(2), served(Answer::torn, after(2))), ViolationKind::silent_loss);
  EXPECT_EQ(kind_of(log_damage(3), served(Answer::clean, after(3))), ViolationKind::silent_loss);
}

TEST(Oracle, AfterDamageRefusesAReportedPrefixThatIsNotTheExactOne) {
  EXPECT_EQ(kind_of(log_damage(2), served(Answer::damaged, after(1))), ViolationKind::lost_ack);
  EXPECT_EQ(kind_of(log_damage(2), served(Answer::damaged, after(3))), ViolationKind::false_damage);
  EXPECT_EQ(kind_of(log_damage(2), served(Answer::damaged, after(4))), ViolationKind::false_damage);
}

TEST(Oracle, AfterDamageToASnapshotRefusesEveryReportedPrefix) {
  const Allowed snapshot{PrefixSet({{4, 4}}), std::nullopt, true};
  EXPECT_EQ(kind_of(snapshot, refused(kv::ErrorCode::corrupted)), std::nullopt);
  EXPECT_EQ(kind_of(snapshot, served(Answer::damaged, after(1))), ViolationKind::false_damage);
  EXPECT_EQ(kind_of(snapshot, served(Answer::clean, after(1))), ViolationKind::silent_loss);
}

TEST(Oracle, AFailureThatIsNoRefusalIsAViolation) {
  EXPECT_EQ(kind_of(log_damage(2), refused(kv::ErrorCode::io_error)), ViolationKind::unrecoverable);
  EXPECT_EQ(kind_of(log_damage(2), refused(kv::ErrorCode::no_memory)), ViolationKind::out_of_memory);
}

TEST(Oracle, PassesOnAnAnswerThatContradictsTheScan) {
  Observation observation = served(Answer::clean, after(3));
  observation.wrong = Wrong{ViolationKind::wrong_result, "get says otherwise"};
  EXPECT_EQ(after_kill(observation), ViolationKind::wrong_result);
}

TEST(Oracle, SaysInWordsWhatWasWrong) {
  Listing wrong = after(3);
  wrong.front().second = "garbage";
  const auto judgement =
      judge(four_commands(), allowed_after_kill(four_commands().history()), served(Answer::clean, wrong));
  EXPECT_THAT(judgement.wrong->text, HasSubstr("key \"a\": expected \"e2.3.\", got \"garbage\""));
}

TEST(Oracle, ASecondOpenMustShowTheSame) {
  const Observation first = served(Answer::torn, after(3));
  EXPECT_FALSE(judge_second_open(first, served(Answer::clean, after(3))));
  EXPECT_EQ(judge_second_open(first, served(Answer::clean, after(2)))->kind, ViolationKind::unstable_recovery);
  EXPECT_EQ(judge_second_open(first, served(Answer::damaged, after(3)))->kind, ViolationKind::unstable_recovery);
  EXPECT_EQ(judge_second_open(first, refused(kv::ErrorCode::corrupted))->kind, ViolationKind::unstable_recovery);
  EXPECT_EQ(judge_second_open(refused(kv::ErrorCode::corrupted), first)->kind, ViolationKind::unstable_recovery);
  EXPECT_FALSE(judge_second_open(refused(kv::ErrorCode::corrupted), refused(kv::ErrorCode::corrupted)));
}

}  // namespace
}  // namespace walbreaker
