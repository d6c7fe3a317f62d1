// Seeds: what all randomness of a run comes from, as a person gives it.
#pragma once

#include <cstdint>
#include <string_view>

namespace walbreaker {

// The number that the text is; or, for any other text, such as a commit hash, a number that is always the same for it
// (its FNV-1a hash, mixed). A commit hash of digits alone is a number, too. Every report shows the number.
[[nodiscard]] std::uint64_t seed_of(std::string_view text);

}  // namespace walbreaker
