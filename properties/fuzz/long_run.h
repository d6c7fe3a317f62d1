// Texts that stand for more bytes than a fuzzer has time for.
#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

namespace walbreaker::fuzz {

// Whether the text has a run of a byte, 00*NUMBER, of more than 99,999 bytes. Parsers limit what runs come to, at
// hundreds of megabytes: an input that stays below costs seconds, and shows nothing that a shorter one does not.
[[nodiscard]] inline bool has_long_run(std::string_view text) {
  constexpr std::ptrdiff_t kMostDigits = 5;
  for (auto at = std::ranges::find(text, '*'); at != text.end(); at = std::find(at + 1, text.end(), '*')) {
    const auto end = std::find_if_not(at + 1, text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (end - (at + 1) > kMostDigits) return true;
  }
  return false;
}

}  // namespace walbreaker::fuzz
