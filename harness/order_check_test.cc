// The order check on the real engine: ordinary runs and runs with errors have no finding, and each barrier that is left
// out has the one that names it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "faultfs/meddling_vfs_test_util.h"
#include "faultfs/order_check_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/reference_subject.h"
#include "harness/workload.h"

namespace walbreaker {
namespace {

using faultfs::Meddling;
using faultfs::Op;
using faultfs::OpKind;
using faultfs::OrderFinding;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

// Engine -> `above` -> order check -> `below` -> disk. What is swallowed above, the engine left out; what fails below
// failed on the disk.
struct Watched {
  faultfs::SimDisk disk;
  faultfs::MeddlingVfs below{disk};
  faultfs::OrderCheckVfs check{below, {.durable_on_ack = true}};
  faultfs::MeddlingVfs above{check};

  [[nodiscard]] std::vector<std::string> flagged() const {
    std::vector<std::string> names;
    for (const OrderFinding& finding : check.findings()) names.emplace_back(info(finding.kind).name);
    return names;
  }
  [[nodiscard]] std::string texts() const {
    std::string texts;
    for (const OrderFinding& finding : check.findings()) texts += finding.text + '\n';
    return texts;
  }
};

enum class End { closed, killed };

// One process: opens the store, gives it commands and ends. Goes on where commands fail, as a server would.
void run_process(Watched& watched, std::uint64_t epoch, End end, const Settings& settings) {
  auto opened = ReferenceSubject().open(watched.above, "db", {.settings = settings, .entropy = epoch});
  if (opened) {
    Workload workload(Random(epoch), epoch, {.sync_percent = 5, .compact_percent = 5});
    for (std::uint64_t i = 0; i < 60; ++i) {
      const Command command = workload.next();
      watched.check.issued(i);
      if (perform(*opened->session, command)) watched.check.acknowledged(i);
    }
    if (end == End::closed) (void)opened->session->close();
  }
  opened = kv::fail(kv::ErrorCode::internal, "over");
  watched.check.restarted();
}

const Settings kCompactOften{{"compact_after_operations", "20"}};
const Settings kSyncOnRequest{{"compact_after_operations", "20"}, {"sync", "on_request"}};

// Opens a new store, reopens a killed one and a closed one.
void run_ordinary(Watched& watched, const Settings& settings = kCompactOften) {
  run_process(watched, 1, End::killed, settings);
  run_process(watched, 2, End::closed, settings);
  run_process(watched, 3, End::closed, settings);
}

TEST(OrderCheckOfTheReference, FindsNothingInOrdinaryRuns) {
  Watched watched;
  run_ordinary(watched);
  EXPECT_GT(watched.check.operations(), 400U);
  EXPECT_EQ(watched.texts(), "");
}

TEST(OrderCheckOfTheReference, FindsThatSyncOnRequestDoesNotKeepAPromiseOnAck) {
  Watched watched;
  run_ordinary(watched, kSyncOnRequest);
  EXPECT_THAT(watched.flagged(), ElementsAre("ack_before_durable"));
  EXPECT_THAT(watched.texts(), HasSubstr("Call sync on the file"));
}

// --- barriers left out ---

// Which barriers the engine forgets.
using Forgets = std::function<bool(const Op&, const Op& before)>;

void run_forgetful(Watched& watched, const Forgets& forgets) {
  std::optional<Op> before;
  watched.above.meddle([&, forgets](const Op& op) {
    const bool barrier = op.kind == OpKind::sync || op.kind == OpKind::sync_dir;
    const bool forgotten = barrier && before && forgets(op, *before);
    before = op;
    return forgotten ? Meddling::swallow : Meddling::pass;
  });
  run_ordinary(watched);
  watched.above.meddle({});
}

TEST(OrderCheckOfTheReference, FindsThatTheSnapshotIsNotSyncedBeforeItsRename) {
  Watched watched;
  run_forgetful(watched, [](const Op& op, const Op&) { return op.path.ends_with(".tmp"); });
  EXPECT_THAT(watched.flagged(), ElementsAre("rename_before_sync"));
  EXPECT_GT(watched.check.findings().front().repeats, 5U);
}

TEST(OrderCheckOfTheReference, FindsThatTheDirectoryIsNotSyncedBehindTheRename) {
  Watched watched;
  run_forgetful(watched, [](const Op&, const Op& before) { return before.kind == OpKind::rename; });
  EXPECT_THAT(watched.flagged(), Contains("unlink_too_early"));
  EXPECT_THAT(watched.texts(), HasSubstr("unlinks db/wal-1.log, but the name of its successor db/snapshot-2.dat"));
}

TEST(OrderCheckOfTheReference, FindsThatTheDirectoryIsNeverSynced) {
  Watched watched;
  run_forgetful(watched, [](const Op& op, const Op&) { return op.kind == OpKind::sync_dir && op.path == "db"; });
  // No file ever has a durable name, so that there is none to be unlinked too early.
  EXPECT_THAT(watched.flagged(), ElementsAre("ack_before_durable", "ack_before_durable"));
  EXPECT_THAT(watched.texts(), HasSubstr("the name db/wal-1.log, given by operation"));
  EXPECT_THAT(watched.texts(), HasSubstr("the name db/snapshot-2.dat, given by operation"));
}

TEST(OrderCheckOfTheReference, FindsThatTheDirectoryOfAGoodStoreIsNotSyncedAnyMore) {
  Watched watched;
  run_process(watched, 1, End::closed, kCompactOften);
  run_forgetful(watched, [](const Op& op, const Op&) { return op.kind == OpKind::sync_dir; });
  EXPECT_THAT(watched.flagged(), Contains("unlink_too_early"));
}

TEST(OrderCheckOfTheReference, FindsThatTheDirectoryAboveIsNeverSynced) {
  Watched watched;
  run_forgetful(watched, [](const Op& op, const Op&) { return op.kind == OpKind::sync_dir && op.path != "db"; });
  EXPECT_THAT(watched.flagged(), ElementsAre("ack_before_durable"));
  EXPECT_THAT(watched.texts(), HasSubstr("the name db, given by operation 0"));
}

TEST(OrderCheckOfTheReference, FindsThatTheRecordIsNotSynced) {
  Watched watched;
  run_forgetful(watched, [](const Op& op, const Op& before) {
    return op.path.ends_with(".log") && before.kind == OpKind::write && before.offset > 0;
  });
  EXPECT_THAT(watched.flagged(), ElementsAre("ack_before_durable"));
}

TEST(OrderCheckOfTheReference, FindsThatTheHeaderOfANewLogIsNotSynced) {
  Watched watched;
  run_forgetful(watched, [](const Op& op, const Op& before) {
    return op.path.ends_with(".log") && before.kind == OpKind::write && before.offset == 0;
  });
  EXPECT_THAT(watched.flagged(), ElementsAre("ack_before_durable"));
}

// A snapshot is put in place before the log of its generation has a durable name. Only a power cut right there shows
// it: the sync_dir behind the rename makes both durable, and nothing is acknowledged or unlinked before.
TEST(OrderCheckOfTheReference, DoesNotSeeThatTheDirectoryIsNotSyncedBehindANewLog) {
  Watched watched;
  run_forgetful(watched, [](const Op& op, const Op& before) {
    return op.kind == OpKind::sync_dir && op.path == "db" && before.kind != OpKind::rename;
  });
  EXPECT_EQ(watched.texts(), "");
}

// --- errors ---

struct FailingRun {
  std::uint64_t from = 0;  // of the operations that change the disk or sync, counted from 0
  bool for_ever = false;
};

// Operations fail in the second process; a third one finds a disk that works. Returns whether any did.
bool run_failing(Watched& watched, FailingRun run) {
  run_process(watched, 1, End::killed, kCompactOften);
  std::uint64_t count = 0;
  watched.below.meddle([&](const Op&) {
    const bool fails = run.for_ever ? count >= run.from : count == run.from;
    ++count;
    return fails ? Meddling::fail : Meddling::pass;
  });
  run_process(watched, 2, End::closed, kCompactOften);
  watched.below.meddle({});
  run_process(watched, 3, End::closed, kCompactOften);
  return count > run.from;
}

TEST(OrderCheckOfTheReference, FindsNothingWhicheverOperationFails) {
  for (const bool for_ever : {false, true}) {
    std::uint64_t from = 0;
    for (bool fired = true; fired; ++from) {
      Watched watched;
      fired = run_failing(watched, {.from = from, .for_ever = for_ever});
      ASSERT_EQ(watched.texts(), "") << "operation " << from << (for_ever ? " and all after it" : "") << " failed";
    }
    EXPECT_GT(from, 150U);
  }
}

TEST(OrderCheckOfTheReference, FindsThatTheErrorOfASyncIsDropped) {
  Watched watched;
  watched.above.meddle([](const Op& op) { return op.kind == OpKind::sync ? Meddling::excuse : Meddling::pass; });
  run_process(watched, 1, End::killed, kCompactOften);
  std::uint64_t syncs = 0;
  watched.below.meddle([&](const Op& op) {
    if (op.kind != OpKind::sync || !op.path.ends_with(".log")) return Meddling::pass;
    return ++syncs == 2 ? Meddling::fail : Meddling::pass;  // of the first record; before it came the header's
  });
  run_process(watched, 2, End::closed, kCompactOften);
  EXPECT_GT(syncs, 2U);
  EXPECT_THAT(watched.flagged(), ElementsAre("ack_before_durable", "write_after_failed_sync"));
  EXPECT_THAT(watched.texts(), HasSubstr("(the sync in operation"));
}

}  // namespace
}  // namespace walbreaker
