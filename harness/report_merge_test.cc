#include "harness/report_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "harness/report_test_util.h"

namespace walbreaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ReportedViolation violation(const std::string& campaign, std::uint64_t index, const std::string& where) {
  return {campaign, ViolationKind::silent_loss, where, index, "out/" + campaign + std::to_string(index), "it is gone"};
}

CampaignReport campaign(const std::string& name, std::uint64_t cases, std::uint64_t violations) {
  CampaignReport report{name, {}, 1.5, true, Verdict::pass};
  report.tally.cases = report.tally.fired = cases;
  report.tally.distinct_images = cases / 2;
  report.tally.violating_cases = violations;
  report.tally.follow_ups = cases / 10;
  report.tally.counts[{"closed", "full"}] = cases;
  report.verdict = verdict_of(report.tally);
  return report;
}

// A run of 1,000 cases of each of two campaigns, and what its three shards would say.
Report whole() {
  Report report;
  report.subject = "reference";
  report.settings = {{"sync", "on_commit"}};
  report.promise = {{"power", "on_ack"}, {"kill", "on_ack"}};
  report.model = "posix";
  report.seed = 7;
  report.budget = "cases 1000";
  report.run = {{campaign("truncate", 1'000, 5), campaign("bitflip", 1'000, 0)}, false, Verdict::violation};
  report.violations = {violation("truncate", 17, "a"), violation("truncate", 400, "b")};
  return report;
}

std::vector<NamedReport> shards() {
  std::vector<NamedReport> shards;
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> parts{{400, 3}, {400, 2}, {200, 0}};
  for (std::uint64_t i = 0; i < parts.size(); ++i) {
    Report report = whole();
    report.shard = {i, parts.size()};
    report.run.campaigns = {campaign("truncate", parts[i].first, parts[i].second),
                            campaign("bitflip", parts[i].first, 0)};
    report.run.verdict = parts[i].second > 0 ? Verdict::violation : Verdict::pass;
    report.violations.clear();
    shards.push_back({std::to_string(i) + ".json", report});
  }
  // Two shards meet cause "a", and each keeps the first case it has.
  shards[0].report.violations = {violation("truncate", 401, "a"), violation("truncate", 400, "b")};
  shards[1].report.violations = {violation("truncate", 17, "a")};
  return shards;
}

std::string without_seconds(Report report) {
  for (CampaignReport& campaign : report.run.campaigns) campaign.seconds = 0;
  return to_json(report);
}

std::string error_of(std::vector<NamedReport> shards) {
  const auto merged = merge_reports(std::move(shards));
  EXPECT_FALSE(merged);
  return merged ? "" : merged.error().context;
}

TEST(MergeReports, OfAllShardsInAnyOrderIsTheReportOfTheWholeRun) {
  auto parts = shards();
  std::ranges::sort(parts, {}, &NamedReport::file);
  do {
    const auto merged = merge_reports(parts);
    ASSERT_TRUE(merged) << merged.error().message();
    EXPECT_EQ(without_seconds(*merged), without_seconds(whole()));
    EXPECT_EQ(merged->run.campaigns[0].seconds, 4.5);
  } while (std::ranges::next_permutation(parts, {}, &NamedReport::file).found);
}

TEST(MergeReports, OfOneWholeReportIsThatReport) {
  const auto merged = merge_reports({{"a.json", whole()}});
  ASSERT_TRUE(merged);
  EXPECT_EQ(to_json(*merged), to_json(whole()));
}

TEST(MergeReports, PassesWhereAShardHadNoCaseOfACampaign) {
  auto parts = shards();
  for (auto& [file, report] : parts) {
    report.violations.clear();
    for (CampaignReport& each : report.run.campaigns) each = campaign(each.name, each.tally.cases, 0);
  }
  parts[2].report.run.campaigns[1] = campaign("bitflip", 0, 0);
  parts[2].report.run.verdict = Verdict::inconclusive;
  ASSERT_EQ(parts[2].report.run.campaigns[1].verdict, Verdict::inconclusive);
  const auto merged = merge_reports(parts);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->run.campaigns[1].verdict, Verdict::pass);
  EXPECT_EQ(merged->run.verdict, Verdict::pass);
}

