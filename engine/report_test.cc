#include "engine/report.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kv {
namespace {

TEST(RecoveryTable, EveryRowStandsAtThePlaceOfItsEnumerator) {
  for (std::size_t i = 0; i < kRecoveryTable.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kRecoveryTable[i].row), i);
    EXPECT_EQ(&info(kRecoveryTable[i].row), &kRecoveryTable[i]);
  }
}

TEST(RecoveryTable, TheLabelsAreAToPInOrder) {
  std::string labels;
  for (const RowInfo& row : kRecoveryTable) labels += row.label;
  EXPECT_EQ(labels, "ABCDEFGHIJKLMNOP");
}

TEST(RecoveryTable, EveryRowHasANameAndAMeaningOfItsOwn) {
  std::set<std::string_view> names, meanings;
  for (const RowInfo& row : kRecoveryTable) {
    names.insert(row.name);
    meanings.insert(row.meaning);
    EXPECT_NE(row.meaning, "") << row.name;
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << row.name;
  }
  EXPECT_EQ(names.size(), kRecoveryTable.size());
  EXPECT_EQ(meanings.size(), kRecoveryTable.size());
}

// Reports and documents name rows: a name or a verdict that changes here changes a promise.
TEST(RecoveryTable, SaysWhatTheFormatSays) {
  std::string table;
  for (const RowInfo& row : kRecoveryTable) {
    table.append({row.label, ' '}).append(row.name).append(" ");
    table.append(row.verdict ? to_string(*row.verdict) : "noted").append("\n");
  }
  EXPECT_EQ(table, R"(A read_failed io_error
B unknown_version unsupported_version
C durable_record_missing corrupted
D log_ends_elsewhere corrupted
E header_damaged corrupted
F void_log_holds_records corrupted
G void_log_snapshot_damaged corrupted
H log_missing corrupted
I newest_snapshot_damaged corrupted
J no_state corrupted
K nothing_stored new_store
L tail_torn torn_tail
M ends_cleanly clean
N log_unfinished noted
O void_log_empty noted
P snapshot_replaced noted
)");
}

TEST(RecoveryTable, ItsNamesAreTheEnumerators) {
  EXPECT_EQ(info(Row::read_failed).name, "read_failed");
  EXPECT_EQ(info(Row::unknown_version).name, "unknown_version");
  EXPECT_EQ(info(Row::durable_record_missing).name, "durable_record_missing");
  EXPECT_EQ(info(Row::log_ends_elsewhere).name, "log_ends_elsewhere");
  EXPECT_EQ(info(Row::header_damaged).name, "header_damaged");
  EXPECT_EQ(info(Row::void_log_holds_records).name, "void_log_holds_records");
  EXPECT_EQ(info(Row::void_log_snapshot_damaged).name, "void_log_snapshot_damaged");
  EXPECT_EQ(info(Row::log_missing).name, "log_missing");
  EXPECT_EQ(info(Row::newest_snapshot_damaged).name, "newest_snapshot_damaged");
  EXPECT_EQ(info(Row::no_state).name, "no_state");
  EXPECT_EQ(info(Row::nothing_stored).name, "nothing_stored");
  EXPECT_EQ(info(Row::tail_torn).name, "tail_torn");
  EXPECT_EQ(info(Row::ends_cleanly).name, "ends_cleanly");
  EXPECT_EQ(info(Row::log_unfinished).name, "log_unfinished");
  EXPECT_EQ(info(Row::void_log_empty).name, "void_log_empty");
  EXPECT_EQ(info(Row::snapshot_replaced).name, "snapshot_replaced");
}

TEST(RecoveryTable, EveryVerdictIsThatOfARow) {
  for (const Verdict verdict : {Verdict::io_error, Verdict::unsupported_version, Verdict::corrupted, Verdict::new_store,
                                Verdict::torn_tail, Verdict::clean}) {
    bool found = false;
    for (const RowInfo& row : kRecoveryTable) found = found || row.verdict == verdict;
    EXPECT_TRUE(found) << to_string(verdict);
  }
}

