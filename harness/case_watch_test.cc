#include "harness/case_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace walbreaker {
namespace {

const auto kDraft = [] { return Violation{ViolationKind::died, "somewhere", "summary\n", 0, {}}; };

TEST(CaseWatch, LetsEveryCaseRunWhereNobodyWatches) {
  CaseWatch watch;
  EXPECT_TRUE(watch.at(3, kDraft));
  EXPECT_TRUE(watch.before(4, kDraft));
}

TEST(CaseWatch, NotesTheCaseAndWhatComesBeforeIt) {
  std::atomic<Moment> now = 0;
  CaseWatch watch(now, {});
  EXPECT_TRUE(watch.before(7, kDraft));
  EXPECT_TRUE(is_before(now));
  EXPECT_EQ(case_of(now), 7U);
  EXPECT_TRUE(watch.at(7, kDraft));
  EXPECT_FALSE(is_before(now));
  EXPECT_EQ(case_of(now), 7U);
}

TEST(CaseWatch, LeavesOutWhatItIsToldAndNothingElse) {
  std::atomic<Moment> now = 0;
  CaseWatch watch(now, {.skips = {moment_of(5), moment_before(9)}, .suspects = {}, .tell = {}});
  EXPECT_TRUE(watch.before(5, kDraft));
  EXPECT_FALSE(watch.at(5, kDraft));
  EXPECT_EQ(now, moment_before(5));
  EXPECT_FALSE(watch.before(9, kDraft));
  EXPECT_TRUE(watch.at(9, kDraft));
}

TEST(CaseWatch, AsksForADescriptionOfASuspectAlone) {
  std::atomic<Moment> now = 0;
  std::vector<std::uint64_t> told;
  CaseWatch watch(now, {.skips = {}, .suspects = {moment_of(2)}, .tell = [&](const Violation& draft) {
                          told.push_back(draft.case_index);
                        }});
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(watch.at(i, kDraft));
  EXPECT_THAT(told, testing::ElementsAre(2));
}

}  // namespace
}  // namespace walbreaker
