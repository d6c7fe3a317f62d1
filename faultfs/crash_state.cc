#include "faultfs/crash_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "faultfs/line_scanner.h"
#include "faultfs/mix.h"

namespace faultfs {

namespace {

constexpr std::string_view kLetters = "kdzgsh";

// A letter for all of an operation's pieces is written as a word, so `torn` is not followed by one of those.
bool is_torn_text(std::string_view letters) {
  return !letters.empty() && letters.find_first_not_of(kLetters) == std::string_view::npos && letters != "k" &&
         letters != "d" && letters != "g";
}

kv::Result<std::string> parse_pieces(LineScanner& line) {
  constexpr std::string_view kExpected = "kept, dropped, trashed or torn";
  const std::string_view word = TRY(line.word(kExpected));
  if (word == "kept") return "k";
  if (word == "dropped") return "d";
  if (word == "trashed") return "g";
  if (word != "torn") return line.expected(kExpected, word);
  constexpr std::string_view kLettersExpected = "a letter of kdzgsh for each sector";
  const std::string_view letters = TRY(line.word(kLettersExpected));
  if (!is_torn_text(letters)) return line.expected(kLettersExpected, letters);
  return std::string(letters);
}

kv::Result<CrashPoint> parse_point(std::string_view text) {
  LineScanner line(text, "crash state");
  CrashPoint point;
  TRY(line.literal("after"));
  point.ops = TRY(line.number("the number of operations done"));
  if (line.at_end()) return point;
  TRY(line.literal("and"));
  point.bytes = TRY(line.number("a number of bytes"));
  if (point.bytes == 0) return line.error("expected at least one byte of a write, found 0");
  TRY(line.literal("bytes"));
  TRY(line.end());
  return point;
}

}  // namespace

std::string fate_text(const Fate& fate) {
  if (fate.pieces == "k") return "kept";
  if (fate.pieces == "d") return "dropped";
  if (fate.pieces == "g") return "trashed";
  return "torn " + fate.pieces;
}

std::string to_text(const CrashPoint& point) {
  if (point.bytes == 0) return fmt::format("after {}", point.ops);
  return fmt::format("after {} and {} bytes", point.ops, point.bytes);
}

std::string to_text(const CrashState& state) {
  std::string text = to_text(state.point);
  char separator = ':';
  for (const Fate& fate : state.fates) {
    text += fmt::format("{} {} {}", separator, fate.op, fate_text(fate));
    separator = ',';
  }
  return text;
}

kv::Result<CrashState> parse_crash_state(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  CrashState state{TRY(parse_point(text.substr(0, colon))), {}};
  if (colon == text.size()) return state;
  std::string_view rest = text.substr(colon + 1);
  for (bool more = true; more;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    LineScanner line(rest.substr(0, comma), "crash state");
    Fate fate;
    fate.op = TRY(line.number("the number of an operation"));
    fate.pieces = TRY(parse_pieces(line));
    TRY(line.end());
    if (!state.fates.empty() && state.fates.back().op >= fate.op) {
      return line.error(fmt::format("operation {} comes after operation {}", fate.op, state.fates.back().op));
    }
    state.fates.push_back(std::move(fate));
    more = comma < rest.size();
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return state;
}

}  // namespace faultfs

std::size_t std::hash<faultfs::CrashState>::operator()(const faultfs::CrashState& state) const noexcept {
  std::uint64_t hash = faultfs::mix(state.point.ops) + faultfs::mix(~state.point.bytes);
  for (const faultfs::Fate& fate : state.fates) {
    hash = faultfs::mix(hash ^ fate.op) ^ std::hash<std::string>()(fate.pieces);
  }
  return static_cast<std::size_t>(hash);
}
