#include "harness/plugin_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace walbreaker {

namespace {

using kv::ErrorCode;

struct Row {
  int number;
  ErrorCode code;
  std::string_view prefix;  // of the context, where the code alone does not tell
};

constexpr std::array<Row, 11> kErrors{{
    {WALBREAKER_INTERNAL, ErrorCode::internal, ""},
    {WALBREAKER_IO_ERROR, ErrorCode::io_error, ""},
    {WALBREAKER_INVALID_ARGUMENT, ErrorCode::invalid_argument, ""},
    {WALBREAKER_UNSUPPORTED, ErrorCode::invalid_argument, "unsupported: "},
    {WALBREAKER_NOT_OPEN, ErrorCode::invalid_argument, "not_open: "},
    {WALBREAKER_READ_ONLY, ErrorCode::read_only, ""},
    {WALBREAKER_LOCKED, ErrorCode::locked, ""},
    {WALBREAKER_CORRUPTED, ErrorCode::corrupted, ""},
    {WALBREAKER_UNSUPPORTED_VERSION, ErrorCode::unsupported_version, ""},
    {WALBREAKER_NO_MEMORY, ErrorCode::no_memory, ""},
    {WALBREAKER_NO_SPACE, ErrorCode::no_space, ""},
}};

constexpr bool same_values() {
  return std::ranges::all_of(
      kErrors, [](const Row& row) { return !row.prefix.empty() || row.number == static_cast<int>(row.code); });
}
static_assert(same_values());

int number_of(ErrorCode code) {
  if (code == ErrorCode::null_argument) return WALBREAKER_INVALID_ARGUMENT;
  const auto row = std::ranges::find(kErrors, code, &Row::code);
  return row == kErrors.end() ? WALBREAKER_INTERNAL : row->number;
}

}  // namespace

void copy_text(std::string_view text, char (&into)[WALBREAKER_TEXT_BYTES]) {
  const std::size_t size = std::min(text.size(), sizeof into - 1);
  std::copy_n(text.begin(), size, std::begin(into));
  into[size] = '\0';
}

std::string_view text_of(const char (&field)[WALBREAKER_TEXT_BYTES]) {
  return {std::begin(field), std::find(std::begin(field), std::end(field), '\0')};
}

int to_plugin_error(const kv::Error& error, walbreaker_error* into) {
  if (into != nullptr) {
    into->os_error = error.os_error;
    copy_text(error.context, into->text);
  }
  return number_of(error.code);
}

kv::Error from_plugin_error(int number, const walbreaker_error& error, std::string_view call) {
  const auto row = std::ranges::find(kErrors, number, &Row::number);
  if (row == kErrors.end()) {
    return {ErrorCode::internal, 0,
            fmt::format("{} answered {}, which is no error of walbreaker_plugin.h", call, number)};
  }
  const std::string_view text = text_of(error.text);
  return {row->code, error.os_error, fmt::format("{}{}", row->prefix, text.empty() ? call : text)};
}

}  // namespace walbreaker
