// Laws of compaction: nobody can tell that there was one, whenever he looks.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <algorithm>
#include <optional>

#include "faultfs/enumerate.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/meddling_vfs_test_util.h"
#include "properties/law.h"
#include "properties/store_model.h"

namespace walbreaker::properties {
namespace {

using faultfs::OpIndex;
using Commands = std::vector<Command>;

// The options of a store that compacts when it is told to, and at no other time.
kv::Options any_options(std::uint64_t seed) {
  kv::Options options = options_with_seed(seed);
  options.compact_after_operations = options.compact_after_bytes = 0;
  options.sync = *rc::gen::element(kv::SyncPolicy::on_commit, kv::SyncPolicy::on_request);
  return options;
}

// A model that allows as much as a disk may do, or one that allows less.
faultfs::DiskModel any_model() { return (*rc::gen::elementOf(faultfs::named_models())).model; }

std::optional<Contents> read_only(const faultfs::Image& image) {
  faultfs::SimDisk disk(image);
  kv::Options options = options_with_seed(99);
  options.access = kv::Access::read_only;
  const auto store = kv::Store::open(disk, "db", options);
  if (!store || (*store)->status() != kv::ErrorCode::ok) return std::nullopt;
  return scan_all(**store);
}

// Whatever a crash at any operation from `first` on leaves shows the contents, to one who reads and to one who writes.
// Returns how many disks that were.
std::uint64_t check_every_crash(const faultfs::Trace& trace, OpIndex first, const Contents& contents) {
  const faultfs::DiskModel model = any_model();
  RC_LOG() << to_text(model) << '\n';
  constexpr faultfs::Budget kBudget{.states_per_point = 12, .cuts_per_write = 1, .states_per_cut = 3};
  const auto coverage = enumerate(trace, model, kBudget, first, trace.ops.size() + 1, [&](auto& candidate) {
    RC_LOG() << to_text(candidate.state()) << '\n';
    RC_ASSERT(read_only(candidate.image()) == contents);
    const Outcome outcome = reopen(candidate.image());
    RC_ASSERT(!outcome.reported);
    RC_ASSERT(outcome.contents == contents);
    return true;
  });
  return coverage.states;
}

TEST(Compaction, IsInvisibleToWhoeverOpensTheStoreAfterACrashAtAnyOfItsOperations) {
  std::uint64_t states = 0;
  check_law(20, [&] {
    const auto commands = *rc::gen::arbitrary<Commands>();
    faultfs::SimDisk disk;
    const auto store = open_store(disk, any_options(1));
    run(*store, commands);
    RC_ASSERT(store->sync().has_value());
    const OpIndex first = disk.trace().ops.size();
    RC_ASSERT(store->compact().has_value());
    states += check_every_crash(disk.trace(), first, contents_after_each(commands).back());
  });
  EXPECT_GT(states, 500U);
}

TEST(Compaction, IsInvisibleToReadersOfTheSameStoreAtAnyOfItsOperations) {
  std::uint64_t looks = 0;
  check_law(50, [&] {
    const auto commands = *rc::gen::arbitrary<Commands>();
    const Contents contents = contents_after_each(commands).back();
    faultfs::SimDisk disk;
    faultfs::MeddlingVfs vfs(disk);
    const auto store = open_store(vfs, any_options(1));
    run(*store, commands);
    vfs.meddle([&](const faultfs::Op&) {
      ++looks;
      RC_ASSERT(scan_all(*store) == contents);
      return faultfs::Meddling::pass;
    });
    RC_ASSERT(store->compact().has_value());
    RC_ASSERT(scan_all(*store) == contents);
    vfs.meddle({});
  });
  EXPECT_GT(looks, 500U);
}

// A store, most of all the generations that a compaction makes, in front of a fault.
struct Failing {
  faultfs::SimDisk disk;
  faultfs::FaultyVfs vfs{
      disk, {}, {.before_sync = [this](faultfs::SyncFault fault) { disk.arrange(fault); }, .kill = {}}};
  std::unique_ptr<kv::Store> store;
};

faultfs::Fault any_fault(std::uint64_t at) {
  const auto kind =
      *rc::gen::element(faultfs::FaultKind::write_error, faultfs::FaultKind::sync_error, faultfs::FaultKind::no_space);
  const auto lasting = *rc::gen::element(faultfs::Lasting::once, faultfs::Lasting::for_ever);
  const faultfs::Fault fault{
      .kind = kind,
      .at = at,
      .lasting = lasting,
      .amount = kind == faultfs::FaultKind::sync_error ? 0 : *rc::gen::inRange<std::uint64_t>(0, 100)};
  RC_LOG() << to_text(fault) << '\n';
  return fault;
}

// A compaction that fails leaves a longer chain or a poisoned store; neither loses anything, and the next one is right.
TEST(Compaction, ThatFailsAtAnyOfItsOperationsIsInvisibleToo) {
  std::uint64_t failed = 0;
  std::uint64_t went_on = 0;
  check_law(25, [&] {
    auto commands = *rc::gen::arbitrary<Commands>();
    Failing a;
    a.store = open_store(a.vfs, any_options(1));
    run(*a.store, commands);
    RC_ASSERT(a.store->sync().has_value());
    const OpIndex first = a.disk.trace().ops.size();
    a.vfs.replace_plan({{any_fault(*rc::gen::inRange<std::uint64_t>(0, 8))}});
    const bool fired = !a.store->compact() && a.vfs.fired() > 0;
    a.vfs.replace_plan({});
    failed += fired ? 1U : 0U;
    RC_ASSERT(scan_all(*a.store) == contents_after_each(commands).back());
    check_every_crash(a.disk.trace(), first, contents_after_each(commands).back());
    if (a.store->status() != kv::ErrorCode::ok) return;
    went_on += fired ? 1U : 0U;
    const auto more = *rc::gen::arbitrary<Commands>();
    run(*a.store, more);
    commands.insert(commands.end(), more.begin(), more.end());
    RC_ASSERT(scan_all(*a.store) == contents_after_each(commands).back());
    RC_ASSERT(a.store->compact().has_value());
    RC_ASSERT(reopen(a.disk.image()).contents == contents_after_each(commands).back());
  });
  EXPECT_GT(failed, 5U);
  EXPECT_GT(went_on, 0U);
}

// The moment at which a store compacts by itself is nobody's business.
TEST(Compaction, AfterEveryFewOperationsGivesTheAnswersOfAStoreThatNeverCompacts) {
  check_law(40, [] {
    const auto commands = *rc::gen::arbitrary<Commands>();
    kv::Options options = options_with_seed(1);
    options.compact_after_operations = *rc::gen::inRange<std::uint64_t>(0, 6);
    options.compact_after_bytes = *rc::gen::inRange<std::uint64_t>(0, 2'000);
    faultfs::SimDisk disk;
    const auto store = open_store(disk, options);
    Contents contents;
    for (const Command& command : commands) {
      run(*store, {command});
      apply(command, contents);
      RC_ASSERT(scan_all(*store) == contents);
    }
    RC_ASSERT(reopen(disk.image()).contents == contents);
  });
}

}  // namespace
}  // namespace walbreaker::properties