TEST(Verdict, TheOrderOfPrecedenceIsThatOfTheFormat) {
  const std::vector<Verdict> order = {Verdict::io_error,  Verdict::unsupported_version, Verdict::corrupted,
                                      Verdict::new_store, Verdict::torn_tail,           Verdict::clean};
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(static_cast<std::size_t>(order[i]), i);
}

TEST(Verdict, IsSpelledLikeItsEnumerator) {
  EXPECT_EQ(to_string(Verdict::io_error), "io_error");
  EXPECT_EQ(to_string(Verdict::unsupported_version), "unsupported_version");
  EXPECT_EQ(to_string(Verdict::corrupted), "corrupted");
  EXPECT_EQ(to_string(Verdict::new_store), "new_store");
  EXPECT_EQ(to_string(Verdict::torn_tail), "torn_tail");
  EXPECT_EQ(to_string(Verdict::clean), "clean");
  EXPECT_EQ(to_string(static_cast<Verdict>(99)), "unknown");
}

TEST(Finding, PrintsItsFileItsOffsetAndItsProof) {
  EXPECT_EQ(to_string(Finding{Row::tail_torn, "wal-3.log", 4160, "no record verifies here"}),
            "wal-3.log at offset 4160: no record verifies here");
  EXPECT_EQ(to_string(Finding{Row::nothing_stored, "", 0, "nothing was ever stored here"}),
            "nothing was ever stored here");
}

TEST(Finding, PrintsTheErrnoOfAFailedRead) {
  EXPECT_EQ(to_string(Finding{Row::read_failed, "wal-3.log", 4160, "read wal-3.log", EIO}),
            "wal-3.log at offset 4160: read wal-3.log: Input/output error");
}

TEST(Finding, AsAnErrorSaysWhatWasDoneWhereAndWhy) {
  const Error error = to_error({Row::read_failed, "wal-3.log", 4160, "read wal-3.log", EIO}, "open store");
  EXPECT_EQ(error.code, ErrorCode::io_error);
  EXPECT_EQ(error.os_error, EIO);
  EXPECT_EQ(error.context, "open store: wal-3.log at offset 4160: read wal-3.log");
}

TEST(Finding, AsAnErrorHasTheCodeOfItsRowsVerdict) {
  const std::map<Verdict, ErrorCode> codes = {
      {Verdict::io_error, ErrorCode::io_error},   {Verdict::unsupported_version, ErrorCode::unsupported_version},
      {Verdict::corrupted, ErrorCode::corrupted}, {Verdict::new_store, ErrorCode::ok},
      {Verdict::torn_tail, ErrorCode::ok},        {Verdict::clean, ErrorCode::ok}};
  for (const RowInfo& row : kRecoveryTable) {
    const ErrorCode expected = row.verdict ? codes.at(*row.verdict) : ErrorCode::ok;
    EXPECT_EQ(to_error(Finding{row.row, "", 0, "proof"}, "open store").code, expected) << row.name;
  }
}

TEST(Report, TheSummaryOfACleanStoreSaysHowMuchWasReplayed) {
  Report report;
  report.verdict = Verdict::clean;
  report.findings = {{Row::ends_cleanly, "wal-3.log", 4160, "record 12 is the last one"}};
  report.records_replayed = 12;
  report.snapshot_generation = 3;
  EXPECT_EQ(report.summary(), "clean: 12 records after the snapshot of generation 3");
}

TEST(Report, TheSummaryOfAnyOtherStoreIsTheFindingThatDecided) {
  Report report;
  report.verdict = Verdict::corrupted;
  report.findings = {{Row::durable_record_missing, "wal-3.log", 5120, "record 12 was lost"},
                     {Row::log_unfinished, "wal-4.log", 0, "no header"}};
  EXPECT_EQ(report.summary(), "corrupted: wal-3.log at offset 5120: record 12 was lost");
}

}  // namespace
}  // namespace kv
