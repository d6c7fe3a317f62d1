#include "faultfs/fate_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "faultfs/disk_script_test_util.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FateGroup group_of(std::uint32_t members) { return {.members = std::vector<Member>(members)}; }

// The fates of a group's members, a letter each, for every alternative.
std::vector<std::string> letters(const FateGroup& group) {
  std::vector<std::string> all;
  for (std::uint32_t i = group.first(); i < group.first() + group.alternatives(); ++i) {
    std::string fates;
    for (std::uint32_t m = 0; m < group.size(); ++m) fates += static_cast<char>(group.fate(i).of(m));
    all.push_back(fates);
  }
  return all;
}

TEST(FateGroup, KeepsAPrefixOfItsMembers) {
  EXPECT_THAT(letters(group_of(1)), ElementsAre("d", "k"));
  EXPECT_THAT(letters(group_of(3)), ElementsAre("ddd", "kdd", "kkd", "kkk"));
}

TEST(FateGroup, ZerosStandForTheMembersAfterThoseKept) {
  FateGroup group = group_of(3);
  group.zeros = true;
  EXPECT_THAT(letters(group), ElementsAre("ddd", "kdd", "kkd", "kkk", "zdd", "zzd", "zzz", "kzd", "kzz", "kkz"));
}

TEST(FateGroup, GarbageAndStaleBytesStandForTheFirstMembersOnly) {
  FateGroup group = group_of(2);
  group.garbage = true;
  EXPECT_THAT(letters(group), ElementsAre("dd", "kd", "kk", "gd", "gg"));
  group.stale = true;
  EXPECT_THAT(letters(group), ElementsAre("dd", "kd", "kk", "gd", "gg", "sd", "ss"));
}

TEST(FateGroup, HarmComesFromTheFirstMemberNotKept) {
  FateGroup group = group_of(2);
  group.harmed = true;
  EXPECT_THAT(letters(group), ElementsAre("dd", "kd", "kk", "hd", "kh"));
}

TEST(FateGroup, ACertainOneKeepsAllAndHasOneAlternative) {
  FateGroup group = group_of(2);
  group.zeros = group.garbage = group.stale = group.harmed = group.certain = true;
  EXPECT_THAT(letters(group), ElementsAre("kk"));
}

TEST(FateGroup, EveryAlternativeIsFoundAgainByItsFate) {
  for (std::uint32_t flags = 0; flags < 32; ++flags) {
    for (std::uint32_t n = 1; n <= 4; ++n) {
      FateGroup group = group_of(n);
      group.zeros = (flags & 1) != 0;
      group.garbage = (flags & 2) != 0;
      group.stale = (flags & 4) != 0;
      group.harmed = (flags & 8) != 0;
      group.certain = (flags & 16) != 0;
      for (std::uint32_t i = group.first(); i < group.first() + group.alternatives(); ++i) {
        EXPECT_EQ(group.alternative(group.fate(i)), i) << "flags " << flags << ", members " << n;
      }
    }
  }
}

TEST(FateGroup, HasNoAlternativeForAFateThatItsFlagsDoNotAllow) {
  const FateGroup plain = group_of(2);
  for (const PieceFate fill : {PieceFate::zeros, PieceFate::garbage, PieceFate::stale, PieceFate::harmed}) {
    EXPECT_EQ(plain.alternative({0, 1, fill}), std::nullopt);
  }
  FateGroup wild = plain;
  wild.garbage = true;
  EXPECT_EQ(wild.alternative({1, 2, PieceFate::garbage}), std::nullopt) << "garbage comes first or not at all";
  EXPECT_EQ(plain.alternative({3, 3, PieceFate::dropped}), std::nullopt);
  FateGroup certain = plain;
  certain.certain = true;
  EXPECT_EQ(certain.alternative({1, 1, PieceFate::dropped}), std::nullopt);
}

// --- which groups there are ---

// A text for each group: its operations, and its flags.
std::vector<std::string> groups(const DiskScript& script, std::string_view model) {
  const AtTheEnd end(script, model);
  std::vector<std::string> texts;
  for (const FateGroup& group : group_pending(end.state)) {
    std::string text = group.members.front().file == kNames ? "names" : "data";
    for (const Member& member : group.members) {
      text += " " + std::to_string(member.op);
      if (member.part > 0) text += "." + std::to_string(member.part);
    }
    if (group.zeros) text += " zeros";
    if (group.garbage) text += " garbage";
    if (group.stale) text += " stale";
    if (group.harmed) text += " harmed";
    texts.push_back(text);
  }
  return texts;
}

