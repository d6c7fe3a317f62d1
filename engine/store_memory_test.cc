// Memory runs out in the middle of a call to the disk: before the call has its effect, or behind that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/failing_allocation.h"
#include "engine/store_program.h"

namespace kv {
namespace {

TEST(OutOfMemory, AnywhereLosesNothingThatWasAckedAndMakesNoFalseAlarm) {
  for (const bool carried_out : {false, true}) {
    for (std::size_t n = 0;; ++n) {
      MemoryVfs disk;
      ScriptedVfs vfs(disk);
      vfs.fail({.at = n, .code = ErrorCode::no_memory, .carried_out = carried_out});
      const Account account = run_program(vfs, program_options(), long_program());
      if (!vfs.has_failed()) break;
      SCOPED_TRACE(testing::Message() << "at " << vfs.failed_operation() << ", carried out: " << carried_out);
      EXPECT_EQ(account.poison ? account.poison->code : ErrorCode::no_memory, ErrorCode::no_memory);
      for (const Image& image : {disk.image(), disk.durable_image()}) {
        const Reopened found = reopened(image);
        EXPECT_NE(found.report.verdict, Verdict::corrupted) << found.report.summary();
        EXPECT_TRUE(account.allows_after_a_power_cut(found.contents));
      }
    }
  }
}

TEST(OutOfMemory, InAnOpenIsItsError) {
  MemoryVfs disk;
  for (const std::string operation : {"lock LOCK", "create wal-1.log", "sync snapshot-1.dat.tmp"}) {
    ScriptedVfs vfs(disk);
    vfs.fail({.named = operation, .code = ErrorCode::no_memory});
    EXPECT_EQ(error_of(open_store(vfs)).code, ErrorCode::no_memory) << operation;
  }
  EXPECT_EQ(reopened(disk.image()).contents, Contents());
}

TEST(OutOfMemory, InACommandPoisonsBecauseTheLogMayBeAheadOfTheTree) {
  for (const std::string operation : {"write wal-1.log", "sync wal-1.log"}) {
    MemoryVfs disk;
    ScriptedVfs vfs(disk);
    const auto store = must(open_store(vfs));
    must(store->put("a", "1"));
    vfs.fail({.named = operation, .code = ErrorCode::no_memory, .carried_out = true});
    EXPECT_EQ(error_of(store->put("a", "2")).code, ErrorCode::no_memory);
    EXPECT_EQ(store->status(), ErrorCode::no_memory);
    EXPECT_EQ(error_of(store->put("b", "3")).code, ErrorCode::no_memory);
    EXPECT_EQ(must(store->get("a")), "1");
    EXPECT_EQ(reopened(disk.image()).contents, (Contents{{"a", "2"}}));
  }
}

// The new log has said by then where the old one ends. One more record in the old one would make that a lie, and the
// next open would report damage that never was.
TEST(OutOfMemory, BehindTheNewLogsHeaderPoisons) {
  MemoryVfs disk;
  ScriptedVfs vfs(disk);
  const auto store = must(open_store(vfs));
  must(store->put("a", "1"));
  vfs.fail({.named = "sync wal-2.log", .code = ErrorCode::no_memory, .carried_out = true});
  EXPECT_EQ(error_of(store->compact()).code, ErrorCode::no_memory);
  EXPECT_EQ(error_of(store->put("b", "2")).code, ErrorCode::no_memory);
  EXPECT_EQ(reopened(disk.image()).report.verdict, Verdict::clean);
  EXPECT_EQ(reopened(disk.image()).contents, (Contents{{"a", "1"}}));
}

// --- the n-th allocation fails ---

Batch three_operations() {
  Batch batch;
  batch.put("a key that is too long for its string object", "1");
  batch.remove("removed");
  batch.put("another key that is too long for its string object", "2");
  return batch;
}

const Contents kBefore{{"removed", "by then"}};

void expect_all_of_it_or_nothing(const Result<void>& result, const Store& store, const Contents& after) {
  EXPECT_EQ(result ? ErrorCode::no_memory : result.error().code, ErrorCode::no_memory);
  const bool serves = error_of(store.get("removed")).code != ErrorCode::no_memory;  // not so in the middle of a batch
  if (serves) {
    EXPECT_EQ(contents_of(store), result ? after : kBefore);
  }
}

void expect_it_to_open_to(const Result<void>& result, const Image& image, const Contents& after) {
  const Reopened found = reopened(image);
  EXPECT_EQ(found.report.verdict, Verdict::clean) << found.report.summary();
  EXPECT_TRUE(found.contents == after || (!result && found.contents == kBefore));
}

// Runs a command on a new store with its n-th allocation failing, for each n. Whatever it answers, the store serves all
// of the command or nothing of it, an error is no_memory, and the next open finds no damage. Returns how many failed.
std::size_t fail_each_allocation(const std::function<Result<void>(Store&)>& command, const Contents& after) {
  for (std::size_t n = 0;; ++n) {
    SCOPED_TRACE(n);
    MemoryVfs disk;
    const auto store = must(open_store(disk, program_options()));
    must(store->put("removed", "by then"));
    auto failing = std::make_optional<FailingAllocation>(n);
    const Result<void> result = command(*store);
    const bool failed = failing->happened();
    failing.reset();
    if (!failed) {
      EXPECT_EQ(contents_of(*store), after);
      return n;
    }
    expect_all_of_it_or_nothing(result, *store, after);
    expect_it_to_open_to(result, disk.image(), after);
  }
}

TEST(FailedAllocations, InAPutShowAllOfItOrNothing) {
  const std::string key = "a key that is too long for its string object";
  const auto put = [&](Store& store) { return store.put(key, "1"); };
  EXPECT_GT(fail_each_allocation(put, {{key, "1"}, {"removed", "by then"}}), 2u);
}

TEST(FailedAllocations, InABatchNeverShowHalfOfIt) {
  const Batch batch = three_operations();
  const auto write = [&](Store& store) { return store.write(batch); };
  const Contents after{{batch.operations().front().key, "1"}, {batch.operations().back().key, "2"}};
  EXPECT_GT(fail_each_allocation(write, after), 4u);
}

TEST(FailedAllocations, InACompactionLoseNothing) {
  const auto compact = [](Store& store) { return store.compact(); };
  EXPECT_GT(fail_each_allocation(compact, {{"removed", "by then"}}), 20u);
}

TEST(FailedAllocations, InAnOpenOrACloseAreItsErrorAndLoseNothing) {
  MemoryVfs start;
  must(must(open_store(start))->put("removed", "by then"));
  const Options options = program_options();
  const auto open_and_close = [&](Vfs& vfs) -> Result<void> { return TRY(open_store(vfs, options))->close(); };
  for (std::size_t n = 0;; ++n) {
    SCOPED_TRACE(n);
    const auto disk = start.clone();
    auto failing = std::make_optional<FailingAllocation>(n);
    const Result<void> result = open_and_close(*disk);
    const bool failed = failing->happened();
    failing.reset();
    expect_it_to_open_to(result, disk->image(), kBefore);
    if (!failed) break;
  }
}

}  // namespace
}  // namespace kv
