#include "faultfs/hex.h"

#include <gtest/gtest.h>

namespace faultfs {
namespace {

std::string error_of(std::string_view text, std::uint64_t limit = 100) {
  LineScanner line(text, "line 7");
  const auto bytes = parse_hex(line, limit);
  return bytes ? "none" : bytes.error().description();
}

TEST(Hex, WritesRunsShort) {
  EXPECT_EQ(to_hex(""), "-");
  EXPECT_EQ(to_hex("old"), "6f6c64");
  EXPECT_EQ(to_hex("old" + std::string(4096, '\0') + "x"), "6f6c64+00*4096+78");
}

TEST(Hex, ReadsWhatItWrites) {
  for (const std::string& bytes : {std::string(), std::string("\0\xff", 2), std::string(40, 'a') + "b"}) {
    const std::string text = to_hex(bytes);
    LineScanner line(text, "line 1");
    const auto back = parse_hex(line, 100);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, bytes);
  }
}

TEST(Hex, SaysWhatItExpected) {
  EXPECT_EQ(error_of(""), "line 7: expected bytes in hex, found the end");
  EXPECT_EQ(error_of("6g"), "line 7: expected bytes in hex, found \"6g\"");
  EXPECT_EQ(error_of("00*x"), "line 7: expected a length, found \"x\"");
  EXPECT_EQ(error_of("00+"), "line 7: expected bytes in hex, found the end");
}

TEST(Hex, MakesNoMoreBytesThanItMay) {
  EXPECT_EQ(error_of("00*100"), "none");
  EXPECT_EQ(error_of("00*101"), "line 7: more than 100 bytes in all");
  EXPECT_EQ(error_of("00*99+00*18446744073709551615"), "line 7: more than 100 bytes in all");
}

}  // namespace
}  // namespace faultfs
