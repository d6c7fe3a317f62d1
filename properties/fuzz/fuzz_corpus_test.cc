// Replays corpora/fuzz: every input that fuzzing has kept, with this build's compiler and sanitizers.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "harness/failure.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {
namespace {

const std::string kCorpus = WALBREAKER_SOURCE_DIR "/corpora/fuzz";

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

class FuzzCorpus : public testing::TestWithParam<Target> {};

TEST_P(FuzzCorpus, BreaksNoLaw) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const auto paths = files_in(kCorpus + "/" + std::string(GetParam().name));
  EXPECT_FALSE(paths.empty());
  for (const std::string& path : paths) {
    std::cerr << path << '\n';  // so that the last one is known if the process dies
    const auto input = read_file(path, kMostBytes);
    ASSERT_TRUE(input.has_value()) << input.error().message();
    const auto held = GetParam().run(*input);
    EXPECT_TRUE(held.has_value()) << path << ": " << held.error().context;
  }
}

INSTANTIATE_TEST_SUITE_P(Target, FuzzCorpus, testing::ValuesIn(kTargets),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(FuzzCorpusFolder, HoldsAFolderForEachTargetAndNothingElse) {
  std::vector<std::string> names;
  for (const Target& target : kTargets) names.push_back(kCorpus + "/" + std::string(target.name));
  std::ranges::sort(names);
  EXPECT_EQ(files_in(kCorpus), names);
}

}  // namespace
}  // namespace walbreaker::fuzz
