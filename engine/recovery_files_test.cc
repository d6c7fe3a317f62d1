// Which files recovery looks at, what it makes of failed and short reads, and which of several findings decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/file_name.h"
#include "engine/recovery.h"
#include "engine/recovery_case.h"
#include "engine/store_scene.h"

namespace kv {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

CraftedLog ab() { return CraftedLog(void_log(1)).put("a", "1").put("b", "2"); }
CraftedLog cd() { return CraftedLog(log_that_follows(2, ab())).put("c", "3").put("d", "4"); }
const Contents kAB{{"a", "1"}, {"b", "2"}};
const Contents kABCD{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}};

Report report_of(const Image& files) {
  MemoryVfs disk(disk_with(files));
  return must(verify(disk, kDirectory));
}

Contents served(const Image& files) { return reopened(disk_with(files)).contents; }

Image two_generations() {
  return {{"snapshot-1.dat", crafted_snapshot(1, 0, {})},
          {"wal-1.log", ab().bytes()},
          {"snapshot-2.dat", crafted_snapshot(2, 2, kAB)},
          {"wal-2.log", cd().bytes()}};
}

Image chain_of_two() {
  Image files = two_generations();
  files.erase("snapshot-2.dat");
  return files;
}

// --- which files count ---

TEST(RecoveredFiles, OfAnOlderGenerationAreNeverLookedAt) {
  Image files = two_generations();
  files["snapshot-1.dat"] = "";
  files["wal-1.log"] = of_a_later_version(ab().bytes());
  MemoryVfs disk(disk_with(files));
  ScriptedVfs vfs(disk, ScriptedVfs::Watch::looks);
  const Report report = must(verify(vfs, kDirectory));
  EXPECT_EQ(report.verdict, Verdict::clean);
  EXPECT_THAT(report.live_files, ElementsAre("snapshot-2.dat", "wal-2.log"));
  EXPECT_THAT(report.dead_files, ElementsAre("snapshot-1.dat", "wal-1.log"));
  for (const std::string& operation : vfs.operations()) EXPECT_THAT(operation, Not(HasSubstr("-1."))) << operation;
  EXPECT_EQ(served(files), kABCD);
}

TEST(RecoveredFiles, AreReadInTheOrderOfTheChain) {
  const Report report = report_of(chain_of_two());
  EXPECT_THAT(report.live_files, ElementsAre("snapshot-1.dat", "wal-1.log", "wal-2.log"));
  EXPECT_THAT(report.dead_files, IsEmpty());
  EXPECT_EQ(report.records_replayed, 4u);
  EXPECT_EQ(report.last_seq, 4u);
  EXPECT_EQ(report.snapshot_seq, 0u);
  EXPECT_EQ(report.stopped_in, "wal-2.log");
  EXPECT_EQ(report.stopped_at, cd().end());
}

TEST(RecoveredFiles, AreOrderedByNumberAndNotByName) {
  const CraftedLog ninth = CraftedLog(void_log(9)).put("a", "1");
  const CraftedLog tenth = CraftedLog(log_that_follows(10, ninth)).put("b", "2");
  const Image chain{
      {"snapshot-9.dat", crafted_snapshot(9, 0, {})}, {"wal-9.log", ninth.bytes()}, {"wal-10.log", tenth.bytes()}};
  EXPECT_EQ(served(chain), kAB);
  Image both = chain;
  both["snapshot-10.dat"] = crafted_snapshot(10, 1, {{"a", "1"}});
  both["snapshot-9.dat"] = "dead, and damaged";
  EXPECT_EQ(served(both), kAB);
  EXPECT_EQ(report_of(both).snapshot_generation, 10u);
}

TEST(RecoveredFiles, DoNotIncludeATemporaryOneHoweverRightItIs) {
  Image files = chain_of_two();
  files["snapshot-2.dat.tmp"] = crafted_snapshot(2, 2, {{"never", "served"}});
  files["snapshot-7.dat.tmp"] = crafted_snapshot(7, 9, {{"never", "served"}});
  files["notes.tmp"] = "not ours";
  const Report report = report_of(files);
  EXPECT_EQ(report.verdict, Verdict::clean);
  EXPECT_THAT(report.temporaries, ElementsAre("notes.tmp", "snapshot-2.dat.tmp", "snapshot-7.dat.tmp"));
  EXPECT_EQ(served(files), kABCD);
  EXPECT_EQ(report_of({{"snapshot-1.dat.tmp", crafted_snapshot(1, 0, kAB)}}).verdict, Verdict::new_store);
}

