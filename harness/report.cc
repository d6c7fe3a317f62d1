#include "harness/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/text.h"

namespace walbreaker {

namespace {

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "\x1b[32m";
    case Verdict::violation: return "\x1b[1;31m";
    case Verdict::inconclusive: return "\x1b[33m";
  }
  return "";
}

std::string paint(Verdict verdict, bool coloured, std::size_t width) {
  std::string text = fmt::format("{:<{}}", to_string(verdict), width);
  return coloured ? fmt::format("{}{}\x1b[0m", colour_of(verdict), text) : text;
}

// "truncate" and a line for each group: "  mid_flight    full 12, refused 8,192"
std::string counts_of(const CampaignReport& campaign) {
  std::string text = campaign.name + '\n';
  std::string_view group;
  std::size_t width = 0;
  for (const auto& [what, count] : campaign.tally.counts) width = std::max(width, what.first.size());
  for (const auto& [what, count] : campaign.tally.counts) {
    const bool first = group != what.first;
    group = what.first;
    if (first && !text.ends_with(campaign.name + '\n')) text += '\n';
    text += first ? fmt::format("  {:<{}}  ", group, width) : ", ";
    text += fmt::format("{} {}", what.second, with_commas(count));
  }
  return text + "\n\n";
}

std::string line_of(const CampaignReport& campaign, bool coloured) {
  const double rate = campaign.seconds > 0 ? static_cast<double>(campaign.tally.cases) / campaign.seconds : 0;
  return fmt::format("{:<9}  {}  {:>11}  {:>11}  {:>10}  {:>9}  {}\n", campaign.name,
                     paint(campaign.verdict, coloured, 12), with_commas(campaign.tally.cases),
                     with_commas(campaign.tally.fired), with_commas(campaign.tally.violating_cases),
                     with_commas(static_cast<std::uint64_t>(rate)), campaign.exhaustive ? "exhaustive" : "sampled");
}

std::string troubles_of(const Report& report) {
  std::string text;
  for (const CampaignReport& campaign : report.run.campaigns) {
    if (campaign.tally.trouble) text += fmt::format("{}: {}\n", campaign.name, *campaign.tally.trouble);
    if (!campaign.tally.trouble && campaign.tally.fired == 0) text += fmt::format("{}: nothing fired\n", campaign.name);
  }
  if (report.run.interrupted) text += "interrupted: this is what was known by then\n";
  return text;
}

}  // namespace

std::string to_table(const Report& report, bool coloured) {
  std::string text;
  for (const CampaignReport& campaign : report.run.campaigns) text += counts_of(campaign);
  text += fmt::format("{:<9}  {:<12}  {:>11}  {:>11}  {:>10}  {:>9}  {}\n", "campaign", "verdict", "cases", "fired",
                      "violations", "cases/s", "coverage");
  for (const CampaignReport& campaign : report.run.campaigns) text += line_of(campaign, coloured);
  text += troubles_of(report);
  text += fmt::format("\n{}, seed {}: {}\n", report.subject, report.seed, paint(report.run.verdict, coloured, 0));
  return text;
}

}  // namespace walbreaker
