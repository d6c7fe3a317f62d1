// The campaigns, by name, and how each is made.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "faultfs/disk_model.h"
#include "harness/campaign.h"
#include "harness/subject.h"

namespace walbreaker {

struct CampaignInfo {
  std::string_view name;
  bool in_all;  // part of `all`
  std::string_view meaning;
};

inline constexpr std::array<CampaignInfo, 7> kCampaigns{{
    {"truncate", true, "cuts every file at every length"},
    {"bitflip", true, "flips every bit of every file"},
    {"damage", true, "overwrites records, sectors and ranges, puts bytes in the place of others, deletes files"},
    {"kill", true, "kills a real process at an exact byte of an exact write, again and again on one directory"},
    {"power", true, "cuts the power at every moment of many programs, in recoveries and after them too"},
    {"errors", true, "fails the n-th operation of many programs, once or for ever, and cuts the power afterwards"},
    {"soak", false, "kills a real process by the clock, under load; not in `all`, and not repeatable"},
}};

// Why a subject that is a process cannot go through this campaign; empty where it can.
[[nodiscard]] std::string_view why_not_for_processes(std::string_view campaign);

struct CampaignSetup {
  std::uint64_t seed = 1;
  bool exhaustive = false;                  // large stores, cases in their natural order
  std::string directory;                    // for real processes; empty: a default
  std::optional<faultfs::DiskModel> model;  // the disk whose power is cut; nothing: drawn
};

// `name` is one of kCampaigns. The subject outlives the campaign. Where the subject cannot go through it, the campaign
// is one that is inconclusive and says why.
[[nodiscard]] std::unique_ptr<Campaign> make_campaign(std::string_view name, const Subject& subject,
                                                      const CampaignSetup& setup);

}  // namespace walbreaker
