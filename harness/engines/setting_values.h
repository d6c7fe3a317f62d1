// The values that settings of engines have, from text.
//
//   bool paranoid = false;
//   if (!read_value("true", paranoid)) ...   // not a value: nothing was changed
#pragma once

#include <charconv>
#include <concepts>
#include <string_view>
#include <system_error>

namespace walbreaker {

// "true" or "false".
[[nodiscard]] inline bool read_value(std::string_view text, bool& into) {
  if (text != "true" && text != "false") return false;
  into = text == "true";
  return true;
}

// A number in decimal digits.
template <std::unsigned_integral T>
[[nodiscard]] bool read_value(std::string_view text, T& into) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  into = number;
  return true;
}

// "true", "false", or the words for them that the harness's own setting `sync` has for every engine.
[[nodiscard]] inline bool read_sync(std::string_view text, bool& into) {
  if (text == "on_commit" || text == "on_request") {
    into = text == "on_commit";
    return true;
  }
  return read_value(text, into);
}

}  // namespace walbreaker
