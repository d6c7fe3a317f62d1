// Laws of the second judge: two readers of one format, written apart, say the same of every disk.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include "harness/observation.h"
#include "harness/reference_subject.h"
#include "properties/damage_model.h"
#include "properties/store_model.h"

namespace walbreaker::properties {
namespace {

using Commands = std::vector<Command>;

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

RC_GTEST_PROP(Decoder, SaysOfEveryDamagedDiskWhatTheEngineSays, ()) {
  const auto lives =
      *rc::gen::container<std::vector<Commands>>(*rc::gen::inRange<std::size_t>(1, 6), rc::gen::arbitrary<Commands>());
  const auto images = write(lives);
  const faultfs::Image older = *rc::gen::elementOf(images);
  faultfs::Image image = *rc::gen::arbitrary<bool>() ? together(older, images.back()) : older;
  for (int harms = *rc::gen::inRange(0, 4); harms > 0; --harms) image = with_any_damage(image);
  faultfs::SimDisk disk(image);
  const ReferenceSubject subject;
  const auto wrong = subject.second_opinion(image, "db", observe(subject, disk, "db", {.entropy = 99}));
  if (wrong) RC_FAIL(wrong->text);
}

}  // namespace
}  // namespace walbreaker::properties
