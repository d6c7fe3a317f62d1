#include "harness/line_protocol.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/assert.h"
#include "engine/text.h"
#include "faultfs/line_scanner.h"
#include "harness/promise.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

using kv::ErrorCode;
using kv::Result;

constexpr std::array<std::string_view, 10> kVerbs{"hello", "open", "put",  "del",     "batch",
                                                  "get",   "scan", "sync", "compact", "close"};

std::unexpected<kv::Error> expected(std::string_view what, std::string_view found) {
  return kv::fail(ErrorCode::invalid_argument, fmt::format("expected {}, and got {}", what, shortened(found)));
}

// The words of a line, with exactly one blank between two of them.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  [[nodiscard]] bool at_end() const { return end_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  // Empty at the end, and where two blanks follow each other: no word is.
  std::string_view next() {
    if (end_) return {};
    const std::size_t blank = rest_.find(' ');
    const std::string_view word = rest_.substr(0, blank);
    end_ = blank == std::string_view::npos;
    rest_.remove_prefix(end_ ? rest_.size() : blank + 1);
    return word;
  }

 private:
  std::string_view rest_;
  bool end_ = false;
};

bool is_lower_hex(std::string_view digits) {
  return std::ranges::all_of(digits, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<std::string> parse_bytes(std::string_view word) {
  if (word == "-") return std::string();
  if (word.empty() || !is_lower_hex(word)) return std::nullopt;
  return kv::from_hex(word);
}

std::string bytes_text(std::string_view bytes) { return bytes.empty() ? "-" : kv::to_hex(bytes); }

constexpr std::string_view kBytes = "bytes in lower-case hex, or -";

Result<std::string> take_bytes(Words& words) {
  const std::string_view word = words.next();
  auto bytes = parse_bytes(word);
  if (!bytes) return expected(kBytes, word);
  return std::move(*bytes);
}

Result<void> take_end(const Words& words) {
  if (words.at_end()) return {};
  return expected("the end of the line", words.rest());
}

bool fits_a_word(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) { return c == ' ' || c == '\n' || c == '\0'; });
}

Result<std::string> within_limit(std::string line) {
  if (line.size() < kMostLineBytes) return line;
  return kv::fail(ErrorCode::invalid_argument,
                  fmt::format("a line of {} bytes; the limit is {}", line.size(), kMostLineBytes));
}

}  // namespace

std::string shortened(std::string_view line) {
  constexpr std::size_t kShown = 80;
  if (line.size() <= kShown) return fmt::format("\"{}\"", kv::printable(line));
  return fmt::format("\"{}\"... ({} bytes)", kv::printable(line.substr(0, kShown)), line.size());
}

std::string_view to_string(LineError error) {
  const auto& row = kLineErrors.at(static_cast<std::size_t>(error));
  WB_ASSERT(row.error == error);
  return row.name;
}

LineError line_error_of(ErrorCode code) {
  const auto row = std::ranges::find(kLineErrors, kv::to_string(code), &LineErrorInfo::name);
  if (row != kLineErrors.end()) return row->error;
  return code == ErrorCode::null_argument ? LineError::invalid_argument : LineError::internal;
}

std::string_view to_string(Verb verb) { return kVerbs.at(static_cast<std::size_t>(verb)); }

// ---- Requests

namespace {

Result<void> append_open(std::string& line, const Request& request) {
  if (!fits_a_word(request.directory)) {
    return kv::fail(ErrorCode::invalid_argument,
                    fmt::format("the directory {} has a blank in it", in_quotes(request.directory)));
  }
  line += fmt::format(" {}", request.directory);
  if (request.read_only) line += " read_only";
  for (const auto& [name, value] : request.settings) {
    const bool good = fits_a_word(name) && !name.contains('=') && (value.empty() || fits_a_word(value));
    if (!good) {
      return kv::fail(ErrorCode::invalid_argument,
                      fmt::format("the setting {}={} has a blank in it", in_quotes(name), in_quotes(value)));
    }
    line += fmt::format(" {}={}", name, value);
  }
  return {};
}

void append_write(std::string& line, const kv::Batch::Operation& write) {
  line += ' ';
  line += bytes_text(write.key);
  if (write.kind != kv::Batch::Kind::put) return;
  line += ' ';
  line += bytes_text(write.value);
}

void append_batch(std::string& line, const kv::Batch& batch) {
  for (const auto& write : batch.operations()) {
    line += write.kind == kv::Batch::Kind::put ? " put" : " del";
    append_write(line, write);
  }
}

}  // namespace

