#include "harness/report_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <tuple>
#include <utility>

namespace walbreaker {

namespace {

std::unexpected<kv::Error> wrong(const std::string& file, std::string_view field, const std::string& text) {
  return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("{}: {}: {}", file, field, text));
}

// "sync=on_request compact_after_operations=0", of settings or of terms
template <class Pairs>
std::string text_of(const Pairs& pairs) {
  std::string text;
  for (const auto& [key, value] : pairs) text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, value);
  return text;
}

std::string names_of(const RunReport& run) {
  std::string text;
  for (const CampaignReport& campaign : run.campaigns) text += (text.empty() ? "" : ",") + campaign.name;
  return text;
}

// All that has to be the same in every shard, as text.
std::vector<std::pair<std::string_view, std::string>> question_of(const Report& report) {
  return {{"subject", report.subject},
          {"settings", text_of(report.settings)},
          {"promise", text_of(report.promise)},
          {"model", report.model},
          {"seed", std::to_string(report.seed)},
          {"shard.count", std::to_string(report.shard.count)},
          {"budget", report.budget},
          {"campaigns", names_of(report.run)}};
}

kv::Result<void> check_same(const NamedReport& first, const NamedReport& other) {
  const auto expected = question_of(first.report);
  const auto found = question_of(other.report);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& [field, value] = found[i];
    if (value != expected[i].second) {
      return wrong(other.file, field, fmt::format("\"{}\", but \"{}\" in {}", value, expected[i].second, first.file));
    }
  }
  return {};
}

kv::Result<void> add(const std::string& file, std::string_view field, std::uint64_t more, std::uint64_t& sum) {
  if (__builtin_add_overflow(sum, more, &sum)) return wrong(file, field, "too large to add up");
  return {};
}

kv::Result<void> add(const std::string& file, const CampaignReport& shard, CampaignReport& sum) {
  const Tally& more = shard.tally;
  TRY(add(file, shard.name + " cases", more.cases, sum.tally.cases));
  TRY(add(file, shard.name + " distinct_images", more.distinct_images, sum.tally.distinct_images));
  TRY(add(file, shard.name + " fired", more.fired, sum.tally.fired));
  if (more.cases == 0) {
    // Found before the first case, and so by every shard alike; where there is none, this says nothing.
    sum.tally.violating_cases = std::max(sum.tally.violating_cases, more.violating_cases);
  } else {
    TRY(add(file, shard.name + " violations", more.violating_cases, sum.tally.violating_cases));
  }
  TRY(add(file, shard.name + " follow_ups", more.follow_ups, sum.tally.follow_ups));
  for (const auto& [what, count] : more.counts) {
    TRY(add(file, shard.name + " counts", count, sum.tally.counts[what]));
  }
  if (!sum.tally.trouble) sum.tally.trouble = more.trouble;
  sum.seconds += shard.seconds;
  sum.exhaustive = sum.exhaustive && shard.exhaustive;
  return {};
}

// In the order of the run: by campaign, then by case. One for each cause.
void keep_first_of_each_cause(Report& report) {
  const auto& campaigns = report.run.campaigns;
  const auto place = [&](const ReportedViolation& violation) {
    return std::pair(std::ranges::find(campaigns, violation.campaign, &CampaignReport::name) - campaigns.begin(),
                     violation.case_index);
  };
  std::ranges::stable_sort(report.violations, {}, place);
  std::set<std::tuple<std::string, ViolationKind, std::string>> causes;
  std::vector<ReportedViolation> kept;
  for (ReportedViolation& violation : report.violations) {
    const bool first = causes.emplace(violation.campaign, violation.kind, violation.where).second;
    if (first) kept.push_back(std::move(violation));
  }
  report.violations = std::move(kept);
}

// Of what was added up: a shard may have had no case of a campaign, where all of them together have.
Verdict verdict_of(const Report& report) {
  const auto has = [&](Verdict verdict) {
    return std::ranges::count(report.run.campaigns, verdict, &CampaignReport::verdict) > 0;
  };
  if (has(Verdict::violation)) return Verdict::violation;
  const bool measured = !report.run.campaigns.empty() && !has(Verdict::inconclusive);
  const bool whole = report.missing_shards.empty() && !report.run.interrupted;
  return measured && whole ? Verdict::pass : Verdict::inconclusive;
}

// Shards that can be added, in their order.
kv::Result<void> check(const std::vector<NamedReport>& shards) {
  if (shards.empty()) return kv::fail(kv::ErrorCode::invalid_argument, "no report");
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto& [file, report] = shards[i];
    if (!report.missing_shards.empty()) return wrong(file, "missing_shards", "it is a sum already");
    if (i == 0) continue;
    TRY(check_same(shards.front(), shards[i]));
    if (report.shard == shards[i - 1].report.shard) {
      return wrong(file, "shard",
                   fmt::format("{}/{}, as in {}", report.shard.index, report.shard.count, shards[i - 1].file));
    }
  }
  return {};
}

}  // namespace

kv::Result<Report> merge_reports(std::vector<NamedReport> shards) {
  std::ranges::stable_sort(shards, {}, [](const NamedReport& shard) { return shard.report.shard.index; });
  TRY(check(shards));
  Report sum = shards.front().report;
  for (const auto& [file, report] : std::span(shards).subspan(1)) {
    for (std::size_t i = 0; i < report.run.campaigns.size(); ++i) {
      TRY(add(file, report.run.campaigns[i], sum.run.campaigns[i]));
    }
    sum.run.interrupted = sum.run.interrupted || report.run.interrupted;
    sum.violations.insert(sum.violations.end(), report.violations.begin(), report.violations.end());
  }
  for (std::uint64_t index = 0, next = 0; index < sum.shard.count; ++index) {
    const bool there = next < shards.size() && shards[next].report.shard.index == index;
    if (there) ++next;
    if (!there) sum.missing_shards.push_back(index);
  }
  sum.shard = {0, sum.missing_shards.empty() ? 1 : sum.shard.count};
  keep_first_of_each_cause(sum);
  for (CampaignReport& campaign : sum.run.campaigns) campaign.verdict = verdict_of(campaign.tally);
  sum.run.verdict = verdict_of(sum);
  return sum;
}

}  // namespace walbreaker
