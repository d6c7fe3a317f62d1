// Families of crash states: the few of a large space that find most bugs.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "faultfs/crash_space.h"
#include "faultfs/mix.h"

namespace faultfs {

struct ChoiceFamily {
  std::uint64_t size = 0;
  std::function<Choice(std::uint64_t)> choice;  // the i-th of them, for i below size
};

// In this order: all kept and all dropped (always 2, perhaps the same); prefixes of what was pending; all but one, by
// every fate it can have; one alone, likewise; all but two, and two alone; each write torn in half or every other
// sector. The space outlives what is returned.
[[nodiscard]] std::vector<ChoiceFamily> choice_families(const CrashSpace& space);

// Any state: a third of the draws take each fate alike, a third keep most, a third drop most. Names are kept more often
// than not.
[[nodiscard]] Choice random_choice(const CrashSpace& space, SplitMix& random);

}  // namespace faultfs
