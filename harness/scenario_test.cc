#include "harness/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "faultfs/sim_disk.h"
#include "harness/configured_subject.h"
#include "harness/observation.h"
#include "harness/reference_subject.h"
#include "harness/toy_subject_test_util.h"

namespace walbreaker {
namespace {

Scenario make(ScenarioKind kind, const ScenarioSize& size = kSmallScenario, std::uint64_t seed = 1) {
  auto scenario = make_scenario(kind, ReferenceSubject(), seed, size);
  EXPECT_TRUE(scenario) << scenario.error().text;
  return std::move(*scenario);
}

std::size_t count(const Scenario& scenario, FileRole role) {
  return static_cast<std::size_t>(std::ranges::count(scenario.files, role, &ScenarioFile::role));
}

std::uint64_t bytes(const Scenario& scenario, FileRole role) {
  std::uint64_t sum = 0;
  for (const ScenarioFile& file : scenario.files) sum += file.role == role ? file.size : 0;
  return sum;
}

TEST(Scenario, IsTheSameForTheSameSeed) {
  for (const ScenarioInfo& row : kScenarios) {
    EXPECT_TRUE(make(row.kind).image == make(row.kind).image) << row.name;
    EXPECT_FALSE(make(row.kind).image == make(row.kind, kSmallScenario, 2).image) << row.name;
  }
}

TEST(Scenario, HoldsTheFilesThatItsNamePromises) {
  for (const ScenarioInfo& row : kScenarios) {
    const Scenario scenario = make(row.kind);
    if (row.kind == ScenarioKind::power_cut) continue;  // the cut may have brought some back
    const bool two_of_each = row.kind == ScenarioKind::obsolete_snapshot;
    const bool interrupted = row.kind == ScenarioKind::two_generations || row.kind == ScenarioKind::ten_generations;
    const std::size_t logs = row.kind == ScenarioKind::three_logs ? 3 : interrupted ? 2 : 1;
    EXPECT_EQ(count(scenario, FileRole::snapshot), two_of_each ? 2U : 1U) << row.name;
    EXPECT_EQ(count(scenario, FileRole::log), logs) << row.name;
    EXPECT_EQ(scenario.closed, row.kind == ScenarioKind::closed) << row.name;
  }
}

TEST(Scenario, FreshHasNoCommandsAndTheOthersManyAckedOnes) {
  for (const ScenarioInfo& row : kScenarios) {
    const Scenario scenario = make(row.kind);
    const History& history = scenario.timeline.history();
    EXPECT_EQ(history.acked, history.commands.size());
    const bool has_few = row.kind == ScenarioKind::fresh || row.kind == ScenarioKind::discarded_tail;
    EXPECT_EQ(history.acked > 50, !has_few) << row.name;
    EXPECT_EQ(history.acked == 0, row.kind == ScenarioKind::fresh) << row.name;
  }
}

TEST(Scenario, IsMadeAgainFromItsScript) {
  for (const ScenarioInfo& row : kScenarios) {
    const Scenario scenario = make(row.kind);
    const auto again = play_scenario(row.kind, ReferenceSubject(), scenario.script);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_TRUE(again->image == scenario.image) << row.name;
    EXPECT_TRUE(again->older == scenario.older) << row.name;
    EXPECT_EQ(scenario.older.files.empty(), row.kind == ScenarioKind::fresh) << row.name;
  }
}

TEST(Scenario, TenGenerationsHasNamesOfOneDigitAndOfTwo) {
  const Scenario scenario = make(ScenarioKind::ten_generations);
  const auto has = [&](const char* name) {
    return std::ranges::find(scenario.files, name, &ScenarioFile::name) != scenario.files.end();
  };
  EXPECT_TRUE(has("wal-9.log"));
  EXPECT_TRUE(has("wal-10.log"));
  EXPECT_TRUE(has("snapshot-9.dat"));
}

TEST(Scenario, RecordsOfEqualRecordsAreOfOneSizeEach) {
  const Scenario scenario = make(ScenarioKind::equal_records);
  const auto log = std::ranges::find(scenario.files, FileRole::log, &ScenarioFile::role);
  std::set<std::uint64_t> lengths;
  for (const RecordedOp& op : log->recorded) {
    const bool puts = op.kind == faultfs::OpKind::write && is_of_command(op.tag) &&
                      scenario.timeline.history().commands[commands_before(op.tag)].kind == CommandKind::put;
    if (puts) lengths.insert(op.length);
  }
  EXPECT_EQ(lengths.size(), 1U);
}

TEST(Scenario, APowerCutLeavesAFirstPartOfTheCommands) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Scenario scenario = make(ScenarioKind::power_cut, kSmallScenario, seed);
    const std::size_t issued = scenario.script.commands.size();
    EXPECT_TRUE(scenario.timeline.full() == issued || scenario.timeline.full() == issued - 1);
  }
}

