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

}  // namespace
}  // namespace walbreaker