TEST(RecoveredFiles, OfOthersAreNamedAndLeftAlone) {
  Image files = chain_of_two();
  const Image others{{"README", "hello"},        {"wal-02.log", "x"},         {"wal-0.log", "x"},
                     {"snapshot-1.dat.bak", ""}, {"wal-1.log.damaged", "y"},  {"wal-18446744073709551616.log", "z"},
                     {"notes.tmp", "not ours"},  {"snapshot--1.dat", "text"}, {"WAL-1.log", ""}};
  files.insert(others.begin(), others.end());
  const Report report = report_of(files);
  EXPECT_EQ(report.verdict, Verdict::clean);
  EXPECT_THAT(report.unknown_files, testing::UnorderedElementsAre(
                                        "README", "wal-02.log", "wal-0.log", "snapshot-1.dat.bak", "wal-1.log.damaged",
                                        "wal-18446744073709551616.log", "snapshot--1.dat", "WAL-1.log"));
  MemoryVfs disk(disk_with(files));
  must(must(open_store(disk))->close());
  const Image after = disk.image();
  for (const auto& [name, bytes] : others) EXPECT_EQ(after.at(in_store(name)), bytes) << name;
}

TEST(RecoveredFiles, GiveWayToANewGenerationAboveAllOfThem) {
  Image files = chain_of_two();
  files["snapshot-7.dat.tmp"] = "unfinished";
  files["wal-11.log.damaged"] = "set aside";
  MemoryVfs disk(disk_with(files));
  const auto store = must(open_store(disk));
  EXPECT_EQ(store->report().highest_generation, 11u);
  EXPECT_EQ(store->stats().generation, 12u);
  std::vector<std::string> names;
  for (const auto& [path, bytes] : disk.image()) names.push_back(path);
  EXPECT_THAT(names, ElementsAre("store/", "store/LOCK", "store/snapshot-12.dat", "store/wal-11.log.damaged",
                                 "store/wal-12.log"));
}

// --- reads that fail, and reads that are short ---

// Fails each look at the disk in turn. Returns how many there were.
std::size_t expect_every_failed_look_to_be_an_error(const Image& image) {
  for (std::size_t n = 0;; ++n) {
    MemoryVfs disk(image);
    ScriptedVfs vfs(disk, ScriptedVfs::Watch::looks);
    vfs.fail({.at = n});
    const auto store = open_store(vfs);
    if (!vfs.has_failed()) return n;
    EXPECT_EQ(error_of(store).code, ErrorCode::io_error) << vfs.failed_operation();
    EXPECT_THAT(differences(image, disk.image()), IsEmpty()) << vfs.failed_operation();
  }
}

