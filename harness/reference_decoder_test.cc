#include "harness/reference_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "faultfs/sim_disk.h"
#include "harness/observation.h"
#include "harness/reference_store_test_util.h"
#include "harness/reference_subject.h"

namespace walbreaker {
namespace {

using reference::Header;
using reference::LogWriter;
using Verdict = DecodedStore::Verdict;

constexpr auto kVoid = reference::Link::void_until_snapshot;
constexpr auto kFollows = reference::Link::follows;

// A disk in the making: files by name.
struct Disk {
  std::map<std::string, std::string> files;

  void snapshot(std::uint64_t generation, std::uint64_t base_seq, const reference::Entries& entries) {
    files[name("snapshot", generation, "dat")] =
        reference::snapshot_file({.generation = generation, .base_seq = base_seq}, entries);
  }

  void log(const LogWriter& writer) { files[name("wal", writer.header.generation, "log")] = writer.bytes; }

  static std::string name(const std::string& what, std::uint64_t generation, const std::string& suffix) {
    return what + "-" + std::to_string(generation) + "." + suffix;
  }

  [[nodiscard]] faultfs::Image image() const {
    faultfs::Image image;
    image.directories.insert("db");
    for (const auto& [file, bytes] : files) image.files["db/" + file] = faultfs::FileBytes(bytes);
    return image;
  }

  [[nodiscard]] DecodedStore decode() const { return decode_reference_store(image(), "/db/"); }
};

bool matched(const DecodedStore& store, DecodedRow row) {
  return std::ranges::find(store.findings, row, &DecodedFinding::row) != store.findings.end();
}

// Generation 3: a snapshot of {a: 1} after record 10, and a log with two puts, each synced before the next one.
struct Plain : Disk {
  LogWriter wal{{.link = kVoid, .generation = 3, .base_seq = 10}};
  Plain() {
    snapshot(3, 10, {{"a", "1"}});
    wal.put("b", "2");
    wal.put("c", "3");
    log(wal);
  }
};
const Contents kPlain{{"a", "1"}, {"b", "2"}, {"c", "3"}};

// The same, and a log 4 that follows, with one more put.
struct Chain : Plain {
  LogWriter next{{.link = kFollows, .generation = 4, .base_seq = 12, .predecessor = 3, .predecessor_end = 0}};
  Chain() {
    next = LogWriter(
        {.link = kFollows, .generation = 4, .base_seq = 12, .predecessor = 3, .predecessor_end = wal.bytes.size()});
    next.put("d", "4");
    log(next);
  }
};
const Contents kChain{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}};

void flip(std::string& bytes, std::size_t at) { bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1); }

TEST(ReferenceDecoder, DecodesTheWorkedExample) {
  Disk disk;
  disk.files = {{"LOCK", ""},
                {"wal-2.log", reference::example_log_2()},
                {"snapshot-2.dat", reference::example_snapshot_2()},
                {"wal-1.log", reference::example_log_1()}};
  const DecodedStore store = disk.decode();
  EXPECT_EQ(store.verdict, Verdict::clean);
  EXPECT_EQ(store.contents, (Contents{{"lime", "green"}}));
  EXPECT_EQ(store.snapshot, 2U);
  ASSERT_EQ(store.replays.size(), 1U);
  EXPECT_EQ(store.replays[0].records, 1U);
  EXPECT_EQ(store.reason, "row M ends_cleanly: wal-2.log at offset 4128: the file ends there");
}

TEST(ReferenceDecoder, FollowsAChainAndMayEndInZeros) {
  Chain disk;
  disk.files["wal-4.log"] += std::string(40, '\0');
  const DecodedStore store = disk.decode();
  EXPECT_EQ(store.verdict, Verdict::clean);
  EXPECT_EQ(store.contents, kChain);
  EXPECT_TRUE(matched(store, DecodedRow::ends_cleanly));
}

TEST(ReferenceDecoder, NothingThereIsANewStore) {
  EXPECT_EQ(decode_reference_store({}, "db").verdict, Verdict::new_store);
  Disk disk;
  disk.files = {{"LOCK", ""}, {"snapshot-1.dat.tmp", "half"}, {"notes.txt", "mine"}, {"wal-01.log", "no name of ours"}};
  EXPECT_EQ(disk.decode().verdict, Verdict::new_store);
}

TEST(ReferenceDecoder, TakesOnlyTheFilesOfItsDirectory) {
  faultfs::Image image;
  for (const auto& [file, bytes] : Plain().files) {
    image.files[file] = faultfs::FileBytes(bytes);
    image.files["db/" + file] = faultfs::FileBytes("something else");
  }
  EXPECT_EQ(decode_reference_store(image, "/").contents, kPlain);
  EXPECT_EQ(decode_reference_store(image, "db").verdict, Verdict::refused);
}

// One input for each row of the table, and what it leads to.
struct RowCase {
  DecodedRow row;
  const char* input;
  Verdict verdict;
  Contents contents;
  std::function<Disk()> make;
};

template <class Start, class Change>
std::function<Disk()> from(Change change) {
  return [change] {
    Start disk;
    change(disk);
    return Disk(disk);
  };
}

