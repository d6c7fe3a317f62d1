#include "faultfs/crash_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "faultfs/disk_script_test_util.h"

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

void for_each_choice(const CrashSpace& space, const std::function<void(const Choice&)>& visit) {
  Choice choice = space.all_dropped();
  const auto& groups = space.groups();
  for (std::size_t g = 0; g != groups.size();) {
    if (g == 0) visit(choice);
    const bool more = ++choice[g] < groups[g].first() + groups[g].alternatives();
    if (!more) choice[g] = groups[g].first();
    g = more ? 0 : g + 1;
  }
  if (groups.empty()) visit(choice);
}

// All that a power cut at the end of the script may leave, as texts.
std::set<std::string> images(const DiskScript& script, std::string_view model) {
  AtTheEnd end(script, model);
  CrashSpace space(end.state, {end.state.ops_done(), 0});
  std::set<std::string> texts;
  for_each_choice(space, [&](const Choice& choice) { texts.insert(show(space.image(choice))); });
  return texts;
}

TEST(CrashSpace, AnAppendOfTwoSectorsUnderOrderedSurvivesAsAPrefix) {
  DiskScript script(Files{{"a", ""}});
  script.append("a", "xxyy");
  EXPECT_THAT(images(script, "ordered sector_bytes=2"), UnorderedElementsAre("a=", "a=xx", "a=xxyy"));
}

// The size may come first, and then each sector is what was written, zeros or garbage.
TEST(CrashSpace, AnAppendOfTwoSectorsUnderPosixSurvivesInAnyWay) {
  DiskScript script(Files{{"a", ""}});
  script.append("a", "xxyy");
  EXPECT_THAT(images(script, "posix sector_bytes=2"),
              UnorderedElementsAre("a=", "a=xx", "a=..", "a=??",    // the second sector is dropped
                                   "a=xxyy", "a=xx..", "a=xx??",    // the first one is kept
                                   "a=..yy", "a=....", "a=..??",    // it is dropped, or zeros
                                   "a=??yy", "a=??..", "a=????"));  // it is garbage
  EXPECT_THAT(images(script, "posix sector_bytes=2 size_before_data=zeros"),
              UnorderedElementsAre("a=", "a=xx", "a=..", "a=xxyy", "a=xx..", "a=..yy", "a=...."));
}

TEST(CrashSpace, AnAppendMayShowADeletedFilesBytes) {
  DiskScript script(Files{{"a", ""}, {"b", "bbb"}});
  script.unlink("b");
  script.sync_dir();
  script.append("a", "xxyy");
  const auto found = images(script, "posix sector_bytes=2");
  EXPECT_TRUE(found.contains("a=bbyy"));
  EXPECT_TRUE(found.contains("a=xxb.")) << "the deleted file had one byte there";
  EXPECT_FALSE(images(script, "posix sector_bytes=2 size_before_data=zeros").contains("a=bbyy"));
}

TEST(CrashSpace, AnOverwriteSurvivesSectorBySector) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 1, "xy");
  for (const char* model : {"ordered sector_bytes=2", "posix sector_bytes=2"}) {
    EXPECT_THAT(images(script, model), UnorderedElementsAre("a=aaaa", "a=axaa", "a=aaya", "a=axya")) << model;
  }
  EXPECT_THAT(images(script, "ordered sector_bytes=4"), UnorderedElementsAre("a=aaaa", "a=axya"));
}

TEST(CrashSpace, ALaterWriteToASectorNeverComesWithoutAnEarlierOne) {
  DiskScript script(Files{{"a", "aa"}});
  script.write("a", 0, "x");
  script.write("a", 1, "y");
  EXPECT_THAT(images(script, "posix sector_bytes=2"), UnorderedElementsAre("a=aa", "a=xa", "a=xy"));
}

// Under ordered the appends are one group and the overwrite is in another, and all three are in one sector.
TEST(CrashSpace, ASectorThatAFileGrewIntoAndThatWasWrittenAgainIsOneOfItsMoments) {
  DiskScript script(Files{{"a", ""}});
  script.append("a", "x");
  script.write("a", 0, "y");
  script.append("a", "z");
  EXPECT_THAT(images(script, "ordered sector_bytes=2"), UnorderedElementsAre("a=", "a=x", "a=y", "a=yz"));
}

