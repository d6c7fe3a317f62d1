#include "harness/kill_child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace walbreaker {
namespace {

using testing::ElementsAre;

std::optional<ChildTask> round_trip(const ChildTask& task) {
  std::vector<std::string> words = to_arguments(task);
  EXPECT_EQ(words.front(), kKillChildVerb);
  std::vector<char*> arguments;
  for (std::size_t i = 1; i < words.size(); ++i) arguments.push_back(words[i].data());
  return parse_child_task(arguments);
}

TEST(KillChild, ItsTaskGoesThroughArgumentsAndBack) {
  ChildTask task{"reference", "/tmp/a b", 1, 2, 3, std::nullopt};
  EXPECT_EQ(round_trip(task), task);
  task.kill = {.kind = faultfs::FaultKind::kill, .at = 4, .amount = ~std::uint64_t{0}};
  EXPECT_EQ(round_trip(task), task);
}

TEST(KillChild, RefusesArgumentsThatAreNoTask) {
  std::string words[] = {"reference", "/tmp", "1", "2", "x"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  EXPECT_FALSE(parse_child_task(arguments));
  EXPECT_FALSE(parse_child_task({}));
}

TEST(KillChild, RefusesAFaultThatIsNoKill) {
  const auto is_task = [](std::string fault) {
    std::string words[] = {"reference", "/tmp", "1", "2", "3", std::move(fault)};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    return parse_child_task(arguments).has_value();
  };
  EXPECT_TRUE(is_task("kill any at 4 once after 7 of *"));
  EXPECT_FALSE(is_task("write_error any at 4 once after 7 of *"));
  EXPECT_FALSE(is_task("4"));
}

TEST(KillChild, ItsOutputTellsWhatWasIssuedAckedAndWhereItDied) {
  const auto log = parse_child_log("open\nopened\nissue 0\nack 0\nissue 1\nmissing 1\nissue 2\nkill write wal-#.log\n");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->phase, "command");
  EXPECT_TRUE(log->opened);
  EXPECT_EQ(log->issued, 3U);
  EXPECT_EQ(log->acked, 2U);
  EXPECT_THAT(log->missing, ElementsAre(1U));
  EXPECT_EQ(log->kill, "write wal-#.log");
}

TEST(KillChild, ItsOutputTellsThePhase) {
  const auto phase = [](const char* output) { return parse_child_log(output)->phase; };
  EXPECT_EQ(phase(""), "start");
  EXPECT_EQ(phase("open\n"), "open");
  EXPECT_EQ(phase("open\nopened\n"), "between");
  EXPECT_EQ(phase("open\nopened\nissue 0\nack 0\n"), "between");
  EXPECT_EQ(phase("open\nopened\nclose\n"), "close");
  EXPECT_EQ(phase("open\nopened\nclose\nclosed\n"), "end");
}

TEST(KillChild, ItsOutputTellsAWrongAnswer) {
  const auto log = parse_child_log("open\nwrong false_damage the open reported damage: text\n");
  ASSERT_TRUE(log && log->wrong);
  EXPECT_EQ(log->wrong->kind, ViolationKind::false_damage);
  EXPECT_EQ(log->wrong->text, "the open reported damage: text");
}

TEST(KillChild, OutputThatNoChildWritesIsNotUnderstood) {
  for (const char* output : {"hello\n", "open", "issue 1\n", "issue x\n", "ack 0\n", "issue 0\nack 1\n",
                             "wrong nonsense x\n", "issue 0\nissue 1\nack 0\nack 2\n"}) {
    EXPECT_FALSE(parse_child_log(output)) << output;
  }
}

TEST(KillChild, ItsCommandsFollowFromSeedAndEpoch) {
  Workload a = child_workload({}, 1, 2);
  Workload b = child_workload({}, 1, 2);
  Workload c = child_workload({}, 1, 3);
  const auto first = a.next().writes.operations();
  EXPECT_EQ(first, b.next().writes.operations());
  EXPECT_NE(first, c.next().writes.operations());
}

}  // namespace
}  // namespace walbreaker
