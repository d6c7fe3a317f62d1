#include "harness/child_process.h"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include <unistd.h>

namespace walbreaker {
namespace {

ChildPlan shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}, .kill_after = {}};
}

ChildEnd must_run(const ChildPlan& plan) {
  auto end = run_child(plan);
  EXPECT_TRUE(end) << end.error().message();
  return end ? std::move(*end) : ChildEnd{};
}

TEST(ChildProcess, ReturnsOutputAndExitCode) {
  const ChildEnd end = must_run(shell("echo one; echo two; exit 3"));
  EXPECT_EQ(end.output, "one\ntwo\n");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(end.signal, 0);
}

TEST(ChildProcess, DrainsMoreThanAPipeHolds) {
  EXPECT_EQ(must_run(shell("head -c 300000 /dev/zero")).output.size(), 300'000U);
}

TEST(ChildProcess, HasNoStandardInput) { EXPECT_EQ(must_run(shell("cat; echo end")).output, "end\n"); }

TEST(ChildProcess, SaysWhichSignalEndedIt) {
  const ChildEnd end = must_run(shell("echo last words; kill -KILL $$"));
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(end.output, "last words\n");
  EXPECT_FALSE(end.timed_out);
}

TEST(ChildProcess, IsKilledAfterItsFirstOutputWhereThatIsPlanned) {
  ChildPlan plan = shell("echo up; exec sleep 1000");
  plan.kill_after = std::chrono::microseconds(100);
  const ChildEnd end = must_run(plan);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(end.output, "up\n");
  EXPECT_FALSE(end.timed_out);
}

TEST(ChildProcess, IsKilledWhereItHangs) {
  ChildPlan plan = shell("exec sleep 1000");
  plan.timeout = std::chrono::milliseconds(20);
  const ChildEnd end = must_run(plan);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_TRUE(end.timed_out);
}

TEST(ChildProcess, AProgramThatIsMissingIsAnError) {
  const auto end = run_child({.program = "/no/such/program", .arguments = {}, .kill_after = {}});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, kv::ErrorCode::io_error);
}

TEST(ChildProcess, ChildrenOfSeveralThreadsDoNotHoldEachOthersOutputOpen) {
  // Where one child inherits the other's pipe, the short one's output only ends with the long one.
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([] {
      for (int n = 0; n < 10; ++n) EXPECT_EQ(must_run(shell("echo hello")).output, "hello\n");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ChildProcess, IsKilledWithItsGroupWhenItIsDestroyed) {
  // The grandchild holds the output open: it ends only when both are gone.
  int output = -1;
  {
    const auto child = Child::start({.program = "/bin/sh",
                                     .arguments = {"-c", "sleep 1000 & echo up; wait"},
                                     .with_input = true,
                                     .own_group = true});
    ASSERT_TRUE(child) << child.error().message();
    std::array<char, 8> buffer;
    ASSERT_EQ(::read(child->output(), buffer.data(), buffer.size()), 3);
    output = ::dup(child->output());
  }
  char byte = 0;
  EXPECT_EQ(::read(output, &byte, 1), 0);
  ::close(output);
}

TEST(ChildProcess, HasNoFileOfOursButItsThree) {
  const ChildEnd end = must_run(shell("ls /proc/self/fd | wc -l"));
  EXPECT_EQ(std::stoi(end.output), 4);  // and the one that ls reads the folder by
}

}  // namespace
}  // namespace walbreaker
