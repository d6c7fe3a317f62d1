// The subjects that are built in, by name.
#pragma once

#include <string_view>
#include <vector>

#include "harness/subject.h"

namespace walbreaker {

[[nodiscard]] const std::vector<const Subject*>& all_subjects();

// Null where there is none of that name.
[[nodiscard]] const Subject* find_subject(std::string_view name);

}  // namespace walbreaker
