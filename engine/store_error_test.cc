// The n-th operation fails, for n = 0, 1, 2 and so on, and the program goes on: what is poisoned, what is not, and what
// is found after a reopen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/store_program.h"

namespace kv {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Whether an operation is one after whose failure nobody knows what the disk holds.
bool is_write_or_sync(const std::string& operation) {
  return operation.starts_with("write") || operation.starts_with("sync");  // sync_dir, too
}

// How often each kind of operation has failed: "write", "sync", "create", ...
using Fired = std::map<std::string, int>;

void expect_the_contents_that_were_promised(const MemoryVfs& disk, const Account& account) {
  EXPECT_TRUE(account.allows_after_a_kill(reopened(disk.image()).contents));
  EXPECT_TRUE(account.allows_after_a_power_cut(reopened(disk.durable_image()).contents));
}

void expect_poison_only_of_writes_and_syncs(const ScriptedVfs& vfs, const Account& account, const Failure& failure) {
  if (!account.opened || failure.lasting == Lasting::for_ever) return;
  const bool in_the_close = failure.at >= account.operations_before_close;
  if (in_the_close) return;
  EXPECT_EQ(account.poison.has_value(), is_write_or_sync(vfs.failed_operation()));
  if (!account.poison) return;
  EXPECT_EQ(account.poison->code, failure.code);
  EXPECT_THAT(account.poison->context, HasSubstr(vfs.failed_operation()));
}

// Runs the program with a failure at each of its operations in turn.
Fired fail_each_operation(SyncPolicy sync, Failure failure) {
  Fired fired;
  for (failure.at = 0;; ++failure.at) {
    MemoryVfs disk;
    ScriptedVfs vfs(disk);
    vfs.fail(failure);
    const Account account = run_program(vfs, program_options(sync), long_program());
    if (!vfs.has_failed()) return fired;
    SCOPED_TRACE(testing::Message() << "operation " << failure.at << ": " << vfs.failed_operation());
    ++fired[vfs.failed_operation().substr(0, vfs.failed_operation().find(' '))];
    expect_poison_only_of_writes_and_syncs(vfs, account, failure);
    expect_the_contents_that_were_promised(disk, account);
  }
}

class EachOperationThatFails : public testing::TestWithParam<SyncPolicy> {};

TEST_P(EachOperationThatFails, OnceOrForEverLosesNothingThatWasAcked) {
  for (const Lasting lasting : {Lasting::once, Lasting::for_ever}) {
    for (const ErrorCode code : {ErrorCode::io_error, ErrorCode::no_space}) {
      const Fired fired = fail_each_operation(GetParam(), {.lasting = lasting, .code = code});
      for (const std::string kind : {"make_dir", "lock", "create", "write", "sync", "sync_dir", "rename", "unlink"}) {
        EXPECT_GT(fired.count(kind), 0u) << kind;
      }
    }
  }
}

TEST_P(EachOperationThatFails, AfterSomeOfItsBytesLosesNothingThatWasAcked) {
  for (const std::size_t bytes : {1u, 20u, 40u, 4095u}) {
    EXPECT_GT(fail_each_operation(GetParam(), {.bytes_written = bytes})["write"], 10);
  }
}

TEST_P(EachOperationThatFails, ThoughItWasCarriedOutLosesNothingThatWasAcked) {
  for (const Lasting lasting : {Lasting::once, Lasting::for_ever}) {
    EXPECT_GT(fail_each_operation(GetParam(), {.lasting = lasting, .carried_out = true})["rename"], 2);
  }
}

INSTANTIATE_TEST_SUITE_P(With, EachOperationThatFails, testing::Values(SyncPolicy::on_commit, SyncPolicy::on_request),
                         [](const auto& test) {
                           return test.param == SyncPolicy::on_commit ? "OnCommit" : "OnRequest";
                         });

class Failures : public testing::Test {
 protected:
  void SetUp() override {
    store_ = must(open_store(vfs_, seeded({.compact_after_operations = 0})));
    must(store_->put("a", "1"));
  }

  // The contents and the verdict when the process is killed now, and the store is opened again.
  [[nodiscard]] Reopened after_a_kill() const { return reopened(disk_.image()); }

  // The files in the store's directory that begin with a prefix.
  [[nodiscard]] std::vector<std::string> files(const std::string& prefix) {
    std::vector<std::string> names = must(disk_.list(kDirectory));
    std::erase_if(names, [&](const std::string& name) { return !name.starts_with(prefix); });
    return names;
  }

