// For an engine's own GoogleTest suite: the CMake target walbreaker::gtest.
//
//   #include "harness/gtest.h"
//
//   TEST(MyEngine, SurvivesEveryCrashState) {
//     EXPECT_TRUE(walbreaker::survives_every_crash(MySubject(), {.seed = 7, .commands = 40}));
//   }
//
//   TEST(MyEngine, SurvivesEveryCrashStateAsAPlugin) {
//     const auto subject = walbreaker::load_plugin("./libmine.so");
//     ASSERT_TRUE(subject) << subject.error().message();
//     EXPECT_TRUE(walbreaker::survives_every_crash(**subject, {.commands = 40, .model = "posix sector_bytes=4096"}));
//   }
//
// A failure's message holds the shrunk case, what became of each pending operation, and which sync is missing. What a
// subject is: subject.h, for C++; walbreaker_plugin.h, for everything else.
#pragma once

#include <gtest/gtest.h>

#include "harness/crash_check.h"
#include "harness/plugin_library.h"

namespace walbreaker {

// Success tells how many crash states were judged, and which share of all they are.
inline testing::AssertionResult survives_every_crash(const Subject& subject, const CrashCheck& check = {}) {
  const CrashFindings found = check_crashes(subject, check);
  if (found.failure) return testing::AssertionFailure() << *found.failure;
  return testing::AssertionSuccess() << found.judged << " crash states judged: " << found.coverage;
}

}  // namespace walbreaker