std::vector<RowCase> row_cases() {
  const Contents a{{"a", "1"}};
  std::vector<RowCase> cases;
  const auto add = [&](DecodedRow row, const char* input, Verdict verdict, Contents contents,
                       std::function<Disk()> make) {
    cases.push_back({row, input, verdict, std::move(contents), std::move(make)});
  };
  using enum DecodedRow;
  add(unknown_version, "a record of kind 9", Verdict::unsupported, {}, from<Plain>([](Plain& disk) {
        disk.wal.record(9, "what", 12);
        disk.log(disk.wal);
      }));
  add(unknown_version, "a batch that makes no sense", Verdict::unsupported, {}, from<Plain>([](Plain& disk) {
        disk.wal.record(reference::kBatch, "what", 12);
        disk.log(disk.wal);
      }));
  add(unknown_version, "a newer snapshot of version 2", Verdict::unsupported, {}, from<Plain>([](Plain& disk) {
        disk.files["snapshot-9.dat"] =
            reference::file_header(reference::FileKind::snapshot, {.version = 2, .generation = 9});
      }));
  add(unknown_version, "a log of version 2 outside of the chain", Verdict::unsupported, {},
      from<Plain>([](Plain& disk) {
        disk.files["wal-9.log"] = reference::file_header(reference::FileKind::log, {.version = 2, .generation = 9});
      }));
  add(durable_record_missing, "the first of two synced records is flipped", Verdict::damaged, a,
      from<Plain>([](Plain& disk) { flip(disk.files["wal-3.log"], 4096 + 34); }));
  add(log_ends_elsewhere, "a log that another one follows is cut", Verdict::damaged, {{"a", "1"}, {"b", "2"}},
      from<Chain>([](Chain& disk) { disk.files["wal-3.log"].resize(4096 + 50); }));
  add(log_ends_elsewhere, "a log goes on behind a later record than its snapshot", Verdict::damaged, a,
      from<Plain>([](Plain& disk) { disk.log(LogWriter({.link = kVoid, .generation = 3, .base_seq = 11})); }));
  add(header_damaged, "the header of a log in use", Verdict::damaged, kPlain,
      from<Chain>([](Chain& disk) { flip(disk.files["wal-4.log"], 50); }));
  add(header_damaged, "the header of the snapshot's log", Verdict::damaged, a,
      from<Plain>([](Plain& disk) { flip(disk.files["wal-3.log"], 50); }));
  add(header_damaged, "an older log than the last one of a chain, which goes on without it", Verdict::damaged, kChain,
      from<Chain>([](Chain& disk) {
        disk.next = LogWriter({.link = kFollows,
                               .generation = 5,
                               .base_seq = 12,
                               .predecessor = 3,
                               .predecessor_end = disk.wal.bytes.size()});
        disk.next.put("d", "4");
        disk.log(disk.next);
        disk.files["wal-4.log"] = std::string(5000, 'x');
      }));
  add(header_damaged, "the log of another store", Verdict::damaged, kPlain, from<Chain>([](Chain& disk) {
        LogWriter other({.link = kVoid, .store_id = 2, .generation = 4, .base_seq = 12});
        other.put("x", "y");
        disk.log(other);
      }));
  add(void_log_holds_records, "a void log with a record, and no snapshot", Verdict::refused, {},
      from<Plain>([](Plain& disk) {
        LogWriter open({.link = kVoid, .generation = 5, .base_seq = 12});
        open.put("x", "y");
        disk.log(open);
      }));
  add(void_log_snapshot_damaged, "a void log beside a snapshot that does not verify", Verdict::refused, {},
      from<Plain>([](Plain& disk) { flip(disk.files["snapshot-3.dat"], 4100); }));
  add(log_missing, "a snapshot without its log", Verdict::damaged, a,
      from<Plain>([](Plain& disk) { disk.files.erase("wal-3.log"); }));
  add(log_missing, "a snapshot without its log, beside a newer log", Verdict::refused, {},
      from<Chain>([](Chain& disk) { disk.files.erase("wal-3.log"); }));
  add(log_missing, "a log in the middle whose header does not verify", Verdict::refused, {},
      from<Chain>([](Chain& disk) { flip(disk.files["wal-3.log"], 50); }));
  add(log_missing, "two logs that follow the same one", Verdict::refused, {}, from<Chain>([](Chain& disk) {
        disk.log(LogWriter({.link = kFollows,
                            .generation = 5,
                            .base_seq = 12,
                            .predecessor = 3,
                            .predecessor_end = disk.wal.bytes.size()}));
      }));
  add(newest_snapshot_damaged, "a newer snapshot is damaged, and the chain is not complete", Verdict::refused, {},
      from<Chain>([](Chain& disk) {
        disk.files["snapshot-4.dat"] = "damaged";
        disk.files["wal-3.log"].resize(4096 + 50);
      }));
  add(newest_snapshot_damaged, "a newer snapshot is damaged, and so is a durable record behind it", Verdict::refused,
      {}, from<Chain>([](Chain& disk) {
        disk.next.put("e", "5");
        disk.log(disk.next);
        disk.files["snapshot-4.dat"] = "damaged";
        flip(disk.files["wal-4.log"], 4096 + 34);
      }));
  add(newest_snapshot_damaged, "a newer snapshot is damaged, and its log is gone", Verdict::refused, {},
      from<Chain>([](Chain& disk) { disk.files["snapshot-5.dat"] = "damaged"; }));
  add(no_state, "a log that goes on behind a record, and no snapshot", Verdict::refused, {},
      from<Plain>([](Plain& disk) {
        disk.files.erase("snapshot-3.dat");
        disk.log(LogWriter({.link = kVoid, .generation = 3, .base_seq = 10}));
      }));
  add(nothing_stored, "an open that made its log and no snapshot yet", Verdict::new_store, {}, [] {
    Disk disk;
    disk.log(LogWriter({.link = kVoid, .generation = 1}));
    return disk;
  });
  add(tail_torn, "the last record is flipped", Verdict::torn, {{"a", "1"}, {"b", "2"}},
      from<Plain>([](Plain& disk) { flip(disk.files["wal-3.log"], disk.wal.bytes.size() - 1); }));
  add(tail_torn, "a later record, encoded before the sync of the missing one returned", Verdict::torn, a,
      from<Plain>([](Plain& disk) {
        LogWriter wal({.link = kVoid, .generation = 3, .base_seq = 10});
        wal.put("b", "2", 10);
        wal.put("c", "3", 10);
        disk.log(wal);
        flip(disk.files["wal-3.log"], 4096 + 34);
      }));
  add(tail_torn, "a record of kind 0", Verdict::torn, kPlain, from<Plain>([](Plain& disk) {
        disk.wal.record(0, "", 12);
        disk.log(disk.wal);
      }));
  add(tail_torn, "a record that says that it was durable itself", Verdict::torn, kPlain, from<Plain>([](Plain& disk) {
        disk.wal.put("x", "y", 13);
        disk.log(disk.wal);
      }));
  add(log_unfinished, "a log whose header did not become whole", Verdict::clean, kPlain, from<Plain>([](Plain& disk) {
        disk.files["wal-4.log"] = disk.wal.bytes.substr(0, 512) + std::string(4000, '\0');
      }));
  add(void_log_empty, "an open without a snapshot", Verdict::clean, kPlain,
      from<Plain>([](Plain& disk) { disk.log(LogWriter({.link = kVoid, .generation = 4, .base_seq = 12})); }));
  add(snapshot_replaced, "a compaction's snapshot is damaged, and the chain is complete", Verdict::clean, kChain,
      from<Chain>([](Chain& disk) { disk.files["snapshot-4.dat"] = "damaged"; }));
  return cases;
}

