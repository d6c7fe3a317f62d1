#include "harness/damage_oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace walbreaker {
namespace {

using faultfs::OpKind;
using testing::ElementsAre;

constexpr Promise kExactly{.order = Order::prefix, .batches = Batches::atomic, .on_damage = OnDamage::exact_prefix};

// Writes the records of a scenario file as a store would.
class Logbook {
 public:
  Logbook(std::uint64_t& clock, std::string name, FileRole role) : clock_(clock), file_{std::move(name), role, 0, {}} {}
  // Bytes that a command wrote; those that an open or a close did, after so many commands.
  Logbook& write(std::uint64_t length, std::size_t command) { return add(length, tag_of_command(command)); }
  Logbook& other(std::uint64_t length, std::size_t commands) { return add(length, tag_after_commands(commands)); }
  Logbook& sync() {
    file_.recorded.push_back({OpKind::sync, clock_++, 0, 0, 0});
    return *this;
  }
  ScenarioFile done() { return file_; }

 private:
  Logbook& add(std::uint64_t length, Tag tag) {
    file_.recorded.push_back({OpKind::write, clock_++, file_.size, length, tag});
    file_.size += length;
    return *this;
  }

  std::uint64_t& clock_;
  ScenarioFile file_;
};

Timeline commands(const std::string& kinds) {  // p put, s sync, c compact
  History history{.epoch = 1, .base = {}, .commands = {}, .acked = kinds.size()};
  for (const char kind : kinds) {
    Command command{CommandKind::put, {}};
    if (kind == 'p') command.writes.put("key", std::to_string(history.commands.size()));
    if (kind == 's') command.kind = CommandKind::sync;
    if (kind == 'c') command.kind = CommandKind::compact;
    history.commands.push_back(command);
  }
  return Timeline(std::move(history));
}

// snapshot-1 | wal-1: a header of 100 bytes, records of 10 bytes of commands 0, 1, 2, each synced | 4 bytes reserved
Scenario one_log(bool closed = false) {
  std::uint64_t clock = 0;
  Scenario scenario{ScenarioKind::mid_flight, closed, {}, {}, commands("ppp"), kExactly};
  Logbook log(clock, "wal-1.log", FileRole::log);
  log.other(100, 0).sync().write(10, 0).sync().write(10, 1).sync().write(10, 2).sync();
  scenario.files = {Logbook(clock, "snapshot-1.dat", FileRole::snapshot).other(50, 0).done(), log.done()};
  scenario.files[1].size += 4;
  return scenario;
}

// wal-1: header, 0, 1 | compaction by command 2 | wal-2: header, 3, 4, 5; each record synced. wal-10 sorts before
// wal-2: the order of the logs is that of their writing, not that of their names.
Scenario two_logs() {
  std::uint64_t clock = 0;
  Scenario scenario{ScenarioKind::two_generations, false, {}, {}, commands("ppcppp"), kExactly};
  Logbook first(clock, "wal-2.log", FileRole::log);
  first.other(100, 0).sync().write(10, 0).sync().write(10, 1).sync();
  Logbook second(clock, "wal-10.log", FileRole::log);
  second.write(100, 2).sync().write(10, 3).sync().write(10, 4).sync().write(10, 5).sync();
  scenario.files = {second.done(), first.done()};
  return scenario;
}

// wal-1: header | 0, 1, sync, 3, 4, sync, 6, 7
Scenario groups(bool sync_at_the_end) {
  std::uint64_t clock = 0;
  Scenario scenario{
      ScenarioKind::sync_on_request, false, {}, {}, commands(sync_at_the_end ? "ppsppspps" : "ppsppspp"), kExactly};
  Logbook log(clock, "wal-1.log", FileRole::log);
  log.other(100, 0).sync().write(10, 0).write(10, 1).sync().write(10, 3).write(10, 4).sync().write(10, 6).write(10, 7);
  if (sync_at_the_end) log.sync();
  scenario.files = {log.done()};
  return scenario;
}

constexpr PrefixRange at(std::size_t prefix) { return {prefix, prefix}; }

Harm flip(const Scenario& scenario, const std::string& file, std::uint64_t byte) {
  return harm_of(scenario, {file, {byte, byte + 1}});
}
Harm cut(const Scenario& scenario, const std::string& file, std::uint64_t length) {
  const auto size = std::ranges::find(scenario.files, file, &ScenarioFile::name)->size;
  return harm_of(scenario, {file, {length, size}, true});
}

TEST(DamageOracle, AFlipInARecordLeavesExactlyTheRecordsBeforeIt) {
  const Scenario scenario = one_log();
  for (const std::uint64_t byte : {110U, 115U, 119U}) {
    const Harm harm = flip(scenario, "wal-1.log", byte);
    EXPECT_EQ(harm.place, Place::record);
    EXPECT_EQ(harm.allowed.reported, at(1U));
    EXPECT_TRUE(harm.allowed.refusal);
    EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(at(3)));
  }
}

