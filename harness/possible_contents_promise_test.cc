// What each promise of order and batches allows, and what it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "harness/possible_contents.h"

namespace walbreaker {
namespace {

using testing::HasSubstr;

constexpr ContentsRules kPrefixAtomic{};
constexpr ContentsRules kPrefixLoose{.order = Order::prefix, .batches = Batches::none};
constexpr ContentsRules kKeysAtomic{.order = Order::per_key, .batches = Batches::atomic};
constexpr ContentsRules kKeysLoose{.order = Order::per_key, .batches = Batches::none};

// Words: "a=1" puts, "a" removes. More than one are a batch.
Command command(const std::string& text) {
  Command made{CommandKind::put, {}};
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word.size() > 1) made.writes.put(word.substr(0, 1), word.substr(2));
    if (word.size() == 1) made.writes.remove(word);
  }
  if (made.writes.size() > 1) made.kind = CommandKind::batch;
  return made;
}

PossibleContents after(const ContentsRules& rules, const std::vector<std::string>& acked,
                       const std::string& failed = "") {
  PossibleContents possible({{"z", "0"}}, rules);
  for (const std::string& text : acked) possible.add(command(text), Outcome::acked);
  if (!failed.empty()) possible.add(command(failed), Outcome::failed);
  return possible;
}

// Words "a=1", of a store whose key z still shows 0.
Listing listing(const std::string& text) {
  Contents contents{{"z", "0"}};
  apply_to(contents, command(text));
  return {contents.begin(), contents.end()};
}

std::optional<ViolationKind> kind(const PossibleContents& possible, const std::string& shown, PrefixRange window) {
  const auto wrong = possible.judge(listing(shown), window);
  return wrong ? std::optional(wrong->kind) : std::nullopt;
}

constexpr std::optional<ViolationKind> kRight = std::nullopt;

