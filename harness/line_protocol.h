// The line protocol, as text: requests and answers to lines and back. PROTOCOL.md beside this file is its manual.
//
// Nothing here reads or writes anything but memory. Lines are without their newline. What is parsed may be any bytes:
// every parser takes them or says what it expected and, shortened, what came instead.
//
//   const std::string line = TRY(to_line(Request{.verb = Verb::get, .key = "k"}));    // "get 6b"
//   const auto answer = TRY(parse_get_answer("ok 76"));   // an error: that is no answer to a get
//   if (!answer) return std::unexpected(to_error(answer.error()));   // the driver answered "err CODE TEXT"
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/batch.h"
#include "engine/result.h"
#include "harness/subject.h"

namespace walbreaker {

inline constexpr unsigned kLineProtocolFormat = 1;

// No line is longer, its newline included.
inline constexpr std::size_t kMostLineBytes = std::size_t{64} << 20;

// A scan that lists more has no end.
inline constexpr std::uint64_t kMostScanLines = std::uint64_t{1} << 24;

// The CODE of "err CODE TEXT".
enum class LineError {
  unsupported,  // there is no such command here, and never will be
  io_error,
  corrupted,
  read_only,
  no_space,
  no_memory,
  locked,
  invalid_argument,
  unsupported_version,
  not_open,  // a command that needs an open store came without one
  internal,
};

struct LineErrorInfo {
  LineError error;
  std::string_view name;  // the enumerator's, as it stands in a line
  kv::ErrorCode code;     // that the harness sees
};

// Where two have one code, the text tells which it was.
inline constexpr std::array<LineErrorInfo, 11> kLineErrors{{
    {LineError::unsupported, "unsupported", kv::ErrorCode::invalid_argument},
    {LineError::io_error, "io_error", kv::ErrorCode::io_error},
    {LineError::corrupted, "corrupted", kv::ErrorCode::corrupted},
    {LineError::read_only, "read_only", kv::ErrorCode::read_only},
    {LineError::no_space, "no_space", kv::ErrorCode::no_space},
    {LineError::no_memory, "no_memory", kv::ErrorCode::no_memory},
    {LineError::locked, "locked", kv::ErrorCode::locked},
    {LineError::invalid_argument, "invalid_argument", kv::ErrorCode::invalid_argument},
    {LineError::unsupported_version, "unsupported_version", kv::ErrorCode::unsupported_version},
    {LineError::not_open, "not_open", kv::ErrorCode::invalid_argument},
    {LineError::internal, "internal", kv::ErrorCode::internal},
}};

// The enumerator's name.
[[nodiscard]] std::string_view to_string(LineError error);

// The CODE for an error of a subject: of the rows with its code the one of the same name, and internal where there is
// none.
[[nodiscard]] LineError line_error_of(kv::ErrorCode code);

// ---- Requests

enum class Verb { hello, open, put, del, batch, get, scan, sync, compact, close };

// The enumerator's name, the first word of the line.
[[nodiscard]] std::string_view to_string(Verb verb);

struct Request {
  Verb verb = Verb::hello;
  std::string directory = {};  // open: without a blank
  bool read_only = false;      // open
  Settings settings = {};      // open: names and values without a blank, names without a '='
  kv::Batch writes = {};       // put and del: one; batch: any number
  std::string key = {};        // get
};

// Errors: invalid_argument: what a line cannot say (a blank in a setting or a directory), or not within its limit.
kv::Result<std::string> to_line(const Request& request);

// For the driver's side. Errors: invalid_argument, with what was expected.
kv::Result<Request> parse_request(std::string_view line);

// ---- Answers

// The driver could not do it: "err CODE TEXT".
struct ErrorAnswer {
  LineError error = LineError::internal;
  std::string text = {};
  bool operator==(const ErrorAnswer&) const = default;
};

// "io_error: TEXT"; where the code alone does not tell, the name stands in front of the text.
[[nodiscard]] kv::Error to_error(const ErrorAnswer& answer);

template <class T>
using Answered = std::expected<T, ErrorAnswer>;

struct HelloAnswer {
  std::string name;
  std::vector<PromiseTerm> promise;  // as it stands there: promise.h knows what there is to promise
};

struct OpenSaid {
  OpenAnswer answer = OpenAnswer::clean;
  std::string text = {};
};

// One for each shape of an answer. Errors of all: invalid_argument: "expected \"ok\" or \"err CODE TEXT\", and got
// ...".
kv::Result<Answered<HelloAnswer>> parse_hello_answer(std::string_view line);
kv::Result<Answered<OpenSaid>> parse_open_answer(std::string_view line);
kv::Result<Answered<void>> parse_done_answer(std::string_view line);  // put, batch, sync, compact, close
kv::Result<Answered<bool>> parse_del_answer(std::string_view line);   // false: missing
kv::Result<Answered<std::optional<std::string>>> parse_get_answer(std::string_view line);
kv::Result<Answered<std::uint64_t>> parse_scan_answer(std::string_view line);  // so many lines follow
kv::Result<std::pair<std::string, std::string>> parse_scan_line(std::string_view line);

// For the driver's side: the lines that the parsers above take. What does not fit into a line's text is left out.
[[nodiscard]] std::string error_line(const ErrorAnswer& answer);
[[nodiscard]] std::string error_line(const kv::Error& error);
[[nodiscard]] std::string hello_line(const HelloAnswer& answer);
[[nodiscard]] std::string open_line(const OpenSaid& answer);
[[nodiscard]] std::string del_line(bool found);
[[nodiscard]] std::string get_line(const std::optional<std::string>& value);
[[nodiscard]] std::string scan_head_line(std::uint64_t lines);
[[nodiscard]] std::string scan_line(std::string_view key, std::string_view value);
inline constexpr std::string_view kDoneLine = "ok";

// What came, as an error shows it: in quotes, printable, its beginning alone where it is long.
[[nodiscard]] std::string shortened(std::string_view line);

}  // namespace walbreaker
