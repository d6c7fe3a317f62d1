// The command as a person runs it. WALBREAKER_COMMAND is its path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

#include <unistd.h>

#include "engine/posix_vfs.h"
#include "faultfs/image.h"
#include "harness/child_process.h"
#include "harness/report.h"
#include "harness/report_test_util.h"
#include "harness/seed.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// Runs the command with these variables set. Those that a runner of these tests sets, the command would obey: without.
ChildEnd run_in(const std::vector<std::string>& variables, const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const char* name : {"GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS", "SLURM_ARRAY_TASK_ID", "SLURM_PROCID",
                           "JOB_COMPLETION_INDEX", "GITHUB_ACTIONS"}) {
    words.insert(words.end(), {"-u", name});
  }
  words.insert(words.end(), variables.begin(), variables.end());
  words.emplace_back(WALBREAKER_COMMAND);
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto end = run_child({.program = "/usr/bin/env", .arguments = words, .kill_after = {}});
  EXPECT_TRUE(end) << end.error().message();
  return end ? std::move(*end) : ChildEnd{};
}

ChildEnd run(const std::vector<std::string>& arguments) { return run_in({}, arguments); }

// A folder for a test's files, gone at its end.
class Folder {
 public:
  Folder() : path_(testing::TempDir() + "walbreaker_main_test_" + std::to_string(::getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string read(const std::string& name) const {
    kv::PosixVfs vfs;
    const auto files = faultfs::load_image(vfs, path_.string());
    const auto found = files ? files->files.find(name) : decltype(files->files.find(name)){};
    EXPECT_TRUE(files && found != files->files.end()) << name;
    return files && found != files->files.end() ? found->second.to_string() : "";
  }
  void write(const std::string& name, const std::string& text) const {
    kv::PosixVfs vfs;
    const auto written = vfs.open(file(name), kv::OpenMode::create);
    EXPECT_TRUE(written && kv::write_all(**written, 0, text)) << name;
  }

 private:
  std::filesystem::path path_;
};

// What a run prints and writes, without its timings.
struct Printed {
  std::string table;
  std::string json;
};

Printed run_with(const std::string& jobs) {
  const Folder folder;
  const ChildEnd end = run({"run", "--campaign", "truncate,bitflip,kill", "--seed", "5", "--cases", "100", "--jobs",
                            jobs, "--json", folder.file("report.json")});
  EXPECT_EQ(end.exit_code, 0) << end.output;
  const std::string json = std::regex_replace(folder.read("report.json"), std::regex("\"seconds\": [0-9.e-]+"), "");
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

TEST(WalbreakerCommand, WritesAllItsReports) {
  const Folder folder;
  const ChildEnd end =
      run_in({"GITHUB_ACTIONS=true"}, {"run", "--campaign", "truncate,soak", "--cases", "1", "--seed", "6c05b40",
                                       "--set", "sync=on_request", "--shard", "0/1", "--json", folder.file("r.json"),
                                       "--junit", folder.file("r.xml"), "--promise", "kill=never"});
  EXPECT_EQ(end.exit_code, 3) << end.output;  // soak judges kill=on_ack alone
  const auto report = parse_report(folder.read("r.json"));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->seed, seed_of("6c05b40"));
  EXPECT_EQ(report->settings, (Settings{{"sync", "on_request"}}));
  EXPECT_EQ(report->promise.at(1).value, "on_sync");
  EXPECT_EQ(report->promise.at(0).value, "never");
  EXPECT_EQ(folder.read("r.xml"), to_junit(*report));
  EXPECT_THAT(end.output, HasSubstr("\n::warning title=walbreaker soak inconclusive::soak judges kill=on_ack"));
}

TEST(WalbreakerCommand, KillsWithTheSettingsThatAreGiven) {
  const ChildEnd end = run({"run", "--set", "compact_after_operations=2", "--campaign", "kill", "--cases", "20"});
  EXPECT_EQ(end.exit_code, 0) << end.output;
}

// The shards' reports are the sample's: how a run is cut into shards is the runner's to test.
TEST(WalbreakerCommand, MergesTheReportsOfShards) {
  const Folder folder;
  Report shard = sample_report();
  shard.run.campaigns.pop_back();
  for (const std::uint64_t index : {0U, 1U}) {
    shard.shard = {index, 2};
    folder.write(std::to_string(index), to_json(shard));
  }
  const ChildEnd end = run({"merge", folder.file("0"), folder.file("1"), "--json", folder.file("sum.json"), "--junit",
                            folder.file("sum.xml")});
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_THAT(end.output, HasSubstr("bitflip    violation          24,000"));
  const auto sum = parse_report(folder.read("sum.json"));
  ASSERT_TRUE(sum) << sum.error().message();
  EXPECT_EQ(sum->run.campaigns[0].tally.cases, 24'000U);
  EXPECT_EQ(sum->violations.size(), 1U);
  EXPECT_EQ(folder.read("sum.xml"), to_junit(*sum));

  EXPECT_EQ(run({"merge", folder.file("0")}).exit_code, 1);  // a violation, though a shard is missing
  EXPECT_EQ(run({"merge", folder.file("0"), folder.file("0")}).exit_code, 2);
  EXPECT_EQ(run({"merge", folder.file("none")}).exit_code, 2);
  folder.write("bad", "{");
  EXPECT_EQ(run({"merge", folder.file("bad")}).exit_code, 2);
}

// The command says when it runs: the first line is printed before the first case.
TEST(WalbreakerCommand, TellsWhatIsKnownWhereItIsInterrupted) {
  const Folder folder;
  const std::string script = R"(
    exec 3< <(exec "$0" "$@"); pid=$!
    read -r line <&3
    kill -INT $pid
    cat <&3
    wait $pid; echo "exit $?")";
  const ChildEnd end =
      run_child({.program = "/bin/bash",
                 .arguments = {"-c", script, WALBREAKER_COMMAND, "run", "--campaign", "truncate", "--seconds", "600",
                               "--shard", "0/1", "--json", folder.file("r.json"), "--junit", folder.file("r.xml")},
                 .kill_after = {}})
          .value_or(ChildEnd{});
  EXPECT_THAT(end.output,
              AllOf(HasSubstr("interrupted"), HasSubstr("reference, seed 1: inconclusive"), HasSubstr("\nexit 3\n")));
  const auto report = parse_report(folder.read("r.json"));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->run.interrupted);
  EXPECT_EQ(folder.read("r.xml"), to_junit(*report));
}

TEST(WalbreakerCommand, ListsWhatThereIs) {
  EXPECT_EQ(run({"list", "subjects"}).output, "reference\n");
  EXPECT_THAT(run({"list", "plugins"}).output, HasSubstr("reference\n"));
  EXPECT_THAT(run({"list", "campaigns"}).output, AllOf(HasSubstr("truncate "), HasSubstr("soak ")));
  EXPECT_THAT(run({"list", "violations"}).output, HasSubstr("silent_loss"));
  EXPECT_THAT(run({"list", "models"}).output, HasSubstr("\nposix "));
  EXPECT_THAT(run({"list", "faults"}).output, HasSubstr("\nlying_sync "));
  EXPECT_THAT(run({"--version"}).output, StartsWith("walbreaker "));
}

}  // namespace
}  // namespace walbreaker