TEST(DamageOracle, AFlipInTheLastRecordMayAlsoGoUnreported) {
  const Harm harm = flip(one_log(), "wal-1.log", 120);
  EXPECT_EQ(harm.place, Place::last_group);
  EXPECT_EQ(harm.allowed.reported, at(2U));
  EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(at(2), at(3)));
}

TEST(DamageOracle, AFlipInTheHeaderLeavesWhatWasThereBeforeTheLog) {
  const Harm harm = flip(one_log(), "wal-1.log", 99);
  EXPECT_EQ(harm.place, Place::header);
  EXPECT_EQ(harm.allowed.reported, at(0U));
  EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(at(3)));

  const Harm second = flip(two_logs(), "wal-10.log", 0);
  EXPECT_EQ(second.place, Place::header);
  EXPECT_EQ(second.allowed.reported, at(2U));
}

TEST(DamageOracle, AFlipInBytesThatNobodyWroteHarmsNothing) {
  const Harm harm = flip(one_log(), "wal-1.log", 131);
  EXPECT_EQ(harm.place, Place::unwritten);
  EXPECT_EQ(harm.allowed.reported, at(3U));
  EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(at(3)));
}

TEST(DamageOracle, ACutOfTheLastLogLeavesTheRecordsWhollyBeforeItReportedOrNot) {
  const Scenario scenario = one_log();
  const auto expect = [&](std::uint64_t length, std::size_t p) {
    const Harm harm = cut(scenario, "wal-1.log", length);
    EXPECT_EQ(harm.allowed.reported, at(p)) << length;
    EXPECT_TRUE(harm.allowed.unreported.contains(p)) << length;
    EXPECT_TRUE(harm.allowed.unreported.contains(3)) << length;
    EXPECT_EQ(harm.allowed.unreported.ranges().size(), p == 3 ? 1U : 2U) << length;
  };
  expect(0, 0);
  expect(100, 0);
  expect(109, 0);
  expect(110, 1);
  expect(119, 1);
  expect(120, 2);
  expect(129, 2);
  expect(130, 3);  // takes reserved room alone
}

TEST(DamageOracle, ALogThatIsFollowedMustReportWhatItLost) {
  const Harm harmed = flip(two_logs(), "wal-2.log", 110);
  EXPECT_EQ(harmed.place, Place::record);
  EXPECT_EQ(harmed.allowed.reported, at(1U));
  EXPECT_THAT(harmed.allowed.unreported.ranges(), ElementsAre(at(6)));

  const Harm shortened = cut(two_logs(), "wal-2.log", 119);
  EXPECT_EQ(shortened.allowed.reported, at(1U));
  EXPECT_THAT(shortened.allowed.unreported.ranges(), ElementsAre(at(6)));
}

TEST(DamageOracle, TheLastLogOfTwoIsTheOneWrittenLast) {
  EXPECT_EQ(flip(two_logs(), "wal-10.log", 120).place, Place::last_group);
  EXPECT_EQ(flip(two_logs(), "wal-10.log", 119).place, Place::record);
  const Harm shortened = cut(two_logs(), "wal-10.log", 110);
  EXPECT_THAT(shortened.allowed.unreported.ranges(), ElementsAre(at(4), at(6)));
}

TEST(DamageOracle, TheLastGroupBeginsAfterTheLastSyncThatARecordFollowed) {
  for (const bool synced_at_the_end : {false, true}) {
    const Scenario scenario = groups(synced_at_the_end);
    EXPECT_EQ(flip(scenario, "wal-1.log", 139).place, Place::record);
    EXPECT_EQ(flip(scenario, "wal-1.log", 140).place, Place::last_group);
    EXPECT_EQ(flip(scenario, "wal-1.log", 150).place, Place::last_group);
    EXPECT_TRUE(flip(scenario, "wal-1.log", 140).allowed.unreported.contains(6));
    EXPECT_TRUE(flip(scenario, "wal-1.log", 150).allowed.unreported.contains(7));
    EXPECT_FALSE(flip(scenario, "wal-1.log", 150).allowed.unreported.contains(6));
  }
}

