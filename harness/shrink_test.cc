#include "harness/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/power_campaign.h"
#include "harness/reference_subject.h"
#include "harness/run_case.h"
#include "harness/without_syncs_test_util.h"

namespace walbreaker {
namespace {

// The first case that the campaign finds.
Case found_by_power(const Subject& subject) {
  PowerCampaign campaign(subject, {.seed = 1, .model = {}});
  const Tally tally = campaign.run({0, campaign.cases_per_unit()});
  EXPECT_FALSE(tally.violations.empty());
  return tally.violations.empty() ? Case{} : *parse_case(tally.violations.front().case_text);
}

struct LeftOut {
  std::string_view name;
  std::string_view plan;
  std::size_t most_commands;
};

class ShrinkOf : public testing::TestWithParam<LeftOut> {};

TEST_P(ShrinkOf, AMissingBarrierLeavesFewCommandsAndTheSameKind) {
  const WithoutSyncs subject(GetParam().plan);
  const Case large = found_by_power(subject);
  const auto shrunk = shrink(subject, large);
  ASSERT_TRUE(shrunk) << shrunk.error().message();
  EXPECT_TRUE(shrunk->finished);
  EXPECT_EQ(shrunk->smallest.expected, large.expected);
  EXPECT_LE(shrunk->smallest.stages.front().script.commands.size(), GetParam().most_commands)
      << to_text(shrunk->smallest);

  // It replays from its text alone, and shrinks no further.
  const auto c = parse_case(to_text(shrunk->smallest));
  ASSERT_TRUE(c);
  const CaseResult again = run_case(subject, *c);
  ASSERT_TRUE(again.wrong) << again.text;
  EXPECT_EQ(again.wrong->kind, *large.expected);
  EXPECT_TRUE(again.same_run);
  auto further = shrink(subject, *c);
  ASSERT_TRUE(further);
  further->smallest.comment = shrunk->smallest.comment;
  EXPECT_EQ(to_text(further->smallest), to_text(shrunk->smallest));
  // And it passes where the barriers are.
  EXPECT_EQ(run_case(ReferenceSubject(), *c).verdict, CaseResult::Verdict::pass) << to_text(*c);
}

INSTANTIATE_TEST_SUITE_P(Each, ShrinkOf,
                         testing::Values(LeftOut{"of_records", "lying_sync sync at 1 for_ever of wal-*.log\n", 1},
                                         LeftOut{"of_the_snapshot", "lying_sync sync at 0 for_ever of *.tmp\n", 1},
                                         LeftOut{"of_directories", "lying_sync sync_dir at 0 for_ever of *\n", 1}),
                         [](const auto& row) { return std::string(row.param.name); });

// Promises that its acks are durable where it is asked for that, and never keeps it.
class DurableIfAsked final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return "durable_if_asked"; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override {
    return reference_.promise({{"sync", settings.contains("durable") ? "on_commit" : "on_request"}});
  }
  [[nodiscard]] std::vector<Settings> ways() const override {
    return {{{"durable", "1"}, {"compact_after_bytes", "0"}}};
  }
  [[nodiscard]] FileRole role_of(std::string_view name) const override { return reference_.role_of(name); }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override {
    return reference_.open(vfs, directory, {.settings = {{"sync", "on_request"}}, .entropy = request.entropy});
  }

