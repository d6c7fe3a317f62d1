// The map of a reference store's bytes (reference_layout.h) as text, for a person.
#pragma once

#include <string>
#include <string_view>

#include "faultfs/image.h"

namespace walbreaker {

// Every file in `directory`, record by record, what is valid of it, where the replay stopped and why, and what an open
// has to answer. Empty where no file there is a log or a snapshot by its name. Never changes what it looks at.
[[nodiscard]] std::string reference_map(const faultfs::Image& image, std::string_view directory);

}  // namespace walbreaker