  MemoryVfs disk_;
  ScriptedVfs vfs_{disk_};
  std::unique_ptr<Store> store_;
};

// --- poison ---

TEST_F(Failures, OfASyncIsNeverFollowedByAnotherSync) {
  vfs_.fail({.named = "sync wal-1.log"});
  EXPECT_EQ(error_of(store_->put("b", "2")).code, ErrorCode::io_error);
  const auto operations = vfs_.operations();
  EXPECT_EQ(error_of(store_->sync()).code, ErrorCode::io_error);
  EXPECT_EQ(error_of(store_->put("c", "3")).code, ErrorCode::io_error);
  EXPECT_EQ(error_of(store_->compact()).code, ErrorCode::io_error);
  EXPECT_EQ(error_of(store_->close()).code, ErrorCode::io_error);
  EXPECT_EQ(vfs_.operations(), operations);
}

TEST_F(Failures, OfAWriteLeaveReadsAsTheyWere) {
  vfs_.fail({.named = "write wal-1.log", .code = ErrorCode::no_space, .bytes_written = 10});
  const Error error = error_of(store_->put("a", "2"));
  EXPECT_EQ(error.code, ErrorCode::no_space);
  EXPECT_EQ(store_->status(), ErrorCode::no_space);
  EXPECT_EQ(store_->problem()->message(), error.message());
  EXPECT_EQ(must(store_->get("a")), "1");
  EXPECT_EQ(error_of(store_->remove("a")).message(), error.message());
  EXPECT_EQ(after_a_kill().contents, (Contents{{"a", "1"}}));
  EXPECT_EQ(after_a_kill().report.verdict, Verdict::torn_tail);
}

TEST_F(Failures, OfASyncMayLeaveTheCommandThatNoReadHasShown) {
  vfs_.fail({.named = "sync wal-1.log"});
  EXPECT_EQ(error_of(store_->put("a", "2")).code, ErrorCode::io_error);
  EXPECT_EQ(must(store_->get("a")), "1");
  EXPECT_EQ(after_a_kill().contents, (Contents{{"a", "2"}}));
  EXPECT_EQ(reopened(disk_.durable_image()).contents, (Contents{{"a", "1"}}));
}

TEST_F(Failures, PoisonAStoreUntilItIsOpenedAnew) {
  vfs_.fail({.named = "write wal-1.log"});
  EXPECT_EQ(error_of(store_->put("b", "2")).code, ErrorCode::io_error);
  store_.reset();
  store_ = must(open_store(vfs_));
  EXPECT_EQ(store_->status(), ErrorCode::ok);
  must(store_->put("b", "2"));
  EXPECT_EQ(after_a_kill().contents, (Contents{{"a", "1"}, {"b", "2"}}));
}

TEST_F(Failures, OfAWriteInAnAutomaticCompactionAreToldByTheNextCommand) {
  store_.reset();
  store_ = must(open_store(vfs_, seeded({.compact_after_operations = 2})));
  must(store_->put("b", "2"));
  vfs_.fail({.named = "sync snapshot-3.dat.tmp"});
  must(store_->put("c", "3"));
  EXPECT_EQ(store_->status(), ErrorCode::io_error);
  EXPECT_THAT(store_->compaction_problem()->context, HasSubstr("sync snapshot-3.dat.tmp"));
  EXPECT_EQ(error_of(store_->put("d", "4")).code, ErrorCode::io_error);
  EXPECT_EQ(after_a_kill().contents, (Contents{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

// --- what does not poison ---

TEST_F(Failures, OfARenameLeaveTwoLiveLogsAndTheStoreGoesOn) {
  vfs_.fail({.named = "rename snapshot-2.dat.tmp to snapshot-2.dat"});
  EXPECT_EQ(error_of(store_->compact()).code, ErrorCode::io_error);
  EXPECT_EQ(store_->status(), ErrorCode::ok);
  must(store_->put("b", "2"));
  const Reopened found = after_a_kill();
  EXPECT_EQ(found.contents, (Contents{{"a", "1"}, {"b", "2"}}));
  EXPECT_THAT(found.report.live_files, testing::ElementsAre("snapshot-1.dat", "wal-1.log", "wal-2.log"));
  EXPECT_EQ(found.report.verdict, Verdict::clean);
  EXPECT_EQ(reopened(disk_.durable_image()).contents, found.contents);
}

// A sync makes what was acked durable in whatever log it is: the old one is synced before the new one says where it
// ends.
TEST_F(Failures, OfARenameLeaveNothingBehindThatALaterSyncWouldMiss) {
  store_.reset();
  store_ = must(open_store(vfs_, seeded({.sync = SyncPolicy::on_request})));
  must(store_->put("b", "2"));
  vfs_.fail({.named = "rename snapshot-3.dat.tmp to snapshot-3.dat"});
  EXPECT_EQ(error_of(store_->compact()).code, ErrorCode::io_error);
  must(store_->put("c", "3"));
  must(store_->sync());
  EXPECT_EQ(reopened(disk_.durable_image()).contents, (Contents{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

TEST_F(Failures, OfTwoSnapshotsLeaveThreeLiveLogsAndTheStoreGoesOn) {
  for (const std::string generation : {"2", "3"}) {
    vfs_.fail({.named = "create snapshot-" + generation + ".dat.tmp"});
    EXPECT_EQ(error_of(store_->compact()).code, ErrorCode::io_error);
    must(store_->put(generation, "put"));
  }
  const Reopened found = after_a_kill();
  EXPECT_EQ(found.contents, (Contents{{"a", "1"}, {"2", "put"}, {"3", "put"}}));
  EXPECT_THAT(found.report.live_files, testing::ElementsAre("snapshot-1.dat", "wal-1.log", "wal-2.log", "wal-3.log"));
  EXPECT_EQ(reopened(disk_.durable_image()).contents, found.contents);
  must(store_->compact());
  EXPECT_THAT(files("wal-"), testing::ElementsAre("wal-4.log"));
  EXPECT_EQ(after_a_kill().contents, found.contents);
}

TEST_F(Failures, OfTheNewLogsCreationLeaveTheOldLogInUse) {
  vfs_.fail({.named = "create wal-2.log"});
  EXPECT_EQ(error_of(store_->compact()).code, ErrorCode::io_error);
  must(store_->put("b", "2"));
  EXPECT_EQ(store_->stats().generation, 1u);
  EXPECT_EQ(after_a_kill().contents, (Contents{{"a", "1"}, {"b", "2"}}));
  must(store_->compact());
  EXPECT_THAT(files("wal-"), testing::ElementsAre("wal-3.log"));
}

TEST_F(Failures, OfAnUnlinkLeaveADeadFileToTheNextCompaction) {
  vfs_.fail({.named = "unlink wal-1.log"});
  must(store_->compact());
  EXPECT_THAT(store_->compaction_problem()->context, HasSubstr("unlink wal-1.log"));
  EXPECT_THAT(files("wal-"), testing::ElementsAre("wal-1.log", "wal-2.log"));
  EXPECT_EQ(after_a_kill().contents, (Contents{{"a", "1"}}));
  must(store_->compact());
  EXPECT_THAT(files("wal-"), testing::ElementsAre("wal-3.log"));
}

TEST_F(Failures, OfAnUnlinkInAnOpenLeaveADeadFileToTheNextCompaction) {
  store_.reset();
  vfs_.fail({.named = "unlink snapshot-1.dat"});
  store_ = must(open_store(vfs_));
  EXPECT_TRUE(store_->compaction_problem());
  EXPECT_THAT(files("snapshot-"), testing::ElementsAre("snapshot-1.dat", "snapshot-2.dat"));
  must(store_->compact());
  EXPECT_THAT(files("snapshot-"), testing::ElementsAre("snapshot-3.dat"));
}

TEST_F(Failures, OfARenameAreMadeGoodByTheClose) {
  must(store_->compact());
  vfs_.fail({.named = "rename snapshot-3.dat.tmp to snapshot-3.dat"});
  EXPECT_EQ(error_of(store_->compact()).code, ErrorCode::io_error);
  must(store_->close());
  EXPECT_THAT(files(""), testing::ElementsAre("LOCK", "snapshot-4.dat", "wal-4.log"));
}

// A kill between two unlinks may leave an older snapshot without its log. Where the newest snapshot is then lost, that
// one must not stand in for it: it holds what was overwritten long ago.
TEST_F(Failures, OfAnUnlinkNeverMakeAnOldSnapshotStandInForALostOne) {
  must(store_->compact());
  must(store_->put("a", "2"));
  vfs_.fail({.named = "unlink snapshot-2.dat", .lasting = Lasting::for_ever});
  must(store_->compact());
  Image image = disk_.image();
  ASSERT_EQ(image.erase(in_store("snapshot-3.dat")), 1u);
  MemoryVfs harmed(image);
  EXPECT_EQ(error_of(open_store(harmed)).code, ErrorCode::corrupted);
}

// --- a full disk ---

TEST_F(Failures, OnAFullDiskLeaveNoFilesThatFillItFurther) {
  for (const std::string step : {"write wal-2.log", "write snapshot-2.dat.tmp"}) {
    MemoryVfs copy(disk_.image());
    ScriptedVfs full(copy);
    full.fail({.named = step, .code = ErrorCode::no_space, .bytes_written = 100});
    EXPECT_EQ(error_of(open_store(full)).code, ErrorCode::no_space);
    EXPECT_THAT(differences(disk_.image(), copy.image()), IsEmpty());
  }
}

// --- a close that fails ---

TEST_F(Failures, InACloseLeaveTheStoreClosedAndItsContentsSafe) {
  for (const std::string step :
       {"create wal-3.log", "write wal-3.log", "sync wal-3.log", "sync_dir store", "write snapshot-3.dat.tmp",
        "sync snapshot-3.dat.tmp", "rename snapshot-3.dat.tmp to snapshot-3.dat"}) {
    const auto copy = disk_.clone();
    ScriptedVfs own(*copy);
    const auto reopened_store = must(open_store(own));
    must(reopened_store->put("b", "2"));
    own.fail({.named = step});
    EXPECT_EQ(error_of(reopened_store->close()).code, ErrorCode::io_error) << step;
    must(reopened_store->close());
    EXPECT_EQ(error_of(reopened_store->get("a")).code, ErrorCode::invalid_argument) << step;
    EXPECT_EQ(reopened(copy->durable_image()).contents, (Contents{{"a", "1"}, {"b", "2"}})) << step;
  }
}

}  // namespace
}  // namespace kv