// A cut that takes commands which were there at the older moment would make a future of it, and values from there would
// count as phantoms.
TEST(Scenario, TheOlderMomentOfAPowerCutIsOneThatItLeft) {
  const ReferenceSubject reference;
  const auto subject = *ConfiguredSubject::make(reference, {{"sync", "on_request"}}, {});
  bool went_back = false;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto scenario = make_scenario(ScenarioKind::power_cut, *subject, seed, kSmallScenario);
    ASSERT_TRUE(scenario) << scenario.error().text;
    const Timeline& timeline = scenario->timeline;
    went_back = went_back || timeline.full() < older_moment(scenario->script);
    faultfs::SimDisk disk(scenario->older);
    const Observation older = observe(*subject, disk, kScenarioDirectory, {});
    EXPECT_FALSE(timeline.matches(older.listing).empty()) << seed;
  }
  EXPECT_TRUE(went_back);
}

// Its compactions do nothing, and so succeed where no file can be renamed.
TEST(Scenario, ASubjectThatDoesOtherThanAScenarioSupposesIsNotWrong) {
  for (const ScenarioKind kind : {ScenarioKind::two_generations, ScenarioKind::three_logs}) {
    const auto scenario = make_scenario(kind, toy(ToyBug::none), 1, kSmallScenario);
    ASSERT_FALSE(scenario);
    EXPECT_TRUE(scenario.error().does_not_suit) << scenario.error().text;
  }
}

TEST(Scenario, BothLogsOfTwoGenerationsHoldRecords) {
  const Scenario scenario = make(ScenarioKind::two_generations);
  for (const ScenarioFile& file : scenario.files) {
    EXPECT_TRUE(file.role != FileRole::log || file.recorded.size() > 20) << file.name;
  }
}

TEST(Scenario, TheLargeSizeHas64KiBOfSnapshotAndOfLog) {
  const Scenario scenario = make(ScenarioKind::mid_flight, kLargeScenario);
  EXPECT_GE(bytes(scenario, FileRole::snapshot), 64U << 10);
  EXPECT_GE(bytes(scenario, FileRole::log), 64U << 10);
  EXPECT_GE(bytes(make(ScenarioKind::closed, kLargeScenario), FileRole::snapshot), 64U << 10);
}

TEST(Scenario, EveryByteOfALogWasWrittenBySomeCommand) {
  const Scenario scenario = make(ScenarioKind::mid_flight);
  const auto log = std::ranges::find(scenario.files, FileRole::log, &ScenarioFile::role);
  ASSERT_NE(log, scenario.files.end());
  std::uint64_t end = 0;
  for (const auto& op : log->recorded) {
    if (op.kind != faultfs::OpKind::write) continue;
    EXPECT_EQ(op.offset, end);
    end = op.end();
  }
  EXPECT_EQ(end, log->size);
}

// The toy that lacks what a scenario about compactions needs.
class ToyThatDoesNotCompact final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return toy_.name(); }
  [[nodiscard]] Capabilities capabilities() const override { return {.batch = false, .compact = false}; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override {
    return toy_.promise(settings);
  }
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override { return toy_.role_of(file_name); }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override {
    return toy_.open(vfs, directory, request);
  }

 private:
  const Subject& toy_ = toy(ToyBug::none);
};

TEST(Scenario, ASubjectIsNotAskedForWhatItLacks) {
  const ToyThatDoesNotCompact subject;
  for (const ScenarioInfo& row : kScenarios) {
    const bool about_compaction = row.kind == ScenarioKind::two_generations ||
                                  row.kind == ScenarioKind::discarded_tail ||
                                  row.kind == ScenarioKind::obsolete_snapshot ||
                                  row.kind == ScenarioKind::ten_generations || row.kind == ScenarioKind::three_logs;
    EXPECT_EQ(suits(row.kind, subject), !about_compaction) << row.name;
    EXPECT_TRUE(suits(row.kind, toy(ToyBug::none))) << row.name;
    if (about_compaction) continue;
    const auto scenario = make_scenario(row.kind, subject, 1, kSmallScenario);
    ASSERT_TRUE(scenario) << scenario.error().text;
    for (const Command& command : scenario->timeline.history().commands) {
      EXPECT_NE(command.kind, CommandKind::batch) << row.name;
      EXPECT_NE(command.kind, CommandKind::compact) << row.name;
    }
  }
}

TEST(Scenario, ASubjectThatIsWrongWithoutAFaultFailsTheBaseline) {
  const auto scenario = make_scenario(ScenarioKind::mid_flight, toy(ToyBug::reports_always), 1, kSmallScenario);
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().kind, ViolationKind::baseline);
}

}  // namespace
}  // namespace walbreaker
