#include "harness/line_protocol.h"

#include <sstream>
#include <string>

#include "faultfs/sim_disk.h"
#include "harness/line_server.h"
#include "harness/reference_subject.h"
#include "properties/fuzz/law.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {

namespace {

// The next line of `text`, without its newline. One that has none at the end is no line.
bool next_line(std::string_view& text, std::string_view& line) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

kv::Result<void> request_reads_back(std::string_view line) {
  const auto request = parse_request(line);
  if (!request) return law(!request.error().context.empty(), "a refused request has a reason");
  const auto printed = to_line(*request);
  if (!printed) return broken("a request cannot be printed: {}", printed.error().message());
  const auto again = parse_request(*printed);
  if (!again) return broken("a printed request is none: {}", again.error().message());
  return law(to_line(*again) == *printed, "a request is printed in one way");
}

// What the driver's side prints for an answer.
std::string line_of(const HelloAnswer& answer) { return hello_line(answer); }
std::string line_of(const OpenSaid& answer) { return open_line(answer); }
std::string line_of(bool found) { return del_line(found); }
std::string line_of(const std::optional<std::string>& value) { return get_line(value); }
std::string line_of(std::uint64_t lines) { return scan_head_line(lines); }

template <class T>
std::string line_of(const Answered<T>& answer) {
  if (!answer) return error_line(answer.error());
  if constexpr (std::is_void_v<T>) {
    return std::string(kDoneLine);
  } else {
    return line_of(*answer);
  }
}

template <class T>
kv::Result<void> answer_reads_back(std::string_view line, kv::Result<Answered<T>> (*parse)(std::string_view)) {
  const auto answer = parse(line);
  if (!answer) return law(!answer.error().context.empty(), "a refused answer has a reason");
  const std::string printed = line_of(*answer);
  const auto again = parse(printed);
  if (!again) return broken("a printed answer is none: {}: {}", shortened(printed), again.error().message());
  return law(line_of(*again) == printed, "an answer is printed in one way");
}

kv::Result<void> reads_back_as_any_answer(std::string_view line) {
  TRY(answer_reads_back(line, parse_hello_answer));
  TRY(answer_reads_back(line, parse_open_answer));
  TRY(answer_reads_back(line, parse_done_answer));
  TRY(answer_reads_back(line, parse_del_answer));
  TRY(answer_reads_back(line, parse_get_answer));
  TRY(answer_reads_back(line, parse_scan_answer));
  const auto entry = parse_scan_line(line);
  return law(!entry || parse_scan_line(scan_line(entry->first, entry->second)) == *entry, "a scan's line reads back");
}

// Takes what was answered to one request off the output.
kv::Result<void> take_answer(std::string_view request_line, std::string_view& output) {
  std::string_view line;
  TRY(law(next_line(output, line), "every line is answered"));
  const auto request = parse_request(request_line);
  if (!request) return law(line.starts_with("err invalid_argument "), "what is no request is answered so");
  switch (request->verb) {
    case Verb::hello: return law(TRY(parse_hello_answer(line)).has_value(), "hello is answered");
    case Verb::open: TRY(parse_open_answer(line)); return {};
    case Verb::del: TRY(parse_del_answer(line)); return {};
    case Verb::get: TRY(parse_get_answer(line)); return {};
    case Verb::scan: {
      const auto head = TRY(parse_scan_answer(line));
      for (std::uint64_t i = 0; head && i < *head; ++i) {
        TRY(law(next_line(output, line), "a scan has as many lines as it says"));
        TRY(parse_scan_line(line));
      }
      return {};
    }
    default: TRY(parse_done_answer(line)); return {};
  }
}

// The input as what a harness sends to the reference.
kv::Result<void> is_answered(std::string_view input) {
  faultfs::SimDisk disk({}, faultfs::FailedSync::clean_readable, faultfs::Tracing::off);
  const ReferenceSubject subject;
  std::istringstream in{std::string(input)};
  std::ostringstream out;
  TRY(law(serve(subject, disk, in, out) == 0, "a driver ends with 0"));
  const std::string written = std::move(out).str();
  std::string_view output = written;
  for (std::string_view line; next_line(input, line);) TRY(take_answer(line, output));
  return law(output.empty(), "nothing is answered that was not asked");
}

}  // namespace

kv::Result<void> line_protocol(std::string_view input) {
  std::string_view left = input;
  for (std::string_view line; next_line(left, line);) {
    TRY(request_reads_back(line));
    TRY(reads_back_as_any_answer(line));
  }
  return is_answered(input);
}

}  // namespace walbreaker::fuzz