TEST(FailedReads, AreNeverTakenForTheEndOfALog) {
  // Larger than what is read at a time, with a bad record early and one late, so that the search for a proof reads on.
  const std::string large(100'000, 'x');
  const CraftedLog log = CraftedLog(void_log(1)).put("a", large).put("b", large).put("c", large).put("d", large);
  const Image intact{{"snapshot-1.dat", crafted_snapshot(1, 0, {})}, {"wal-1.log", log.bytes()}};
  Image torn = intact;
  torn["wal-1.log"] = log.with_damaged_record(3);
  Image zeros = intact;
  zeros["wal-1.log"] = log.bytes() + std::string(400'000, '\0');
  EXPECT_GE(expect_every_failed_look_to_be_an_error(disk_with(intact)), 8u);
  EXPECT_GE(expect_every_failed_look_to_be_an_error(disk_with(torn)), 8u);
  EXPECT_GE(expect_every_failed_look_to_be_an_error(disk_with(zeros)), 9u);
  EXPECT_GE(expect_every_failed_look_to_be_an_error(disk_with(chain_of_two())), 12u);
}

TEST(FailedReads, OfALogThatIsIgnoredAreErrorsToo) {
  Image files = chain_of_two();
  files["wal-3.log"] = CraftedLog(void_log(3, 4)).bytes() + "no record, but somebody must look";
  files["wal-4.log"] = std::string(10'000, '\0');
  ASSERT_EQ(report_of(files).verdict, Verdict::clean);
  EXPECT_GE(expect_every_failed_look_to_be_an_error(disk_with(files)), 16u);
}

TEST(FailedReads, KeepADamagedStoreFromBeingServed) {
  Image files = chain_of_two();
  files["wal-1.log"] = ab().with_damaged_record(0);
  files["wal-3.log"] = CraftedLog(void_log(3, 2)).bytes();
  expect_every_failed_look_to_be_an_error(disk_with(files));
}

TEST(ShortReads, ChangeNoVerdict) {
  for (const RecoveryCase& a_case : recovery_cases()) {
    if (!a_case.unreadable.empty()) continue;
    MemoryVfs disk(disk_with(a_case.image));
    for (const std::size_t bytes : {std::size_t{7}, std::size_t{500}, kFileHeaderBytes}) {
      ScriptedVfs vfs(disk);
      vfs.shorten_calls_to(bytes);
      const Report report = must(verify(vfs, kDirectory));
      EXPECT_EQ(report.verdict, a_case.verdict) << a_case.name;
      EXPECT_EQ(report.servable, a_case.servable) << a_case.name;
    }
  }
}

// --- which finding decides ---

TEST(Precedence, IsAReadErrorsBeforeDamage) {
  Image files = chain_of_two();
  files["wal-1.log"] = ab().with_damaged_record(0);
  MemoryVfs disk(disk_with(files));
  ScriptedVfs vfs(disk, ScriptedVfs::Watch::looks);
  vfs.fail({.named = "read wal-2.log", .lasting = Lasting::for_ever});
  EXPECT_EQ(must(verify(vfs, kDirectory)).verdict, Verdict::io_error);
}

TEST(Precedence, IsAReadErrorsBeforeAnUnknownVersion) {
  Image files = chain_of_two();
  files["wal-2.log"] = of_a_later_version(cd().bytes());
  MemoryVfs disk(disk_with(files));
  ScriptedVfs vfs(disk, ScriptedVfs::Watch::looks);
  vfs.fail({.named = "read wal-1.log", .lasting = Lasting::for_ever});
  EXPECT_EQ(must(verify(vfs, kDirectory)).verdict, Verdict::io_error);
}

TEST(Precedence, IsAnUnknownVersionsBeforeDamage) {
  Image files = chain_of_two();
  files["wal-1.log"] = ab().with_damaged_record(0);
  files["wal-2.log"] = of_a_later_version(cd().bytes());
  const Report report = report_of(files);
  EXPECT_EQ(report.verdict, Verdict::unsupported_version);
  EXPECT_FALSE(report.servable);
}

TEST(Precedence, IsAnUnknownVersionsBeforeANewStore) {
  EXPECT_EQ(report_of({{"wal-1.log", of_a_later_version(CraftedLog(void_log(1)).bytes())}}).verdict,
            Verdict::unsupported_version);
}

TEST(Precedence, IsDamagesBeforeANewStore) {
  const Report report = report_of({{"wal-1.log", ""}, {"wal-2.log", CraftedLog(void_log(2)).put("a", "1").bytes()}});
  EXPECT_EQ(report.verdict, Verdict::corrupted);
  EXPECT_EQ(report.findings.front().row, Row::void_log_holds_records);
}

TEST(Precedence, IsDamagesBeforeATornTail) {
  Image files{{"snapshot-1.dat", crafted_snapshot(1, 0, {})},
              {"wal-1.log", ab().bytes() + "torn"},
              {"wal-3.log", CraftedLog(void_log(3)).with_damaged_header() + "in use"}};
  const Report report = report_of(files);
  EXPECT_EQ(report.verdict, Verdict::corrupted);
  EXPECT_EQ(report.findings.front().row, Row::header_damaged);
  EXPECT_EQ(report.findings.back().row, Row::tail_torn);
}

TEST(Precedence, IsATornTailsBeforeWhatIsOnlyNoted) {
  Image files{{"snapshot-1.dat", crafted_snapshot(1, 0, {})}, {"wal-1.log", ab().bytes() + "torn"}, {"wal-2.log", ""}};
  const Report report = report_of(files);
  EXPECT_EQ(report.verdict, Verdict::torn_tail);
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings.front().row, Row::tail_torn);
  EXPECT_EQ(report.findings.back().row, Row::log_unfinished);
}

// --- what a report tells ---

TEST(RecoveryReport, TellsWhichRecordProvesWhat) {
  Image files = chain_of_two();
  files["wal-2.log"] = cd().with_damaged_record(0);
  EXPECT_THAT(report_of(files).summary(),
              AllOf(HasSubstr("corrupted: wal-2.log at offset 4096:"), HasSubstr("record 4 at offset"),
                    HasSubstr("record 3 was durable"), HasSubstr("record 3 was lost")));
}

TEST(RecoveryReport, TellsOfAFollowedLogWhichOneSaysWhereItEnded) {
  Image files = chain_of_two();
  files["wal-1.log"] = ab().cut_before(1);
  EXPECT_THAT(report_of(files).summary(), AllOf(HasSubstr("wal-1.log at offset"), HasSubstr("wal-2.log says"),
                                                HasSubstr(std::to_string(ab().end()))));
}

TEST(RecoveryReport, OfACleanStoreCountsItsRecords) {
  EXPECT_EQ(report_of(chain_of_two()).summary(), "clean: 4 records after the snapshot of generation 1");
}

}  // namespace
}  // namespace kv
