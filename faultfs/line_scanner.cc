#include "faultfs/line_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace faultfs {

bool parse_number(std::string_view word, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

std::string in_quotes(std::string_view path) {
  std::string text = "\"";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text + '"';
}

void LineScanner::skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

bool LineScanner::at_end() {
  skip_blanks();
  return rest_.empty();
}

std::unexpected<kv::Error> LineScanner::error(std::string_view what) const {
  return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("{}: {}", where_, what));
}

std::unexpected<kv::Error> LineScanner::expected(std::string_view what, std::string_view found) const {
  if (found.empty()) return error(fmt::format("expected {}, found the end", what));
  constexpr std::size_t kShown = 40;
  const std::string_view shown = found.substr(0, kShown);
  return error(fmt::format("expected {}, found {}{}", what, in_quotes(shown), shown == found ? "" : "..."));
}

kv::Result<std::string_view> LineScanner::word(std::string_view expected) {
  skip_blanks();
  const std::string_view word = rest_.substr(0, rest_.find(' '));
  if (word.empty()) return this->expected(expected, word);
  rest_.remove_prefix(word.size());
  return word;
}

kv::Result<std::uint64_t> LineScanner::number(std::string_view expected) {
  const std::string_view found = TRY(word(expected));
  std::uint64_t number = 0;
  if (!parse_number(found, number)) return this->expected(expected, found);
  return number;
}

kv::Result<void> LineScanner::literal(std::string_view word) {
  const std::string_view found = TRY(this->word(word));
  if (found != word) return expected(fmt::format("\"{}\"", word), found);
  return {};
}

namespace {

// The byte that two hex digits stand for; -1 where they are none.
int hex_byte(std::string_view digits) {
  unsigned char value = 0;  // unsigned, so that a sign is no digit
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return error == std::errc() && digits.size() == 2 && end == digits.data() + 2 ? value : -1;
}

}  // namespace

kv::Result<std::string> LineScanner::quoted(std::string_view expected) {
  skip_blanks();
  if (!rest_.starts_with('"')) return this->expected(expected, rest_);
  std::string text;
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '"') {
      rest_.remove_prefix(i + 1);
      return text;
    }
    if (c != '\\') {
      text += c;
    } else if (const int byte = hex_byte(rest_.substr(std::min(i + 2, rest_.size()), 2));
               rest_.substr(i + 1).starts_with('x') && byte >= 0) {
      text += static_cast<char>(byte);
      i += 3;
    } else if (rest_.substr(i + 1).starts_with('"') || rest_.substr(i + 1).starts_with('\\')) {
      text += rest_[++i];
    } else {
      return error(fmt::format(R"({}: \ stands before ", \ or xHH)", expected));
    }
  }
  return error(fmt::format("{}: the closing quote is missing", expected));
}

kv::Result<void> LineScanner::end() {
  if (!at_end()) return expected("the end of the line", rest_);
  return {};
}

}  // namespace faultfs
