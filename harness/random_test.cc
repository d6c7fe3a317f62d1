#include "harness/random.h"

#include <gtest/gtest.h>

#include <set>

namespace walbreaker {
namespace {

TEST(Random, GivesTheNumbersOfSplitMix64) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
}

TEST(Random, StaysBelowItsBound) {
  Random random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Random, AStreamDoesNotDependOnWhatElseWasDrawn) {
  Random used(5);
  used.next();
  EXPECT_EQ(used.split(3).next(), Random(5).split(3).next());
  EXPECT_NE(Random(5).split(3).next(), Random(5).split(4).next());
  EXPECT_NE(Random(5).split(0).next(), Random(6).split(0).next());
}

}  // namespace
}  // namespace walbreaker