TEST(CrashSpace, AHarmedSectorLosesItsDurableBytes) {
  DiskScript script(Files{{"a", "aaaabb"}});
  script.write("a", 1, "x");
  EXPECT_THAT(images(script, "posix sector_bytes=4 harms_shared_sectors=true"),
              UnorderedElementsAre("a=aaaabb", "a=axaabb", "a=????bb"));
}

TEST(CrashSpace, DataInOrderSurvivesUpToAMomentOverAllFiles) {
  DiskScript script(Files{{"a", "aa"}, {"b", "bb"}});
  script.write("a", 0, "x");
  script.append("b", "y");
  script.write("a", 1, "z");
  EXPECT_THAT(images(script, "posix data_order=in_order"),
              UnorderedElementsAre("a=aa b=bb", "a=xa b=bb", "a=xa b=bby", "a=xz b=bby"));
}

TEST(CrashSpace, ATruncationSurvivesOrNotAndKeepsItsPlaceAmongTheWrites) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.truncate("a", 2);
  script.append("a", "xx");
  EXPECT_THAT(images(script, "ordered sector_bytes=2"), UnorderedElementsAre("a=aaaa", "a=aa", "a=aaxx"));
  EXPECT_THAT(images(script, "posix sector_bytes=2"), UnorderedElementsAre("a=aaaa", "a=aa", "a=aaxx", "a=aa.."));
}

TEST(CrashSpace, ARenameLeavesTheOldFileOrTheNewOneUnderTheName) {
  DiskScript script(Files{{"a", "new"}, {"b", "old"}});
  script.rename("a", "b");
  for (const char* model : {"ordered", "posix"}) {
    EXPECT_THAT(images(script, model), UnorderedElementsAre("a=new b=old", "b=new")) << model;
  }
  EXPECT_THAT(images(script, "posix directory_order=lost"), UnorderedElementsAre("a=new b=old"));
}

TEST(CrashSpace, AFileRenamedBeforeItsSyncMayBeEmptyUnderTheNewName) {
  DiskScript script(Files{{"b", "old"}});
  script.append("tmp", "new");
  script.rename("tmp", "b");
  EXPECT_THAT(images(script, "ordered"), UnorderedElementsAre("b=old", "b=old tmp=", "b=old tmp=new", "b=", "b=new"));
}

TEST(CrashSpace, AnUnlinkBringsTheFileBackOrNot) {
  DiskScript script(Files{{"a", "aa"}});
  script.unlink("a");
  EXPECT_THAT(images(script, "ordered"), UnorderedElementsAre("", "a=aa"));
  script.sync_dir();
  EXPECT_THAT(images(script, "ordered"), UnorderedElementsAre(""));
}

TEST(CrashSpace, AnUnlinkSurvivesWithoutTheCreationBeforeItOnlyWhereEachIsOnItsOwn) {
  DiskScript script(Files{{"a", "aa"}});
  script.create("b");
  script.unlink("a");
  EXPECT_THAT(images(script, "ordered"), UnorderedElementsAre("a=aa", "a=aa b=", "b="));
  EXPECT_THAT(images(script, "posix"), UnorderedElementsAre("a=aa", "a=aa b=", "b=", ""));
}

TEST(CrashSpace, ADurableNameIsThereAlsoWhereAPendingOneBeforeItIsDropped) {
  DiskScript script;
  script.make_dir("d");
  script.sync_dir();
  script.create("a");
  script.create("d/b");
  script.sync_dir("d");
  EXPECT_THAT(images(script, "posix"), UnorderedElementsAre("d/ d/b=", "a= d/ d/b="));
  EXPECT_THAT(images(script, "synced_only"), UnorderedElementsAre("d/ d/b="));
}

TEST(CrashSpace, AFileInADirectoryThatWasDroppedCannotBeReached) {
  DiskScript script;
  script.make_dir("d");
  script.create("d/a");
  EXPECT_THAT(images(script, "posix"), UnorderedElementsAre("", "d/", "d/ d/a="));
}

TEST(CrashSpace, AKilledProcessLeavesAllAndACutThatTakesAllPendingLeavesNone) {
  DiskScript script(Files{{"a", "aa"}});
  script.append("a", "x");
  script.create("b");
  EXPECT_THAT(images(script, "process_kill"), UnorderedElementsAre("a=aax b="));
  EXPECT_THAT(images(script, "synced_only"), UnorderedElementsAre("a=aa"));
}