TEST(GroupPending, ASectorIsAGroupOfAllThatWasWrittenToIt) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "xxx");
  script.write("a", 1, "y");
  script.write("a", 3, "z");
  EXPECT_THAT(groups(script, "posix sector_bytes=2"), ElementsAre("data 0 1", "data 0.1 2"));
  EXPECT_THAT(groups(script, "posix sector_bytes=4"), ElementsAre("data 0 1 2"));
  EXPECT_THAT(groups(script, "posix sector_bytes=4 harms_shared_sectors=true"), ElementsAre("data 0 1 2 harmed"));
  EXPECT_THAT(groups(script, "posix sector_bytes=2 data_order=in_order"), ElementsAre("data 0 0.1 1 2"));
}

TEST(GroupPending, AnAppendIsZerosOrGarbageWhereItsSizeComesFirst) {
  DiskScript script(Files{{"a", "aaa"}});
  script.append("a", "xyz");
  EXPECT_THAT(groups(script, "posix sector_bytes=2"), ElementsAre("data 0 zeros", "data 0.1 zeros garbage"))
      << "the first sector held durable bytes, so it cannot be garbage";
  EXPECT_THAT(groups(script, "posix sector_bytes=2 size_before_data=zeros"),
              ElementsAre("data 0 zeros", "data 0.1 zeros"));
  EXPECT_THAT(groups(script, "ordered sector_bytes=2"), ElementsAre("data 0 0.1")) << "a prefix survives";
}

TEST(GroupPending, AnAppendIsStaleWhereADeletedFileHadBytes) {
  DiskScript script(Files{{"a", ""}, {"b", "bb"}});
  script.append("a", "xxyy");
  script.unlink("b");
  EXPECT_THAT(groups(script, "posix sector_bytes=2"),
              ElementsAre("data 0 zeros garbage stale", "data 0.1 zeros garbage", "names 1"));
}

TEST(GroupPending, UnderOrderedAFilesGrowthIsOneGroupAndItsOverwritesAreOthers) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "x");
  script.append("a", "yy");
  script.truncate("a", 5);
  script.write("a", 0, "z");
  EXPECT_THAT(groups(script, "ordered sector_bytes=2"), ElementsAre("data 1 2", "data 0 3"));
}

// A sector that is cut off whole begins anew, and one that is cut in the middle does not.
TEST(GroupPending, UnderPosixATruncationIsAGroupOfItsOwnAndPartsTheWritesAroundIt) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "x");
  script.write("a", 2, "x");
  script.truncate("a", 2);
  script.write("a", 0, "y");
  script.write("a", 2, "y");
  EXPECT_THAT(groups(script, "posix sector_bytes=2"), ElementsAre("data 2", "data 0 3", "data 1", "data 4 zeros"));
}

TEST(GroupPending, NamesAreOneJournalOrEachAloneOrNoChoiceAtAll) {
  DiskScript script(Files{{"a", ""}});
  script.create("b");
  script.rename("a", "c");
  EXPECT_THAT(groups(script, "ordered"), ElementsAre("names 0 1"));
  EXPECT_THAT(groups(script, "posix"), ElementsAre("names 0", "names 1"));
  EXPECT_THAT(groups(script, "posix directory_order=lost"), IsEmpty());
}

TEST(GroupPending, ThereIsNothingToChooseWhereAllSurvivesOrNothingDoes) {
  DiskScript script;
  script.append("a", "x");
  EXPECT_THAT(groups(script, "process_kill"), IsEmpty());
  EXPECT_THAT(groups(script, "synced_only"), IsEmpty());
}

TEST(PendingSectors, ACutPartsASectorThatItTakesWhole) {
  DiskScript script(Files{{"a", "aaaaaa"}});
  script.write("a", 0, "xxxxxx");
  script.truncate("a", 3);
  script.append("a", "yyy");
  AtTheEnd end(script, "posix sector_bytes=2");
  // Pieces 0 to 2 are the first write, 3 the truncation, 4 and 5 the second write.
  EXPECT_THAT(pending_sectors(end.state.file(FileId{0}), 2),
              ElementsAre(ElementsAre(0), ElementsAre(1, 4), ElementsAre(2), ElementsAre(5)));
}

TEST(PendingSectors, AnAllocationPartsNothing) {
  DiskScript script(Files{{"a", "aa"}});
  script.write("a", 0, "x");
  script.allocate("a", 9);
  script.write("a", 1, "y");
  AtTheEnd end(script, "posix sector_bytes=2");
  EXPECT_THAT(pending_sectors(end.state.file(FileId{0}), 2), ElementsAre(ElementsAre(0, 2)));
}

}  // namespace
}  // namespace faultfs
