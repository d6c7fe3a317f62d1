// Repair: the prefix that is right survives as a new generation, and nothing that was damaged is lost.
#include "engine/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "engine/file_name.h"
#include "engine/recovery_case.h"
#include "engine/store_scene.h"

namespace kv {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// a, b and c in a log whose second record is damaged, behind a compaction whose old files still stand.
Image damaged_files() {
  const CraftedLog old_log = CraftedLog(void_log(1)).put("z", "0");
  const CraftedLog log = CraftedLog(log_that_follows(2, old_log)).put("a", "1").put("b", "2").put("c", "3");
  return {{"snapshot-1.dat", crafted_snapshot(1, 0, {})},
          {"wal-1.log", old_log.bytes()},
          {"snapshot-2.dat", crafted_snapshot(2, 1, {{"z", "0"}})},
          {"wal-2.log", log.with_damaged_record(1)}};
}

const Contents kPrefix{{"a", "1"}, {"z", "0"}};

// Whether every file of a damaged store is there with all its bytes, under its own name or the one it was set aside to.
void expect_every_byte_kept(const Image& files, const Image& image) {
  for (const auto& [name, bytes] : files) {
    if (parse_file_name(name).kind != FileKind::log && parse_file_name(name).kind != FileKind::snapshot) continue;
    const auto holds = [&](const std::string& path) { return image.contains(path) && image.at(path) == bytes; };
    EXPECT_TRUE(holds(in_store(name)) || holds(in_store(set_aside_name(name)))) << name;
  }
}

Contents served_read_only(const Image& image) {
  MemoryVfs disk(image);
  return contents_of(*must(open_store(disk, read_only())));
}

class RepairTest : public testing::Test {
 protected:
  MemoryVfs disk_{disk_with(damaged_files())};
};

TEST_F(RepairTest, KeepsThePrefixAsANewGeneration) {
  const RepairResult result = must(repair(disk_, kDirectory, seeded()));
  EXPECT_EQ(result.found.verdict, Verdict::corrupted);
  EXPECT_EQ(result.found.findings.front().row, Row::durable_record_missing);
  EXPECT_EQ(result.generation, 3u);
  EXPECT_THAT(must(disk_.list(kDirectory)),
              ElementsAre("LOCK", "snapshot-1.dat.damaged", "snapshot-2.dat.damaged", "snapshot-3.dat",
                          "wal-1.log.damaged", "wal-2.log.damaged", "wal-3.log"));
  const Report report = must(verify(disk_, kDirectory));
  EXPECT_EQ(report.verdict, Verdict::clean);
  EXPECT_EQ(report.snapshot_generation, 3u);
  EXPECT_EQ(served_read_only(disk_.image()), kPrefix);
  EXPECT_EQ(served_read_only(disk_.durable_image()), kPrefix);
}

TEST_F(RepairTest, SetsEveryFileAsideByteForByte) {
  const RepairResult result = must(repair(disk_, kDirectory, seeded()));
  EXPECT_THAT(result.set_aside, UnorderedElementsAre("snapshot-1.dat.damaged", "wal-1.log.damaged",
                                                     "snapshot-2.dat.damaged", "wal-2.log.damaged"));
  for (const Image& image : {disk_.image(), disk_.durable_image()}) {
    for (const auto& [name, bytes] : damaged_files()) EXPECT_TRUE(image.at(in_store(set_aside_name(name))) == bytes);
  }
}

TEST_F(RepairTest, MakesTheStoreWritableAgain) {
  EXPECT_EQ(error_of(must(open_store(disk_))->put("k", "v")).code, ErrorCode::read_only);
  must(repair(disk_, kDirectory, seeded()));
  const auto store = must(open_store(disk_));
  must(store->put("k", "v"));
  must(store->close());
  EXPECT_EQ(reopened(disk_.image()).contents, (Contents{{"a", "1"}, {"k", "v"}, {"z", "0"}}));
}

TEST_F(RepairTest, DoesNothingTheSecondTime) {
  must(repair(disk_, kDirectory, seeded()));
  const Image before = disk_.image();
  const RepairResult again = must(repair(disk_, kDirectory, seeded()));
  EXPECT_EQ(again.generation, 0u);
  EXPECT_THAT(again.set_aside, IsEmpty());
  EXPECT_EQ(again.found.verdict, Verdict::clean);
  EXPECT_THAT(differences(before, disk_.image()), IsEmpty());
}

TEST_F(RepairTest, IsRefusedWhileTheStoreIsOpen) {
  const Image before = disk_.image();
  const auto reader = must(open_store(disk_, read_only()));
  EXPECT_EQ(error_of(repair(disk_, kDirectory)).code, ErrorCode::locked);
  EXPECT_THAT(differences(before, disk_.image()), IsEmpty());
}

TEST_F(RepairTest, CopiesAFileOfAnySize) {
  Image files = damaged_files();
  files["wal-2.log"] += std::string(1'000'003, 'x');
  MemoryVfs own_disk(disk_with(files));
  must(repair(own_disk, kDirectory, seeded()));
  EXPECT_TRUE(own_disk.image().at(in_store("wal-2.log.damaged")) == files["wal-2.log"]);
}

TEST_F(RepairTest, WithoutALockMakesOne) {
  MemoryVfs own_disk(disk_with(damaged_files(), false));
  must(repair(own_disk, kDirectory, seeded()));
  EXPECT_TRUE(own_disk.image().contains(in_store("LOCK")));
  EXPECT_EQ(reopened(own_disk.image()).contents, kPrefix);
}

TEST_F(RepairTest, OfNoStoreIsAnErrorAndCreatesNothing) {
  MemoryVfs empty;
  EXPECT_EQ(error_of(repair(empty, kDirectory)).os_error, ENOENT);
  EXPECT_THAT(empty.image(), IsEmpty());
}

// --- on everything that recovery knows ---

class RepairOfACase : public testing::Test {
 protected:
  // Runs `check` on each of recovery's cases for which `wanted` is true. Returns how many those were.
  template <class Wanted, class Check>
  int each(Wanted wanted, Check check) {
    int count = 0;
    for (const RecoveryCase& a_case : recovery_cases()) {
      if (!wanted(a_case)) continue;
      SCOPED_TRACE(std::string(a_case.name));
      MemoryVfs disk(disk_with(a_case.image, false));
      ScriptedVfs vfs(disk, ScriptedVfs::Watch::looks);
      if (!a_case.unreadable.empty()) vfs.fail({.named = "read " + a_case.unreadable, .lasting = Lasting::for_ever});
      check(a_case, disk, vfs);
      ++count;
    }
    return count;
  }
};

TEST_F(RepairOfACase, WithADamagedStoreAndAPrefixServesThatPrefix) {
  const auto wanted = [](const RecoveryCase& a_case) {
    return a_case.verdict == Verdict::corrupted && a_case.servable;
  };
  const int count = each(wanted, [](const RecoveryCase& a_case, MemoryVfs& disk, Vfs& vfs) {
    must(repair(vfs, kDirectory, seeded()));
    expect_every_byte_kept(a_case.image, disk.image());
    const Reopened found = reopened(disk.image());
    EXPECT_EQ(found.contents, a_case.contents);
    EXPECT_EQ(found.report.verdict, Verdict::clean);
  });
  EXPECT_GT(count, 10);
}

TEST_F(RepairOfACase, WithoutAPrefixIsRefusedAndChangesNothing) {
  const auto wanted = [](const RecoveryCase& a_case) { return !a_case.servable; };
  const int count = each(wanted, [](const RecoveryCase& a_case, MemoryVfs& disk, Vfs& vfs) {
    const Image before = disk.image();
    const ErrorCode code = error_of(repair(vfs, kDirectory, seeded())).code;
    EXPECT_EQ(code == ErrorCode::corrupted, a_case.verdict == Verdict::corrupted);
    EXPECT_EQ(code == ErrorCode::unsupported_version, a_case.verdict == Verdict::unsupported_version);
    EXPECT_EQ(code == ErrorCode::io_error, a_case.verdict == Verdict::io_error);
    EXPECT_THAT(differences(before, disk.image()), IsEmpty());
  });
  EXPECT_GT(count, 20);
}

TEST_F(RepairOfACase, ThatIsNotDamagedChangesNothing) {
  const auto wanted = [](const RecoveryCase& a_case) {
    return a_case.servable && a_case.verdict != Verdict::corrupted;
  };
  const int count = each(wanted, [](const RecoveryCase& a_case, MemoryVfs& disk, Vfs& vfs) {
    const Image before = disk.image();
    const RepairResult result = must(repair(vfs, kDirectory, seeded()));
    EXPECT_EQ(result.generation, 0u);
    EXPECT_EQ(result.found.verdict, a_case.verdict);
    EXPECT_THAT(differences(before, disk.image()), IsEmpty());
  });
  EXPECT_GT(count, 15);
}

// --- cut short ---

// Fails a repair at each of its operations in turn, and inside each of its writes, and looks at what that leaves.
// Returns how many failed.
int fail_repair_everywhere(Lasting lasting) {
  const Image files = damaged_files();
  int count = 0;
  for (std::size_t n = 0;; ++n) {
    for (const std::size_t bytes_written : {0u, 31u, 4100u}) {
      MemoryVfs disk(disk_with(files));
      ScriptedVfs vfs(disk);
      vfs.fail({.at = n, .lasting = lasting, .bytes_written = bytes_written});
      const auto result = repair(vfs, kDirectory, seeded());
      if (!vfs.has_failed()) return count;
      SCOPED_TRACE(testing::Message() << n << ", " << vfs.failed_operation() << ", after " << bytes_written);
      ++count;
      for (const Image& image : {disk.image(), disk.durable_image()}) {
        EXPECT_EQ(served_read_only(image), kPrefix);
        expect_every_byte_kept(files, image);
      }
      must(repair(disk, kDirectory, seeded()));
      EXPECT_NE(must(verify(disk, kDirectory)).verdict, Verdict::corrupted);
      EXPECT_EQ(reopened(disk.durable_image()).contents, kPrefix);
      expect_every_byte_kept(files, disk.image());
    }
  }
}

TEST(RepairCutShort, ByAKillLeavesTheDamagedStoreOrTheRepairedOne) {
  EXPECT_GT(fail_repair_everywhere(Lasting::for_ever), 80);
}

TEST(RepairCutShort, ByAnErrorLeavesTheDamagedStoreOrTheRepairedOne) {
  EXPECT_GT(fail_repair_everywhere(Lasting::once), 80);
}

TEST(RepairCutShort, KeepsTheDamagedFilesThroughTheNextOpen) {
  MemoryVfs disk(disk_with(damaged_files()));
  ScriptedVfs vfs(disk);
  vfs.fail({.named = "unlink wal-1.log", .lasting = Lasting::for_ever});
  (void)repair(vfs, kDirectory, seeded());
  must(must(open_store(disk))->close());
  expect_every_byte_kept(damaged_files(), disk.image());
}

// The same as in a read-write open: the close record behind record 2^64 - 1 would have been number 0.
TEST(Repair, RefusesAStoreInWhichTheRecordNumbersAreUsedUp) {
  const std::string snapshot = crafted_snapshot(1, ~Seq{0}, {{"a", "1"}});  // and no log of it
  MemoryVfs disk(Image{{in_store("snapshot-1.dat"), snapshot}});
  EXPECT_EQ(error_of(repair(disk, kDirectory)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(disk.image().at(in_store("snapshot-1.dat")), snapshot);
}

}  // namespace
}  // namespace kv
