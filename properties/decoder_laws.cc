// Laws of the second judge: two readers of one format, written apart, say the same of every disk.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "faultfs/damage.h"
#include "harness/observation.h"
#include "harness/reference_subject.h"
#include "properties/store_model.h"

namespace walbreaker::properties {
namespace {

using Commands = std::vector<Command>;

std::uint64_t any_below(std::uint64_t limit) { return *rc::gen::inRange<std::uint64_t>(0, limit); }

// Some lives of one store, each ended by a close or by a kill, and the images between them.
std::vector<faultfs::Image> write(const std::vector<Commands>& lives) {
  faultfs::SimDisk disk;
  std::vector<faultfs::Image> images;
  for (std::uint64_t seed = 1; const Commands& life : lives) {
    kv::Options options = options_with_seed(seed++);
    options.sync = *rc::gen::arbitrary<bool>() ? kv::SyncPolicy::on_commit : kv::SyncPolicy::on_request;
    const auto store = open_store(disk, options);
    run(*store, life);
    if (*rc::gen::arbitrary<bool>()) RC_ASSERT(store->close().has_value());
    images.push_back(disk.image());
  }
  return images;
}

// A disk on which the files of two moments of the store's life stand side by side, as where nothing was unlinked.
faultfs::Image together(const faultfs::Image& older, faultfs::Image newer) {
  newer.files.insert(older.files.begin(), older.files.end());
  return newer;
}

faultfs::Damage any_damage(const faultfs::Image& image) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : image.files) {
    if (!bytes.empty()) names.push_back(name);
  }
  const std::string file = *rc::gen::elementOf(names);
  const std::uint64_t size = image.files.at(file).size();
  const std::uint64_t position = any_below(size);
  const std::uint64_t length = 1 + any_below(size - position);
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return {faultfs::DamageKind::truncate, file, position};
    case 1: return {faultfs::DamageKind::flip, file, any_below(size * 8)};
    case 2: return {.kind = faultfs::DamageKind::delete_file, .file = file};
    case 3: return {.kind = faultfs::DamageKind::replace, .file = file, .from = {*rc::gen::elementOf(names)}};
    case 4: {
      const std::uint64_t from = any_below(size - length + 1);
      return {.kind = faultfs::DamageKind::transplant,
              .file = file,
              .position = position,
              .length = length,
              .from = {file, from}};
    }
    default:
      return {.kind = faultfs::DamageKind::overwrite,
              .file = file,
              .position = position,
              .length = length,
              .filling = *rc::gen::elementOf(std::vector(faultfs::kFillings.begin(), faultfs::kFillings.end())),
              .seed = 7};
  }
}

bool has_bytes(const faultfs::Image& image) {
  return std::ranges::any_of(image.files, [](const auto& file) { return !file.second.empty(); });
}

RC_GTEST_PROP(Decoder, SaysOfEveryDamagedDiskWhatTheEngineSays, ()) {
  const auto lives =
      *rc::gen::container<std::vector<Commands>>(*rc::gen::inRange<std::size_t>(1, 6), rc::gen::arbitrary<Commands>());
  const auto images = write(lives);
  const faultfs::Image older = *rc::gen::elementOf(images);
  faultfs::Image image = *rc::gen::arbitrary<bool>() ? together(older, images.back()) : older;
  for (int harms = *rc::gen::inRange(0, 4); harms > 0 && has_bytes(image); --harms) {
    const faultfs::Damage damage = any_damage(image);
    RC_LOG(to_text(damage) + "\n");
    image = apply(damage, image).value();
  }
  faultfs::SimDisk disk(image);
  const ReferenceSubject subject;
  const auto wrong = subject.second_opinion(image, "db", observe(subject, disk, "db", {.entropy = 99}));
  if (wrong) RC_FAIL(wrong->text);
}

}  // namespace
}  // namespace walbreaker::properties
