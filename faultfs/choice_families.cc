#include "faultfs/choice_families.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace faultfs {

namespace {

// Numbers (group, alternative) for all groups, without one alternative of each.
class SingleFates {
 public:
  SingleFates(const CrashSpace& space, Choice without) : space_(space), without_(std::move(without)) {
    for (const FateGroup& group : space.groups()) {
      begins_.push_back(size_);
      size_ += group.alternatives() - 1;
    }
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // `base` with the i-th of them in place of the one left out.
  [[nodiscard]] Choice choice(std::uint64_t i) const {
    const auto group = static_cast<std::size_t>(std::ranges::upper_bound(begins_, i) - begins_.begin() - 1);
    const std::uint32_t first = space_.groups()[group].first();
    auto alternative = first + static_cast<std::uint32_t>(i - begins_[group]);
    if (alternative >= without_[group]) ++alternative;
    Choice choice = without_;
    choice[group] = alternative;
    return choice;
  }

 private:
  const CrashSpace& space_;
  Choice without_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t size_ = 0;
};

ChoiceFamily single_fates(const CrashSpace& space, Choice base) {
  const auto fates = std::make_shared<SingleFates>(space, std::move(base));
  return {fates->size(), [fates](std::uint64_t i) { return fates->choice(i); }};
}

// The i-th pair a < b of numbers below n, in the order (0,1), (0,2), (1,2), (0,3) ...
std::pair<std::size_t, std::size_t> pair_at(std::uint64_t i) {
  auto b = static_cast<std::uint64_t>((1 + std::sqrt(1 + 8 * static_cast<double>(i))) / 2);
  while (b * (b - 1) / 2 > i) --b;
  while (b * (b + 1) / 2 <= i) ++b;
  return {static_cast<std::size_t>(i - b * (b - 1) / 2), static_cast<std::size_t>(b)};
}

ChoiceFamily pairs(const CrashSpace& space) {
  const std::uint64_t n = space.groups().size();
  return {n < 2 ? 0 : n * (n - 1), [&space](std::uint64_t i) {
            const auto [a, b] = pair_at(i / 2);
            Choice choice = i % 2 == 0 ? space.all_kept() : space.all_dropped();
            const Choice other = i % 2 == 0 ? space.all_dropped() : space.all_kept();
            choice[a] = other[a];
            choice[b] = other[b];
            return choice;
          }};
}

constexpr std::uint64_t kWaysToTear = 3;

bool survives(std::uint64_t way, std::size_t part, std::size_t parts) {
  if (way == 0) return part < parts / 2;
  if (way == 1) return part >= parts / 2;
  return part % 2 == 1;
}

ChoiceFamily torn_writes(const CrashSpace& space) {
  const auto writes = std::make_shared<std::vector<MemberRange>>(space.writes_of_several_sectors());
  return {writes->size() * kWaysToTear, [&space, writes](std::uint64_t i) {
            const MemberRange& write = (*writes)[i / kWaysToTear];
            Choice choice = space.first_kept(write.begin);
            for (std::size_t m = write.begin; m < write.end; ++m) {
              if (survives(i % kWaysToTear, m - write.begin, write.end - write.begin)) space.keep(choice, m);
            }
            return choice;
          }};
}

}  // namespace

std::vector<ChoiceFamily> choice_families(const CrashSpace& space) {
  return {
      {2, [&space](std::uint64_t i) { return i == 0 ? space.all_kept() : space.all_dropped(); }},
      {space.members() + 1, [&space](std::uint64_t i) { return space.first_kept(i); }},
      single_fates(space, space.all_kept()),
      single_fates(space, space.all_dropped()),
      torn_writes(space),
      pairs(space),
  };
}

Choice random_choice(const CrashSpace& space, SplitMix& random) {
  enum class Way { even, keep, drop };
  const Way way = static_cast<Way>(random.next() % 3);
  Choice choice = way == Way::keep ? space.all_kept() : space.all_dropped();
  for (std::size_t g = 0; g < choice.size(); ++g) {
    const FateGroup& group = space.groups()[g];
    const std::uint64_t draw = random.next();
    // A file whose name is dropped hides what became of its bytes, so most names are kept.
    const bool names = group.members.front().file == kNames;
    if (names && draw % 4 != 0) {
      choice[g] = group.size();
    } else if (way == Way::even || draw / 4 % 8 == 0) {
      choice[g] = group.first() + static_cast<std::uint32_t>((draw >> 8) % group.alternatives());
    }
  }
  return choice;
}

}  // namespace faultfs
