#include "faultfs/damage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/mix.h"

namespace faultfs {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

Image image_of(std::string_view bytes) {
  Image image;
  image.files["wal-2.log"] = FileBytes(bytes);
  image.files["other"] = FileBytes("other");
  return image;
}

std::string error_of(std::string_view text) {
  const auto damage = parse_damage(text);
  return damage ? "none" : damage.error().context;
}

// "abcdef" and "other" after a damage that is given as text.
Image after(std::string_view text, const Image* older = nullptr) {
  const auto damage = parse_damage(text);
  EXPECT_TRUE(damage) << damage.error().message();
  const auto harmed = apply(*damage, image_of("abcdef"), older);
  EXPECT_TRUE(harmed) << harmed.error().message();
  return harmed.value_or(Image{});
}

std::string log_after(std::string_view text, const Image* older = nullptr) {
  const Image harmed = after(text, older);
  EXPECT_EQ(harmed.files.at("other").to_string(), "other");
  return harmed.files.at("wal-2.log").to_string();
}

std::string refusal_of(std::string_view text) {
  const Image older = image_of("old");
  const auto harmed = apply(parse_damage(text).value(), image_of("abcdef"), &older);
  EXPECT_TRUE(harmed || harmed.error().code == kv::ErrorCode::invalid_argument);
  return harmed ? "none" : harmed.error().context;
}

TEST(Damage, RoundTripsThroughItsText) {
  for (const char* text : {
           R"(truncate "wal-2.log" to 4100)",
           R"(flip bit 32800 of "wal-2.log")",
           R"(flip bit 0 of "a name with blanks to 7")",
           R"(flip bit 0 of "a \"quoted\" \\ name\x0a")",
           R"(overwrite 512 at 4096 of "wal-2.log" with zeros)",
           R"(overwrite 512 at 4096 of "wal-2.log" with ones)",
           R"(overwrite 1 at 0 of "of" with garbage 18446744073709551615)",
           R"(transplant 512 at 4096 of "wal-2.log" from 0 of "wal-1.log")",
           R"(transplant 512 at 4096 of "wal-2.log" from 4096 of "wal-2.log" of an older image)",
           R"(replace "wal-2.log" by "wal-1.log")",
           R"(replace "wal-2.log" by "wal-2.log" of an older image)",
           R"(delete_file "db/wal-2.log")",
       }) {
    const auto damage = parse_damage(text);
    ASSERT_TRUE(damage) << damage.error().message();
    EXPECT_EQ(to_text(*damage), text);
    EXPECT_EQ(parse_damage(to_text(*damage)), *damage);
  }
}

TEST(Damage, HasARowForEachKindThatIsSpelledAsItsTextBegins) {
  for (const DamageKindInfo& row : kDamageKinds) {
    EXPECT_EQ(to_string(row.kind), row.name);
    EXPECT_TRUE(row.form.starts_with(row.name));
    EXPECT_TRUE(to_text({.kind = row.kind, .file = "f"}).starts_with(row.name));
  }
}

TEST(Damage, SaysWhichWordOfATextIsWrong) {
  EXPECT_EQ(error_of(""),
            "damage: expected truncate, flip, overwrite, transplant, replace or delete_file, found the end");
  EXPECT_THAT(error_of("melt \"f\""), EndsWith("or delete_file, found \"melt\""));
  EXPECT_EQ(error_of("flip bit 3x of \"f\""), R"(damage: expected the number of a bit, found "3x")");
  EXPECT_EQ(error_of("flip bit -1 of \"f\""), R"(damage: expected the number of a bit, found "-1")");
  EXPECT_EQ(error_of("flip bit 1 of f"), R"(damage: expected a file in quotes, found "f")");
  EXPECT_EQ(error_of("truncate \"f\" at 3"), R"(damage: expected "to", found "at")");
  EXPECT_EQ(error_of("overwrite 1 at 2 of \"f\" with twos"),
            R"(damage: expected zeros, ones or garbage, found "twos")");
  EXPECT_EQ(error_of("overwrite 1 at 2 of \"f\" with garbage"), "damage: expected a seed, found the end");
  EXPECT_EQ(error_of("replace \"f\" by \"g\" of an old image"), R"(damage: expected "older", found "old")");
  EXPECT_EQ(error_of("delete_file \"f\" now"), R"(damage: expected the end of the line, found "now")");
}

