#include "harness/damage_cases.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/assert.h"

namespace walbreaker {

using faultfs::Damage;
using faultfs::DamageKind;

std::string_view to_string(DamageCampaignKind kind) {
  switch (kind) {
    case DamageCampaignKind::truncate: return "truncate";
    case DamageCampaignKind::bitflip: return "bitflip";
    case DamageCampaignKind::damage: return "damage";
  }
  return "unknown";
}

namespace {

constexpr std::uint64_t kSectorBytes = 512;

faultfs::Image only_what_may_be_harmed(const faultfs::Image& image, const Subject& subject) {
  faultfs::Image kept = image;
  std::erase_if(kept.files, [&](const auto& file) { return subject.role_of(file.first) == FileRole::other; });
  return kept;
}

}  // namespace

DamageCases::DamageCases(DamageCampaignKind kind, const Scenario& scenario, const Subject& subject,
                         std::uint64_t seed) {
  const faultfs::Image image = only_what_may_be_harmed(scenario.image, subject);
  const faultfs::Image older = only_what_may_be_harmed(scenario.older, subject);
  const faultfs::DamageListOptions options{.sector_bytes = kSectorBytes, .seed = seed};
  const auto add = [&](DamageKind what) { lists_.emplace_back(what, image, older, options); };
  if (kind == DamageCampaignKind::truncate) add(DamageKind::truncate);
  if (kind == DamageCampaignKind::bitflip) add(DamageKind::flip);
  if (kind == DamageCampaignKind::damage) {
    add_overwrites(scenario, seed);
    for (const DamageKind what :
         {DamageKind::overwrite, DamageKind::transplant, DamageKind::replace, DamageKind::delete_file}) {
      add(what);
    }
  }
  size_ = overwrites_.size();
  for (const auto& list : lists_) size_ += list.size();
  if (kind == DamageCampaignKind::damage) leave_out_what_changes_nothing(scenario);
}

// Of each record of a log, and of ranges of sectors. Single sectors are in the list of overwrites.
void DamageCases::add_overwrites(const Scenario& scenario, std::uint64_t seed) {
  const auto add = [&](const ScenarioFile& file, std::uint64_t begin, std::uint64_t end) {
    for (const faultfs::Filling filling : faultfs::kFillings) {
      overwrites_.push_back({.kind = DamageKind::overwrite,
                             .file = file.name,
                             .position = begin,
                             .length = end - begin,
                             .filling = filling,
                             .seed = filling == faultfs::Filling::garbage ? seed : 0});
    }
  };
  for (const ScenarioFile& file : scenario.files) {
    for (const RecordedOp& op : file.recorded) {
      if (op.length > 0 && is_of_command(op.tag) && op.end() <= file.size) add(file, op.offset, op.end());
    }
    for (const std::uint64_t length : {2 * kSectorBytes, 4 * kSectorBytes, 8 * kSectorBytes}) {
      for (std::uint64_t at = 0; at + length < file.size; at += length) add(file, at, at + length);
    }
    for (std::uint64_t at = 0; at < file.size; at += kSectorBytes) add(file, at, file.size);
  }
}

void DamageCases::leave_out_what_changes_nothing(const Scenario& scenario) {
  for (std::uint64_t i = 0; i < size_; ++i) {
    const auto harmed = apply(planned_at(i), scenario.image, &scenario.older);
    WB_ASSERT(harmed.has_value());
    if (!(*harmed == scenario.image)) places_.push_back(static_cast<std::uint32_t>(i));
  }
  size_ = places_.size();
}

Damage DamageCases::planned_at(std::uint64_t i) const {
  if (i < overwrites_.size()) return overwrites_[i];
  i -= overwrites_.size();
  auto list = lists_.begin();
  for (; i >= list->size(); ++list) i -= list->size();
  return list->at(i);
}

Damage DamageCases::at(std::uint64_t i) const {
  WB_ASSERT(i < size_);
  return planned_at(places_.empty() ? i : places_[i]);
}

}  // namespace walbreaker
