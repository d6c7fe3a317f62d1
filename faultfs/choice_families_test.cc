#include "faultfs/choice_families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "faultfs/disk_script_test_util.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The order in which choice_families() lists them.
enum Family : std::size_t { all_or_none, prefixes, all_but_one, one_alone, torn, pairs };

// Of a choice the fates of all members, a letter each, group by group.
std::string letters(const CrashSpace& space, const Choice& choice) {
  std::string text;
  for (std::size_t g = 0; g < choice.size(); ++g) {
    const FateGroup& group = space.groups()[g];
    for (std::uint32_t m = 0; m < group.size(); ++m) text += static_cast<char>(group.fate(choice[g]).of(m));
  }
  return text;
}

std::vector<std::string> members(const CrashSpace& space, Family which) {
  const ChoiceFamily family = choice_families(space).at(which);
  std::vector<std::string> texts;
  texts.reserve(family.size);
  for (std::uint64_t i = 0; i < family.size; ++i) texts.push_back(letters(space, family.choice(i)));
  return texts;
}

// A write of three sectors after one of one sector: four groups of one member each.
DiskScript four_sectors() {
  DiskScript script(Files{{"a", "aaaaaaaa"}});
  script.write("a", 0, "v");
  script.write("a", 2, "uvwxyz");
  return script;
}

struct SpaceOf {
  SpaceOf(const DiskScript& script, std::string_view model)
      : end(script, model), space(end.state, {end.state.ops_done(), 0}) {}
  AtTheEnd end;
  CrashSpace space;
};

TEST(ChoiceFamilies, OfASmallSpaceAreTheseChoices) {
  const SpaceOf four(four_sectors(), "posix sector_bytes=2");
  EXPECT_THAT(choice_families(four.space), SizeIs(6));
  EXPECT_THAT(members(four.space, all_or_none), ElementsAre("kkkk", "dddd"));
  EXPECT_THAT(members(four.space, prefixes), ElementsAre("dddd", "kddd", "kkdd", "kkkd", "kkkk"));
  EXPECT_THAT(members(four.space, all_but_one), ElementsAre("dkkk", "kdkk", "kkdk", "kkkd"));
  EXPECT_THAT(members(four.space, one_alone), ElementsAre("kddd", "dkdd", "ddkd", "dddk"));
}

TEST(ChoiceFamilies, EachWriteIsTornInHalfOrEveryOtherSectorAfterAllBeforeIt) {
  const SpaceOf four(four_sectors(), "posix sector_bytes=2");
  // The first half of three sectors is one of them.
  EXPECT_THAT(members(four.space, torn), ElementsAre("kkdd", "kdkk", "kdkd"));
}

TEST(ChoiceFamilies, PairsAreAllButTwoAndTwoAlone) {
  const SpaceOf four(four_sectors(), "posix sector_bytes=2");
  EXPECT_THAT(members(four.space, pairs), ElementsAre("ddkk", "kkdd",  // 0 and 1
                                                      "dkdk", "kdkd",  // 0 and 2
                                                      "kddk", "dkkd",  // 1 and 2
                                                      "dkkd", "kddk",  // 0 and 3
                                                      "kdkd", "dkdk",  // 1 and 3
                                                      "kkdd", "ddkk"));
}

TEST(ChoiceFamilies, OnePieceMayHaveEveryFateThatItsGroupAllows) {
  DiskScript script(Files{{"a", ""}});
  script.append("a", "x");
  const SpaceOf one(script, "posix");
  EXPECT_THAT(members(one.space, all_but_one), ElementsAre("d", "z", "g"));
  EXPECT_THAT(members(one.space, one_alone), ElementsAre("k", "z", "g"));
  EXPECT_THAT(members(one.space, torn), IsEmpty());
  EXPECT_THAT(members(one.space, pairs), IsEmpty());
}

TEST(ChoiceFamilies, OneGroupOfSeveralMembersIsVariedByItsAlternatives) {
  DiskScript script(Files{{"a", ""}});
  script.append("a", "xxyyz");
  const SpaceOf grown(script, "ordered sector_bytes=2");
  EXPECT_THAT(members(grown.space, all_but_one), ElementsAre("ddd", "kdd", "kkd"));
  EXPECT_THAT(members(grown.space, one_alone), ElementsAre("kdd", "kkd", "kkk"));
  // A later sector does not come without the earlier ones.
  EXPECT_THAT(members(grown.space, torn), ElementsAre("kdd", "kkk", "kkd"));
}

TEST(ChoiceFamilies, OfASpaceWithNothingPendingAreItsOnlyChoice) {
  const SpaceOf empty(DiskScript(), "posix");
  EXPECT_THAT(members(empty.space, all_or_none), ElementsAre("", ""));
  EXPECT_THAT(members(empty.space, prefixes), ElementsAre(""));
  for (const Family family : {all_but_one, one_alone, torn, pairs})
    EXPECT_THAT(members(empty.space, family), IsEmpty());
}

TEST(ChoiceFamilies, InsideAWriteAllKeepItsLastPiece) {
  const DiskScript script = four_sectors();
  const DiskModel model = model_of("posix sector_bytes=2");
  DiskState state(script.trace().initial, model);
  state.step(script.trace().ops[0]);
  state.step(script.trace().ops[1], 3);
  const CrashSpace space(state, {1, 3});
  for (const Family family : {all_or_none, prefixes, all_but_one, one_alone, torn, pairs}) {
    for (const std::string& fates : members(space, family)) {
      EXPECT_THAT(fates, SizeIs(3));
      EXPECT_EQ(fates.back(), 'k') << "family " << family;
    }
  }
  EXPECT_THAT(members(space, all_but_one), ElementsAre("dkk", "kdk"));
}

TEST(RandomChoice, IsTheSameForTheSameSeedAndReachesEveryState) {
  DiskScript script(Files{{"a", "aa"}, {"b", "bb"}});
  script.append("a", "xx");
  script.write("b", 0, "y");
  script.unlink("b");
  const SpaceOf small(script, "posix sector_bytes=2");
  SplitMix random(7);
  SplitMix again(7);
  std::set<std::string> reached;
  for (int i = 0; i < 2'000; ++i) {
    const Choice choice = random_choice(small.space, random);
    EXPECT_EQ(choice, random_choice(small.space, again));
    reached.insert(letters(small.space, choice));
  }
  EXPECT_EQ(static_cast<double>(reached.size()), small.space.states());
  EXPECT_EQ(small.space.states(), 4 * 2 * 2);
}

}  // namespace
}  // namespace faultfs
