// The subjects, by name.
#pragma once

#include <string_view>
#include <vector>

#include "harness/subject.h"

namespace walbreaker {

// Those that are built in.
[[nodiscard]] const std::vector<const Subject*>& all_subjects();

// Null where there is none of that name.
[[nodiscard]] const Subject* find_subject(std::string_view name);

// The same for what Subject::found_by() says, which is the path of a library where it has a '/' in it, a driver's
// command behind "driver:", and a subject with settings of its own (configured_subject.h) where it has several lines.
// Null where that cannot be loaded or started.
[[nodiscard]] const Subject* find_subject_or_plugin(std::string_view found_by);

}  // namespace walbreaker
