#include "faultfs/hex.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace faultfs {

namespace {

// A run as long as this is written as BYTE*LENGTH.
constexpr std::size_t kShortestRun = 16;

std::optional<char> hex_byte(std::string_view digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (digits.size() < 2) return std::nullopt;
  const std::size_t high = kDigits.find(digits[0]);
  const std::size_t low = kDigits.find(digits[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  if (bytes.empty()) return "-";
  std::string text;
  bool after_run = false;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t run = std::min(bytes.find_first_not_of(bytes[i], i), bytes.size()) - i;
    const std::string byte = fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
    const bool is_run = run >= kShortestRun;
    if (i > 0 && (is_run || after_run)) text += '+';
    text += is_run ? fmt::format("{}*{}", byte, run) : byte;
    after_run = is_run;
    i += is_run ? run : 1;
  }
  return text;
}

kv::Result<std::string> parse_hex(LineScanner& line, std::uint64_t limit, std::uint64_t used) {
  constexpr std::string_view kExpected = "bytes in hex";
  const std::string_view word = TRY(line.word(kExpected));
  std::string bytes;
  if (word == "-") return bytes;
  for (std::size_t i = 0; i < word.size();) {
    std::uint64_t count = 1;
    const auto byte = hex_byte(word.substr(i, 2));
    if (!byte) return line.expected(kExpected, word.substr(i));
    i += 2;
    if (word.substr(i).starts_with('*')) {
      const std::size_t end = std::min(word.find('+', i), word.size());
      if (!parse_number(word.substr(i + 1, end - i - 1), count)) return line.expected("a length", word.substr(i + 1));
      i = end;
    }
    const bool goes_on = word.substr(i).starts_with('+');
    if (goes_on && i + 1 == word.size()) return line.expected(kExpected, {});
    if (goes_on) ++i;
    if (count > limit - used - bytes.size()) return line.error(fmt::format("more than {} bytes in all", limit));
    bytes.append(count, *byte);
  }
  return bytes;
}

}  // namespace faultfs