TEST(Damage, HasOneSpellingAndRefusesAnyOther) {
  for (const char* text : {R"(truncate  "f" to 7)", R"(truncate "f"to 7)", R"(truncate "f" to 007)",
                           R"(truncate "\x66" to 7)", R"(truncate "f" to 7 )", R"( truncate "f" to 7)"}) {
    EXPECT_EQ(error_of(text), R"(damage: it is spelled truncate "f" to 7)") << text;
  }
}

TEST(Damage, TruncateKeepsTheFirstBytesOfOneFile) {
  EXPECT_EQ(log_after(R"(truncate "wal-2.log" to 2)"), "ab");
  EXPECT_EQ(log_after(R"(truncate "wal-2.log" to 0)"), "");
}

TEST(Damage, FlipInvertsOneBit) {
  EXPECT_EQ(log_after(R"(flip bit 15 of "wal-2.log")"),
            "a\xE2"
            "cdef");  // 'b' is 0x62, its highest bit inverted 0xE2
}

TEST(Damage, OverwriteFillsARangeAndKeepsTheSize) {
  EXPECT_EQ(log_after(R"(overwrite 2 at 1 of "wal-2.log" with zeros)"), std::string("a\0\0def", 6));
  EXPECT_EQ(log_after(R"(overwrite 2 at 4 of "wal-2.log" with ones)"), "abcd\xff\xff");
  EXPECT_EQ(log_after(R"(overwrite 2 at 1 of "wal-2.log" with garbage 7)"), "a" + garbage(7, 1, 2) + "def");
  EXPECT_NE(garbage(7, 1, 8), garbage(8, 1, 8));
}

TEST(Damage, TransplantPutsBytesOfAnotherPlaceOverARange) {
  const Image older = image_of("ABCDEFGH");
  EXPECT_EQ(log_after(R"(transplant 3 at 1 of "wal-2.log" from 2 of "other")"), "aheref");
  EXPECT_EQ(log_after(R"(transplant 4 at 2 of "wal-2.log" from 0 of "wal-2.log")"), "ababcd");
  EXPECT_EQ(log_after(R"(transplant 2 at 0 of "wal-2.log" from 6 of "wal-2.log" of an older image)", &older), "GHcdef");
}

TEST(Damage, ReplaceMakesAFileACopyOfAnotherOrOfItsOlderSelf) {
  Image older = image_of("longer than now");
  older.files["gone"] = FileBytes("back");
  EXPECT_EQ(log_after(R"(replace "wal-2.log" by "other")"), "other");
  EXPECT_EQ(log_after(R"(replace "wal-2.log" by "wal-2.log" of an older image)", &older), "longer than now");
  EXPECT_EQ(after(R"(replace "gone" by "gone" of an older image)", &older).files.at("gone").to_string(), "back");
}

TEST(Damage, DeleteTakesOneFileAway) {
  Image left = image_of("abcdef");
  left.files.erase("wal-2.log");
  EXPECT_EQ(after(R"(delete_file "wal-2.log")"), left);
}

TEST(Damage, LeavesTheImageThatItIsAppliedToAsItWas) {
  const Image image = image_of("abcdef");
  const Damage damage{.kind = DamageKind::overwrite, .file = "wal-2.log", .length = 6};
  ASSERT_TRUE(apply(damage, image));
  EXPECT_EQ(image, image_of("abcdef"));
}

TEST(Damage, ThatChangesNothingLeavesAnEqualImage) {
  const Image older = image_of("xbcdex");
  EXPECT_EQ(after(R"(transplant 4 at 1 of "wal-2.log" from 1 of "wal-2.log" of an older image)", &older),
            image_of("abcdef"));
  EXPECT_NE(after(R"(transplant 5 at 1 of "wal-2.log" from 1 of "wal-2.log" of an older image)", &older),
            image_of("abcdef"));
}

