// What recovery found, and what it made of it: the decision table as data.
//
// Recovery looks at every file of a store and notes findings, each a row of the table below. The verdict is that of
// the finding whose verdict stands first in the order of enum Verdict. FORMAT.md tells the same table in prose, with
// the reason for each row; recovery_test.cc makes an input for each.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/options.h"
#include "engine/result.h"

namespace kv {

// In order of precedence: of the rows that match, the one whose verdict stands first here wins.
enum class Verdict {
  io_error,             // a read failed: nothing is known, nothing is served
  unsupported_version,  // a newer program wrote this
  corrupted,            // damage that no crash explains
  new_store,            // nothing was ever stored here
  torn_tail,            // what a crash leaves at the end of a log; the tail was never promised, and is dropped
  clean,
};

enum class Row {
  read_failed,
  unknown_version,
  durable_record_missing,
  log_ends_elsewhere,
  header_damaged,
  void_log_holds_records,
  void_log_snapshot_damaged,
  log_missing,
  newest_snapshot_damaged,
  no_state,
  nothing_stored,
  tail_torn,
  ends_cleanly,
  log_unfinished,
  void_log_empty,
  snapshot_replaced,
};

struct RowInfo {
  Row row;
  char label;
  std::string_view name;           // the enumerator's
  std::optional<Verdict> verdict;  // none: the row is noted, and decides nothing
  std::string_view meaning;
};

inline constexpr std::array<RowInfo, 16> kRecoveryTable{{
    {Row::read_failed, 'A', "read_failed", Verdict::io_error, "a read fails: that is never the end of a log"},
    {Row::unknown_version, 'B', "unknown_version", Verdict::unsupported_version,
     "an unknown format version, record kind or payload, behind a good checksum"},
    {Row::durable_record_missing, 'C', "durable_record_missing", Verdict::corrupted,
     "a later record of the log proves that the one missing here had been durable"},
    {Row::log_ends_elsewhere, 'D', "log_ends_elsewhere", Verdict::corrupted,
     "the log that follows says that this one ended at another offset or record"},
    {Row::header_damaged, 'E', "header_damaged", Verdict::corrupted,
     "the header of a log that was in use does not verify"},
    {Row::void_log_holds_records, 'F', "void_log_holds_records", Verdict::corrupted,
     "a log that is void without its snapshot holds a record, and the snapshot is gone"},
    {Row::void_log_snapshot_damaged, 'G', "void_log_snapshot_damaged", Verdict::corrupted,
     "the snapshot that gives a void log its meaning does not verify"},
    {Row::log_missing, 'H', "log_missing", Verdict::corrupted,
     "a snapshot without its log, or a log whose predecessor is gone"},
    {Row::newest_snapshot_damaged, 'I', "newest_snapshot_damaged", Verdict::corrupted,
     "the newest snapshot does not verify, and no complete chain of logs replaces it"},
    {Row::no_state, 'J', "no_state", Verdict::corrupted, "logs, but no snapshot that they could build on"},
    {Row::nothing_stored, 'K', "nothing_stored", Verdict::new_store,
     "no file holds any state: nothing was ever stored"},
    {Row::tail_torn, 'L', "tail_torn", Verdict::torn_tail, "the last log ends in bytes that a crash explains"},
    {Row::ends_cleanly, 'M', "ends_cleanly", Verdict::clean, "the last log ends at the end of its file, or in zeros"},
    {Row::log_unfinished, 'N', "log_unfinished", std::nullopt,
     "a log without a readable header, nothing after it and no snapshot: a crash at its creation; ignored"},
    {Row::void_log_empty, 'O', "void_log_empty", std::nullopt,
     "a void log without its snapshot and without a record: a crash in an open; ignored"},
    {Row::snapshot_replaced, 'P', "snapshot_replaced", std::nullopt,
     "a newer snapshot does not verify, and the complete chain of logs from an older one replaces it; ignored"},
}};

[[nodiscard]] const RowInfo& info(Row row);
[[nodiscard]] std::string_view to_string(Verdict verdict);

// One row that matched, where, and the proof in words.
struct Finding {
  Row row;
  std::string file;          // its name in the store's directory, or empty where no single file is meant
  std::uint64_t offset = 0;  // bytes from the start of that file
  std::string proof;         // "record 17, at offset 5120, was written when record 12 was durable"
  int os_error = 0;          // errno of a failed read
};

// "wal-3.log at offset 4160: record 17, ..."; with the errno's text where there is one.
[[nodiscard]] std::string to_string(const Finding& finding);

// The finding as an error, with the code of its row's verdict. `what` stands in front: "open DIR".
[[nodiscard]] Error to_error(const Finding& finding, std::string_view what);

struct Report {
  Verdict verdict = Verdict::clean;
  std::vector<Finding> findings;  // at least one: the one that decided first, then the others as they were met

  // Whether there is a prefix that can be served. False: an open fails with the verdict's error.
  bool servable = true;

  Generation snapshot_generation = 0;  // of the snapshot that recovery started from; 0 where there was none
  Seq snapshot_seq = 0;                // the last record that this snapshot holds
  Seq last_seq = 0;                    // the last record recovered
  std::uint64_t records_replayed = 0;
  std::string stopped_in;  // the log in which replay ended, and where
  std::uint64_t stopped_at = 0;

  Generation highest_generation = 0;       // of all files, dead and temporary ones included
  std::vector<std::string> live_files;     // what the contents came from, in the order it was read
  std::vector<std::string> dead_files;     // of a generation below the snapshot's, and not looked at
  std::vector<std::string> temporaries;    // snapshots that were never finished; not looked at
  std::vector<std::string> unknown_files;  // not ours; left alone

  // One line: "corrupted: wal-3.log at offset 5120: ..." or "clean: 12 records after the snapshot of generation 3".
  [[nodiscard]] std::string summary() const;
};

}  // namespace kv
