// Laws of recovery: what comes back is a prefix of what was written, or is refused; never anything else.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <span>

#include "faultfs/damage.h"
#include "faultfs/faulty_vfs.h"
#include "properties/store_model.h"

namespace walbreaker::properties {
namespace {

using Commands = std::vector<Command>;

struct Written {
  faultfs::Image image;
  std::vector<Contents> after;  // after each command
};

// The disk after the commands, without a close or with one.
Written write(const Commands& commands, bool close, kv::SyncPolicy sync = kv::SyncPolicy::on_commit) {
  faultfs::SimDisk disk;
  kv::Options options = options_with_seed(1);
  options.sync = sync;
  const auto store = open_store(disk, options);
  run(*store, commands);
  if (close) RC_ASSERT(store->close().has_value());
  return {disk.image(), contents_after_each(commands)};
}

// A function of its own, because RC_ASSERT evaluates both sides of a `||`.
bool refused_or_one_of(const Outcome& outcome, const std::vector<Contents>& all) {
  return !outcome.contents || std::ranges::find(all, *outcome.contents) != all.end();
}

// One of the files that hold state: not LOCK, not a temporary one.
std::string any_file(const faultfs::Image& image) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : image.files) {
    if (name.ends_with(".log") || name.ends_with(".dat")) names.push_back(name);
  }
  return *rc::gen::elementOf(names);
}

std::uint64_t any_below(std::uint64_t limit) { return *rc::gen::inRange<std::uint64_t>(0, limit); }

faultfs::Damage any_damage(const faultfs::Image& image) {
  const std::string file = any_file(image);
  const std::uint64_t size = image.files.at(file).size();
  if (*rc::gen::arbitrary<bool>()) return {faultfs::DamageKind::truncate, file, any_below(size)};
  return {faultfs::DamageKind::flip, file, any_below(size * 8)};
}

faultfs::Image damaged(const faultfs::Image& image, const faultfs::Damage& damage) {
  RC_LOG(to_text(damage));
  return apply(damage, image).value();
}

RC_GTEST_PROP(Recovery, OfAStoreThatWasNotClosedGivesEveryCommand, (const Commands& commands)) {
  const Written written = write(commands, false);
  const Outcome outcome = reopen(written.image);
  RC_ASSERT(!outcome.reported);
  RC_ASSERT(outcome.contents == written.after.back());
}

RC_GTEST_PROP(Recovery, OfAClosedStoreWithOneDamageGivesEverythingOrReportsIt, (const Commands& commands)) {
  const Written written = write(commands, true);
  const Outcome outcome = reopen(damaged(written.image, any_damage(written.image)));
  RC_ASSERT(outcome.reported || outcome.contents == written.after.back());
  RC_ASSERT(refused_or_one_of(outcome, written.after));
}

RC_GTEST_PROP(Recovery, NeverYieldsAnythingButAPrefixWhateverIsDamaged, (const Commands& commands, bool sync_each)) {
  const auto sync = sync_each ? kv::SyncPolicy::on_commit : kv::SyncPolicy::on_request;
  Written written = write(commands, false, sync);
  const int harms = *rc::gen::inRange(1, 4);
  for (int i = 0; i < harms; ++i) {
    const std::string file = any_file(written.image);
    if (written.image.files.at(file).empty()) continue;
    written.image = damaged(written.image, any_damage(written.image));
  }
  const Outcome outcome = reopen(written.image);
  RC_ASSERT(refused_or_one_of(outcome, written.after));
}

RC_GTEST_PROP(Recovery, TwiceGivesWhatItGaveOnce, (const Commands& commands)) {
  const Written written = write(commands, false);
  const faultfs::Image image = damaged(written.image, any_damage(written.image));
  faultfs::SimDisk disk(image);
  if (const auto store = kv::Store::open(disk, "db", options_with_seed(7))) {
    const Contents once = scan_all(**store);
    RC_ASSERT(reopen(disk.image()).contents == once);
  } else {
    RC_ASSERT(disk.image() == image);
  }
}

// The contents before the last command that was logged; a remove of a missing key is not.
Contents before_last_logged(const Commands& commands, const std::vector<Contents>& after) {
  for (std::size_t i = commands.size(); i-- > 0;) {
    const Command& command = commands[i];
    const bool changes = command.verb == Verb::put || command.verb == Verb::batch;
    if (changes || (command.verb == Verb::remove && after[i].contains(command.key))) return after[i];
  }
  return after.back();
}

// Harm to one record looks like a torn write only where nothing was written after it.
RC_GTEST_PROP(Recovery, OfAStoreNotClosedWithOneBitFlippedLosesTheLastCommandAtMostOrReportsIt,
              (const Commands& commands)) {
  const Written written = write(commands, false);
  for (int flips = 0; flips < 8; ++flips) {
    const std::string file = any_file(written.image);
    const std::uint64_t bytes = written.image.files.at(file).size();
    const std::uint64_t live = bytes > 4'096 ? bytes - 4'096 : bytes;  // most often behind the header
    const bool in_header = *rc::gen::weightedElement<bool>({{7, false}, {1, true}});
    const std::uint64_t bit = in_header ? any_below(bytes * 8) : (bytes - live) * 8 + any_below(live * 8);
    const Outcome outcome = reopen(damaged(written.image, {faultfs::DamageKind::flip, file, bit}));
    if (outcome.reported || outcome.contents == written.after.back()) continue;
    RC_ASSERT(outcome.contents == before_last_logged(commands, written.after));
  }
}

// A read that fails is never the end of anything: nothing is served, and nothing is changed.
RC_GTEST_PROP(Recovery, OfADiskThatCannotBeReadRefusesAndChangesNothing, (const Commands& commands, bool close)) {
  const faultfs::Image image = write(commands, close).image;
  faultfs::SimDisk disk(image);
  const auto kind = *rc::gen::element(faultfs::OpKind::read, faultfs::OpKind::open, faultfs::OpKind::size);
  for (std::uint64_t at = 0;; ++at) {
    const faultfs::Fault fault{.kind = faultfs::FaultKind::read_error, .op = kind, .path = "*.[ld][oa]?", .at = at};
    faultfs::FaultyVfs vfs(disk, {{fault}});
    RC_LOG() << to_text(fault) << '\n';
    const auto store = kv::Store::open(vfs, "db", options_with_seed(7));
    if (vfs.fired() == 0) break;  // it has gone past the last one
    RC_ASSERT(!store.has_value());
    RC_ASSERT(store.error().code == kv::ErrorCode::io_error);
    RC_ASSERT(disk.image() == image);
  }
}

RC_GTEST_PROP(Store, AnswersAsAStdMapDoesAcrossCompactionsAndReopenings, (const Commands& commands)) {
  faultfs::SimDisk disk;
  Contents model;
  std::uint64_t seed = 0;
  for (auto rest = std::span(commands); !rest.empty();) {
    const std::size_t count = *rc::gen::inRange<std::size_t>(1, rest.size() + 1);
    const Commands life(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
    rest = rest.subspan(count);
    const auto store = open_store(disk, options_with_seed(++seed));
    RC_ASSERT(scan_all(*store) == model);
    run(*store, life);
    for (const Command& command : life) apply(command, model);
    RC_ASSERT(scan_all(*store) == model);
    if (*rc::gen::arbitrary<bool>()) RC_ASSERT(store->close().has_value());
  }
}

}  // namespace
}  // namespace walbreaker::properties
