// Keys, values and numbers as a report shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace walbreaker {

// "cold-00017", with what is not printable as \xNN, and the middle left out where it is long.
[[nodiscard]] std::string in_quotes(std::string_view bytes);

// The same, or `missing` for null.
[[nodiscard]] std::string value_text(const std::string* value);

// 1234567 -> "1,234,567"
[[nodiscard]] std::string with_commas(std::uint64_t number);

}  // namespace walbreaker
