#include "harness/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "harness/promise.h"
#include "harness/seed.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Not in the environment of these tests, which a test runner may have cut into shards.
Arguments parse(std::vector<const char*> words, const std::map<std::string, std::string>& environment = {}) {
  words.insert(words.begin(), "walbreaker");
  return parse_command_line(static_cast<int>(words.size()), words.data(), [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

template <class Wanted>
Wanted parse_as(const std::vector<const char*>& words) {
  const Arguments parsed = parse(words);
  const auto* wanted = std::get_if<Wanted>(&parsed);
  EXPECT_NE(wanted, nullptr) << std::get<Stop>(parsed).text;
  return wanted == nullptr ? Wanted{} : *wanted;
}

RunArguments parse_run(std::vector<const char*> words) {
  words.insert(words.begin(), "run");
  return parse_as<RunArguments>(words);
}

TEST(CommandLine, HasADefaultForEverything) {
  const RunArguments run = parse_run({});
  EXPECT_EQ(run.subject->name(), "reference");
  EXPECT_THAT(run.campaigns, ElementsAre("truncate", "bitflip", "damage", "kill", "power", "errors"));
  EXPECT_EQ(run.seed, 1U);
  EXPECT_EQ(run.budget.kind, Budget::Kind::seconds);
  EXPECT_EQ(run.budget.seconds, 30);
  EXPECT_GE(run.jobs, 1U);
  EXPECT_EQ(run.stop_after, 10U);
  EXPECT_EQ(run.shard_index, 0U);
  EXPECT_EQ(run.shard_count, 1U);
  EXPECT_FALSE(run.model || run.timeout_seconds || run.memory_bytes || run.configured);
}

TEST(CommandLine, TakesEveryFlag) {
  const RunArguments run = parse_run({"--subject", "reference", "--campaign",   "soak,kill",
                                      "--seed",    "99",        "--cases",      "20",
                                      "--jobs",    "3",         "--stop-after", "4",
                                      "--dir",     "/tmp",      "--out",        "o",
                                      "--json",    "j",         "--junit",      "x",
                                      "--shard",   "2/5",       "--timeout",    "1.5",
                                      "--memory",  "512M",      "--model",      "posix sector_bytes=4096"});
  EXPECT_THAT(run.campaigns, ElementsAre("soak", "kill"));
  EXPECT_EQ(run.seed, 99U);
  EXPECT_EQ(run.budget.kind, Budget::Kind::cases);
  EXPECT_EQ(run.budget.cases, 20U);
  EXPECT_EQ(run.jobs, 3U);
  EXPECT_EQ(run.stop_after, 4U);
  EXPECT_EQ(run.directory, "/tmp");
  EXPECT_EQ(run.out, "o");
  EXPECT_EQ(run.json, "j");
  EXPECT_EQ(run.junit, "x");
  EXPECT_EQ(run.shard_index, 2U);
  EXPECT_EQ(run.shard_count, 5U);
  EXPECT_EQ(run.timeout_seconds, 1.5);
  EXPECT_EQ(run.memory_bytes, 536'870'912U);
  ASSERT_TRUE(run.model);
  EXPECT_EQ(faultfs::to_text(*run.model), "posix sector_bytes=4096");
}

TEST(CommandLine, TakesANumberOrATextForASeed) {
  EXPECT_EQ(parse_run({"--seed", "18446744073709551615"}).seed, 18'446'744'073'709'551'615U);
  EXPECT_EQ(parse_run({"--seed", "6c05b40"}).seed, seed_of("6c05b40"));
}

TEST(CommandLine, ConfiguresTheSubjectWithSettingsAndAPromise) {
  const RunArguments run = parse_run({"--set", "sync=on_request", "--set", "compact_after_operations=3", "--promise",
                                      "on_damage=detect,max_key=16", "--promise", "kill=on_sync"});
  EXPECT_EQ(run.settings, (Settings{{"sync", "on_request"}, {"compact_after_operations", "3"}}));
  EXPECT_EQ(run.subject, run.configured.get());
  EXPECT_EQ(run.subject->name(), "reference");
  const Promise promise = promise_of(*run.subject, {});
  EXPECT_EQ(promise.power, Survives::on_sync);
  EXPECT_EQ(promise.kill, Survives::on_sync);
  EXPECT_EQ(promise.on_damage, OnDamage::detect);
  EXPECT_EQ(promise.max_key, 16U);
}

TEST(CommandLine, ReadsTheShardFromTheEnvironmentWhereNoFlagSaysIt) {
  const std::map<std::string, std::string> slurm{{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "8"}};
  EXPECT_EQ(std::get<RunArguments>(parse({"run"}, slurm)).shard_index, 3U);
  EXPECT_EQ(std::get<RunArguments>(parse({"run"}, slurm)).shard_count, 8U);
  EXPECT_EQ(std::get<RunArguments>(parse({"run", "--shard", "0/2"}, slurm)).shard_count, 2U);
  const Arguments half = parse({"run"}, {{"JOB_COMPLETION_INDEX", "3"}});
  EXPECT_EQ(std::get<Stop>(half).exit_code, 2);
  EXPECT_THAT(std::get<Stop>(half).text, HasSubstr("JOB_COMPLETIONS is not"));
}

TEST(CommandLine, TakesCasesToReplayShrinkAndExplain) {
  const auto replay = parse_as<ReplayArguments>({"replay", "a.case", "b.case"});
  EXPECT_THAT(replay.cases, ElementsAre("a.case", "b.case"));
  EXPECT_EQ(replay.subject, nullptr);
  EXPECT_EQ(replay.expect, std::nullopt);
  EXPECT_EQ(parse_as<ReplayArguments>({"replay", "--expect", "pass", "a"}).expect, Expectation{});
  EXPECT_EQ(parse_as<ReplayArguments>({"replay", "--expect", "lost_ack", "a"}).expect,
            Expectation{ViolationKind::lost_ack});
  EXPECT_EQ(parse_as<ReplayArguments>({"replay", "--subject", "reference", "a"}).subject->name(), "reference");

  const auto shrink = parse_as<ShrinkArguments>({"shrink", "a.case", "-o", "b.case"});
  EXPECT_EQ(shrink.case_path, "a.case");
  EXPECT_EQ(shrink.out, "b.case");
  EXPECT_EQ(shrink.seconds, std::nullopt);
  EXPECT_EQ(shrink.passes_on, "");
  EXPECT_EQ(parse_as<ShrinkArguments>({"shrink", "a.case", "--passes-on", "reference"}).passes_on, "reference");
  EXPECT_EQ(parse_as<ShrinkArguments>({"shrink", "a.case", "--seconds", "5"}).seconds, 5);
  EXPECT_EQ(parse_as<ExplainArguments>({"explain", "some/dir"}).path, "some/dir");
}

TEST(CommandLine, TakesReportsToMerge) {
  const auto merge = parse_as<MergeArguments>({"merge", "a.json", "b.json", "--json", "c", "--junit", "d"});
  EXPECT_THAT(merge.reports, ElementsAre("a.json", "b.json"));
  EXPECT_EQ(merge.json, "c");
  EXPECT_EQ(merge.junit, "d");
}

TEST(CommandLine, TellsTheCommandThatComesToACaseAgain) {
  RunArguments run = parse_run({"--seed", "7"});
  EXPECT_EQ(repeat_command(run, "power", 17),
            "walbreaker run --subject reference --campaign power --seed 7 --stop-after 10 --cases 18");
  run = parse_run({"--plugin", "reference", "--set", "sync=on_request", "--promise", "kill=on_sync", "--model",
                   "posix sector_bytes=4096", "--exhaustive"});
  EXPECT_EQ(repeat_command(run, "power", 17),
            "walbreaker run --plugin reference --set sync=on_request --promise kill=on_sync --model "
            "'posix sector_bytes=4096' --campaign power --seed 1 --stop-after 10 --exhaustive");
}

TEST(CommandLine, TakesAPluginInPlaceOfASubject) {
  const RunArguments run = parse_run({"--plugin", "reference"});
  EXPECT_EQ(run.choice, (SubjectName{SubjectKind::plugin, "reference"}));
  EXPECT_EQ(run.subject->name(), "reference");
  EXPECT_THAT(run.subject->found_by(), HasSubstr("/plugins/reference.so"));
  EXPECT_EQ(parse_run({}).choice, (SubjectName{SubjectKind::subject, "reference"}));
}

TEST(CommandLine, KnowsThreeKindsOfBudget) {
  EXPECT_EQ(parse_run({"--seconds", "0.5"}).budget.seconds, 0.5);
  EXPECT_EQ(parse_run({"--cases", "7"}).budget.kind, Budget::Kind::cases);
  EXPECT_EQ(parse_run({"--exhaustive"}).budget.kind, Budget::Kind::exhaustive);
}

TEST(CommandLine, NamesEachCampaignOnce) {
  EXPECT_THAT(parse_run({"--campaign", "kill,all,soak"}).campaigns,
              ElementsAre("kill", "truncate", "bitflip", "damage", "power", "errors", "soak"));
}

TEST(CommandLine, AnswersWrongUseWithOneLineAndExitCodeTwo) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> table{
      {{}, "subcommand"},
      {{"fly"}, "fly"},
      {{"run", "--colour"}, "--colour"},
      {{"run", "--seed", ""}, "--seed"},
      {{"run", "--seconds", "inf"}, "--seconds"},
      {{"run", "--shard", "2/2"}, "--shard: \"2/2\": expected a shard from 0 to 1"},
      {{"run", "--shard", "1"}, "--shard: \"1\": expected I/N"},
      {{"run", "--timeout", "0"}, "--timeout"},
      {{"run", "--memory", "0"}, "--memory"},
      {{"run", "--memory", "5 apples"}, "--memory: \"5 apples\" is no size"},
      {{"run", "--model", "fly"}, "--model: \"fly\""},
      {{"run", "--model", "posix", "sector_bytes=4096"}, "sector_bytes=4096"},
      {{"run", "--set", "sync"}, "--set: \"sync\": expected KEY=VALUE"},
      {{"run", "--set", "sync=weekly"}, "--set: no such setting: sync=weekly"},
      {{"run", "--set", "a=b", "--set", "a=c"}, "--set: a is set twice"},
      {{"run", "--promise", "kill"}, "--promise: \"kill\": expected KEY=VALUE"},
      {{"run", "--promise", "kill=sometimes"}, "promise kill=sometimes"},
      {{"run", "--promise", "kill=on_ack,kill=on_ack"}, "promised twice"},
      {{"run", "--driver", "/no/such/driver"}, "--driver"},
      {{"run", "--driver", "x", "--subject", "reference"}, "--subject excludes --driver"},
      {{"replay"}, "case"},
      {{"replay", "--expect", "fly", "a"}, "--expect: \"fly\""},
      {{"replay", "--subject", "nobody", "a"}, "nobody"},
      {{"shrink"}, "case"},
      {{"shrink", "a", "--seconds", "0"}, "--seconds"},
      {{"explain"}, "path"},
      {{"merge"}, "report"},
      {{"run", "--cases", "0"}, "--cases"},
      {{"run", "--seconds", "0"}, "--seconds"},
      {{"run", "--seconds", "-1"}, "--seconds"},
      {{"run", "--jobs", "0"}, "--jobs"},
      {{"run", "--jobs", "1000000"}, "--jobs"},
      {{"run", "--cases", "-3"}, "--cases: \"-3\" is no whole number"},
      {{"run", "--cases", "99999999999999999999"}, "--cases"},
      {{"run", "--stop-after", "0"}, "--stop-after"},
      {{"run", "--cases", "1", "--seconds", "1"}, "--cases"},
      {{"run", "--cases", "1", "--exhaustive"}, "--exhaustive"},
      {{"run", "--subject", "nobody"}, "nobody"},
      {{"run", "--plugin", "nobody"}, "--plugin: there is no plugin nobody.so"},
      {{"run", "--plugin", "./no_such_file.so"}, "no_such_file.so"},
      {{"run", "--plugin", "reference", "--subject", "reference"}, "--subject excludes --plugin"},
      {{"run", "--campaign", "truncate,fly"}, "fly"},
      {{"run", "--dir", "/no/such/directory"}, "/no/such/directory"},
      {{"list"}, "what"},
      {{"list", "colours"}, "colours"},
  };
  for (const auto& [words, mention] : table) {
    const Arguments parsed = parse(words);
    const auto* stop = std::get_if<Stop>(&parsed);
    ASSERT_NE(stop, nullptr) << mention;
    EXPECT_EQ(stop->exit_code, 2) << mention;
    EXPECT_THAT(stop->text, HasSubstr(mention));
    EXPECT_EQ(std::ranges::count(stop->text, '\n'), 1) << stop->text;
    EXPECT_TRUE(stop->text.ends_with('\n'));
  }
}

TEST(CommandLine, HelpAndVersionAreNoErrors) {
  for (const auto& words : {std::vector{"--help"}, {"run", "--help"}, {"list", "--help"}, {"--version"}}) {
    const Arguments parsed = parse(words);
    ASSERT_TRUE(std::holds_alternative<Stop>(parsed));
    EXPECT_EQ(std::get<Stop>(parsed).exit_code, 0);
    EXPECT_NE(std::get<Stop>(parsed).text, "");
  }
  EXPECT_THAT(std::get<Stop>(parse({"run", "--help"})).text,
              AllOf(HasSubstr("walbreaker run"), HasSubstr("--campaign")));
  EXPECT_THAT(std::get<Stop>(parse({"--help"})).text, HasSubstr("3 inconclusive"));
}

TEST(CommandLine, Lists) { EXPECT_EQ(std::get<ListArguments>(parse({"list", "campaigns"})).what, "campaigns"); }

}  // namespace
}  // namespace walbreaker
