// The command as a person runs it. WALBREAKER_COMMAND is its path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "engine/posix_vfs.h"
#include "faultfs/image.h"
#include "harness/child_process.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

ChildEnd run(const std::vector<std::string>& arguments) {
  auto end = run_child({.program = WALBREAKER_COMMAND, .arguments = arguments, .kill_after = {}});
  EXPECT_TRUE(end) << end.error().message();
  return end ? std::move(*end) : ChildEnd{};
}

// What a run prints and writes, without its timings.
struct Printed {
  std::string table;
  std::string json;
};

Printed run_with(const std::string& jobs) {
  const std::filesystem::path folder = testing::TempDir() + "walbreaker_main_test";
  std::filesystem::create_directory(folder);
  const ChildEnd end = run({"run", "--campaign", "truncate,bitflip,kill", "--seed", "5", "--cases", "100", "--jobs",
                            jobs, "--json", (folder / "report.json").string()});
  EXPECT_EQ(end.exit_code, 0) << end.output;
  kv::PosixVfs vfs;
  const auto files = faultfs::load_image(vfs, folder.string());
  EXPECT_TRUE(files);
  std::filesystem::remove_all(folder);
  const std::string json =
      std::regex_replace(files->files.at("report.json").to_string(), std::regex("\"seconds\": [0-9.e-]+"), "");
  const std::string counts = end.output.substr(end.output.find("\n\n"));
  return {counts.substr(0, counts.find("campaign ")), json};
}

TEST(WalbreakerCommand, PrintsTheSeedFirstAndTheVerdictLast) {
  const ChildEnd end = run({"run", "--campaign", "truncate", "--cases", "64", "--jobs", "1"});
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_THAT(end.output,
              AllOf(StartsWith("subject reference, seed 1, jobs 1\n"), HasSubstr("\nreference, seed 1: pass\n")));
}

TEST(WalbreakerCommand, RepeatsByteForByteWhateverTheNumberOfJobs) {
  const Printed one = run_with("1");
  const Printed three = run_with("3");
  EXPECT_EQ(one.table, three.table);
  EXPECT_EQ(one.json, three.json);
}

TEST(WalbreakerCommand, AnswersWrongUseWithExitCodeTwo) {
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"run", "--campaign", "fly"}).exit_code, 2);
  EXPECT_EQ(run({"kill-child"}).exit_code, 2);
  EXPECT_EQ(run({"run", "--campaign", "fly"}).output, "");
}

TEST(WalbreakerCommand, IsInconclusiveWhereItsReportCannotBeWritten) {
  EXPECT_EQ(run({"run", "--campaign", "truncate", "--cases", "1", "--json", "/no/such/folder/report.json"}).exit_code,
            3);
}

TEST(WalbreakerCommand, TorturesAPluginToItsRealKills) {
  const ChildEnd end = run({"run", "--plugin", "reference", "--campaign", "truncate,kill,power", "--cases", "10"});
  EXPECT_EQ(end.exit_code, 0) << end.output;
  EXPECT_THAT(end.output, HasSubstr("\nreference, seed 1: pass\n"));
}

TEST(WalbreakerCommand, ListsWhatThereIs) {
  EXPECT_EQ(run({"list", "subjects"}).output, "reference\n");
  EXPECT_EQ(run({"list", "plugins"}).output, "reference\n");
  EXPECT_THAT(run({"list", "campaigns"}).output, AllOf(HasSubstr("truncate "), HasSubstr("soak ")));
  EXPECT_THAT(run({"list", "violations"}).output, HasSubstr("silent_loss"));
  EXPECT_THAT(run({"--version"}).output, StartsWith("walbreaker "));
}

}  // namespace
}  // namespace walbreaker
