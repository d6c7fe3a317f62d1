// The process is killed at every edge between two operations and inside every write; then again inside the recovery
// from that; and then the power goes as well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "engine/store_program.h"

namespace kv {
namespace {

// What a program is given, and what it does.
struct Start {
  MemoryVfs disk;
  Contents contents;
  SyncPolicy sync = SyncPolicy::on_commit;
  std::vector<Command> commands = long_program();
};

// A disk on which the process was killed, and what it had been told by then.
struct Killed {
  std::unique_ptr<MemoryVfs> disk;
  Account account;
  std::string where;
};

// Runs a program on a copy of the disk, and kills it at operation n. Nothing where it ends before.
std::optional<Killed> kill_program(const Start& start, std::size_t n, std::size_t bytes_written) {
  Killed killed{.disk = start.disk.clone()};
  ScriptedVfs vfs(*killed.disk);
  vfs.fail({.at = n, .lasting = Lasting::for_ever, .bytes_written = bytes_written});
  killed.account = run_program(vfs, program_options(start.sync), start.commands, start.contents);
  if (!vfs.has_failed()) return std::nullopt;
  killed.where = vfs.failed_operation();
  return killed;
}

using Check = std::function<void(const Killed&)>;

// Kills a program before each of its operations, and inside each of its writes, and looks at each disk that this
// leaves; once, however many kills lead to it. Returns how many disks there were.
std::size_t kill_everywhere(const Start& start, const Check& check) {
  std::set<std::pair<Image, Image>> seen;
  for (std::size_t n = 0;; ++n) {
    for (const std::size_t bytes_written : {0u, 31u, 4100u}) {
      const auto killed = kill_program(start, n, bytes_written);
      if (!killed) return seen.size();
      const bool inside_a_write = killed->where.starts_with("write");
      SCOPED_TRACE(testing::Message() << "killed at operation " << n << ", " << killed->where << ", after "
                                      << bytes_written << " bytes");
      if (seen.emplace(killed->disk->image(), killed->disk->durable_image()).second) check(*killed);
      if (!inside_a_write) break;
    }
  }
}

// Opens a disk, serves it, and stops as a kill does.
Contents serve(MemoryVfs& disk) {
  const auto store = must(open_store(disk));
  using testing::AnyOf;
  EXPECT_THAT(store->report().verdict, AnyOf(Verdict::clean, Verdict::torn_tail, Verdict::new_store))
      << store->report().summary();
  return contents_of(*store);
}

// Opens a disk and kills that. Returns false where the open had ended before.
bool kill_an_open(MemoryVfs& disk, std::size_t at, std::size_t bytes_written) {
  ScriptedVfs vfs(disk);
  vfs.fail({.at = at, .lasting = Lasting::for_ever, .bytes_written = bytes_written});
  (void)open_store(vfs);
  return vfs.has_failed();
}

void expect_nothing_lost(const Killed& killed) {
  EXPECT_TRUE(killed.account.allows_after_a_power_cut(reopened(killed.disk->durable_image()).contents));
  const Contents served = serve(*killed.disk);
  EXPECT_TRUE(killed.account.allows_after_a_kill(served));
  // What was served stays, whatever becomes of the power.
  EXPECT_EQ(reopened(killed.disk->durable_image()).contents, served);
  EXPECT_EQ(serve(*killed.disk), served);
}

// Kills the open of a disk that a kill has left, before each of its operations and inside each of its writes. Whatever
// follows, the contents are the same. Returns how many opens were killed.
std::size_t expect_recovery_to_bear_kills(const Killed& killed) {
  const Contents expected = serve(*killed.disk->clone());
  std::size_t kills = 0;
  for (std::size_t n = 0;; ++n) {
    for (const std::size_t bytes_written : {0u, 100u, 4100u}) {
      const auto disk = killed.disk->clone();
      if (!kill_an_open(*disk, n, bytes_written)) return kills;
      ++kills;
      EXPECT_TRUE(killed.account.allows_after_a_power_cut(reopened(disk->durable_image()).contents)) << n;
      EXPECT_EQ(serve(*disk), expected) << n;
      EXPECT_EQ(reopened(disk->durable_image()).contents, expected) << n;
    }
  }
}

// --- one kill ---

class KilledEverywhere : public testing::TestWithParam<SyncPolicy> {};

TEST_P(KilledEverywhere, ANewStoreLosesNothing) {
  EXPECT_GT(kill_everywhere({.sync = GetParam()}, expect_nothing_lost), 90u);
}

TEST_P(KilledEverywhere, AStoreFoundWithATornTailLosesNothing) {
  const CraftedLog log = CraftedLog(void_log(1)).put("a", "1").put("k", "2");
  const Image files{{"snapshot-1.dat", crafted_snapshot(1, 0, {})}, {"wal-1.log", log.bytes() + "torn"}};
  const Start start{.disk = MemoryVfs(disk_with(files)), .contents = {{"a", "1"}, {"k", "2"}}, .sync = GetParam()};
  EXPECT_GT(kill_everywhere(start, expect_nothing_lost), 90u);
}

INSTANTIATE_TEST_SUITE_P(With, KilledEverywhere, testing::Values(SyncPolicy::on_commit, SyncPolicy::on_request),
                         [](const auto& test) {
                           return test.param == SyncPolicy::on_commit ? "OnCommit" : "OnRequest";
                         });

// --- and another inside the recovery ---

// A store that two compactions and an open have left unfinished: three live logs and a void one.
Start three_live_logs() {
  const CraftedLog one = CraftedLog(void_log(1)).put("a", "1").put("k", "2");
  const CraftedLog two = CraftedLog(log_that_follows(2, one)).put("a", "3");
  const CraftedLog three = CraftedLog(log_that_follows(3, two)).put("z", "4");
  const Image files{{"snapshot-1.dat", crafted_snapshot(1, 0, {})},
                    {"wal-1.log", one.bytes()},
                    {"wal-2.log", two.bytes()},
                    {"wal-3.log", three.bytes()},
                    {"wal-4.log", CraftedLog(void_log(4, 4)).bytes()}};
  return {.disk = MemoryVfs(disk_with(files)),
          .contents = {{"a", "3"}, {"k", "2"}, {"z", "4"}},
          .commands = short_program()};
}

TEST(KilledTwice, ANewStoreLosesNothing) {
  std::size_t kills = 0;
  const Start start{.sync = SyncPolicy::on_request, .commands = short_program()};
  EXPECT_GT(kill_everywhere(start, [&](const Killed& killed) { kills += expect_recovery_to_bear_kills(killed); }), 40u);
  EXPECT_GT(kills, 500u);
}

TEST(KilledTwice, AStoreFoundWithThreeLiveLogsLosesNothing) {
  std::size_t kills = 0;
  const auto twice = [&](const Killed& killed) { kills += expect_recovery_to_bear_kills(killed); };
  EXPECT_GT(kill_everywhere(three_live_logs(), twice), 40u);
  EXPECT_GT(kills, 500u);
}

// --- the page cache ---

// A log of commands that were acked and never synced stands in the page cache only. Once an open has served it, a power
// cut must not take it away.
TEST(ServedContents, AreDurableThoughTheirLogNeverWas) {
  MemoryVfs disk;
  auto store = must(open_store(disk, program_options(SyncPolicy::on_request)));
  must(store->put("a", "1"));
  store.reset();
  EXPECT_EQ(reopened(disk.durable_image()).contents, Contents());
  store = must(open_store(disk));
  EXPECT_EQ(contents_of(*store), (Contents{{"a", "1"}}));
  EXPECT_EQ(reopened(disk.durable_image()).contents, (Contents{{"a", "1"}}));
}

TEST(ServedContents, ReadOnlyAreNotMadeDurable) {
  MemoryVfs disk;
  must(must(open_store(disk, program_options(SyncPolicy::on_request)))->put("a", "1"));
  EXPECT_EQ(contents_of(*must(open_store(disk, read_only()))), (Contents{{"a", "1"}}));
  EXPECT_EQ(reopened(disk.durable_image()).contents, Contents());
}

}  // namespace
}  // namespace kv
