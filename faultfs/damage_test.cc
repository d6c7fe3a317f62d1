#include "faultfs/damage.h"

#include <gtest/gtest.h>

namespace faultfs {
namespace {

Image image_of(std::string bytes) {
  Image image;
  image.files["wal-2.log"] = FileBytes(bytes);
  image.files["other"] = FileBytes("other");
  return image;
}

TEST(Damage, RoundTripsThroughItsText) {
  for (const char* text : {"truncate wal-2.log 4100", "flip wal-2.log 32800", "flip a name with spaces 0"}) {
    const auto damage = parse_damage(text);
    ASSERT_TRUE(damage) << damage.error().message();
    EXPECT_EQ(to_text(*damage), text);
  }
}

TEST(Damage, SaysWhichWordOfATextIsWrong) {
  EXPECT_EQ(parse_damage("flip").error().context, "damage \"flip\" is not KIND FILE POSITION");
  EXPECT_EQ(parse_damage("melt wal-2.log 3").error().context, "\"melt\" is no kind of damage");
  EXPECT_EQ(parse_damage("flip wal-2.log 3x").error().context, "\"3x\" is no position");
  EXPECT_EQ(parse_damage("flip wal-2.log -1").error().context, "\"-1\" is no position");
}

TEST(Damage, TruncateKeepsTheFirstBytesOfOneFile) {
  const Image image = image_of("abcdef");
  const auto harmed = apply({DamageKind::truncate, "wal-2.log", 2}, image);
  ASSERT_TRUE(harmed);
  EXPECT_EQ(harmed->files.at("wal-2.log").to_string(), "ab");
  EXPECT_EQ(harmed->files.at("other"), image.files.at("other"));
  EXPECT_EQ(image.files.at("wal-2.log").to_string(), "abcdef");
}

TEST(Damage, FlipInvertsOneBit) {
  const auto harmed = apply({DamageKind::flip, "wal-2.log", 8 + 7}, image_of("abc"));
  ASSERT_TRUE(harmed);
  EXPECT_EQ(harmed->files.at("wal-2.log").to_string(),
            "a\xE2"
            "c");  // 'b' is 0x62, its highest bit inverted 0xE2
}

TEST(Damage, RefusesAFileThatIsMissingAndAPlacePastTheEnd) {
  const Image image = image_of("abc");
  EXPECT_FALSE(apply({DamageKind::flip, "wal-3.log", 0}, image));
  EXPECT_FALSE(apply({DamageKind::flip, "wal-2.log", 24}, image));
  EXPECT_FALSE(apply({DamageKind::truncate, "wal-2.log", 3}, image));
  EXPECT_TRUE(apply({DamageKind::flip, "wal-2.log", 23}, image));
}

}  // namespace
}  // namespace faultfs
