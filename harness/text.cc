#include "harness/text.h"

#include <fmt/format.h>

#include <limits>

#include "faultfs/line_scanner.h"

namespace walbreaker {

namespace {

std::string escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
    if (plain) {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

}  // namespace

std::string in_quotes(std::string_view bytes) {
  constexpr std::size_t kShown = 48;
  if (bytes.size() <= kShown) return fmt::format("\"{}\"", escaped(bytes));
  return fmt::format("\"{}...\" ({} bytes)", escaped(bytes.substr(0, kShown / 2)), bytes.size());
}

std::string in_full(std::string_view bytes) { return fmt::format("\"{}\"", escaped(bytes)); }

std::string shell_word(std::string_view word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + '\'';
}

std::string value_text(const std::string* value) { return value == nullptr ? "missing" : in_quotes(*value); }

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view kUnits = "KMG";
  const std::size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  const unsigned shift = unit == std::string_view::npos ? 0 : 10 * (static_cast<unsigned>(unit) + 1);
  if (shift > 0) text.remove_suffix(1);
  std::uint64_t number = 0;
  if (!faultfs::parse_number(text, number)) return std::nullopt;
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return number << shift;
}

std::string with_commas(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace walbreaker
