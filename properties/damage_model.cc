#include "properties/damage_model.h"

#include <string>
#include <vector>

namespace walbreaker::properties {
namespace {

std::uint64_t any_below(std::uint64_t limit) { return *rc::gen::inRange<std::uint64_t>(0, limit); }

std::vector<std::string> files_with_bytes(const faultfs::Image& image) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : image.files) {
    if (!bytes.empty()) names.push_back(name);
  }
  return names;
}

faultfs::Damage drawn(const faultfs::Image& image) {
  const std::vector<std::string> names = files_with_bytes(image);
  const std::string file = *rc::gen::elementOf(names);
  const std::uint64_t size = image.files.at(file).size();
  const std::uint64_t position = any_below(size);
  const std::uint64_t length = 1 + any_below(size - position);
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return {faultfs::DamageKind::truncate, file, position};
    case 1: return {faultfs::DamageKind::flip, file, any_below(size * 8)};
    case 2: return {.kind = faultfs::DamageKind::delete_file, .file = file};
    case 3: return {.kind = faultfs::DamageKind::replace, .file = file, .from = {*rc::gen::elementOf(names)}};
    case 4:
      return {.kind = faultfs::DamageKind::transplant,
              .file = file,
              .position = position,
              .length = length,
              .from = {file, any_below(size - length + 1)}};
    default:
      return {.kind = faultfs::DamageKind::overwrite,
              .file = file,
              .position = position,
              .length = length,
              .filling = *rc::gen::elementOf(std::vector(faultfs::kFillings.begin(), faultfs::kFillings.end())),
              .seed = 7};
  }
}

}  // namespace

faultfs::Damage any_damage(const faultfs::Image& image) {
  faultfs::Damage damage = drawn(image);
  RC_LOG() << to_text(damage) << '\n';
  return damage;
}

faultfs::Image with_any_damage(const faultfs::Image& image) {
  return files_with_bytes(image).empty() ? image : apply(any_damage(image), image).value();
}

}  // namespace walbreaker::properties
