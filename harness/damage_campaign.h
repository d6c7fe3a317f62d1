// The campaigns `truncate`, `bitflip` and `damage`: every damage of damage_cases.h, in every scenario that suits.
//
// A case is one damage to one scenario's image. The subject opens the damaged image to read and write, is scanned and
// asked for every key, and judged by damage_oracle.h; then come the follow-ups of damage_trial.h, which picks every
// 16th case. Every 4th case, the subject's second opinion is heard (subject.h).
#pragma once

#include <memory>
#include <vector>

#include "harness/campaign.h"
#include "harness/case_order.h"
#include "harness/damage_cases.h"
#include "harness/damage_trial.h"
#include "harness/scenario.h"

namespace walbreaker {

struct DamageCampaignOptions {
  std::uint64_t seed = 1;
  ScenarioSize size = kSmallScenario;
  // Cases in CaseOrder::spread, but for damages of whole files, which come first; else scenario by scenario, file by
  // file.
  bool spread = true;
  std::vector<ScenarioKind> scenarios;                       // empty: all
  std::uint64_t second_opinion_every = kSecondOpinionEvery;  // 1: in every case
};

// What makes the damaged image of a case again, with the subject: the scenario's script, and the damage.
struct DamageCase {
  const Scenario& scenario;
  faultfs::Damage damage;
};

class DamageCampaign final : public Campaign {
 public:
  // The subject outlives it.
  DamageCampaign(DamageCampaignKind kind, const Subject& subject, DamageCampaignOptions options);
  ~DamageCampaign() override;

  [[nodiscard]] std::string_view name() const override { return to_string(kind_); }
  Tally prepare() override;
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return total_; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 128; }
  using Campaign::run;
  Tally run(const CaseRange& cases, CaseWatch& watch) override;

  // The case of this number, which a violation names. Good as long as the campaign is.
  [[nodiscard]] DamageCase case_at(std::uint64_t index) const;

 private:
  struct Stage;  // a scenario, and all that is done to it

  void add_scenario(ScenarioKind kind, Tally& tally);
  void put_whole_files_first();
  [[nodiscard]] std::uint64_t place_of(std::uint64_t index) const;
  [[nodiscard]] const Stage& stage_at(std::uint64_t place) const;
  void run_case(std::uint64_t index, CaseWatch& watch, FollowedUp& followed_up, Tally& tally) const;

  DamageCampaignKind kind_;
  const Subject& subject_;
  DamageCampaignOptions options_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::uint64_t total_ = 0;
  CaseOrder order_ = CaseOrder::as_they_come(0);
  std::vector<std::uint32_t> places_;  // by index, where the order is another than order_
};

}  // namespace walbreaker
