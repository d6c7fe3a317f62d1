// Keys, values and numbers as a report shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace walbreaker {

// "cold-00017", with what is not printable as \xNN, and all but its beginning left out where it is long.
[[nodiscard]] std::string in_quotes(std::string_view bytes);

// "cold-00017", all of it, with what is not printable as \xNN: what a line of a case file holds.
[[nodiscard]] std::string in_full(std::string_view bytes);

// The word as a shell takes it for one: as it is where it has nothing special, else in single quotes.
[[nodiscard]] std::string shell_word(std::string_view word);

// in_quotes, or `missing` for null.
[[nodiscard]] std::string value_text(const std::string* value);

// 1234567 -> "1,234,567"
[[nodiscard]] std::string with_commas(std::uint64_t number);

}  // namespace walbreaker
