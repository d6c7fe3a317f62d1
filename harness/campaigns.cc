#include "harness/campaigns.h"

#include "engine/assert.h"
#include "harness/damage_campaign.h"
#include "harness/error_campaign.h"
#include "harness/kill_campaign.h"
#include "harness/power_campaign.h"

namespace walbreaker {

std::unique_ptr<Campaign> make_campaign(std::string_view name, const Subject& subject, const CampaignSetup& setup) {
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
  if (name == "errors") return std::make_unique<ErrorCampaign>(subject, setup.seed);
  WB_ASSERT(name == "soak");
  return std::make_unique<KillCampaign>(KillMode::by_clock, subject, kill);
}

}  // namespace walbreaker
