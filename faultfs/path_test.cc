#include "faultfs/path.h"

#include <gtest/gtest.h>

#include <array>

namespace faultfs {
namespace {

TEST(Path, PathsThatMeanTheSameAreSpelledTheSame) {
  struct Case {
    std::string_view path, normal;
  };
  constexpr std::array<Case, 10> kCases{{
      {"wal", "wal"},
      {"/wal", "wal"},
      {"./wal", "wal"},
      {"db/wal", "db/wal"},
      {"/db//wal/", "db/wal"},
      {"db/./wal/.", "db/wal"},
      {"", ""},
      {".", ""},
      {"///", ""},
      {".hidden/..", ".hidden/.."},
  }};
  for (const Case& c : kCases) {
    EXPECT_EQ(normal_path(c.path), c.normal) << c.path;
    EXPECT_EQ(normal_path(c.normal), c.normal) << c.normal;
  }
}

TEST(Path, TheDirectoryOfAPathIsAllBeforeItsLastSlash) {
  EXPECT_EQ(directory_of("a/b/c"), "a/b");
  EXPECT_EQ(directory_of("db/wal"), "db");
  EXPECT_EQ(directory_of("wal"), "") << "the root";
  EXPECT_EQ(directory_of(""), "");
}

}  // namespace
}  // namespace faultfs
