#include "harness/progress.h"

#include <gtest/gtest.h>

namespace walbreaker {
namespace {

TEST(Progress, TellsCasesRateViolationsAndTimeLeft) {
  EXPECT_EQ(progress_text({.cases = 41'235, .violations = 2, .seconds = 10, .done = 0.25}),
            "  41,235 cases, 4,123/s, 2 violations, 25 %, 30 s left");
}

TEST(Progress, LeavesOutTheTimeWhereNothingIsDoneYet) {
  EXPECT_EQ(progress_text({}), "  0 cases, 0/s, 0 violations, 0 %");
}

TEST(Progress, PrintsNothingInAPipe) {
  testing::internal::CaptureStderr();
  ProgressLine line(false);
  line.show({.cases = 1});
  line.clear();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, WritesOneLineOverAndOverOnATerminal) {
  testing::internal::CaptureStderr();
  ProgressLine line(true);
  line.show({.cases = 1});
  line.clear();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "\r\x1b[K  1 cases, 0/s, 0 violations, 0 %\r\x1b[K");
}

}  // namespace
}  // namespace walbreaker
