#include "faultfs/crash_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <unordered_set>
#include <vector>

namespace faultfs {
namespace {

TEST(CrashState, PrintsAsItsCrashPointAndTheFateOfEachOperation) {
  const CrashState state{{37, 0}, {{33, "k"}, {35, "kd"}, {36, "d"}, {37, "g"}, {40, "kdzgsh"}}};
  EXPECT_EQ(to_text(state), "after 37: 33 kept, 35 torn kd, 36 dropped, 37 trashed, 40 torn kdzgsh");
  EXPECT_EQ(parse_crash_state(to_text(state)), state);
}

TEST(CrashState, PrintsAPointInsideAWriteWithTheBytesThatWereDone) {
  const CrashState state{{37, 100}, {{37, "k"}}};
  EXPECT_EQ(to_text(state.point), "after 37 and 100 bytes");
  EXPECT_EQ(to_text(state), "after 37 and 100 bytes: 37 kept");
  EXPECT_EQ(parse_crash_state(to_text(state)), state);
}

TEST(CrashState, ACrashPointAloneIsAStateInWhichAllThatWasPendingIsDropped) {
  for (const char* text : {"after 0", "after 37", "after 37 and 1 bytes"}) {
    const auto state = parse_crash_state(text);
    ASSERT_TRUE(state) << state.error().message();
    EXPECT_EQ(state->fates, std::vector<Fate>());
    EXPECT_EQ(to_text(*state), text);
  }
}

TEST(CrashState, ALetterForOneSectorThatIsNoWordIsTorn) {
  for (const char* letter : {"z", "s", "h"}) {
    const CrashState state{{1, 0}, {{0, letter}}};
    EXPECT_EQ(to_text(state), std::string("after 1: 0 torn ") + letter);
    EXPECT_EQ(parse_crash_state(to_text(state)), state);
  }
}

TEST(CrashState, BlanksMayBeManyOrNoneBesideTheSeparators) {
  EXPECT_EQ(parse_crash_state("  after  3 :0 kept,1   dropped "), (CrashState{{3, 0}, {{0, "k"}, {1, "d"}}}));
}

TEST(CrashState, SaysWhatWasExpectedWhere) {
  struct Case {
    std::string_view text, reason;
  };
  const std::vector<Case> cases{
      {"", "expected after, found the end"},
      {"before 3", R"(expected "after", found "before")"},
      {"after", "expected the number of operations done, found the end"},
      {"after x", R"(expected the number of operations done, found "x")"},
      {"after 3 bytes", R"(expected "and", found "bytes")"},
      {"after 3 and", "expected a number of bytes, found the end"},
      {"after 3 and 0 bytes", "expected at least one byte of a write, found 0"},
      {"after 3 and 5", "expected bytes, found the end"},
      {"after 3 and 5 bytes more", R"(expected the end of the line, found "more")"},
      {"after 3:", "expected the number of an operation, found the end"},
      {"after 3: x kept", R"(expected the number of an operation, found "x")"},
      {"after 3: 1", "expected kept, dropped, trashed or torn, found the end"},
      {"after 3: 1 lost", R"(expected kept, dropped, trashed or torn, found "lost")"},
      {"after 3: 1 kept dropped", R"(expected the end of the line, found "dropped")"},
      {"after 3: 1 torn", "expected a letter of kdzgsh for each sector, found the end"},
      {"after 3: 1 torn kx", R"(expected a letter of kdzgsh for each sector, found "kx")"},
      {"after 3: 1 torn k", R"(expected a letter of kdzgsh for each sector, found "k")"},
      {"after 3: 1 torn d", R"(expected a letter of kdzgsh for each sector, found "d")"},
      {"after 3: 1 torn g", R"(expected a letter of kdzgsh for each sector, found "g")"},
      {"after 3: 1 kept,", "expected the number of an operation, found the end"},
      {"after 3: 1 kept, 1 kept", "operation 1 comes after operation 1"},
      {"after 3: 2 kept, 1 kept", "operation 1 comes after operation 2"},
  };
  for (const Case& c : cases) {
    const auto state = parse_crash_state(c.text);
    ASSERT_FALSE(state) << c.text;
    EXPECT_EQ(state.error().code, kv::ErrorCode::invalid_argument);
    EXPECT_EQ(state.error().context, "crash state: " + std::string(c.reason)) << c.text;
  }
}

TEST(CrashState, OrdersPointsAsTheyComeInARun) {
  EXPECT_LT((CrashPoint{3, 0}), (CrashPoint{3, 1}));
  EXPECT_LT((CrashPoint{3, 9}), (CrashPoint{4, 0}));
}

TEST(CrashState, StatesThatDifferHaveDifferentHashes) {
  const std::vector<CrashState> states{
      {{3, 0}, {}},
      {{4, 0}, {}},
      {{3, 1}, {}},
      {{3, 0}, {{0, "k"}}},
      {{3, 0}, {{1, "k"}}},
      {{3, 0}, {{0, "d"}}},
      {{0, 3}, {}},
      {{3, 0}, {{0, "kd"}}},
      {{3, 0}, {{0, "dk"}}},
      {{3, 3}, {}},
      {{3, 0}, {{0, "k"}, {1, "k"}}},
  };
  std::unordered_set<std::size_t> hashes;
  for (const CrashState& state : states) hashes.insert(std::hash<CrashState>()(state));
  EXPECT_EQ(hashes.size(), states.size());
  EXPECT_EQ(std::hash<CrashState>()(states[3]), std::hash<CrashState>()(CrashState(states[3])));
}

}  // namespace
}  // namespace faultfs