TEST(PossibleContents, OfPrefixAndAtomicBatchesHaveABatchWholeOrNotAtAll) {
  const auto possible = after(kPrefixAtomic, {"a=1", "b=2 c=2 d=2"});
  EXPECT_EQ(kind(possible, "a=1", {1, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=1 b=2 c=2 d=2", {1, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=1 b=2", {1, 2}), ViolationKind::torn_batch);
}

TEST(PossibleContents, OfPrefixWithoutAtomicBatchesMayHaveTheFirstWritesOfOne) {
  const auto possible = after(kPrefixLoose, {"a=1", "b=2 c=2 d=2"});
  EXPECT_EQ(kind(possible, "a=1", {1, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=1 b=2", {1, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=1 b=2 c=2", {1, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=1 c=2", {1, 2}), ViolationKind::hole);
  EXPECT_EQ(kind(possible, "b=2", {1, 2}), ViolationKind::hole);
  EXPECT_EQ(possible.matches(listing("a=1 b=2"), {1, 2}), 1U);
  EXPECT_EQ(possible.matches(listing("a=1 b=2 c=2 d=2"), {1, 2}), 2U);
}

TEST(PossibleContents, WithoutAtomicBatchesADurableOneIsWholeAllTheSame) {
  EXPECT_EQ(kind(after(kPrefixLoose, {"b=2 c=2"}), "b=2", {1, 1}), ViolationKind::lost_ack);
  EXPECT_EQ(kind(after(kKeysLoose, {"b=2 c=2"}), "b=2", {1, 1}), ViolationKind::lost_ack);
}

TEST(PossibleContents, WithoutAtomicBatchesMayHaveAPartOfOneThatFailed) {
  const auto possible = after(kPrefixLoose, {"a=1"}, "b=2 a=2 c=2");
  EXPECT_EQ(kind(possible, "a=1", {2, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=1 b=2", {2, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=2 b=2", {2, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=2 b=2 c=2", {2, 2}), kRight);
  EXPECT_NE(kind(possible, "a=2", {2, 2}), kRight);
  EXPECT_NE(kind(possible, "a=1 c=2", {2, 2}), kRight);
  EXPECT_EQ(kind(after(kKeysLoose, {"a=1"}, "b=2 a=2 c=2"), "a=1 c=2", {2, 2}), kRight);
}

TEST(PossibleContents, OfEachKeyByItselfMayHaveALaterCommandWithoutAnEarlierOne) {
  const auto possible = after(kKeysAtomic, {"a=1", "b=1", "a=2", "b"});
  EXPECT_EQ(kind(possible, "a=1", {1, 4}), kRight);
  EXPECT_EQ(kind(possible, "a=2", {1, 4}), kRight);
  EXPECT_EQ(kind(possible, "a=2 b=1", {1, 4}), kRight);
  EXPECT_EQ(kind(possible, "a=2 b=1", {4, 4}), ViolationKind::resurrected_key);
  EXPECT_EQ(kind(possible, "a=1", {4, 4}), ViolationKind::lost_ack);
  EXPECT_EQ(kind(possible, "", {1, 4}), ViolationKind::lost_ack);
  EXPECT_EQ(possible.matches(listing("a=2"), {1, 4}), 4U);
}

TEST(PossibleContents, OfEachKeyByItselfMayHaveACommandThatFailedOrNot) {
  const auto possible = after(kKeysAtomic, {"a=1"}, "a=2");
  EXPECT_EQ(kind(possible, "a=1", {2, 2}), kRight);
  EXPECT_EQ(kind(possible, "a=2", {2, 2}), kRight);
  EXPECT_EQ(kind(possible, "", {2, 2}), ViolationKind::lost_ack);
}

TEST(PossibleContents, OfEachKeyByItselfHaveNothingThatNobodyWrote) {
  const auto possible = after(kKeysAtomic, {"a=1"});
  EXPECT_EQ(kind(possible, "a=7", {0, 1}), ViolationKind::wrong_value);
  EXPECT_EQ(kind(possible, "q=1", {0, 1}), ViolationKind::phantom_value);
  PossibleContents second({}, {.order = Order::per_key, .batches = Batches::none, .epoch = 2});
  second.add(command("a=1"), Outcome::acked);
  EXPECT_EQ(second.judge(Listing{{"a", "e1.7.x"}}, {0, 1})->kind, ViolationKind::resurrected_key);
  EXPECT_EQ(second.judge(Listing{{"q", "e1.7.x"}}, {0, 1})->kind, ViolationKind::resurrected_key);
}

TEST(PossibleContents, OfEachKeyByItselfHoldAtomicBatchesTogether) {
  const auto atomic = after(kKeysAtomic, {"a=1", "a=2 b=2", "b=3"});
  EXPECT_EQ(kind(atomic, "a=1", {1, 3}), kRight);
  EXPECT_EQ(kind(atomic, "a=2 b=2", {1, 3}), kRight);
  EXPECT_EQ(kind(atomic, "a=2 b=3", {1, 3}), kRight);
  EXPECT_EQ(kind(atomic, "a=1 b=3", {1, 3}), kRight);
  EXPECT_EQ(kind(atomic, "a=2", {1, 3}), ViolationKind::torn_batch);
  EXPECT_EQ(kind(atomic, "a=1 b=2", {1, 3}), ViolationKind::torn_batch);
  EXPECT_EQ(kind(after(kKeysLoose, {"a=1", "a=2 b=2", "b=3"}), "a=2", {1, 3}), kRight);
}

TEST(PossibleContents, OfEachKeyByItselfTakeNoBatchForTornWhereAnotherCommandMayHaveWrittenTheValue) {
  const auto possible = after(kKeysAtomic, {"a=2", "a=2 b=2"});
  EXPECT_EQ(kind(possible, "a=2", {0, 2}), kRight);
  EXPECT_EQ(kind(possible, "b=2", {0, 2}), ViolationKind::torn_batch);
}

TEST(PossibleContents, LetARefusedReadShowAnything) {
  for (const ContentsRules& rules : {kPrefixAtomic, kKeysAtomic}) {
    const auto possible = after(rules, {"a=1", "b=1"});
    EXPECT_TRUE(possible.matches(PartialListing{{"a", "1"}}, {2, 2}));
    EXPECT_TRUE(possible.matches(PartialListing{}, {2, 2}));
    EXPECT_FALSE(possible.matches(PartialListing{{"a", "2"}}, {2, 2}));
    EXPECT_FALSE(possible.matches(PartialListing{{"b", std::nullopt}}, {2, 2}));
    EXPECT_TRUE(possible.matches(PartialListing{{"q", std::nullopt}}, {2, 2}));
    EXPECT_FALSE(possible.matches(PartialListing{{"q", "1"}}, {2, 2}));
  }
}

TEST(PossibleContents, OfAHistoryAreThoseOfItsPrefixes) {
  const History history{.epoch = 1, .base = {{"z", "0"}}, .commands = {command("a=1"), command("a=2")}, .acked = 2};
  const PossibleContents possible(history, Promise{.order = Order::prefix, .batches = Batches::atomic});
  EXPECT_EQ(possible.matches(listing("a=1"), {0, 2}), 1U);
  EXPECT_EQ(possible.matches(listing("a=1"), {2, 2}), std::nullopt);
  EXPECT_THAT(possible.judge(listing("a=1"), {2, 2})->text, HasSubstr("the first 2 have to be there"));
}

}  // namespace
}  // namespace walbreaker
