// Reads one line of the text forms of this folder, word by word, and says what was expected where it cannot.
//
// Words are separated by one or more blanks. Paths stand in double quotes, with \" and \\ and \xHH for bytes that do
// not print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace faultfs {

class LineScanner {
 public:
  // `where` begins every error: "line 12", "damage". The line outlives this.
  LineScanner(std::string_view line, std::string where) : rest_(line), where_(std::move(where)) {}

  [[nodiscard]] bool at_end();

  // Errors of all: invalid_argument, "line 12: expected a number, found \"x\"".
  kv::Result<std::string_view> word(std::string_view expected);
  kv::Result<std::uint64_t> number(std::string_view expected);
  kv::Result<std::string> quoted(std::string_view expected);
  kv::Result<void> literal(std::string_view word);
  kv::Result<void> end();

  // For the caller's own errors.
  [[nodiscard]] std::unexpected<kv::Error> error(std::string_view what) const;
  [[nodiscard]] std::unexpected<kv::Error> expected(std::string_view what, std::string_view found) const;

 private:
  void skip_blanks();

  std::string_view rest_;
  std::string where_;
};

// The number that all of `word` is, in decimal; false where it is none.
[[nodiscard]] bool parse_number(std::string_view word, std::uint64_t& number);

// "db/wal-1.log", in quotes.
[[nodiscard]] std::string in_quotes(std::string_view path);

}  // namespace faultfs
