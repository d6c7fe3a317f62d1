#include "harness/text.h"

#include <gtest/gtest.h>

namespace walbreaker {
namespace {

TEST(Text, ShowsBytesAsAPersonCanReadThem) {
  EXPECT_EQ(in_quotes("cold-1"), "\"cold-1\"");
  EXPECT_EQ(in_quotes(std::string_view("a\0\"\xFF", 4)), "\"a\\x00\\x22\\xff\"");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "\"" + std::string(24, 'x') + "...\" (100 bytes)");
}

TEST(Text, ShowsThatAValueIsMissing) {
  const std::string value = "v";
  EXPECT_EQ(value_text(&value), "\"v\"");
  EXPECT_EQ(value_text(nullptr), "missing");
}

TEST(Text, PutsCommasIntoNumbers) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1'000), "1,000");
  EXPECT_EQ(with_commas(12'345'678), "12,345,678");
}

TEST(Text, AShellReadsAWordAsItWas) {
  EXPECT_EQ(shell_word("./a-b_c/d.case"), "./a-b_c/d.case");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("posix sector_bytes=4096"), "'posix sector_bytes=4096'");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
}

TEST(Text, SizesHaveUnits) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("4096"), 4'096U);
  EXPECT_EQ(parse_size("3K"), 3'072U);
  EXPECT_EQ(parse_size("512M"), 536'870'912U);
  EXPECT_EQ(parse_size("2G"), 2'147'483'648U);
  for (const char* text :
       {"", "K", "1T", "1KK", "-1K", "1.5G", " 1", "18446744073709551616", "18446744073709551615G"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace walbreaker
