#include "engine/text.h"

#include <gtest/gtest.h>

#include <set>

namespace kv {
namespace {

using namespace std::string_literals;

std::string every_byte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

TEST(Text, PrintableLeavesPrintableAsciiAsItIs) { EXPECT_EQ(printable("a key, 100% ~!"), "a key, 100% ~!"); }

TEST(Text, PrintableEscapesControlsHighBytesAndTheBackslash) {
  EXPECT_EQ(printable("\x00\x1b[2J\x7f\xff\\\n"s), R"(\x00\x1b[2J\x7f\xff\\\x0a)");
}

TEST(Text, PrintableOfEveryByteIsPrintableAsciiOnly) {
  for (const char c : printable(every_byte())) EXPECT_TRUE(c >= ' ' && c <= '~');
}

TEST(Text, NoTwoByteStringsArePrintedAlike) {
  std::set<std::string> texts;
  for (const char byte : every_byte()) texts.insert(printable({&byte, 1}));
  EXPECT_EQ(texts.size(), 256U);
  EXPECT_NE(printable("\\x00"), printable("\0"s));
}

TEST(Text, HexRoundTripsEveryByte) {
  const std::string bytes = every_byte();
  EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  EXPECT_EQ(to_hex("\x00\xfe"s), "00fe");
  EXPECT_EQ(from_hex(""), "");
}

TEST(Text, FromHexTakesEitherCase) { EXPECT_EQ(from_hex("aBCd"), "\xab\xcd"); }

TEST(Text, FromHexRefusesOddLengthsAndOtherCharacters) {
  EXPECT_EQ(from_hex("abc"), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
  EXPECT_EQ(from_hex("0x10"), std::nullopt);
  EXPECT_EQ(from_hex(" 1"), std::nullopt);
}

TEST(Text, CountedPutsAnSOnAllButOne) {
  EXPECT_EQ(counted(0, "record"), "0 records");
  EXPECT_EQ(counted(1, "record"), "1 record");
  EXPECT_EQ(counted(2, "record"), "2 records");
}

}  // namespace
}  // namespace kv
