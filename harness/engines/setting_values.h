// The settings of an engine, from text.
//
//   bool paranoid = false;
//   if (!read_value("true", paranoid)) ...   // not a value: nothing was changed
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <system_error>

#include "engine/result.h"
#include "harness/subject.h"

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

// A word, and what it stands for.
template <class T>
struct Word {
  std::string_view word;
  T value;
};
template <class T>
Word(const char*, T) -> Word<T>;

// One of these words.
template <class T, std::size_t N>
[[nodiscard]] bool read_word(std::string_view text, const std::array<Word<T>, N>& words, T& into) {
  const auto found = std::ranges::find(words, text, &Word<T>::word);
  if (found == words.end()) return false;
  into = found->value;
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

// Whether it is the harness's own, which an engine without such a knob ignores.
[[nodiscard]] inline bool is_the_harness_own(std::string_view name) {
  return name == "compact_after_operations" || name == "compact_after_bytes" || name == "sync";
}

// The engine's options, as `set` makes them of each name and value. `known` tells a person which there are.
// Errors: invalid_argument, where `set` returns false.
template <class Options>
kv::Result<Options> read_settings(const Settings& settings, std::string_view engine, std::string_view known,
                                  bool (*set)(Options&, std::string_view name, std::string_view value)) {
  Options options;
  for (const auto& [name, value] : settings) {
    if (set(options, name, value)) continue;
    return kv::fail(kv::ErrorCode::invalid_argument,
                    fmt::format("no such setting: {}={}; {} knows {}", name, value, engine, known));
  }
  return options;
}

}  // namespace walbreaker