 private:
  ReferenceSubject reference_;
};

TEST(Shrink, KeepsTheSettingThatThePromiseDependsOn) {
  const DurableIfAsked subject;
  const auto shrunk = shrink(subject, found_by_power(subject));
  ASSERT_TRUE(shrunk) << shrunk.error().message();
  EXPECT_EQ(shrunk->smallest.settings, (Settings{{"durable", "1"}}));
}

constexpr const char* kAcks =
    "walbreaker case 1\nsubject reference\ncampaign power\nexpect lost_ack\npromise kill=on_ack\npromise "
    "power=on_ack\npromise order=prefix\npromise served=durable\npromise batches=atomic\npromise "
    "on_error=invisible\n";

std::size_t commands_left(const Subject& subject, const std::string& stages, const ShrinkOptions& options = {}) {
  const auto c = parse_case(kAcks + stages);
  EXPECT_TRUE(c) << c.error().message();
  const auto shrunk = shrink(subject, *c, options);
  EXPECT_TRUE(shrunk) << shrunk.error().message();
  return shrunk ? shrunk->smallest.stages.front().script.commands.size() : 0;
}

constexpr const char* kFivePuts =
    "put \"a\" \"1\"\nput \"b\" \"2\"\nput \"c\" \"3\"\nput \"d\" \"4\"\nput \"e\" \"5\"\n";

TEST(Shrink, TakesWhatPassesOnAnotherSubjectAlone) {
  const WithoutSyncs never("lying_sync sync at 1 for_ever of wal-*.log\n");
  const WithoutSyncs not_the_first("lying_sync sync at 1 once of wal-*.log\n");
  const std::string stages = std::string("stage\n") + kFivePuts + "model posix\ncrash after command 4 write 0 of log\n";
  EXPECT_EQ(commands_left(never, stages), 1);
  EXPECT_EQ(commands_left(never, stages, {.passes_on = &not_the_first}), 2);
}

TEST(Shrink, RefusesACaseThatDoesNotPassWhereItHasTo) {
  const WithoutSyncs subject("lying_sync sync at 1 for_ever of wal-*.log\n");
  const auto shrunk = shrink(subject, found_by_power(subject), {.passes_on = &subject});
  ASSERT_FALSE(shrunk);
  EXPECT_THAT(shrunk.error().description(), testing::HasSubstr("has to pass on without_syncs, and came to "));
}

TEST(Shrink, LetsAFaultComeEarlierWithFewerCommands) {
  EXPECT_EQ(
      commands_left(ReferenceSubject(), std::string("stage\nlive_fault lying_sync sync at 5 once of wal-*.log\n") +
                                            kFivePuts + "model posix\ncrash after command 4 sync 0 of log\n"),
      1);
}

TEST(Shrink, MakesTheNumbersOfSettingsSmaller) {
  const WithoutSyncs subject("lying_sync sync at 0 for_ever of *.tmp\n");
  auto c = parse_case(std::string(kAcks) + "set compact_after_operations=5\nstage\n" + kFivePuts +
                      "model posix\ncrash at_start\n");
  ASSERT_TRUE(c) << c.error().message();
  c->settings["compact_after_operations"] = "5";
  const auto is_of_the_compaction = [](const Case& found) {
    return found.stages.front().crash->at.op->during == During::command;
  };
  auto found = find_crash(subject, *c, ViolationKind::unrecoverable, is_of_the_compaction);
  ASSERT_TRUE(found);
  found->expected = ViolationKind::unrecoverable;
  const auto shrunk = shrink(subject, *found, {});
  ASSERT_TRUE(shrunk) << shrunk.error().message();
  EXPECT_LE(shrunk->smallest.stages.front().script.commands.size(), 1) << to_text(shrunk->smallest);
}

TEST(Shrink, LeavesTheCaseAsItIsWhereThereIsNoTime) {
  const WithoutSyncs subject("lying_sync sync at 1 for_ever of wal-*.log\n");
  const Case c = found_by_power(subject);
  const auto shrunk = shrink(subject, c, {.seconds = 0});
  ASSERT_TRUE(shrunk) << shrunk.error().message();
  EXPECT_FALSE(shrunk->finished);
  EXPECT_EQ(size_text(shrunk->smallest), size_text(c));
}

TEST(Shrink, RefusesACaseThatDoesNotComeToWhatItExpects) {
  const Case c = found_by_power(WithoutSyncs("lying_sync sync at 1 for_ever of wal-*.log\n"));
  const auto shrunk = shrink(ReferenceSubject(), c);
  ASSERT_FALSE(shrunk);
  EXPECT_THAT(shrunk.error().description(), testing::StartsWith("the case expects "));
  Case passing = c;
  passing.expected.reset();
  EXPECT_FALSE(shrink(ReferenceSubject(), passing));
}

}  // namespace
}  // namespace walbreaker