TEST(DamageOracle, WhatACloseWroteIsTheEndOfALogWhetherRecordsLieBeforeItOrNot) {
  Scenario scenario = one_log(true);
  std::uint64_t clock = 0;
  scenario.files[1] = Logbook(clock, "wal-1.log", FileRole::log).other(100, 3).other(10, 3).done();
  EXPECT_EQ(flip(scenario, "wal-1.log", 5).place, Place::header);
  EXPECT_EQ(flip(scenario, "wal-1.log", 105).place, Place::end);
  EXPECT_EQ(flip(scenario, "wal-1.log", 105).allowed.reported, at(3U));
  scenario.files[1] = Logbook(clock, "wal-1.log", FileRole::log).other(100, 0).write(10, 0).other(10, 3).done();
  EXPECT_EQ(flip(scenario, "wal-1.log", 112).place, Place::end);
}

TEST(DamageOracle, AClosedStoreLosesNothingUnreported) {
  const Scenario scenario = one_log(true);
  EXPECT_THAT(flip(scenario, "wal-1.log", 120).allowed.unreported.ranges(), ElementsAre(at(3)));
  EXPECT_THAT(cut(scenario, "wal-1.log", 120).allowed.unreported.ranges(), ElementsAre(at(3)));
}

TEST(DamageOracle, ASnapshotMayOnlyBeRefused) {
  const Harm harm = flip(one_log(), "snapshot-1.dat", 7);
  EXPECT_EQ(harm.place, Place::snapshot);
  EXPECT_EQ(harm.allowed.reported, std::nullopt);
  EXPECT_TRUE(harm.allowed.refusal);
  EXPECT_THAT(harm.allowed.unreported.ranges(), ElementsAre(at(3)));
}

TEST(DamageOracle, AFileThatANewerSnapshotReplacesHasNothingToLose) {
  std::uint64_t clock = 0;
  Scenario scenario{ScenarioKind::obsolete_snapshot, false, {}, {}, commands("pcpcp"), kExactly};
  const auto log = [&](const char* name, std::size_t begun, std::size_t command) {
    return Logbook(clock, name, FileRole::log).write(100, begun).write(10, command).done();
  };
  const auto snapshot = [&](const char* name, std::size_t command) {
    return Logbook(clock, name, FileRole::snapshot).write(50, command).done();
  };
  scenario.files.push_back(log("wal-2.log", 1, 2));
  scenario.files.push_back(snapshot("snapshot-2.dat", 1));
  scenario.files.push_back(log("wal-3.log", 3, 4));
  scenario.files.push_back(snapshot("snapshot-3.dat", 3));
  EXPECT_EQ(flip(scenario, "wal-2.log", 105).place, Place::obsolete);
  EXPECT_EQ(flip(scenario, "wal-2.log", 105).allowed.reported, at(5U));
  EXPECT_EQ(flip(scenario, "snapshot-2.dat", 5).place, Place::obsolete);
  EXPECT_EQ(flip(scenario, "snapshot-3.dat", 5).place, Place::snapshot);
  EXPECT_EQ(flip(scenario, "wal-3.log", 105).place, Place::last_group);
  EXPECT_EQ(flip(scenario, "wal-3.log", 105).allowed.reported, at(4U));
}

TEST(DamageOracle, NamesTheOutcome) {
  const Scenario scenario = one_log();
  const Harm a_flip = flip(scenario, "wal-1.log", 120);
  const Harm a_cut = cut(scenario, "wal-1.log", 120);
  EXPECT_EQ(outcome_of(scenario, a_flip, Answer::clean, {{}, 3}), DamageOutcome::full);
  EXPECT_EQ(outcome_of(scenario, a_flip, Answer::damaged, {{}, 3}), DamageOutcome::full_reported);
  EXPECT_EQ(outcome_of(scenario, a_flip, Answer::damaged, {{}, 2}), DamageOutcome::prefix_reported);
  EXPECT_EQ(outcome_of(scenario, a_flip, Answer::torn, {{}, 2}), DamageOutcome::last_group_dropped);
  EXPECT_EQ(outcome_of(scenario, a_cut, Answer::torn, {{}, 2}), DamageOutcome::cut_dropped);
  EXPECT_EQ(outcome_of(scenario, a_cut, Answer::refused, {{}, {}}), DamageOutcome::refused);
  EXPECT_EQ(outcome_of(scenario, a_cut, Answer::clean, {Wrong{ViolationKind::silent_loss, ""}, 1}),
            DamageOutcome::lost_silently);
  EXPECT_EQ(outcome_of(scenario, a_cut, Answer::clean, {Wrong{ViolationKind::hole, ""}, {}}), DamageOutcome::wrong);
}

}  // namespace
}  // namespace walbreaker
