// The steps by which a case is made smaller: each offers candidates, the largest cuts first.
//
// The sequences of candidates are RapidCheck's (removeChunks, towards), so that chunks go before single elements.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "harness/case.h"

namespace walbreaker {

// Says whether a candidate is to be taken.
using TakeCandidate = std::function<bool(const Case&)>;

struct ShrinkStep {
  std::string_view name;
  // Offers candidates until one is taken. False: none was.
  bool (*offer)(const Case& c, const TakeCandidate& take);
};

[[nodiscard]] std::span<const ShrinkStep> shrink_steps();

}  // namespace walbreaker
