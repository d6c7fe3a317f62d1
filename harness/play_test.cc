#include "harness/play.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/command_test_util.h"
#include "harness/reference_subject.h"

namespace walbreaker {
namespace {

using faultfs::MarkKind;
using faultfs::OpKind;
using testing::IsEmpty;
using testing::SizeIs;

// --- runs ---

// In the end the process is killed, and the store opened again.
PlayedRun run(std::string_view fault, std::vector<Command> commands, std::map<std::size_t, Restart> restarts = {}) {
  restarts.emplace(commands.size(), Restart::kill);
  const Script script{.commands = std::move(commands),
                      .restarts = std::move(restarts),
                      .faults = {},
                      .live_fault = LiveFault{*faultfs::parse_fault(fault)},
                      .settings = {}};
  return play(ReferenceSubject(), script);
}

TEST(Play, GoesOnAfterACommandThatFailed) {
  // The header of the log is its first write.
  const PlayedRun played =
      run("write_error write at 2 once after 0 of wal-*.log", {put("a", "1"), put("b", "2"), put("c", "3")});
  EXPECT_FALSE(played.mistake);
  ASSERT_TRUE(played.firing);
  EXPECT_EQ(played.firing->during, "put");
  EXPECT_EQ(played.firing->command, 1U);
  // The second failed, and poisoned the store for the third.
  EXPECT_THAT(played.failures, SizeIs(2));
  EXPECT_EQ(played.reads_refused, 0U);
  EXPECT_GE(played.reads_answered, 2U);
}

TEST(Play, HasADiskThatWorksAgainForTheNextProcess) {
  const PlayedRun played =
      run("no_space any at 0 for_ever after 0 of wal-1.log", {put("a", "1"), put("b", "2")}, {{1, Restart::kill}});
  EXPECT_FALSE(played.mistake) << played.mistake->wrong.text;
  EXPECT_EQ(played.failed_opens, 1U);
  EXPECT_THAT(played.failures, SizeIs(1));
}

TEST(Play, OpensAnExistingStoreAgainAfterAnOpenThatFailed) {
  const PlayedRun played =
      run("read_error read at 0 once of wal-1.log", {put("a", "1"), put("b", "2")}, {{1, Restart::kill}});
  EXPECT_FALSE(played.mistake);
  EXPECT_EQ(played.failed_opens, 1U);
  EXPECT_EQ(played.firing->during, "an open");
  EXPECT_FALSE(played.firing->command);
}

TEST(Play, AnswersOkToEverythingUnderShortCalls) {
  for (const char* fault :
       {"short_write write at 0 for_ever bytes 3 of *", "short_read read at 0 for_ever bytes 3 of *"}) {
    const PlayedRun played = run(fault, {put("a", "1"), put("b", "2")}, {{1, Restart::close}});
    EXPECT_FALSE(played.mistake) << fault;
    EXPECT_TRUE(played.firing) << fault;
    EXPECT_THAT(played.failures, IsEmpty()) << fault;
  }
}

TEST(Play, HasNoFiringWhereTheFaultFindsNoOperation) {
  EXPECT_FALSE(run("write_error write at 1000 once after 0 of *", {put("a", "1")}).firing);
}

// --- what a crash is judged by ---

// A trace of syncs of one file, told by their effects, with marks between them.
faultfs::Trace trace_of(const std::vector<faultfs::SyncEffect>& syncs, std::vector<faultfs::Mark> marks) {
  faultfs::Trace trace;
  for (const auto effect : syncs) trace.ops.push_back({.kind = OpKind::sync, .effect = effect});
  trace.marks = std::move(marks);
  return trace;
}

constexpr auto kDurable = faultfs::SyncEffect::durable;
constexpr auto kReverted = faultfs::SyncEffect::reverted;

PrefixRange allowed(const faultfs::Trace& trace, const std::vector<Command>& commands, faultfs::OpIndex ops,
                    faultfs::Survival survival, Survives power) {
  const Promise promise{.kill = Survives::on_ack, .power = power};
  return standing_at(trace, commands, ops, survival, promise).allowed;
}

TEST(StandingAt, HoldsWhatWasAckedAndMayHoldWhatWasIssued) {
  const std::vector<Command> commands{put("a", "1"), put("b", "2")};
  const auto trace = trace_of({kDurable, kDurable}, {{0, MarkKind::opened, 0},
                                                     {0, MarkKind::issued, 0},
                                                     {1, MarkKind::acked, 0},
                                                     {1, MarkKind::issued, 1},
                                                     {2, MarkKind::failed, 1}});
  const auto chosen = faultfs::Survival::chosen;
  EXPECT_EQ(allowed(trace, commands, 0, chosen, Survives::on_ack), (PrefixRange{0, 1}));
  EXPECT_EQ(allowed(trace, commands, 1, chosen, Survives::on_ack), (PrefixRange{1, 2}));
  EXPECT_EQ(allowed(trace, commands, 2, chosen, Survives::on_ack), (PrefixRange{1, 2}));
  EXPECT_EQ(allowed(trace, commands, 2, chosen, Survives::on_sync), (PrefixRange{0, 2}));
}

TEST(StandingAt, HoldsUnsyncedCommandsAfterAKillUnlessAFailedSyncTookThemBack) {
  const std::vector<Command> commands{put("a", "1"), {CommandKind::sync, {}}, put("b", "2"), {CommandKind::sync, {}}};
  const auto trace = trace_of({kDurable, kReverted}, {{0, MarkKind::opened, 0},
                                                      {0, MarkKind::issued, 0},
                                                      {0, MarkKind::acked, 0},
                                                      {0, MarkKind::issued, 1},
                                                      {1, MarkKind::acked, 1},
                                                      {1, MarkKind::issued, 2},
                                                      {1, MarkKind::acked, 2},
                                                      {1, MarkKind::issued, 3},
                                                      {2, MarkKind::failed, 3}});
  const auto all = faultfs::Survival::all;
  EXPECT_EQ(allowed(trace, commands, 1, all, Survives::on_sync), (PrefixRange{3, 4}));
  EXPECT_EQ(allowed(trace, commands, 2, all, Survives::on_sync), (PrefixRange{2, 4}));
}

TEST(StandingAt, BeginsAnewWithEachOpen) {
  const std::vector<Command> commands{put("a", "1")};
  const auto trace = trace_of({kDurable}, {{0, MarkKind::opened, 0},
                                           {0, MarkKind::issued, 0},
                                           {0, MarkKind::failed, 0},
                                           {0, MarkKind::killed, 1},
                                           {1, MarkKind::opened, 1}});
  const auto inside = standing_at(trace, commands, 0, faultfs::Survival::chosen, {});
  EXPECT_EQ(inside.stretch, 1U);
  EXPECT_EQ(inside.allowed, (PrefixRange{0, 1}));
  const auto after = standing_at(trace, commands, 1, faultfs::Survival::chosen, {});
  EXPECT_EQ(after.stretch, 2U);
  EXPECT_EQ(after.allowed, (PrefixRange{0, 0}));
}

}  // namespace
}  // namespace walbreaker
