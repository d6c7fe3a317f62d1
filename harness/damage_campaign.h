// The campaigns `truncate` and `bitflip`: every cut of every file, every flip of every bit, in every scenario.
//
// A case is one damage to one scenario's image. The subject opens the damaged image to read and write, is scanned and
// asked for every key, and judged by damage_oracle.h. Then:
// - a read-write open that changed the disk is followed by a second one, which must show the same;
// - every 4th case, the subject's second opinion is heard (subject.h);
// - every 16th case, a read-only open must show the same and change no byte.
#pragma once

#include <memory>
#include <vector>

#include "faultfs/damage.h"
#include "harness/campaign.h"
#include "harness/case_order.h"
#include "harness/scenario.h"

namespace walbreaker {

struct DamageCampaignOptions {
  std::uint64_t seed = 1;
  ScenarioSize size = kSmallScenario;
  bool spread = true;                   // cases in CaseOrder::spread, else scenario by scenario, file by file
  std::vector<ScenarioKind> scenarios;  // empty: all
  std::uint64_t second_opinion_every = kSecondOpinionEvery;  // 1: in every case
};

class DamageCampaign final : public Campaign {
 public:
  // The subject outlives it.
  DamageCampaign(faultfs::DamageKind kind, const Subject& subject, DamageCampaignOptions options);
  ~DamageCampaign() override;

  [[nodiscard]] std::string_view name() const override;
  Tally prepare() override;
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return total_; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 128; }
  Tally run(const CaseRange& cases) override;

 private:
  struct Case;
  struct Segment;  // the cases of one file

  [[nodiscard]] Case case_at(std::uint64_t index) const;
  void run_case(std::uint64_t index, Tally& tally) const;

  faultfs::DamageKind kind_;
  const Subject& subject_;
  DamageCampaignOptions options_;
  std::vector<std::unique_ptr<Scenario>> scenarios_;
  std::vector<Segment> segments_;
  std::uint64_t total_ = 0;
  CaseOrder order_ = CaseOrder::as_they_come(0);
};

}  // namespace walbreaker