TEST(CrashSpace, AfterAFailedSyncALaterOneMakesTheSizeCertainAndNotTheBytes) {
  DiskScript script(Files{{"a", "aa"}});
  script.append("a", "xx");
  script.fail_sync("a");
  script.sync("a");
  EXPECT_THAT(images(script, "ordered sector_bytes=2"), UnorderedElementsAre("a=aa..", "a=aaxx"));
}

// --- states and hashes ---

// A bit of everything: writes to one sector, growth, a cut, changes of names, a new directory, a deleted file.
DiskScript busy_script() {
  DiskScript script(Files{{"a", "aaaa"}, {"b", "bb"}, {"old", "oooo"}});
  script.unlink("old");
  script.write("a", 1, "xy");
  script.append("a", "zz");
  script.truncate("b", 1);
  script.rename("b", "c");
  script.make_dir("d");
  return script;
}

constexpr const char* kModels[] = {
    "process_kill",
    "synced_only",
    "ordered sector_bytes=2",
    "posix sector_bytes=2",
    "posix sector_bytes=2 data_order=in_order",
    "posix sector_bytes=4 harms_shared_sectors=true directory_order=lost",
};

TEST(CrashSpace, HashesAreEqualWhereImagesAreAndDifferWhereTheyDo) {
  const DiskScript script = busy_script();
  for (const char* model : kModels) {
    AtTheEnd end(script, model);
    CrashSpace space(end.state, {end.state.ops_done(), 0});
    std::map<std::uint64_t, Image> by_hash;
    std::vector<Image> distinct;
    for_each_choice(space, [&](const Choice& choice) {
      const Image& image = space.image(choice);
      const auto [at, is_new] = by_hash.try_emplace(space.hash(choice), image);
      EXPECT_EQ(at->second, image) << model << ": one hash, two images";
      if (std::ranges::find(distinct, image) == distinct.end()) distinct.push_back(image);
    });
    EXPECT_EQ(by_hash.size(), distinct.size()) << model;
  }
}

TEST(CrashSpace, AStateAppliedToItsTraceGivesTheImageOfItsChoice) {
  const DiskScript script = busy_script();
  for (const char* text : kModels) {
    AtTheEnd end(script, text);
    CrashSpace space(end.state, {end.state.ops_done(), 0});
    double states = 0;
    for_each_choice(space, [&](const Choice& choice) {
      const CrashState state = space.state(choice);
      const auto image = apply(state, end.trace, end.model);
      ASSERT_TRUE(image) << to_text(state) << ": " << image.error().message();
      EXPECT_EQ(*image, space.image(choice)) << text << ": " << to_text(state);
      ++states;
    });
    EXPECT_EQ(space.states(), states) << text;
  }
}

TEST(CrashSpace, AllKeptIsWhatAProcessReadsAndAllDroppedWhatIsDurable) {
  const DiskScript script = busy_script();
  AtTheEnd end(script, "posix sector_bytes=2");
  CrashSpace space(end.state, {end.state.ops_done(), 0});
  EXPECT_EQ(show(space.image(space.all_kept())), "a=axyazz c=b d/");
  EXPECT_EQ(show(space.image(space.all_dropped())), "a=aaaa b=bb old=oooo");
}

TEST(CrashSpace, PrefixesKeepMembersInTheOrderOfTheTraceWhateverTheirGroup) {
  DiskScript script(Files{{"a", "aaaa"}, {"b", "bb"}});
  script.write("a", 0, "wxyz");
  script.write("b", 0, "x");
  script.unlink("b");
  AtTheEnd end(script, "posix sector_bytes=2");
  CrashSpace space(end.state, {3, 0});
  ASSERT_EQ(space.members(), 4U);
  std::vector<std::string> texts;
  for (std::size_t n = 0; n <= space.members(); ++n) texts.push_back(show(space.image(space.first_kept(n))));
  EXPECT_THAT(texts, ElementsAre("a=aaaa b=bb", "a=wxaa b=bb", "a=wxyz b=bb", "a=wxyz b=xb", "a=wxyz"));

  Choice choice = space.all_dropped();
  space.keep(choice, 2);
  EXPECT_EQ(show(space.image(choice)), "a=aaaa b=xb");
  ASSERT_EQ(space.writes_of_several_sectors().size(), 1U);
  EXPECT_EQ(space.writes_of_several_sectors()[0].begin, 0U);
  EXPECT_EQ(space.writes_of_several_sectors()[0].end, 2U);
}

