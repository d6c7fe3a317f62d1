#include "harness/gtest.h"

TEST(MyEngine, SurvivesEveryCrashState) {
  const auto subject = walbreaker::load_plugin("./log_store.so");
  ASSERT_TRUE(subject) << subject.error().message();
  EXPECT_TRUE(walbreaker::survives_every_crash(**subject, {.seed = 7, .commands = 40}));
}
