// The damages that a campaign does to one scenario, in a fixed order.
//
//   truncate   every length of every file
//   bitflip    every bit of every file
//   damage     overwrites, with zeros, ones and garbage: of each record of a log, each sector, each range of 2, 4 and 8
//              sectors, each range from a sector to the end of its file; transplants of each sector to the place of
//              each other one, from the same moment and from an older one; each file replaced by each other one, or by
//              one of an older moment, or come back from there; each file deleted. Those that change nothing are left
//              out.
//
// Locks, temporary files and files of somebody else are spared.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "faultfs/damage.h"
#include "faultfs/damage_list.h"
#include "harness/scenario.h"

namespace walbreaker {

enum class DamageCampaignKind { truncate, bitflip, damage };

// The enumerator's name.
[[nodiscard]] std::string_view to_string(DamageCampaignKind kind);

class DamageCases {
 public:
  // `seed`: of all garbage.
  DamageCases(DamageCampaignKind kind, const Scenario& scenario, const Subject& subject, std::uint64_t seed);

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // The i-th damage, with i below size().
  [[nodiscard]] faultfs::Damage at(std::uint64_t i) const;

 private:
  [[nodiscard]] faultfs::Damage planned_at(std::uint64_t i) const;
  void add_overwrites(const Scenario& scenario, std::uint64_t seed);
  void leave_out_what_changes_nothing(const Scenario& scenario);

  std::vector<faultfs::Damage> overwrites_;  // of records and ranges
  std::vector<faultfs::DamageList> lists_;
  std::vector<std::uint32_t> places_;  // of those that change something, where some do not; else empty
  std::uint64_t size_ = 0;
};

}  // namespace walbreaker
