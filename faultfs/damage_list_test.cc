#include "faultfs/damage_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace faultfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Image image_of(const std::map<std::string, std::string>& files) {
  Image image;
  for (const auto& [path, bytes] : files) image.files[path] = FileBytes(bytes);
  return image;
}

Image now() { return image_of({{"a", "abcdef"}, {"b", ""}, {"c", "xyz"}}); }

Image older() { return image_of({{"a", "ABC"}, {"gone", "GONE"}}); }

constexpr DamageListOptions kSectorsOfFour{.sector_bytes = 4, .seed = 9};

std::vector<std::string> texts(const DamageList& list) {
  std::vector<std::string> texts;
  texts.reserve(list.size());
  for (std::uint64_t i = 0; i < list.size(); ++i) texts.push_back(to_text(list.at(i)));
  return texts;
}

TEST(DamageList, CutsEveryFileAtEveryLengthAndFlipsEveryBit) {
  const DamageList cuts(DamageKind::truncate, now());
  EXPECT_EQ(cuts.size(), 9U);
  EXPECT_EQ(to_text(cuts.at(5)), R"(truncate "a" to 5)");
  EXPECT_EQ(to_text(cuts.at(6)), R"(truncate "c" to 0)");
  const DamageList flips(DamageKind::flip, now());
  EXPECT_EQ(flips.size(), 72U);
  EXPECT_EQ(to_text(flips.at(71)), R"(flip bit 23 of "c")");
}

TEST(DamageList, OverwritesEverySectorTheLastOneOfAFileToItsEnd) {
  EXPECT_THAT(texts(DamageList(DamageKind::overwrite, now(), {}, kSectorsOfFour)),
              ElementsAre(R"(overwrite 4 at 0 of "a" with zeros)", R"(overwrite 4 at 0 of "a" with ones)",
                          R"(overwrite 4 at 0 of "a" with garbage 9)", R"(overwrite 2 at 4 of "a" with zeros)",
                          R"(overwrite 2 at 4 of "a" with ones)", R"(overwrite 2 at 4 of "a" with garbage 9)",
                          R"(overwrite 3 at 0 of "c" with zeros)", R"(overwrite 3 at 0 of "c" with ones)",
                          R"(overwrite 3 at 0 of "c" with garbage 9)"));
}

TEST(DamageList, TransplantsOntoEverySectorEveryOtherAndEveryOlderOne) {
  EXPECT_THAT(texts(DamageList(DamageKind::transplant, now(), image_of({{"a", "ABCDE"}}), kSectorsOfFour)),
              ElementsAre(R"(transplant 2 at 0 of "a" from 4 of "a")", R"(transplant 3 at 0 of "a" from 0 of "c")",
                          R"(transplant 4 at 0 of "a" from 0 of "a" of an older image)",
                          R"(transplant 1 at 0 of "a" from 4 of "a" of an older image)",
                          R"(transplant 2 at 4 of "a" from 0 of "a")", R"(transplant 2 at 4 of "a" from 0 of "c")",
                          R"(transplant 2 at 4 of "a" from 0 of "a" of an older image)",
                          R"(transplant 1 at 4 of "a" from 4 of "a" of an older image)",
                          R"(transplant 3 at 0 of "c" from 0 of "a")", R"(transplant 2 at 0 of "c" from 4 of "a")",
                          R"(transplant 3 at 0 of "c" from 0 of "a" of an older image)",
                          R"(transplant 1 at 0 of "c" from 4 of "a" of an older image)"));
}

TEST(DamageList, ReplacesEveryFileAndBringsTheOnesBackThatAreGone) {
  EXPECT_THAT(texts(DamageList(DamageKind::replace, image_of({{"a", "1"}, {"b", ""}}), older())),
              ElementsAre(R"(replace "a" by "b")", R"(replace "a" by "a" of an older image)",
                          R"(replace "a" by "gone" of an older image)", R"(replace "b" by "a")",
                          R"(replace "b" by "a" of an older image)", R"(replace "b" by "gone" of an older image)",
                          R"(replace "gone" by "gone" of an older image)"));
}

TEST(DamageList, DeletesEveryFile) {
  EXPECT_THAT(texts(DamageList(DamageKind::delete_file, now())),
              ElementsAre(R"(delete_file "a")", R"(delete_file "b")", R"(delete_file "c")"));
}

TEST(DamageList, HoldsDamagesThatApplyAndOfWhichNoTwoAreTheSame) {
  const Image image = now();
  const Image before = older();
  for (const DamageKindInfo& row : kDamageKinds) {
    const DamageList list(row.kind, image, before, kSectorsOfFour);
    std::set<std::string> seen;
    for (std::uint64_t i = 0; i < list.size(); ++i) {
      const Damage damage = list.at(i);
      EXPECT_EQ(damage.kind, row.kind);
      const auto harmed = apply(damage, image, &before);
      EXPECT_TRUE(harmed) << harmed.error().message();
      seen.insert(to_text(damage));
    }
    EXPECT_THAT(seen, SizeIs(list.size())) << row.name;
    EXPECT_GT(list.size(), 0U) << row.name;
  }
}

TEST(DamageList, IsEmptyForAnImageWithoutFiles) {
  for (const DamageKindInfo& row : kDamageKinds) EXPECT_THAT(texts(DamageList(row.kind, {})), IsEmpty()) << row.name;
  const DamageList back(DamageKind::replace, {}, older());
  EXPECT_THAT(texts(back), SizeIs(2));
}

}  // namespace
}  // namespace faultfs