TEST(ReferenceDecoder, EveryRowOfTheTableLeadsToItsVerdict) {
  for (const RowCase& c : row_cases()) {
    SCOPED_TRACE(c.input);
    const DecodedStore store = c.make().decode();
    EXPECT_TRUE(matched(store, c.row)) << store.reason;
    EXPECT_EQ(to_string(store.verdict), to_string(c.verdict)) << store.reason;
    EXPECT_EQ(store.contents, c.contents);
  }
}

// What no campaign comes upon, since it takes two harms or a writer of one's own, the engine must read alike too.
TEST(ReferenceDecoder, AgreesWithTheEngineOnEveryInput) {
  const ReferenceSubject subject;
  for (const RowCase& c : row_cases()) {
    SCOPED_TRACE(c.input);
    const faultfs::Image image = c.make().image();
    faultfs::SimDisk disk(image);
    const auto wrong = subject.second_opinion(image, "db", observe(subject, disk, "db", {.entropy = 1}));
    EXPECT_FALSE(wrong) << wrong->text;
  }
}

TEST(ReferenceDecoder, HasAnInputForEveryRow) {
  const auto cases = row_cases();
  for (const DecodedRowInfo& row : kDecodedRows) {
    if (row.row == DecodedRow::ends_cleanly) continue;  // the worked example
    EXPECT_NE(std::ranges::find(cases, row.row, &RowCase::row), cases.end()) << row.name;
  }
}

TEST(ReferenceDecoder, AWitnessHasToHaveRoomForWhatIsMissing) {
  Plain disk;
  LogWriter wal({.link = kVoid, .generation = 3, .base_seq = 10});
  wal.put("b", "2");
  wal.next_seq = 500;  // no 488 records fit in the 48 bytes before it
  wal.put("c", "3", 499);
  disk.log(wal);
  flip(disk.files["wal-3.log"], 4096 + 34);
  EXPECT_EQ(disk.decode().verdict, Verdict::torn);
}

TEST(ReferenceDecoder, DeadFilesAreNotLookedAt) {
  Plain disk;
  disk.files["wal-1.log"] = reference::file_header(reference::FileKind::log, {.version = 2, .generation = 1});
  disk.files["snapshot-2.dat"] = "damaged";
  EXPECT_EQ(disk.decode().verdict, Verdict::clean);
}

}  // namespace
}  // namespace walbreaker
