// Keys, values and numbers as a report shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace walbreaker {

// "cold-00017", with what is not printable as \xNN, and all but its beginning left out where it is long.
[[nodiscard]] std::string in_quotes(std::string_view bytes);

// "cold-00017", all of it, with what is not printable as \xNN: what a line of a case file holds.
[[nodiscard]] std::string in_full(std::string_view bytes);

// As one word of a POSIX shell: as it is, or in quotes where the shell would see more in it than itself.
[[nodiscard]] std::string shell_word(std::string_view word);

// in_quotes, or `missing` for null.
[[nodiscard]] std::string value_text(const std::string* value);

// "4096", "64K", "512M", "2G" -> bytes; K is 1,024. Nothing: it is no size, or too large.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// 1234567 -> "1,234,567"
[[nodiscard]] std::string with_commas(std::uint64_t number);

}  // namespace walbreaker
