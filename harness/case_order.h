// The order in which a campaign of known size runs its cases.
#pragma once

#include <cstdint>
#include <numeric>

#include "harness/random.h"

namespace walbreaker {

// A permutation of [0, total): as they come, or spread so that the first n of them, for every n, lie evenly over all.
//
// The spread order is that of a golden-ratio sequence, i -> (start + i * stride) mod total with stride next to total /
// phi, of which any first part leaves gaps of at most three sizes (Steinhaus, Swierczkowski). The seed sets the start.
class CaseOrder {
 public:
  static CaseOrder as_they_come(std::uint64_t total) { return {total, 0, 1}; }

  static CaseOrder spread(std::uint64_t total, std::uint64_t seed) {
    if (total < 2) return as_they_come(total);
    auto stride = static_cast<std::uint64_t>(static_cast<double>(total) * 0.6180339887498949);
    while (stride < 1 || std::gcd(stride, total) != 1) ++stride;
    return {total, Random(seed).below(total), stride};
  }

  // The place of the i-th case. i < total < 2^32, so that nothing overflows.
  [[nodiscard]] std::uint64_t at(std::uint64_t i) const { return (start_ + i * stride_) % total_; }

 private:
  CaseOrder(std::uint64_t total, std::uint64_t start, std::uint64_t stride)
      : total_(total), start_(start), stride_(stride) {
    WB_ASSERT(total < std::uint64_t{1} << 32);
  }

  std::uint64_t total_;
  std::uint64_t start_;
  std::uint64_t stride_;
};

}  // namespace walbreaker
