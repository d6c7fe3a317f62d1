// The table of engine/FORMAT.md, "Recovery", as the second reader of that document knows it (reference_decoder.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace walbreaker {

// The rows of the table in FORMAT.md that an image can match; a read of an image never fails, so that row A is none.
enum class DecodedRow {
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

// What a row says, in the order in which they decide: the first one that any row says is the verdict.
enum class RowVerdict { unsupported_version, corrupted, new_store, torn_tail, clean, noted };

struct DecodedRowInfo {
  DecodedRow row;
  char letter;            // in FORMAT.md
  std::string_view name;  // the enumerator's
  RowVerdict verdict;
};

inline constexpr std::array<DecodedRowInfo, 15> kDecodedRows{{
    {DecodedRow::unknown_version, 'B', "unknown_version", RowVerdict::unsupported_version},
    {DecodedRow::durable_record_missing, 'C', "durable_record_missing", RowVerdict::corrupted},
    {DecodedRow::log_ends_elsewhere, 'D', "log_ends_elsewhere", RowVerdict::corrupted},
    {DecodedRow::header_damaged, 'E', "header_damaged", RowVerdict::corrupted},
    {DecodedRow::void_log_holds_records, 'F', "void_log_holds_records", RowVerdict::corrupted},
    {DecodedRow::void_log_snapshot_damaged, 'G', "void_log_snapshot_damaged", RowVerdict::corrupted},
    {DecodedRow::log_missing, 'H', "log_missing", RowVerdict::corrupted},
    {DecodedRow::newest_snapshot_damaged, 'I', "newest_snapshot_damaged", RowVerdict::corrupted},
    {DecodedRow::no_state, 'J', "no_state", RowVerdict::corrupted},
    {DecodedRow::nothing_stored, 'K', "nothing_stored", RowVerdict::new_store},
    {DecodedRow::tail_torn, 'L', "tail_torn", RowVerdict::torn_tail},
    {DecodedRow::ends_cleanly, 'M', "ends_cleanly", RowVerdict::clean},
    {DecodedRow::log_unfinished, 'N', "log_unfinished", RowVerdict::noted},
    {DecodedRow::void_log_empty, 'O', "void_log_empty", RowVerdict::noted},
    {DecodedRow::snapshot_replaced, 'P', "snapshot_replaced", RowVerdict::noted},
}};

[[nodiscard]] const DecodedRowInfo& info(DecodedRow row);

// A row that matched, and the place that shows it.
struct DecodedFinding {
  DecodedRow row;
  std::string file;  // a name in the store's directory; empty: the directory as a whole
  std::uint64_t offset = 0;
  std::string text;

  // "row C durable_record_missing: wal-2.log at offset 4144: ..."
  [[nodiscard]] std::string message() const;
};

}  // namespace walbreaker
