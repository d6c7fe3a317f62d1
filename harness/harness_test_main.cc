// The tests' main: the campaigns `kill` and `soak` start their own executable again as the child.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "harness/kill_child.h"
#include "harness/toy_subject_test_util.h"

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (argc > 1 && argv[1] == walbreaker::kKillChildVerb) {
    return walbreaker::kill_child_main(arguments.subspan(2), walbreaker::find_test_subject);
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
