#include "engine/assert.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace kv {
namespace {

TEST(AssertDeathTest, PrintsTheFileTheLineAndTheFact) {
  const int two = 2;
  const std::string line = std::to_string(__LINE__ + 1);
  EXPECT_DEATH(WB_ASSERT(two == 3), "assert_test\\.cc:" + line + ": assertion failed: two == 3");
}

TEST(AssertDeathTest, StopsTheProcessByAbort) {
  EXPECT_EXIT(WB_ASSERT(false), testing::KilledBySignal(SIGABRT), "assertion failed: false");
}

TEST(Assert, ATrueFactIsEvaluatedOnceAndChangesNothing) {
  int evaluated = 0;
  WB_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(Assert, IsAnExpression) {
  const auto checked = [](int number) { return WB_ASSERT(number > 0), number; };
  EXPECT_EQ(checked(4), 4);
}

}  // namespace
}  // namespace kv