TEST(CrashSpace, InsideAWriteOnlyStatesThatKeepItsLastPieceCount) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  const DiskModel model = model_of("posix sector_bytes=2");
  DiskState state(script.trace().initial, model);
  state.step(script.trace().ops[0], 3);
  CrashSpace space(state, {0, 3});
  std::vector<std::string> texts;
  for_each_choice(space, [&](const Choice& choice) { texts.push_back(show(space.image(choice))); });
  EXPECT_THAT(texts, ElementsAre("a=aaya", "a=wxya"));
}

// --- states that do not fit ---

struct Refusal {
  std::string_view model, state, reason;
};

TEST(CrashStateApply, RefusesWhatTheTraceDoesNotHave) {
  DiskScript script(Files{{"a", "aaaa"}});
  script.write("a", 0, "wxyz");
  script.sync("a");
  script.write("a", 0, "b");
  constexpr Refusal kRefusals[] = {
      {"posix sector_bytes=2", "after 4", "after 4: the trace has only 3 operations"},
      {"posix sector_bytes=2", "after 2: 0 kept", "after 2: operation 0 is not pending there"},
      {"posix sector_bytes=2", "after 1: 1 kept", "after 1: operation 1 is not pending there"},
      {"posix sector_bytes=2", "after 1: 0 torn kdk", "after 1: operation 0 touches 2 sectors, and 3 fates are given"},
      {"posix sector_bytes=2", "after 1 and 1 bytes", "after 1 and 1 bytes: operation 1 is no write of more bytes"},
      {"posix sector_bytes=2", "after 0 and 4 bytes", "after 0 and 4 bytes: operation 0 is no write of more bytes"},
      {"posix sector_bytes=2", "after 3 and 1 bytes", "after 3 and 1 bytes: operation 3 is no write of more bytes"},
  };
  for (const Refusal& refusal : kRefusals) {
    const auto image = apply(*parse_crash_state(refusal.state), script.trace(), model_of(refusal.model));
    ASSERT_FALSE(image) << refusal.state;
    EXPECT_EQ(image.error().code, kv::ErrorCode::invalid_argument);
    EXPECT_EQ(image.error().context, refusal.reason);
  }
}

TEST(CrashStateApply, RefusesWhatTheModelForbidsAndSaysWhichOperation) {
  DiskScript script(Files{{"a", "aa"}});
  script.write("a", 0, "x");
  script.write("a", 1, "y");
  script.append("a", "zzzz");
  constexpr Refusal kRefusals[] = {
      {"posix sector_bytes=2", "after 3: 1 kept", "the fate 'k' of part 0 of operation 1"},
      {"posix sector_bytes=2", "after 3: 0 trashed", "the fate 'g' of part 0 of operation 0"},
      {"posix sector_bytes=2", "after 3: 2 torn ks", "the fate 's' of part 1 of operation 2"},
      {"posix sector_bytes=2", "after 3: 2 torn hk", "the fate 'h' of part 0 of operation 2"},
      {"ordered sector_bytes=2", "after 3: 2 torn dk", "the fate 'k' of part 1 of operation 2"},
      {"ordered sector_bytes=2", "after 3: 2 torn zz", "the fate 'z' of part 0 of operation 2"},
      {"process_kill", "after 3: 0 kept", "operation 0 is not pending there"},
      {"posix sector_bytes=2", "after 2 and 3 bytes: 2 torn kd", "the fate 'd' of part 1 of operation 2"},
  };
  for (const Refusal& refusal : kRefusals) {
    const auto image = apply(*parse_crash_state(refusal.state), script.trace(), model_of(refusal.model));
    ASSERT_FALSE(image) << refusal.state;
    EXPECT_EQ(image.error().code, kv::ErrorCode::invalid_argument);
    EXPECT_THAT(image.error().context, HasSubstr(std::string(refusal.reason))) << refusal.state;
  }
  EXPECT_TRUE(apply(*parse_crash_state("after 3: 0 kept, 1 kept, 2 torn dk"), script.trace(),
                    model_of("posix sector_bytes=2")));
}

TEST(CrashStateApply, AnOperationThatIsLeftOutIsDropped) {
  DiskScript script(Files{{"a", "aa"}});
  script.write("a", 0, "x");
  const auto image = apply(*parse_crash_state("after 1"), script.trace(), model_of("posix"));
  ASSERT_TRUE(image);
  EXPECT_EQ(show(*image), "a=aa");
}

}  // namespace
}  // namespace faultfs
