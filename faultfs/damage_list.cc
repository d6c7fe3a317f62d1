#include "faultfs/damage_list.h"

#include <algorithm>
#include <utility>

#include "engine/assert.h"

namespace faultfs {

DamageList::DamageList(DamageKind kind, const Image& image, const Image& older, DamageListOptions options)
    : kind_(kind), options_(options) {
  for (const auto& [path, bytes] : image.files) add(targets_, path, bytes, false);
  size_ = kind == DamageKind::overwrite ? targets_.count * kFillings.size() : targets_.count;
  if (kind != DamageKind::transplant && kind != DamageKind::replace) return;

  sources_ = targets_;
  for (const auto& [path, bytes] : older.files) {
    add(sources_, path, bytes, true);
    if (kind == DamageKind::replace && !image.files.contains(path)) gone_.push_back(path);
  }
  const std::uint64_t others = sources_.count == 0 ? 0 : sources_.count - 1;
  size_ = targets_.count * others + gone_.size();
}

std::uint64_t DamageList::units_in(std::uint64_t bytes) const {
  switch (kind_) {
    case DamageKind::truncate: return bytes;
    case DamageKind::flip: return bytes * 8;
    case DamageKind::overwrite:
    case DamageKind::transplant: return (bytes + options_.sector_bytes - 1) / options_.sector_bytes;
    case DamageKind::replace:
    case DamageKind::delete_file: return 1;
  }
  return 0;
}

void DamageList::add(Units& units, const std::string& path, const FileBytes& bytes, bool older) const {
  units.files.push_back({units.count, path, bytes.size(), older});
  units.count += units_in(bytes.size());
}

// Files without a unit have the number of the next one, so the last file that begins at or before it is the right one.
DamageList::Unit DamageList::unit_at(const Units& units, std::uint64_t number) {
  const auto file = std::ranges::upper_bound(units.files, number, {}, &File::first_unit) - 1;
  return {&*file, number - file->first_unit};
}

std::uint64_t DamageList::sector_length(const Unit& unit) const {
  return std::min(options_.sector_bytes, unit.file->bytes - unit.number * options_.sector_bytes);
}

Damage DamageList::with_source(Damage damage, const Unit& target, std::uint64_t source) const {
  const Unit from = unit_at(sources_, source);
  damage.from.file = from.file->path;
  damage.from.of_older_image = from.file->older;
  if (kind_ == DamageKind::replace) return damage;
  damage.from.position = from.number * options_.sector_bytes;
  damage.position = target.number * options_.sector_bytes;
  damage.length = std::min(sector_length(target), sector_length(from));
  return damage;
}

Damage DamageList::at(std::uint64_t i) const {
  WB_ASSERT(i < size_);
  if (i >= size_ - gone_.size()) {
    const std::string& path = gone_[i - (size_ - gone_.size())];
    return {.kind = kind_, .file = path, .from = {.file = path, .of_older_image = true}};
  }
  std::uint64_t variants = 1;
  if (kind_ == DamageKind::overwrite) variants = kFillings.size();
  if (sources_.count > 0) variants = sources_.count - 1;
  const std::uint64_t number = i / variants;
  const std::uint64_t variant = i % variants;
  const Unit target = unit_at(targets_, number);
  Damage damage{.kind = kind_, .file = target.file->path};
  switch (kind_) {
    case DamageKind::truncate:
    case DamageKind::flip: damage.position = target.number; break;
    case DamageKind::overwrite:
      damage.position = target.number * options_.sector_bytes;
      damage.length = sector_length(target);
      damage.filling = kFillings.at(variant);
      if (damage.filling == Filling::garbage) damage.seed = options_.seed;
      break;
    case DamageKind::transplant:
    case DamageKind::replace:
      return with_source(std::move(damage), target, variant + (variant >= number ? 1 : 0));  // never itself
    case DamageKind::delete_file: break;
  }
  return damage;
}

}  // namespace faultfs