// A subject that is wrong with no fault at all is found to be by every shard, before its first case.
TEST(MergeReports, CountsWhatEveryShardFoundBeforeItsFirstCaseOnce) {
  Report expected = whole();
  expected.run.campaigns[0] = campaign("truncate", 0, 2);
  expected.violations = {{"truncate", ViolationKind::baseline, "closed", 0, "out/truncate0", "it is wrong"}};
  auto parts = shards();
  for (auto& [file, report] : parts) {
    report.run.campaigns[0] = expected.run.campaigns[0];
    report.violations = expected.violations;
  }
  const auto merged = merge_reports(parts);
  ASSERT_TRUE(merged);
  EXPECT_EQ(without_seconds(*merged), without_seconds(expected));
}

TEST(MergeReports, WithAShardMissingNeverPasses) {
  auto parts = shards();
  parts.erase(parts.begin());
  EXPECT_EQ(merge_reports(parts)->run.verdict, Verdict::violation);
  parts.erase(parts.begin());
  const auto merged = merge_reports(parts);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->run.verdict, Verdict::inconclusive);
  EXPECT_THAT(merged->missing_shards, ElementsAre(0, 1));
  EXPECT_THAT(to_table(*merged, false), HasSubstr("of 3 shards some are missing: 0, 1\n"));
  EXPECT_THAT(to_junit(*merged), HasSubstr("of 3 shards some are missing"));
  EXPECT_THAT(to_github(*merged), HasSubstr("of 3 shards some are missing"));
  EXPECT_THAT(error_of({{"sum.json", *merged}}), HasSubstr("sum.json: missing_shards"));
}

TEST(MergeReports, WithTroubleInOneShardIsInconclusive) {
  auto parts = shards();
  parts.erase(parts.begin(), parts.begin() + 2);
  parts[0].report.shard = {};
  parts[0].report.run.campaigns[0].tally.trouble = "no space";
  EXPECT_EQ(merge_reports(parts)->run.verdict, Verdict::inconclusive);
  parts[0].report.run.campaigns[0].tally.trouble = std::nullopt;
  EXPECT_EQ(merge_reports(parts)->run.verdict, Verdict::pass);
  parts[0].report.run.interrupted = true;
  EXPECT_EQ(merge_reports(parts)->run.verdict, Verdict::inconclusive);
}

TEST(MergeReports, RefusesWhatIsNoShardOfTheSameRunAndNamesFileAndField) {
  const std::vector<std::pair<std::string, std::function<void(Report&)>>> table{
      {"subject", [](Report& report) { report.subject = "other"; }},
      {"settings", [](Report& report) { report.settings = {}; }},
      {"promise", [](Report& report) { report.promise[0].value = "on_sync"; }},
      {"model", [](Report& report) { report.model = ""; }},
      {"seed", [](Report& report) { report.seed = 8; }},
      {"shard.count", [](Report& report) { report.shard.count = 4; }},
      {"budget", [](Report& report) { report.budget = "cases 999"; }},
      {"campaigns", [](Report& report) { report.run.campaigns.pop_back(); }},
      {"shard", [](Report& report) { report.shard.index = 1; }},
  };
  for (const auto& [field, change] : table) {
    auto parts = shards();
    change(parts[2].report);
    EXPECT_THAT(error_of(parts), HasSubstr("2.json: " + field + ": ")) << field;
  }
  EXPECT_EQ(error_of({}), "no report");
}

TEST(MergeReports, RefusesNumbersThatAreTooLargeToAdd) {
  auto parts = shards();
  parts[1].report.run.campaigns[1].tally.counts[{"closed", "full"}] = std::numeric_limits<std::uint64_t>::max();
  EXPECT_THAT(error_of(parts), HasSubstr("1.json: bitflip counts: too large to add up"));
  parts[1].report.run.campaigns[0].tally.cases = std::numeric_limits<std::uint64_t>::max();
  EXPECT_THAT(error_of(parts), HasSubstr("1.json: truncate cases: too large to add up"));
}

}  // namespace
}  // namespace walbreaker
