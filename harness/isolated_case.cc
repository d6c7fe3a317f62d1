#include "harness/isolated_case.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "harness/run_case.h"
#include "harness/runner.h"

namespace walbreaker {

namespace {

constexpr const char* kOtherRun = "another run";

// One case.
class CaseCampaign final : public Campaign {
 public:
  CaseCampaign(const Subject& subject, const Case& c) : subject_(subject), case_(c) {}

  [[nodiscard]] std::string_view name() const override { return "replay"; }
  Tally prepare() override { return {}; }
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return 1; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 1; }
  Tally run(const CaseRange& cases, CaseWatch& watch) override {
    Tally tally{.cases = 1, .fired = 1};
    const auto draft = [&] { return Violation{ViolationKind::died, "", "", cases.first, ""}; };
    if (!watch.at(cases.first, draft)) return tally;
    CaseResult result = run_case(subject_, case_);
    if (!result.same_run) tally.counts[{"replay", kOtherRun}] = 1;
    if (result.wrong) tally.add(Violation{result.wrong->kind, "", result.wrong->text, cases.first, ""});
    if (!result.wrong && result.verdict != CaseResult::Verdict::pass) {
      tally.trouble = fmt::format("{}: {}", to_string(result.verdict), result.text);
    }
    return tally;
  }

 private:
  const Subject& subject_;
  const Case& case_;
};

}  // namespace

IsolatedVerdict run_isolated(const Subject& subject, const Case& c) {
  std::vector<std::unique_ptr<Campaign>> campaigns;
  campaigns.push_back(std::make_unique<CaseCampaign>(subject, c));
  const RunReport report = run_campaigns(campaigns, {.budget = {.kind = Budget::Kind::exhaustive}});
  const Tally& tally = report.campaigns.front().tally;
  IsolatedVerdict verdict;
  verdict.trouble = tally.trouble;
  verdict.same_run = tally.counts.empty();
  if (!tally.violations.empty()) {
    verdict.wrong = Wrong{tally.violations.front().kind, tally.violations.front().summary};
  }
  return verdict;
}

bool takes_process_down(ViolationKind kind) {
  return kind == ViolationKind::died || kind == ViolationKind::hung || kind == ViolationKind::out_of_memory;
}

}  // namespace walbreaker
