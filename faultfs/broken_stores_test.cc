// Planted defects: each is found under the models that can show it, and passes under the models that cannot. So the
// models differ in what they mean, and not in their spelling alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/toy_store_test_util.h"
#include "faultfs/trace.h"

namespace faultfs {
namespace {

using testing::ContainsRegex;
using testing::Gt;
using testing::IsEmpty;
using testing::Not;

// The named model that promises least, and shows every defect.
constexpr std::string_view kWeakestModel = "posix";

constexpr std::string_view kSecondSyncFails = "sync_error sync at 1 once of *\n";

struct Expectation {
  std::string_view model;
  std::string_view why;
};

struct Row {
  Scenario scenario;
  std::vector<Expectation> shown_by;
  std::vector<Expectation> hidden_by;
  std::vector<std::string> needs;  // what every state that shows the defect has among its named_fates()
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << to_string(row.scenario.defect); }

// Every row judges the four named models; the others differ from one of them in one field, mostly the one that makes
// the difference.
const std::vector<Row> kRows{
    {.scenario = {.layout = Layout::log, .defect = Defect::no_sync_before_ack, .faults = ""},
     .shown_by = {{"posix", "a write that was never synced may be dropped, whatever was acked since"},
                  {"ordered", "a journal makes nothing durable that nobody syncs"},
                  {"synced_only", "nothing was synced, so all of it is gone"},
                  {"process_kill survival=none", "the page cache dies with the machine"}},
     .hidden_by = {{"process_kill", "the page cache lives, and the next process reads what was written"},
                   {"posix survival=all", "the same, with every other promise as weak as can be"}},
     .needs = {"write log (dropped|trashed|torn)"}},

    {.scenario = {.layout = Layout::log, .defect = Defect::no_directory_sync, .faults = ""},
     .shown_by = {{"posix", "the records are durable in a file that has no name"},
                  {"synced_only", "the name was never synced, so it is gone"},
                  {"posix directory_order=in_order", "the create may be dropped, since nothing after it was synced"},
                  {"ordered sync_names_file=false", "the journal need not be committed for the sake of the file"}},
     .hidden_by = {{"process_kill", "the name is in the page cache"},
                   {"ordered", "a sync of the file makes its name durable, which one commit of the journal holds"},
                   {"posix sync_names_file=true", "the first record's sync makes the name durable too"}},
     .needs = {"create log dropped"}},

    {.scenario = {.layout = Layout::snapshots, .defect = Defect::rename_before_sync, .faults = ""},
     .shown_by = {{"posix", "the rename may be kept and the bytes dropped: a new name for an empty file"},
                  {"ordered", "names are ordered among themselves, and not with the data of a file"},
                  {"posix size_before_data=none", "the size that goes with no data is 0, the file of length zero"}},
     .hidden_by = {{"process_kill", "the page cache has the name and the bytes"},
                   {"synced_only", "the name survives no earlier than its sync_dir, and the sync comes before that"},
                   {"posix survival=none", "the same"},
                   {"posix directory_order=lost", "again: no rename is ahead of its sync_dir"}},
     .needs = {"write tmp (dropped|trashed|torn)", "rename tmp to snapshot-[0-9]+ kept"}},

    {.scenario = {.layout = Layout::log, .defect = Defect::size_before_data, .faults = ""},
     .shown_by = {{"posix", "the size survives without the bytes, and what stands there instead is read as records"},
                  {"posix size_before_data=zeros", "zeros are a record with an empty key and an empty value"},
                  {"ordered size_before_data=zeros", "a journal that commits a size before the data is written"}},
     .hidden_by = {{"process_kill", "a write cut short leaves a size that covers its first bytes and nothing else"},
                   {"synced_only", "a size survives by the sync that brings the bytes"},
                   {"ordered", "data is written before the size that covers it is committed"},
                   {"posix size_before_data=none", "the same promise alone: the log ends where its bytes end"}},
     .needs = {"write log (trashed|torn [kd]*[zgs]|torn d+k)"}},

    {.scenario = {.layout = Layout::log, .defect = Defect::retried_sync, .faults = kSecondSyncFails},
     .shown_by = {{"posix", "the failed sync left the pages clean, and the second one wrote none of them"},
                  {"ordered", "no order of the journal helps data that nobody writes any more"},
                  {"synced_only", "what the failed sync was to bring was never synced"},
                  {"posix size_before_data=none", "what is lost is the record, whatever the size says"}},
     .hidden_by = {{"process_kill", "clean or not, the pages live"},
                   {"posix survival=all", "the same"},
                   {"posix failed_sync=stays_pending", "here a second sync does what many believe: it tries again"}},
     .needs = {"write log (dropped|trashed|torn)"}},

    {.scenario = {.layout = Layout::header, .defect = Defect::torn_header, .faults = ""},
     .shown_by = {{"posix", "of two sectors the second alone may survive: a selector that points to an old slot"},
                  {"ordered", "data that overwrites data is in no journal and has no order"},
                  {"posix sector_bytes=256", "smaller sectors tear in more places"}},
     .hidden_by = {{"process_kill", "a write cut short leaves its first bytes, and the selector is the last"},
                   {"synced_only", "the whole header survives by one sync"},
                   {"posix sector_bytes=4096", "the header lies in one sector, which is written whole"},
                   {"posix data_order=in_order", "sectors survive in the order of the write, the selector last"}},
     .needs = {"write header torn d+k"}},

    {.scenario = {.layout = Layout::snapshots, .defect = Defect::unlink_before_durable, .faults = ""},
     .shown_by = {{"posix", "the unlink may be kept and the rename before it dropped: no snapshot has a name"},
                  {"ordered directory_order=any", "two names of one directory, each on its own"},
                  {"posix sync_names_file=true", "a sync names the file as it was created, and renames are left out"}},
     .hidden_by = {{"process_kill", "both names are as the process left them"},
                   {"synced_only", "one sync_dir makes both durable"},
                   {"ordered", "the journal keeps no unlink without the rename that came before it"},
                   {"posix directory_order=in_order", "the same promise alone"},
                   {"posix directory_order=lost", "one sync_dir makes both durable"}},
     .needs = {"rename tmp to snapshot-[0-9]+ dropped", "unlink snapshot-[0-9]+ kept"}},
};

DiskModel model_of(std::string_view text) {
  const auto model = parse_disk_model(text);
  EXPECT_TRUE(model) << model.error().message();
  return *model;
}

// What each survey has to have done, lest it passes for want of trying.
void expect_thorough(const Survey& survey) {
  EXPECT_TRUE(survey.coverage.exhaustive()) << to_text(survey.coverage);
  EXPECT_THAT(survey.coverage.points, Gt(survey.trace.ops.size()));
  EXPECT_THAT(survey.judged, Gt(0U));
  EXPECT_EQ(survey.judged, survey.coverage.distinct_images);
}

class BrokenStore : public testing::TestWithParam<Row> {
 protected:
  static Survey survey_under(std::string_view model) {
    Survey survey = survey_of(GetParam().scenario, model_of(model));
    expect_thorough(survey);
    return survey;
  }
};

TEST_P(BrokenStore, AcksEveryCommandAsIfNothingWereWrong) {
  const Trace trace = record_workload(GetParam().scenario, model_of(kWeakestModel));
  EXPECT_EQ(acked_commands(trace), workload_commands());
}

TEST_P(BrokenStore, IsFoundUnderEveryModelThatCanShowItsDefect) {
  for (const auto& [model, why] : GetParam().shown_by) {
    SCOPED_TRACE(std::string(model) + ": " + std::string(why));
    EXPECT_THAT(survey_under(model).violations, Not(IsEmpty()));
  }
}

TEST_P(BrokenStore, PassesUnderEveryModelThatCannotShowItsDefect) {
  for (const auto& [model, why] : GetParam().hidden_by) {
    SCOPED_TRACE(std::string(model) + ": " + std::string(why));
    const Survey survey = survey_under(model);
    for (const Violation& wrong : survey.violations) ADD_FAILURE() << to_text(wrong.state);
  }
}

TEST_P(BrokenStore, BreaksOnlyInStatesThatHaveTheFatesOfItsDefect) {
  const Survey survey = survey_under(kWeakestModel);
  ASSERT_THAT(survey.violations, Not(IsEmpty()));
  for (const Violation& wrong : survey.violations) {
    for (const std::string& fate : GetParam().needs) {
      EXPECT_THAT(named_fates(wrong.state, survey.trace), ContainsRegex(fate)) << to_text(wrong.state);
    }
  }
}

TEST_P(BrokenStore, BreaksAgainFromTheTextsOfItsTraceStateAndModelAlone) {
  const Survey survey = survey_under(kWeakestModel);
  ASSERT_THAT(survey.violations, Not(IsEmpty()));
  const std::string trace_text = to_text(survey.trace);
  const auto trace = parse_trace(trace_text);
  ASSERT_TRUE(trace) << trace.error().message();
  const DiskModel model = model_of(to_text(model_of(kWeakestModel)));
  for (const Violation& wrong : survey.violations) {
    const auto state = parse_crash_state(to_text(wrong.state));
    ASSERT_TRUE(state) << state.error().message();
    EXPECT_EQ(*state, wrong.state);
    const auto image = apply(*state, *trace, model);
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_TRUE(*image == wrong.image) << to_text(wrong.state);
    EXPECT_EQ(complaint(GetParam().scenario, *trace, state->point, *image), wrong.complaint);
  }
}

// The sharpest proof that a field means something: the defect comes and goes with that field alone.
TEST_P(BrokenStore, IsToldApartByOneFieldOfTheModel) {
  const auto is_one_field_away = [](const Expectation& hides) {
    const std::string_view text = hides.model;
    return text.starts_with(std::string(kWeakestModel) + " ") && std::ranges::count(text, '=') == 1;
  };
  EXPECT_TRUE(std::ranges::any_of(GetParam().hidden_by, is_one_field_away));
}

TEST_P(BrokenStore, IsJudgedUnderEveryNamedModel) {
  std::set<std::string_view> judged;
  for (const Expectation& e : GetParam().shown_by) judged.insert(e.model);
  for (const Expectation& e : GetParam().hidden_by) judged.insert(e.model);
  for (const NamedModel& named : named_models()) EXPECT_TRUE(judged.contains(named.model.name)) << named.model.name;
}

std::string name_of_row(const testing::TestParamInfo<Row>& row) {
  return std::string(to_string(row.param.scenario.defect));
}

INSTANTIATE_TEST_SUITE_P(EveryDefect, BrokenStore, testing::ValuesIn(kRows), name_of_row);

using Sound = std::tuple<Layout, std::string_view>;

// With no defect, and with or without a sync that fails: the store that passes where its broken twin is found.
class SoundStore : public testing::TestWithParam<Sound> {
 protected:
  static Scenario scenario() {
    const auto& [layout, faults] = GetParam();
    return {.layout = layout, .defect = Defect::none, .faults = faults};
  }

