// What each promise of order and batches allows, and what it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/possible_contents.h"
#include "harness/random.h"

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

// --- as laws ---

struct Program {
  std::vector<Command> commands;
  std::vector<Outcome> outcomes;
  PrefixRange window;
};

Program draw_program(Random& random) {
  Program program;
  for (int i = 0; i < 4; ++i) {
    Command made{CommandKind::batch, {}};
    for (std::uint64_t n = random.between(1, 3); n > 0; --n) {
      const std::string key(1, static_cast<char>('a' + random.below(3)));
      if (random.one_in(3))
        made.writes.remove(key);
      else
        made.writes.put(key, std::to_string(random.below(2)));
    }
    program.commands.push_back(made);
    program.outcomes.push_back(random.one_in(3) ? Outcome::failed : Outcome::acked);
  }
  program.window.last = random.below(5);
  program.window.first = random.below(program.window.last + 1);
  return program;
}

using AllContents = std::set<Contents>;

// Each of `before`, after each first part of the command's writes.
AllContents after_a_part(const AllContents& before, const Command& command) {
  AllContents all;
  for (Contents contents : before) {
    all.insert(contents);
    for (const auto& write : command.writes.operations()) {
      Command one{CommandKind::put, {}};
      if (write.kind == kv::Batch::Kind::put) one.writes.put(write.key, write.value);
      if (write.kind == kv::Batch::Kind::remove) one.writes.remove(write.key);
      apply_to(contents, one);
      all.insert(contents);
    }
  }
  return all;
}

AllContents all_prefixes(const Program& program) {
  AllContents allowed;
  AllContents now{{}};
  for (std::size_t k = 0; k <= program.window.last; ++k) {
    if (k >= program.window.first) allowed.insert(now.begin(), now.end());
    if (k == program.window.last) break;
    const AllContents part = after_a_part(now, program.commands[k]);
    if (k >= program.window.first) allowed.insert(part.begin(), part.end());
    if (program.outcomes[k] == Outcome::failed) {
      now = part;
    } else {
      AllContents whole;
      for (Contents contents : now) {
        apply_to(contents, program.commands[k]);
        whole.insert(contents);
      }
      now = std::move(whole);
    }
  }
  return allowed;
}

// What a key may show: the last write of each choice of those that need not have happened.
std::set<std::optional<std::string>> all_values(const Program& program, const std::string& key) {
  std::set<std::optional<std::string>> values{std::nullopt};
  for (std::size_t k = 0; k < program.window.last; ++k) {
    const bool must = k < program.window.first && program.outcomes[k] == Outcome::acked;
    std::set<std::optional<std::string>> made;
    for (const auto& write : program.commands[k].writes.operations()) {
      if (write.key != key) continue;
      if (must) made.clear();
      made.insert(write.kind == kv::Batch::Kind::put ? std::optional(write.value) : std::nullopt);
    }
    if (must && !made.empty()) values.clear();
    values.insert(made.begin(), made.end());
  }
  return values;
}

// Every contents of three keys, each missing or with one of two values.
std::vector<Contents> all_there_are() {
  std::vector<Contents> all;
  for (int code = 0; code < 27; ++code) {
    Contents contents;
    for (int key = 0, rest = code; key < 3; ++key, rest /= 3) {
      if (rest % 3 > 0) contents[std::string(1, static_cast<char>('a' + key))] = std::to_string(rest % 3 - 1);
    }
    all.push_back(contents);
  }
  return all;
}

bool holds(const Program& program, const ContentsRules& rules, const Contents& contents) {
  PossibleContents possible({}, rules);
  for (std::size_t i = 0; i < program.commands.size(); ++i) possible.add(program.commands[i], program.outcomes[i]);
  return possible.matches(Listing(contents.begin(), contents.end()), program.window).has_value();
}

TEST(PossibleContents, OfPrefixWithoutAtomicBatchesAreExactlyWhatTheChoicesSpelledOutComeTo) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const Program program = draw_program(random);
    const AllContents allowed = all_prefixes(program);
    for (const Contents& contents : all_there_are()) {
      EXPECT_EQ(holds(program, kPrefixLoose, contents), allowed.contains(contents)) << seed;
    }
  }
}

TEST(PossibleContents, OfEachKeyByItselfAreExactlyWhatTheChoicesSpelledOutComeTo) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const Program program = draw_program(random);
    for (const Contents& contents : all_there_are()) {
      bool expected = true;
      for (const std::string key : {"a", "b", "c"}) {
        const auto shown = contents.find(key);
        const auto value = shown == contents.end() ? std::nullopt : std::optional(shown->second);
        expected = expected && all_values(program, key).contains(value);
      }
      EXPECT_EQ(holds(program, kKeysLoose, contents), expected) << seed;
      // Holding batches together takes some away, and adds none.
      EXPECT_TRUE(expected || !holds(program, kKeysAtomic, contents)) << seed;
    }
  }
}

// What a stronger promise allows, a weaker one does.
TEST(PossibleContents, OfAStrongerPromiseAreAmongThoseOfAWeakerOne) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const Program program = draw_program(random);
    for (const Contents& contents : all_there_are()) {
      if (holds(program, kPrefixAtomic, contents)) {
        EXPECT_TRUE(holds(program, kPrefixLoose, contents)) << seed;
        EXPECT_TRUE(holds(program, kKeysAtomic, contents)) << seed;
      }
      EXPECT_TRUE(!holds(program, kPrefixLoose, contents) || holds(program, kKeysLoose, contents)) << seed;
    }
  }
}

}  // namespace
}  // namespace walbreaker
