// Names a wrong answer: which kind of violation contents are that no allowed prefix shows, and says it in words.
#pragma once

#include <cstddef>

#include "harness/timeline.h"
#include "harness/violation.h"

namespace walbreaker {

// `listing` is the contents after no prefix of the timeline's history. `expected` is the prefix it is held against: the
// allowed one that a correct subject would most likely have served.
[[nodiscard]] Wrong explain_no_prefix(const Timeline& timeline, std::size_t expected, const Listing& listing);

}  // namespace walbreaker
