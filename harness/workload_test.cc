#include "harness/workload.h"

#include <gtest/gtest.h>

#include <set>

namespace walbreaker {
namespace {

std::vector<Command> draw(std::uint64_t seed, std::size_t count, const WorkloadShape& shape = {}) {
  Workload workload(Random(seed), 3, shape);
  std::vector<Command> commands;
  while (commands.size() < count) commands.push_back(workload.next());
  return commands;
}

TEST(Workload, GivesTheSameCommandsForTheSameSeed) {
  const auto a = draw(1, 200);
  const auto b = draw(1, 200);
  const auto c = draw(2, 200);
  bool differs = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].writes.operations(), b[i].writes.operations());
    differs = differs || a[i].writes.operations() != c[i].writes.operations();
  }
  EXPECT_TRUE(differs);
}

TEST(Workload, StampsEveryValueWithItsEpochAndCommand) {
  const auto commands = draw(1, 500);
  std::set<std::string> values;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    for (const auto& write : commands[i].writes.operations()) {
      if (write.kind != kv::Batch::Kind::put) continue;
      EXPECT_EQ(read_stamp(write.value), (Stamp{3, i}));
    }
  }
}

TEST(Workload, DrawsEveryKindOfCommandAndKey) {
  const auto commands = draw(1, 3000, {.large_value = 9'000, .sync_percent = 5, .compact_percent = 5});
  std::set<CommandKind> kinds;
  std::set<std::string> keys;
  std::size_t largest = 0;
  for (const Command& command : commands) {
    kinds.insert(command.kind);
    for (const auto& write : command.writes.operations()) {
      keys.insert(write.key);
      largest = std::max(largest, write.value.size());
    }
  }
  EXPECT_EQ(kinds.size(), 5U);
  EXPECT_TRUE(keys.contains(""));
  EXPECT_TRUE(keys.contains("hot-0"));
  EXPECT_TRUE(keys.contains(std::string("\0binary\xFF\n", 9)));
  EXPECT_FALSE(keys.contains(std::string(kMissingKey)));
  EXPECT_GT(largest, 8192U);  // beyond two sectors
}

TEST(Workload, ReadsNoStampFromOtherBytes) {
  for (const char* value : {"", "e", "e3", "e3.", "e3.7", "x3.7.", "e.7.", "e3.x."})
    EXPECT_FALSE(read_stamp(value)) << value;
  EXPECT_EQ(read_stamp("e3.7."), (Stamp{3, 7}));
}

TEST(Workload, DrawsNoCommandsThatTheSubjectLacks) {
  const WorkloadShape shape{.batch_percent = 40, .compact_percent = 40};
  Workload workload(Random(1), 1, within(shape, {.batch = false, .compact = false}));
  for (int i = 0; i < 300; ++i) {
    const CommandKind kind = workload.next().kind;
    EXPECT_TRUE(kind == CommandKind::put || kind == CommandKind::del);
  }
}

}  // namespace
}  // namespace walbreaker
