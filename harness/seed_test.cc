#include "harness/seed.h"

#include <gtest/gtest.h>

namespace walbreaker {
namespace {

TEST(Seed, IsTheNumberWhereTheTextIsOne) {
  EXPECT_EQ(seed_of("0"), 0U);
  EXPECT_EQ(seed_of("42"), 42U);
  EXPECT_EQ(seed_of("18446744073709551615"), 18'446'744'073'709'551'615U);
}

// A seed in a report of last year has to find the same cases, so these numbers never change.
TEST(Seed, OfAnyOtherTextIsTheSameForEver) {
  EXPECT_EQ(seed_of("6c05b40"), 4'211'821'575'160'839'868U);
  EXPECT_EQ(seed_of("main"), 12'769'777'209'368'744'472U);
}

TEST(Seed, OfTextsThatDifferDiffers) {
  EXPECT_NE(seed_of("6c05b40"), seed_of("6c05b41"));
  EXPECT_NE(seed_of("-1"), seed_of("1"));
  EXPECT_NE(seed_of("18446744073709551616"), 0U);
}

}  // namespace
}  // namespace walbreaker