Result<std::string> to_line(const Request& request) {
  std::string line(to_string(request.verb));
  switch (request.verb) {
    case Verb::hello: line += fmt::format(" {}", kLineProtocolFormat); break;
    case Verb::open: TRY(append_open(line, request)); break;
    case Verb::put:
    case Verb::del: append_write(line, request.writes.operations().at(0)); break;
    case Verb::batch: append_batch(line, request.writes); break;
    case Verb::get: line += ' ' + bytes_text(request.key); break;
    case Verb::scan:
    case Verb::sync:
    case Verb::compact:
    case Verb::close: break;
  }
  return within_limit(std::move(line));
}

namespace {

Result<void> take_format(Words& words) {
  const std::string_view word = words.next();
  if (word == std::to_string(kLineProtocolFormat)) return {};
  return expected("format 1", word);
}

// A zero byte would end the directory early where a system call takes it: "open db\0x" would open "db".
Result<void> take_open(Words& words, Request& request) {
  if (words.rest().contains('\0')) return expected("words without a zero byte", words.rest());
  request.directory = words.next();
  if (request.directory.empty()) return expected("a directory", words.rest());
  for (bool first = true; !words.at_end(); first = false) {
    const std::string_view word = words.next();
    if (first && word == "read_only") {
      request.read_only = true;
      continue;
    }
    PromiseTerm setting = TRY(parse_term(word));
    request.settings[setting.key] = setting.value;
  }
  return {};
}

Result<void> take_write(Words& words, Request& request, bool put) {
  const std::string key = TRY(take_bytes(words));
  if (put) {
    request.writes.put(key, TRY(take_bytes(words)));
  } else {
    request.writes.remove(key);
  }
  return {};
}

Result<void> take_batch(Words& words, Request& request) {
  while (!words.at_end()) {
    const std::string_view kind = words.next();
    if (kind != "put" && kind != "del") return expected("put or del", kind);
    TRY(take_write(words, request, kind == "put"));
  }
  return {};
}

}  // namespace

Result<Request> parse_request(std::string_view line) {
  if (line.size() >= kMostLineBytes) return expected("a line within the limit", line);
  Words words(line);
  const std::string_view word = words.next();
  const auto verb = std::ranges::find(kVerbs, word);
  if (verb == kVerbs.end()) return expected("a request", word);
  Request request{.verb = static_cast<Verb>(verb - kVerbs.begin())};
  switch (request.verb) {
    case Verb::hello: TRY(take_format(words)); break;
    case Verb::open: TRY(take_open(words, request)); break;
    case Verb::put: TRY(take_write(words, request, true)); break;
    case Verb::del: TRY(take_write(words, request, false)); break;
    case Verb::batch: TRY(take_batch(words, request)); break;
    case Verb::get: request.key = TRY(take_bytes(words)); break;
    case Verb::scan:
    case Verb::sync:
    case Verb::compact:
    case Verb::close: break;
  }
  TRY(take_end(words));
  return request;
}

// ---- Answers

kv::Error to_error(const ErrorAnswer& answer) {
  const auto& row = kLineErrors.at(static_cast<std::size_t>(answer.error));
  if (kv::to_string(row.code) == row.name) return {row.code, 0, answer.text};
  return {row.code, 0, answer.text.empty() ? std::string(row.name) : fmt::format("{}: {}", row.name, answer.text)};
}

namespace {

// "err CODE TEXT", where the line is one; the TEXT may be missing. An error: it begins like one and is none.
Result<std::optional<ErrorAnswer>> parse_error(std::string_view line) {
  Words words(line);
  if (words.next() != "err") return std::nullopt;
  const std::string_view code = words.next();
  const auto row = std::ranges::find(kLineErrors, code, &LineErrorInfo::name);
  if (row == kLineErrors.end()) return expected("\"err\" and a code of the protocol", line);
  return ErrorAnswer{row->error, std::string(words.rest())};
}

// An answer of type T: an error, or what `parse` makes of the line. Where that is nothing, the line is no answer.
template <class T, class Parse>
Result<Answered<T>> parse_answer(std::string_view line, std::string_view shape, Parse parse) {
  if (auto error = TRY(parse_error(line))) return Answered<T>(std::unexpect, std::move(*error));
  std::optional<T> parsed = parse(Words(line));
  if (!parsed) return expected(fmt::format("{} or \"err CODE TEXT\"", shape), line);
  return Answered<T>(std::move(*parsed));
}

bool fits_a_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, good);
}

std::optional<HelloAnswer> hello_of(Words words) {
  if (words.next() != "ok") return std::nullopt;
  HelloAnswer answer{std::string(words.next()), {}};
  if (!fits_a_name(answer.name)) return std::nullopt;
  while (!words.at_end()) {
    auto term = parse_term(words.next());
    if (!term) return std::nullopt;
    answer.promise.push_back(std::move(*term));
  }
  return answer;
}