TEST(Damage, RefusesAFileThatIsMissingAndAPlacePastTheEnd) {
  EXPECT_THAT(refusal_of(R"(flip bit 0 of "wal-3.log")"), EndsWith(": no such file as \"wal-3.log\""));
  EXPECT_THAT(refusal_of(R"(delete_file "wal-3.log")"), EndsWith(": no such file as \"wal-3.log\""));
  EXPECT_THAT(refusal_of(R"(replace "other" by "wal-3.log")"), EndsWith(": no such file as \"wal-3.log\""));
  EXPECT_EQ(refusal_of(R"(flip bit 48 of "wal-2.log")"), R"(flip bit 48 of "wal-2.log": "wal-2.log" has only 6 bytes)");
  EXPECT_EQ(refusal_of(R"(flip bit 47 of "wal-2.log")"), "none");
  EXPECT_THAT(refusal_of(R"(truncate "wal-2.log" to 6)"), HasSubstr("only 6 bytes"));
  EXPECT_THAT(refusal_of(R"(overwrite 2 at 5 of "wal-2.log" with zeros)"), HasSubstr("only 6 bytes"));
  EXPECT_THAT(refusal_of(R"(overwrite 18446744073709551615 at 5 of "wal-2.log" with zeros)"),
              HasSubstr("only 6 bytes"));
  EXPECT_THAT(refusal_of(R"(overwrite 0 at 5 of "wal-2.log" with zeros)"), EndsWith("a range of 0 bytes"));
  EXPECT_THAT(refusal_of(R"(transplant 2 at 0 of "wal-2.log" from 4 of "other")"),
              EndsWith("\"other\" has only 5 bytes"));
  EXPECT_THAT(refusal_of(R"(transplant 4 at 0 of "wal-2.log" from 0 of "wal-2.log" of an older image)"),
              EndsWith("\"wal-2.log\" has only 3 bytes"));
}

TEST(Damage, RefusesToTakeBytesOfAnOlderImageWhereThereIsNone) {
  const auto damage = parse_damage(R"(replace "other" by "other" of an older image)");
  EXPECT_THAT(apply(*damage, image_of("abc")).error().context, EndsWith(": there is no older image"));
}

TEST(Damage, TellsBeforeWhichByteNothingIsHarmed) {
  EXPECT_EQ((Damage{DamageKind::truncate, "f", 9}.first_harmed_byte()), 9U);
  EXPECT_EQ((Damage{DamageKind::flip, "f", 23}.first_harmed_byte()), 2U);
  EXPECT_EQ((Damage{DamageKind::overwrite, "f", 9, 3}.first_harmed_byte()), 9U);
  EXPECT_EQ((Damage{DamageKind::delete_file, "f"}.first_harmed_byte()), 0U);
}

TEST(FileBytes, DifferenceIsTheSmallestRangeOutsideOfWhichBothAreEqual) {
  const FileBytes bytes("abcdef");
  EXPECT_EQ(difference(bytes, FileBytes("abcdef")), std::nullopt);
  EXPECT_EQ(difference(bytes, FileBytes("aXcdYf")), (ByteRange{1, 5}));
  EXPECT_EQ(difference(bytes, FileBytes("Xbcdef")), (ByteRange{0, 1}));
  EXPECT_EQ(difference(bytes, FileBytes("abcd")), (ByteRange{4, 6}));
  EXPECT_EQ(difference(FileBytes("aXcd"), bytes), (ByteRange{1, 6}));

  FileBuffer large(bytes);
  large.resize(4 * kChunkBytes);
  const FileBytes before = large.freeze();
  large.write(kChunkBytes - 1, "x");
  large.write(2 * kChunkBytes + 5, "y");
  EXPECT_EQ(difference(before, large.freeze()), (ByteRange{kChunkBytes - 1, 2 * kChunkBytes + 6}));
}

}  // namespace
}  // namespace faultfs
