// Bytes as text for a terminal or a script, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kv {

// Printable ASCII as it is, a backslash doubled, every other byte as \xNN: one line, harmless to a terminal, and no
// two byte strings look the same. printable("a\n\\") is R"(a\x0a\\)".
[[nodiscard]] std::string printable(std::string_view bytes);

// Two lower-case digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

// Digits of either case; nothing where there is another character or an odd number of digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

// "1 record", "2 records"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace kv