std::optional<OpenSaid> open_of(Words words) {
  if (words.next() != "ok") return std::nullopt;
  const std::string_view answer = words.next();
  if (answer == "clean" && words.at_end()) return OpenSaid{OpenAnswer::clean};
  if (answer == "torn") return OpenSaid{OpenAnswer::torn, std::string(words.rest())};
  if (answer == "damaged") return OpenSaid{OpenAnswer::damaged, std::string(words.rest())};
  return std::nullopt;
}

// Without newlines, and not longer than anybody reads.
std::string line_text(std::string_view text) {
  constexpr std::size_t kMostTextBytes = 4'096;
  std::string line(text.substr(0, kMostTextBytes));
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return line;
}

std::string with_text(std::string line, std::string_view text) {
  if (!text.empty()) line += ' ' + line_text(text);
  return line;
}

}  // namespace

Result<Answered<HelloAnswer>> parse_hello_answer(std::string_view line) {
  return parse_answer<HelloAnswer>(line, "\"ok NAME KEY=VALUE...\"", hello_of);
}

Result<Answered<OpenSaid>> parse_open_answer(std::string_view line) {
  return parse_answer<OpenSaid>(line, R"("ok clean", "ok torn TEXT", "ok damaged TEXT")", open_of);
}

Result<Answered<void>> parse_done_answer(std::string_view line) {
  if (line == "ok") return Answered<void>();
  if (auto error = TRY(parse_error(line))) return Answered<void>(std::unexpect, std::move(*error));
  return expected("\"ok\" or \"err CODE TEXT\"", line);
}

Result<Answered<bool>> parse_del_answer(std::string_view line) {
  return parse_answer<bool>(line, R"("ok", "missing")", [&](const Words&) -> std::optional<bool> {
    if (line != "ok" && line != "missing") return std::nullopt;
    return line == "ok";
  });
}

Result<Answered<std::optional<std::string>>> parse_get_answer(std::string_view line) {
  using Value = std::optional<std::string>;
  return parse_answer<Value>(line, R"("ok VALUE", "missing")", [&](Words words) -> std::optional<Value> {
    if (line == "missing") return Value();
    if (words.next() != "ok") return std::nullopt;
    Value value = parse_bytes(words.next());
    if (!value || !words.at_end()) return std::nullopt;
    return value;
  });
}

Result<Answered<std::uint64_t>> parse_scan_answer(std::string_view line) {
  const std::string shape = fmt::format("\"ok N\" with N up to {}", kMostScanLines);
  return parse_answer<std::uint64_t>(line, shape, [](Words words) -> std::optional<std::uint64_t> {
    std::uint64_t lines = 0;
    if (words.next() != "ok" || !faultfs::parse_number(words.next(), lines) || !words.at_end()) return std::nullopt;
    if (lines > kMostScanLines) return std::nullopt;
    return lines;
  });
}

Result<std::pair<std::string, std::string>> parse_scan_line(std::string_view line) {
  Words words(line);
  auto key = parse_bytes(words.next());
  auto value = parse_bytes(words.next());
  if (!key || !value || !words.at_end()) return expected("a line \"KEY VALUE\" of the scan, in hex", line);
  return std::pair(std::move(*key), std::move(*value));
}

std::string error_line(const ErrorAnswer& answer) {
  return with_text(fmt::format("err {}", to_string(answer.error)), answer.text);
}

std::string error_line(const kv::Error& error) { return error_line({line_error_of(error.code), error.description()}); }

std::string hello_line(const HelloAnswer& answer) {
  std::string line = fmt::format("ok {}", answer.name);
  for (const auto& [key, value] : answer.promise) line += fmt::format(" {}={}", key, value);
  return line;
}

std::string open_line(const OpenSaid& answer) {
  switch (answer.answer) {
    case OpenAnswer::clean: return "ok clean";
    case OpenAnswer::torn: return with_text("ok torn", answer.text);
    case OpenAnswer::damaged: return with_text("ok damaged", answer.text);
  }
  return error_line({LineError::internal, "no such answer"});
}

std::string del_line(bool found) { return found ? "ok" : "missing"; }

std::string get_line(const std::optional<std::string>& value) {
  return value ? "ok " + bytes_text(*value) : std::string("missing");
}

std::string scan_head_line(std::uint64_t lines) { return fmt::format("ok {}", lines); }

std::string scan_line(std::string_view key, std::string_view value) {
  return bytes_text(key) + ' ' + bytes_text(value);
}

}  // namespace walbreaker
