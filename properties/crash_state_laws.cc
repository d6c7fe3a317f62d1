// Laws of crash states: which there are, and what each of them leaves.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "properties/crash_space_model.h"

namespace walbreaker::properties {
namespace {

using faultfs::CrashPoint;

bool is_subset(const std::set<PlainDisk>& part, const std::set<PlainDisk>& whole) {
  for (const PlainDisk& disk : part) {
    if (whole.contains(disk)) continue;
    RC_LOG() << "only in the one: " << disk << '\n';
    return false;
  }
  return true;
}

struct Counts {
  std::map<char, std::uint64_t> fates;
  std::uint64_t cuts = 0;
};

void compare_with_brute_force(const faultfs::Trace& trace, const faultfs::DiskModel& model, Counts& counts) {
  for (const auto& [point, images] : images_of(trace, model)) {
    RC_LOG() << to_text(point) << '\n';
    const NaiveDisk naive(trace, model, point);
    const std::set<PlainDisk> expected = naive.images();
    for (const auto& [fate, count] : naive.fates_seen()) counts.fates[fate] += count;
    counts.cuts += point.bytes > 0 ? 1 : 0;
    RC_LOG() << "brute force first\n";
    RC_ASSERT(is_subset(expected, images));
    RC_LOG() << "enumeration first\n";
    RC_ASSERT(is_subset(images, expected));
  }
}

TEST(CrashStates, AreAllThatBruteForceFindsAndNoOthers) {
  Counts counts;
  const bool same = rc::check([&] {
    constexpr int kTraces = 3;
    for (int i = 0; i < kTraces; ++i) {
      const faultfs::DiskModel model = any_small_model();
      compare_with_brute_force(any_small_trace(model, 250), model, counts);
    }
  });
  EXPECT_TRUE(same);
  for (const char fate : std::string("kdzgsh")) EXPECT_GT(counts.fates[fate], 100U) << fate;
  EXPECT_GT(counts.cuts, 100U);
}

// The same sectors; what a failed sync leaves is the same in all of them.
TEST(CrashStates, OfAStrongerModelAreStatesOfTheWeakerOne) {
  std::uint64_t states = 0;
  const bool holds = rc::check([&] {
    auto [process_kill, synced_only, ordered, posix] = faultfs::named_models();
    posix.model.sector_bytes = *rc::gen::element<std::uint32_t>(4, 8);
    process_kill.model.sector_bytes = ordered.model.sector_bytes = posix.model.sector_bytes;
    synced_only.model.sector_bytes = posix.model.sector_bytes;
    const faultfs::Trace trace = any_small_trace(posix.model, 250);
    const ImagesByPoint of_kill = images_of(trace, process_kill.model);
    const ImagesByPoint of_synced = images_of(trace, synced_only.model);
    const ImagesByPoint of_ordered = images_of(trace, ordered.model);
    for (const auto& [point, of_posix] : images_of(trace, posix.model)) {
      RC_LOG() << to_text(point) << '\n';
      RC_ASSERT(is_subset(of_kill.at(point), of_ordered.at(point)));
      RC_ASSERT(is_subset(of_ordered.at(point), of_posix));
      if (point.bytes == 0) RC_ASSERT(is_subset(of_synced.at(point), of_posix));
      states += of_ordered.at(point).size();
    }
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(states, 500U);
}

TEST(CrashStates, LeaveTheSameImageFromTheirTextAsWhenTheyWereListed) {
  const bool holds = rc::check([] {
    const faultfs::DiskModel model = any_small_model();
    const faultfs::Trace trace = any_small_trace(model, 40);
    enumerate(trace, model, kEverything, [&](faultfs::Candidate& candidate) {
      const std::string text = to_text(candidate.state());
      RC_LOG() << text << '\n';
      const auto state = faultfs::parse_crash_state(text);
      RC_ASSERT(state.has_value());
      RC_ASSERT(*state == candidate.state());
      RC_ASSERT(std::hash<faultfs::CrashState>()(*state) == std::hash<faultfs::CrashState>()(candidate.state()));
      const auto image = apply(*state, trace, model);
      RC_ASSERT(image.has_value());
      RC_ASSERT(*image == candidate.image());
      return true;
    });
  });
  EXPECT_TRUE(holds);
}

// Draws a fate for some of the operations, whether they have it or not.
faultfs::CrashState any_state(const CrashPoint& point) {
  faultfs::CrashState state{point, {}};
  for (faultfs::OpIndex op = 0; op < point.ops + 1; ++op) {
    const auto pieces = *rc::gen::weightedElement<std::string>({{6, ""},
                                                                {6, "k"},
                                                                {2, "d"},
                                                                {1, "g"},
                                                                {1, "z"},
                                                                {1, "s"},
                                                                {1, "h"},
                                                                {2, "kd"},
                                                                {2, "dk"},
                                                                {1, "kk"},
                                                                {1, "zd"}});
    if (!pieces.empty()) state.fates.push_back({op, pieces});
  }
  return state;
}

TEST(CrashStates, ThatTheModelForbidsAreRefused) {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  const bool holds = rc::check([&] {
    const faultfs::DiskModel model = any_small_model();
    const faultfs::Trace trace = any_small_trace(model, 250);
    for (const auto& [point, images] : images_of(trace, model)) {
      const faultfs::CrashState state = any_state(point);
      RC_LOG() << to_text(state) << '\n';
      const auto image = apply(state, trace, model);
      if (image) {
        RC_ASSERT(images.contains(plain(*image)));
        ++accepted;
      } else {
        RC_ASSERT(image.error().code == kv::ErrorCode::invalid_argument);
        ++refused;
      }
    }
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(accepted, 30U);
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace walbreaker::properties
