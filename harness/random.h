// The one source of randomness: a seeded integer generator that splits into independent streams.
//
// Same seed, same numbers, on every machine and in every build; so no std distribution, whose results are not fixed by
// the standard. The numbers are SplitMix64's (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
// OOPSLA 2014), which is no cryptography.
//
//   Random random(seed);
//   Random workload = random.split(1);  // does not depend on what else is drawn from `random`
#pragma once

#include <cstdint>

#include "engine/assert.h"
#include "faultfs/mix.h"

namespace walbreaker {

class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_(seed), numbers_(seed) {}

  std::uint64_t next() { return numbers_.next(); }

  // A number in [0, bound). The bias of the remainder, below bound / 2^64, is of no consequence here.
  std::uint64_t below(std::uint64_t bound) {
    WB_ASSERT(bound > 0);
    return next() % bound;
  }

  // A number in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }

  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // The stream of this number: the same whenever it is asked for, and unlike any other stream's.
  [[nodiscard]] Random split(std::uint64_t stream) const {
    return Random(faultfs::mix(faultfs::mix(seed_ + faultfs::SplitMix::kGamma) ^ faultfs::mix(~stream)));
  }

 private:
  std::uint64_t seed_;
  faultfs::SplitMix numbers_;
};

}  // namespace walbreaker