  static std::set<std::string_view> models_of_the_table() {
    std::set<std::string_view> models;
    for (const Row& row : kRows) {
      for (const Expectation& e : row.shown_by) models.insert(e.model);
      for (const Expectation& e : row.hidden_by) models.insert(e.model);
    }
    return models;
  }
};

TEST_P(SoundStore, PassesUnderEveryModelOfTheTable) {
  for (const std::string_view model : models_of_the_table()) {
    SCOPED_TRACE(model);
    const Survey survey = survey_of(scenario(), model_of(model));
    expect_thorough(survey);
    for (const Violation& wrong : survey.violations) {
      ADD_FAILURE() << to_text(wrong.state) << '\n'
                    << named_fates(wrong.state, survey.trace) << '\n'
                    << wrong.complaint;
    }
  }
}

TEST_P(SoundStore, AcksEveryCommandUntilASyncFails) {
  const Trace trace = record_workload(scenario(), model_of("posix"));
  if (scenario().faults.empty()) {
    EXPECT_EQ(acked_commands(trace), workload_commands());
  } else {
    EXPECT_LT(acked_commands(trace), workload_commands());
    EXPECT_EQ(trace.marks.back().kind, MarkKind::failed);
  }
}

std::string name_of_sound(const testing::TestParamInfo<Sound>& sound) {
  const auto& [layout, faults] = sound.param;
  return std::string(to_string(layout)) + (faults.empty() ? "" : "_whose_second_sync_fails");
}

INSTANTIATE_TEST_SUITE_P(EveryLayout, SoundStore,
                         testing::Combine(testing::Values(Layout::log, Layout::snapshots, Layout::header),
                                          testing::Values(std::string_view(), kSecondSyncFails)),
                         name_of_sound);

}  // namespace
}  // namespace faultfs
