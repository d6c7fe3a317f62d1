#include "harness/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Arguments parse(std::vector<const char*> words) {
  words.insert(words.begin(), "walbreaker");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

RunArguments parse_run(std::vector<const char*> words) {
  words.insert(words.begin(), "run");
  const Arguments parsed = parse(words);
  const auto* run = std::get_if<RunArguments>(&parsed);
  EXPECT_NE(run, nullptr) << std::get<Stop>(parsed).text;
  return run == nullptr ? RunArguments{} : *run;
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
}

TEST(CommandLine, TakesEveryFlag) {
  const RunArguments run =
      parse_run({"--subject", "reference", "--campaign", "soak,kill", "--seed", "99", "--cases", "20", "--jobs", "3",
                 "--stop-after", "4", "--dir", "/tmp", "--out", "o", "--json", "j"});
  EXPECT_THAT(run.campaigns, ElementsAre("soak", "kill"));
  EXPECT_EQ(run.seed, 99U);
  EXPECT_EQ(run.budget.kind, Budget::Kind::cases);
  EXPECT_EQ(run.budget.cases, 20U);
  EXPECT_EQ(run.jobs, 3U);
  EXPECT_EQ(run.stop_after, 4U);
  EXPECT_EQ(run.directory, "/tmp");
  EXPECT_EQ(run.out, "o");
  EXPECT_EQ(run.json, "j");
}

TEST(CommandLine, TakesAPluginInPlaceOfASubject) {
  const RunArguments run = parse_run({"--plugin", "reference"});
  EXPECT_EQ(run.plugin, "reference");
  EXPECT_EQ(run.subject->name(), "reference");
  EXPECT_THAT(run.subject->found_by(), HasSubstr("/plugins/reference.so"));
  EXPECT_EQ(parse_run({}).plugin, "");
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
      {{"run", "--seed", "x"}, "--seed"},
      {{"run", "--seed", "-1"}, "--seed"},
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
