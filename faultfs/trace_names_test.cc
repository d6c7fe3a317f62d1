#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/trace.h"

namespace faultfs {
namespace {

using testing::HasSubstr;

std::string refusal_of(const std::string& lines) {
  const auto trace = parse_trace("trace 1\n" + lines);
  return trace ? "" : trace.error().message();
}

// Such traces were read, and gave images with a file that no path leads to: a store that was opened on one could list a
// name and not open it.
TEST(TraceTextOfNoDisk, RefusesNamesThatNoDiskCanHold) {
  EXPECT_THAT(refusal_of("file 0 \"a\" 61\n0 rename 0 \"a\" \"\"\n"), HasSubstr("line 3: \"\" is a directory"));
  EXPECT_THAT(refusal_of("directory \"d\"\nfile 0 \"d/..\" 61\n"), HasSubstr("line 3: a path has no"));
  EXPECT_THAT(refusal_of("0 create 0 \"..\"\n"), HasSubstr("line 2: a path has no"));
  EXPECT_EQ(refusal_of("0 create 0 \"..a\"\n"), "");
}

// It read as a rename over another file, whose bytes could then show again where they had never been deleted.
TEST(TraceTextOfNoDisk, RefusesARenameToTheSameName) {
  EXPECT_THAT(refusal_of("file 0 \"a\" 61\n0 rename 0 \"a\" \"a\"\n"),
              HasSubstr("line 3: a rename gives another name"));
}

}  // namespace
}  // namespace faultfs
