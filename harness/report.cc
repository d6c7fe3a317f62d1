#include "harness/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "harness/text.h"

namespace walbreaker {

std::string to_text(const Budget& budget) {
  switch (budget.kind) {
    case Budget::Kind::seconds: return fmt::format("seconds {}", budget.seconds);
    case Budget::Kind::cases: return fmt::format("cases {}", budget.cases);
    case Budget::Kind::exhaustive: return "exhaustive";
  }
  return "";
}

namespace {

std::string missing_text(const Report& report) {
  constexpr std::size_t kShown = 10;
  const std::span missing(report.missing_shards);
  const std::span shown = missing.first(std::min(missing.size(), kShown));
  const std::size_t left = missing.size() - shown.size();
  return fmt::format("of {} shards {} missing: {}{}", report.shard.count, missing.size() == 1 ? "one is" : "some are",
                     fmt::join(shown, ", "), left == 0 ? "" : fmt::format(" and {} more", left));
}

}  // namespace

std::vector<Trouble> troubles_of(const Report& report) {
  std::vector<Trouble> troubles;
  for (const CampaignReport& campaign : report.run.campaigns) {
    if (campaign.tally.trouble) {
      troubles.push_back({campaign.name, *campaign.tally.trouble});
    } else if (campaign.verdict == Verdict::inconclusive) {
      troubles.push_back({campaign.name, "nothing fired"});
    }
  }
  if (report.run.interrupted) troubles.push_back({"", "interrupted: this is what was known by then"});
  if (!report.missing_shards.empty()) troubles.push_back({"", missing_text(report)});
  return troubles;
}

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

std::string rate_text(std::uint64_t count, double seconds) {
  return with_commas(seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(count) / seconds) : 0);
}

// The verdict table: names to the left, numbers to the right, each column as wide as its widest cell.
class VerdictTable {
 public:
  VerdictTable(const Report& report, bool coloured) : coloured_(coloured) {
    const auto has_follow_ups = [](const CampaignReport& campaign) { return campaign.tally.follow_ups > 0; };
    followed_ = std::ranges::any_of(report.run.campaigns, has_follow_ups);
    for (const CampaignReport& campaign : report.run.campaigns) {
      add(campaign, campaign.exhaustive ? "exhaustive" : "sampled");
    }
    if (report.run.campaigns.size() > 1) add(sum_of(report.run), "");
  }

  [[nodiscard]] std::string text() const {
    std::string text = fmt::format("{:<{}}  {:<{}}", "campaign", name_width_, "verdict", kVerdictWidth);
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (shows(i)) text += fmt::format("  {:>{}}", kHeads[i], widths_[i]);
    }
    text += "  coverage\n";
    for (const Line& line : lines_) text += text_of(line);
    return text;
  }

 private:
  static constexpr std::size_t kColumns = 5;
  static constexpr std::size_t kFollowed = 4;
  static constexpr std::size_t kVerdictWidth = 12;
  static constexpr std::array<std::string_view, kColumns> kHeads{"cases", "fired", "violations", "cases/s",
                                                                 "followed/s"};

  struct Line {
    std::string name;
    Verdict verdict;
    std::array<std::string, kColumns> cells;
    std::string_view coverage;
  };

  static CampaignReport sum_of(const RunReport& run) {
    CampaignReport sum{.name = "all", .tally = {}, .verdict = run.verdict};
    for (const CampaignReport& campaign : run.campaigns) {
      sum.tally.cases += campaign.tally.cases;
      sum.tally.fired += campaign.tally.fired;
      sum.tally.violating_cases += campaign.tally.violating_cases;
      sum.tally.follow_ups += campaign.tally.follow_ups;
      sum.seconds += campaign.seconds;
    }
    return sum;
  }

  void add(const CampaignReport& campaign, std::string_view coverage) {
    const Tally& tally = campaign.tally;
    Line line{campaign.name, campaign.verdict, {}, coverage};
    line.cells = {with_commas(tally.cases), with_commas(tally.fired), with_commas(tally.violating_cases),
                  rate_text(tally.cases, campaign.seconds), rate_text(tally.follow_ups, campaign.seconds)};
    name_width_ = std::max(name_width_, line.name.size());
    for (std::size_t i = 0; i < kColumns; ++i) widths_[i] = std::max(widths_[i], line.cells[i].size());
    lines_.push_back(std::move(line));
  }

  [[nodiscard]] bool shows(std::size_t column) const { return followed_ || column != kFollowed; }

  [[nodiscard]] std::string text_of(const Line& line) const {
    std::string text = fmt::format("{:<{}}  {}", line.name, name_width_, paint(line.verdict, coloured_, kVerdictWidth));
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (shows(i)) text += fmt::format("  {:>{}}", line.cells[i], widths_[i]);
    }
    if (!line.coverage.empty()) text += fmt::format("  {}", line.coverage);
    return text + '\n';
  }

  bool coloured_;
  bool followed_ = false;
  std::size_t name_width_ = 9;
  std::array<std::size_t, kColumns> widths_{11, 11, 10, 9, 10};
  std::vector<Line> lines_;
};

}  // namespace

std::string to_table(const Report& report, bool coloured) {
  std::string text;
  for (const CampaignReport& campaign : report.run.campaigns) text += counts_of(campaign);
  text += VerdictTable(report, coloured).text();
  for (const auto& [campaign, trouble] : troubles_of(report)) {
    text += campaign.empty() ? trouble + '\n' : fmt::format("{}: {}\n", campaign, trouble);
  }
  const bool part = report.shard.count > 1 && report.missing_shards.empty();
  text += fmt::format("\n{}, seed {}{}: {}\n", report.subject, report.seed,
                      part ? fmt::format(", shard {}/{}", report.shard.index, report.shard.count) : "",
                      paint(report.run.verdict, coloured, 0));
  return text;
}

std::string violation_text(std::string_view campaign, const Violation& violation, std::string_view repeat_command,
                           const kv::Result<std::string>& saved) {
  const ViolationInfo& kind = info(violation.kind);
  std::string text = fmt::format("violation: {} {}, {}\nmeaning   {}\n{}\nrepeat    {}\n", campaign, kind.name,
                                 violation.where, kind.meaning, violation.summary, repeat_command);
  if (!saved) return text + fmt::format("not saved: {}\n", saved.error().message());
  const std::string path = shell_word(*saved);
  return text + fmt::format("saved     {}\nreplay    walbreaker replay {}\nshrink    walbreaker shrink {}\n", *saved,
                            path, path);
}

}  // namespace walbreaker
