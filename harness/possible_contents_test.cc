#include "harness/possible_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/command_test_util.h"
#include "harness/random.h"

namespace walbreaker {
namespace {

using testing::HasSubstr;

Command batch(const std::vector<Command>& parts) {
  Command command{CommandKind::batch, {}};
  for (const Command& part : parts) {
    for (const auto& write : part.writes.operations()) {
      if (write.kind == kv::Batch::Kind::put) command.writes.put(write.key, write.value);
      if (write.kind == kv::Batch::Kind::remove) command.writes.remove(write.key);
    }
  }
  return command;
}

TEST(PossibleContents, AreTheBaseAndAllThatWasAcked) {
  PossibleContents possible(Contents{{"a", "0"}});
  possible.add(put("b", "1"), Outcome::acked);
  EXPECT_FALSE(possible.judge(Listing{{"a", "0"}, {"b", "1"}}, {1, 1}));
  EXPECT_TRUE(possible.judge(Listing{{"b", "1"}}, {1, 1}));
  EXPECT_TRUE(possible.judge(Listing{{"a", "0"}, {"b", "1"}, {"c", "1"}}, {1, 1}));
}

TEST(PossibleContents, HoldACommandThatFailedWholeOrNotAtAll) {
  PossibleContents possible(Contents{{"a", "0"}});
  possible.add(batch({put("b", "1"), del("a")}), Outcome::failed);
  EXPECT_FALSE(possible.judge(Listing{{"a", "0"}}, {1, 1}));
  EXPECT_FALSE(possible.judge(Listing{{"b", "1"}}, {1, 1}));
  const auto half = possible.judge(Listing{{"a", "0"}, {"b", "1"}}, {1, 1});
  ASSERT_TRUE(half);
  EXPECT_EQ(half->kind, ViolationKind::torn_batch);
}

TEST(PossibleContents, HoldACommandThatFailedAtItsPlaceInTheOrder) {
  PossibleContents possible({});
  possible.add(put("a", "failed"), Outcome::failed);
  possible.add(put("a", "acked"), Outcome::acked);
  EXPECT_FALSE(possible.judge(Listing{{"a", "acked"}}, {2, 2}));
  EXPECT_TRUE(possible.judge(Listing{{"a", "failed"}}, {2, 2}));
}

TEST(PossibleContents, AreEachChoiceAmongSeveralThatFailed) {
  PossibleContents possible({});
  possible.add(put("a", "1"), Outcome::failed);
  possible.add(put("b", "2"), Outcome::failed);
  for (const Listing& listing :
       {Listing{}, Listing{{"a", "1"}}, Listing{{"b", "2"}}, Listing{{"a", "1"}, {"b", "2"}}}) {
    EXPECT_FALSE(possible.judge(listing, {2, 2}));
  }
}

TEST(PossibleContents, GiveTheLossOfAnAckedCommandItsName) {
  PossibleContents possible({});
  possible.add(put("a", "1"), Outcome::failed);
  possible.add(put("b", "2"), Outcome::acked);
  const auto lost = possible.judge(Listing{{"a", "1"}}, {2, 2});
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->kind, ViolationKind::lost_ack);
  EXPECT_THAT(lost->text, HasSubstr("the first 2"));
}

TEST(PossibleContents, MayEndAtAnyOfThePrefixesAllowed) {
  PossibleContents possible({});
  possible.add(put("a", "1"), Outcome::acked);
  possible.add(put("b", "2"), Outcome::acked);
  EXPECT_FALSE(possible.judge(Listing{{"a", "1"}}, {1, 2}));
  EXPECT_TRUE(possible.judge(Listing{}, {1, 2}));
}

TEST(PossibleContents, HaveNoCommandBehindOneThatIsMissing) {
  PossibleContents possible({});
  possible.add(put("a", "1"), Outcome::acked);
  possible.add(put("b", "2"), Outcome::failed);
  const auto wrong = possible.judge(Listing{{"b", "2"}}, {0, 2});
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->kind, ViolationKind::hole);
}

TEST(PossibleContents, AreNotChangedByADelOfAMissingKey) {
  PossibleContents possible({});
  possible.add(put("a", "1"), Outcome::failed);
  possible.add(del("a"), Outcome::nothing);
  EXPECT_FALSE(possible.judge(Listing{{"a", "1"}}, {2, 2}));
  EXPECT_FALSE(possible.judge(Listing{}, {2, 2}));
}

TEST(PossibleContents, ShowTheLivingProcessOnlyWhatWasAcked) {
  PossibleContents possible(Contents{{"a", "0"}});
  possible.add(put("a", "1"), Outcome::failed);
  possible.add(put("b", "2"), Outcome::acked);
  EXPECT_EQ(possible.acked(), (Contents{{"a", "0"}, {"b", "2"}}));
}

TEST(PossibleContents, RefuseAStoreThatRefusesOrReportsDamage) {
  const PossibleContents possible({});
  Observation refused;
  refused.answer = Answer::refused;
  EXPECT_EQ(possible.judge(refused, {0, 0})->kind, ViolationKind::unrecoverable);
  Observation damaged;
  damaged.answer = Answer::damaged;
  EXPECT_EQ(possible.judge(damaged, {0, 0})->kind, ViolationKind::false_damage);
}

// --- as a law ---

Command draw_command(Random& random, const std::string& value) {
  const auto key = [&] { return std::string(1, static_cast<char>('a' + random.below(3))); };
  const auto one = [&] { return random.one_in(3) ? del(key()) : put(key(), value); };
  return random.one_in(2) ? batch({one(), one()}) : one();
}

// The contents after each choice among the commands that failed, in full.
std::vector<Contents> all_choices(const std::vector<Command>& commands, const std::vector<Outcome>& outcomes) {
  std::vector<Contents> all{{}};
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::size_t before = all.size();
    for (std::size_t j = 0; j < before; ++j) {
      Contents with = all[j];
      apply_to(with, commands[i]);
      if (outcomes[i] == Outcome::failed)
        all.push_back(std::move(with));
      else
        all[j] = std::move(with);
    }
  }
  return all;
}

TEST(PossibleContents, AreExactlyWhatTheChoicesSpelledOutComeTo) {
  std::size_t held = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    std::vector<Command> commands;
    std::vector<Outcome> outcomes;
    PossibleContents possible({});
    for (int i = 0; i < 5; ++i) {
      commands.push_back(draw_command(random, std::to_string(random.below(2))));
      outcomes.push_back(random.one_in(2) ? Outcome::failed : Outcome::acked);
      possible.add(commands.back(), outcomes.back());
    }
    const auto choices = all_choices(commands, outcomes);
    // Every contents of three keys, each missing or with one of two values.
    for (int code = 0; code < 27; ++code) {
      Contents contents;
      for (int key = 0, rest = code; key < 3; ++key, rest /= 3) {
        if (rest % 3 > 0) contents[std::string(1, static_cast<char>('a' + key))] = std::to_string(rest % 3 - 1);
      }
      const bool expected = std::ranges::find(choices, contents) != choices.end();
      held += expected ? 1 : 0;
      EXPECT_EQ(possible.matches(Listing(contents.begin(), contents.end()), {5, 5}).has_value(), expected) << seed;
    }
  }
  EXPECT_GT(held, 500U);
}

}  // namespace
}  // namespace walbreaker
