// Laws of enumeration within a budget: what it lists depends on the trace, the model, the budget and its seed alone.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "faultfs/crash_space.h"
#include "faultfs/disk_state.h"
#include "properties/crash_space_model.h"

namespace walbreaker::properties {
namespace {

using faultfs::Budget;
using faultfs::Coverage;
using faultfs::CrashPoint;
using faultfs::DiskModel;
using faultfs::OpIndex;
using faultfs::Trace;

using Listed = std::vector<std::pair<std::string, PlainDisk>>;  // each state with its image, in order

Coverage list(const Trace& trace, const DiskModel& model, const Budget& budget, OpIndex first, OpIndex last,
              Listed& listed) {
  return enumerate(trace, model, budget, first, last, [&](faultfs::Candidate& candidate) {
    listed.emplace_back(to_text(candidate.state()), plain(candidate.image()));
    return true;
  });
}

Budget any_small_budget() {
  Budget budget;
  budget.states_per_point = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(2, 30));
  budget.states_per_cut = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(2, 30));
  budget.cuts_per_write = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, 6));
  budget.seed = *rc::gen::arbitrary<std::uint64_t>();
  return budget;
}

TEST(Enumeration, InUnitsListsWhatOneRunLists) {
  const bool holds = rc::check([] {
    const DiskModel model = any_small_model();
    const Trace trace = any_small_trace(model, 2'000);
    const Budget budget = any_small_budget();
    Listed whole;
    const Coverage coverage = list(trace, model, budget, 0, trace.ops.size() + 1, whole);
    Listed again;
    RC_ASSERT(list(trace, model, budget, 0, trace.ops.size() + 1, again) == coverage);
    RC_ASSERT(again == whole);

    Listed in_units;
    Coverage of_units;
    for (OpIndex first = 0; first <= trace.ops.size();) {
      const OpIndex last = first + *rc::gen::element<OpIndex>(1, 2, 5);
      of_units.add(list(trace, model, budget, first, last, in_units));
      first = last;
    }
    RC_ASSERT(in_units == whole);
    RC_ASSERT(of_units == coverage);
  });
  EXPECT_TRUE(holds);
}

// The images of all_kept and all_dropped, the first two states of a point.
std::vector<PlainDisk> extremes(const Trace& trace, const DiskModel& model, const CrashPoint& point) {
  faultfs::DiskState disk(trace.initial, model);
  for (OpIndex op = 0; op < point.ops; ++op) disk.step(trace.ops[op]);
  if (point.bytes > 0) disk.step(trace.ops[point.ops], point.bytes);
  faultfs::CrashSpace space(disk, point);
  const PlainDisk kept = plain(space.image(space.all_kept()));
  return {kept, plain(space.image(space.all_dropped()))};
}

TEST(Enumeration, WithinABudgetListsSomeOfAllStatesAndTheExtremesAlways) {
  std::uint64_t sampled = 0;
  std::uint64_t exhausted = 0;
  const bool holds = rc::check([&] {
    const DiskModel model = any_small_model();
    const Trace trace = any_small_trace(model, 250);
    const Budget budget = any_small_budget();
    const ImagesByPoint all = images_of(trace, model);
    const ImagesByPoint some = images_of(trace, model, budget);
    for (OpIndex op = 0; op <= trace.ops.size(); ++op) RC_ASSERT(some.contains({op, 0}));
    for (const auto& [point, images] : some) {
      RC_LOG() << to_text(point) << '\n';
      RC_ASSERT(images.size() <= (point.bytes > 0 ? budget.states_per_cut : budget.states_per_point));
      for (const PlainDisk& disk : images) RC_ASSERT(all.at(point).contains(disk));
      for (const PlainDisk& disk : extremes(trace, model, point)) RC_ASSERT(images.contains(disk));
      ++(images.size() < all.at(point).size() ? sampled : exhausted);
    }
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(sampled, 50U);
  EXPECT_GT(exhausted, 50U);
}

}  // namespace
}  // namespace walbreaker::properties
