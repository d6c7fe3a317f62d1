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

TEST(Workload, KeepsToTheNumbersThatASubjectTakes) {
  for (const Domain domain : {Domain::int32, Domain::int64}) {
    const auto commands = draw(1, 500, within({}, {}, Promise{.keys = Domain::int32, .values = domain}));
    std::set<std::string> keys;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      for (const auto& write : commands[i].writes.operations()) {
        keys.insert(write.key);
        EXPECT_EQ(write.key.size(), 4U);
        if (write.kind != kv::Batch::Kind::put) continue;
        EXPECT_EQ(write.value.size(), domain == Domain::int32 ? 4U : 8U);
        EXPECT_EQ(read_stamp(write.value), (Stamp{3, i}));
      }
    }
    EXPECT_GT(keys.size(), 50U);
    EXPECT_FALSE(keys.contains(std::string(kMissingKey)));
    EXPECT_TRUE(keys.contains(std::string(4, '\0')));
    EXPECT_TRUE(keys.contains(std::string(4, '\xFF')));
  }
}

TEST(Workload, EncodesNumbersSoThatTheOrderOfTheBytesIsTheirs) {
  EXPECT_LT(encode_int32(-2), encode_int32(-1));
  EXPECT_LT(encode_int32(-1), encode_int32(0));
  EXPECT_LT(encode_int32(0), encode_int32(300));
  EXPECT_EQ(encode_int32(1), std::string("\x80\0\0\1", 4));
  EXPECT_EQ(encode_int64(-2), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE");
}

TEST(Workload, KeepsToTheSizesThatASubjectTakes) {
  for (const Command& command : draw(1, 500, within({}, {}, Promise{.max_key = 6, .max_value = 20}))) {
    for (const auto& write : command.writes.operations()) {
      EXPECT_LE(write.key.size(), 6U);
      EXPECT_LE(write.value.size(), 20U);
    }
  }
}

TEST(Workload, OfEqualSizesLinesUp) {
  for (const Command& command : draw(1, 500, {.equal_sizes = true})) {
    for (const auto& write : command.writes.operations()) {
      EXPECT_EQ(write.key.size(), 12U);
      EXPECT_TRUE(write.value.empty() || write.value.size() == 40U);
    }
  }
}

TEST(Workload, EndsValuesAtTheEdgesOfSectorsAndBeyondEveryBuffer) {
  std::size_t near = 0;
  std::size_t huge = 0;
  for (const Command& command : draw(1, 3000, {.large_value = 5'000, .huge_value = 70'000, .sector_edges = true})) {
    for (const auto& write : command.writes.operations()) {
      near += write.value.size() > 500 && (write.value.size() + 8) % 512 <= 32 ? 1U : 0U;
      huge += write.value.size() > 70'000 ? 1U : 0U;
    }
  }
  EXPECT_GT(near, 20U);
  EXPECT_GT(huge, 5U);
}

}  // namespace
}  // namespace walbreaker
