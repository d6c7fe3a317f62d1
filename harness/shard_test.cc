#include "harness/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace walbreaker {
namespace {

using testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

kv::Result<Shard> from(const Variables& variables) {
  return shard_from([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(Shard, IsAnIndexFromZeroAndACount) {
  EXPECT_EQ(parse_shard("0/1"), Shard());
  EXPECT_EQ(parse_shard("7/8"), (Shard{7, 8}));
  EXPECT_EQ(parse_shard("65535/65536"), (Shard{65'535, 65'536}));
}

TEST(Shard, ThatThereIsNotIsAnErrorThatSaysWhatWasExpected) {
  for (const char* text : {"", "/", "3", "1/", "/2", "a/2", "1/b", "-1/2", "1/2/3", " 1/2", "99999999999999999999/2"}) {
    const auto shard = parse_shard(text);
    ASSERT_FALSE(shard) << text;
    EXPECT_THAT(shard.error().context, HasSubstr("expected I/N")) << text;
  }
  EXPECT_THAT(parse_shard("2/2").error().context, HasSubstr("expected a shard from 0 to 1, found 2"));
  EXPECT_THAT(parse_shard("0/0").error().context, HasSubstr("expected from 1 to 65536 shards"));
  EXPECT_THAT(parse_shard("0/65537").error().context, HasSubstr("expected from 1 to 65536 shards"));
}

TEST(Shard, IsTheWholeWhereTheEnvironmentSaysNothing) {
  EXPECT_EQ(from({}), Shard());
  EXPECT_EQ(from({{"SLURM_NTASKS", "4"}}), Shard());
  EXPECT_EQ(from({{"JOB_COMPLETIONS", "4"}}), Shard());
}

TEST(Shard, IsReadFromWhateverNumbersTheProcesses) {
  EXPECT_EQ(from({{"GTEST_SHARD_INDEX", "1"}, {"GTEST_TOTAL_SHARDS", "3"}}), (Shard{1, 3}));
  EXPECT_EQ(from({{"SLURM_PROCID", "2"}, {"SLURM_NTASKS", "5"}}), (Shard{2, 5}));
  EXPECT_EQ(from({{"JOB_COMPLETION_INDEX", "0"}, {"JOB_COMPLETIONS", "9"}}), (Shard{0, 9}));
  EXPECT_EQ(from({{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}), (Shard{3, 4}));
}

TEST(Shard, OfAJobArrayIsCountedFromItsFirstTaskInItsSteps) {
  Variables variables{{"SLURM_ARRAY_TASK_ID", "14"},
                      {"SLURM_ARRAY_TASK_COUNT", "4"},
                      {"SLURM_ARRAY_TASK_MIN", "10"},
                      {"SLURM_ARRAY_TASK_STEP", "2"}};
  EXPECT_EQ(from(variables), (Shard{2, 4}));
  for (const char* id : {"9", "13"}) {
    variables["SLURM_ARRAY_TASK_ID"] = id;
    EXPECT_THAT(from(variables).error().context, HasSubstr("SLURM_ARRAY_TASK_ID")) << id;
  }
  variables["SLURM_ARRAY_TASK_STEP"] = "0";
  EXPECT_FALSE(from(variables));
}

TEST(Shard, IsReadFromTheFirstThatIsSet) {
  Variables variables{{"JOB_COMPLETION_INDEX", "3"}, {"JOB_COMPLETIONS", "4"},     {"SLURM_PROCID", "2"},
                      {"SLURM_NTASKS", "4"},         {"SLURM_ARRAY_TASK_ID", "1"}, {"SLURM_ARRAY_TASK_COUNT", "4"},
                      {"GTEST_SHARD_INDEX", "0"},    {"GTEST_TOTAL_SHARDS", "4"}};
  for (const char* name : {"GTEST_", "SLURM_ARRAY_TASK_", "SLURM_", "JOB_"}) {
    const std::uint64_t index = 4 - variables.size() / 2;
    EXPECT_EQ(from(variables), (Shard{index, 4})) << name;
    std::erase_if(variables, [&](const auto& variable) { return variable.first.starts_with(name); });
  }
}

TEST(Shard, IsAnErrorWhereTheEnvironmentSaysHalfOfIt) {
  EXPECT_THAT(from({{"JOB_COMPLETION_INDEX", "3"}}).error().context,
              HasSubstr("JOB_COMPLETION_INDEX is set, and JOB_COMPLETIONS is not"));
  EXPECT_THAT(from({{"SLURM_PROCID", "3"}}).error().context, HasSubstr("SLURM_NTASKS is not"));
  EXPECT_THAT(from({{"GTEST_SHARD_INDEX", "3"}}).error().context, HasSubstr("GTEST_TOTAL_SHARDS is not"));
  EXPECT_THAT(from({{"GTEST_TOTAL_SHARDS", "3"}}).error().context, HasSubstr("GTEST_SHARD_INDEX is not"));
  EXPECT_THAT(from({{"SLURM_PROCID", "x"}, {"SLURM_NTASKS", "4"}}).error().context, HasSubstr("SLURM_PROCID=\"x\""));
  EXPECT_THAT(from({{"SLURM_PROCID", "4"}, {"SLURM_NTASKS", "4"}}).error().context, HasSubstr("from 0 to 3"));
}

}  // namespace
}  // namespace walbreaker
