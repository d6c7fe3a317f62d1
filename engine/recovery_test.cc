// The decision table: what recovery says, what is served, and that nothing changes on the disk that must not.
#include "engine/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/file_name.h"
#include "engine/recovery_case.h"
#include "engine/store_scene.h"

namespace kv {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

ErrorCode refusal(Verdict verdict) {
  if (verdict == Verdict::io_error) return ErrorCode::io_error;
  if (verdict == Verdict::unsupported_version) return ErrorCode::unsupported_version;
  return ErrorCode::corrupted;
}

class RecoveryTable : public testing::TestWithParam<RecoveryCase> {
 protected:
  void start(bool with_lock) {
    before_ = disk_with(GetParam().image, with_lock);
    disk_ = std::make_unique<MemoryVfs>(before_);
    vfs_ = std::make_unique<ScriptedVfs>(*disk_, ScriptedVfs::Watch::looks);
    if (!GetParam().unreadable.empty()) {
      vfs_->fail({.named = "read " + GetParam().unreadable, .lasting = Lasting::for_ever});
    }
  }

  void expect_refusal(const Options& options) {
    const auto store = open_store(*vfs_, options);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, refusal(GetParam().verdict));
    EXPECT_THAT(store.error().context, HasSubstr(kDirectory));
    EXPECT_THAT(store.error().context, HasSubstr(GetParam().file));
    EXPECT_THAT(store.error().context, HasSubstr(" at offset "));
    EXPECT_THAT(differences(before_, disk_->image()), IsEmpty());
  }

  void expect_a_prefix_read_only(const Options& options) {
    const auto store = must(open_store(*vfs_, options));
    EXPECT_EQ(contents_of(*store), GetParam().contents);
    EXPECT_EQ(store->status(), GetParam().verdict == Verdict::corrupted ? ErrorCode::corrupted : ErrorCode::ok);
    EXPECT_EQ(error_of(store->put("k", "v")).code, ErrorCode::read_only);
    EXPECT_EQ(error_of(store->compact()).code, ErrorCode::read_only);
    must(store->close());
    EXPECT_THAT(differences(before_, disk_->image()), IsEmpty());
  }

  void expect_it_opens_and_stays_the_same() {
    auto store = must(open_store(*vfs_));
    EXPECT_EQ(contents_of(*store), GetParam().contents);
    EXPECT_EQ(store->status(), ErrorCode::ok);
    store.reset();
    EXPECT_EQ(reopened(disk_->image()).contents, GetParam().contents);
    EXPECT_EQ(reopened(disk_->durable_image()).contents, GetParam().contents);
    EXPECT_EQ(reopened(disk_->durable_image()).report.verdict, Verdict::clean);
    store = must(open_store(*vfs_));
    must(store->put("later", "1"));
    must(store->close());
    Contents later = GetParam().contents;
    later["later"] = "1";
    EXPECT_EQ(reopened(disk_->durable_image()).contents, later);
  }

  void expect_its_verdict_with_file_and_offset() {
    const RecoveryCase& expected = GetParam();
    const Report report = must(verify(*vfs_, kDirectory));
    EXPECT_EQ(report.verdict, expected.verdict) << report.summary();
    EXPECT_EQ(report.servable, expected.servable);
    const auto is_expected = [&](const Finding& finding) {
      return finding.row == expected.row && finding.file == expected.file && finding.offset == expected.offset;
    };
    ASSERT_FALSE(report.findings.empty());
    EXPECT_TRUE(std::ranges::any_of(report.findings, is_expected)) << to_string(report.findings.front());
    EXPECT_FALSE(report.findings.front().proof.empty());
    const bool decides = info(expected.row).verdict.has_value();
    EXPECT_EQ(decides, report.findings.front().row == expected.row);
    const auto is_of_no_store = [](const Finding& finding) { return finding.row == Row::nothing_stored; };
    EXPECT_EQ(std::ranges::any_of(report.findings, is_of_no_store), expected.verdict == Verdict::new_store);
    EXPECT_THAT(differences(before_, disk_->image()), IsEmpty());
  }

  void expect_a_read_only_open_to_change_nothing() {
    GetParam().servable ? expect_a_prefix_read_only(read_only()) : expect_refusal(read_only());
  }

  void expect_it_to_be_written_only_where_it_is_not_damaged() {
    if (!GetParam().servable) {
      expect_refusal(seeded());
    } else if (GetParam().verdict == Verdict::corrupted) {
      expect_a_prefix_read_only(seeded());
    } else {
      expect_it_opens_and_stays_the_same();
    }
  }

  void expect_damage_to_be_refused_where_that_is_asked_for() {
    const Options strict = seeded({.refuse_damaged = true});
    if (!GetParam().servable || GetParam().verdict == Verdict::corrupted) {
      expect_refusal(strict);
    } else {
      EXPECT_EQ(contents_of(*must(open_store(*vfs_, strict))), GetParam().contents);
    }
  }

  Image before_;
  std::unique_ptr<MemoryVfs> disk_;
  std::unique_ptr<ScriptedVfs> vfs_;
};

TEST_P(RecoveryTable, IsJudgedServedAndLeftAloneAsItsRowSays) {
  for (const bool with_lock : {true, false}) {
    SCOPED_TRACE(with_lock ? "with a LOCK" : "without a LOCK");
    start(with_lock);
    expect_its_verdict_with_file_and_offset();
    expect_a_read_only_open_to_change_nothing();
    expect_damage_to_be_refused_where_that_is_asked_for();
    start(with_lock);
    expect_it_to_be_written_only_where_it_is_not_damaged();
  }
}

INSTANTIATE_TEST_SUITE_P(Row, RecoveryTable, testing::ValuesIn(recovery_cases()), [](const auto& test) {
  return std::string(1, kv::info(test.param.row).label) + "_" + std::string(test.param.name);
});

TEST(RecoveryTableCases, CoverEveryRowAndEveryVerdict) {
  std::set<Row> rows;
  std::set<Verdict> verdicts;
  std::set<std::string_view> names;
  for (const RecoveryCase& a_case : recovery_cases()) {
    rows.insert(a_case.row);
    verdicts.insert(a_case.verdict);
    EXPECT_TRUE(names.insert(a_case.name).second) << a_case.name;
  }
  for (const RowInfo& row : kRecoveryTable) EXPECT_TRUE(rows.contains(row.row)) << row.label << ' ' << row.name;
  for (int i = 0; i <= static_cast<int>(Verdict::clean); ++i) {
    EXPECT_TRUE(verdicts.contains(static_cast<Verdict>(i))) << to_string(static_cast<Verdict>(i));
  }
}

TEST(RecoveryTableCases, HaveRowsInTheOrderOfTheirLabels) {
  char label = 'A';
  for (const RowInfo& row : kRecoveryTable) {
    EXPECT_EQ(row.label, label++);
    EXPECT_EQ(&info(row.row), &row);
  }
}

}  // namespace
}  // namespace kv
