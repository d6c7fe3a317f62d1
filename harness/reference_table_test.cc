#include "harness/reference_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace walbreaker {
namespace {

std::string format_document() {
  std::ifstream file(WALBREAKER_FORMAT_DOCUMENT);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string_view verdict_in_document(RowVerdict verdict) {
  switch (verdict) {
    case RowVerdict::unsupported_version: return "`unsupported_version`";
    case RowVerdict::corrupted: return "`corrupted`";
    case RowVerdict::new_store: return "`new_store`";
    case RowVerdict::torn_tail: return "`torn_tail`";
    case RowVerdict::clean: return "`clean`";
    case RowVerdict::noted: return "noted";
  }
  return "unknown";
}

TEST(ReferenceTable, HasTheRowsOfTheDocumentWithTheirVerdicts) {
  const std::string document = format_document();
  for (const DecodedRowInfo& row : kDecodedRows) {
    EXPECT_EQ(&info(row.row), &row);
    const std::size_t at = document.find(fmt::format("\n| {} | `{}` |", row.letter, row.name));
    ASSERT_NE(at, std::string::npos) << row.name;
    const std::string line = document.substr(at + 1, document.find('\n', at + 1) - at - 1);
    EXPECT_NE(line.find(fmt::format(" | {} | ", verdict_in_document(row.verdict))), std::string::npos) << line;
  }
}

TEST(ReferenceTable, AFindingNamesItsRowAndPlace) {
  const DecodedFinding finding{DecodedRow::tail_torn, "wal-2.log", 4144, "no record header verifies there"};
  EXPECT_EQ(finding.message(), "row L tail_torn: wal-2.log at offset 4144: no record header verifies there");
}

}  // namespace
}  // namespace walbreaker
