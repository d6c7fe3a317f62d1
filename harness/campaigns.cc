#include "harness/campaigns.h"

#include <fmt/format.h>

#include <utility>

#include "engine/assert.h"
#include "harness/damage_campaign.h"
#include "harness/error_campaign.h"
#include "harness/kill_campaign.h"
#include "harness/power_campaign.h"

namespace walbreaker {

namespace {

// Has no case, and tells why.
class UnsuitedCampaign final : public Campaign {
 public:
  UnsuitedCampaign(std::string_view name, std::string why) : name_(name), why_(std::move(why)) {}

  [[nodiscard]] std::string_view name() const override { return name_; }
  Tally prepare() override {
    Tally tally;
    tally.trouble = why_;
    return tally;
  }
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return 0; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 1; }
  Tally run(const CaseRange&, CaseWatch&) override { return {}; }

 private:
  std::string_view name_;
  std::string why_;
};

}  // namespace

std::string_view why_not_for_processes(std::string_view campaign) {
  if (campaign == "power" || campaign == "errors") return "needs the simulated disk";
  if (campaign == "soak") return "kills a process that tells what it does";
  return {};
}

std::unique_ptr<Campaign> make_campaign(std::string_view name, const Subject& subject, const CampaignSetup& setup) {
  if (const auto why = why_not_for_processes(name); subject.is_process() && !why.empty()) {
    return std::make_unique<UnsuitedCampaign>(
        name, fmt::format("{} {}, and {} runs on a real directory", name, why, subject.name()));
  }
  const DamageCampaignOptions damage{.seed = setup.seed,
                                     .size = setup.exhaustive ? kLargeScenario : kSmallScenario,
                                     .spread = !setup.exhaustive,
                                     .scenarios = {}};
  const KillCampaignOptions kill{.seed = setup.seed, .directory = setup.directory};
  if (name == "truncate") return std::make_unique<DamageCampaign>(DamageCampaignKind::truncate, subject, damage);
  if (name == "bitflip") return std::make_unique<DamageCampaign>(DamageCampaignKind::bitflip, subject, damage);
  if (name == "damage") return std::make_unique<DamageCampaign>(DamageCampaignKind::damage, subject, damage);
  if (name == "kill") return std::make_unique<KillCampaign>(KillMode::planned, subject, kill);
  if (name == "power") return std::make_unique<PowerCampaign>(subject, PowerCampaignOptions{setup.seed, setup.model});
  if (name == "errors") return std::make_unique<ErrorCampaign>(subject, ErrorCampaignOptions{setup.seed, setup.model});
  WB_ASSERT(name == "soak");
  return std::make_unique<KillCampaign>(KillMode::by_clock, subject, kill);
}

}  // namespace walbreaker
