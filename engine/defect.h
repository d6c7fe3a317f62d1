// What is wrong with bytes that were read: the error type of every decoder.
//
// A Defect is an Error that also knows its offset, so that a report can point at the byte. A failed read becomes one
// by itself, which lets TRY pass on both.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "engine/result.h"

namespace kv {

struct [[nodiscard]] Defect {
  ErrorCode code = ErrorCode::corrupted;  // corrupted, unsupported_version, or the code of a failed read
  std::uint64_t offset = 0;               // bytes from the start of the file
  std::string reason;                     // "block 3: checksum mismatch"
  int os_error = 0;                       // of a failed read

  Defect(ErrorCode what, std::uint64_t where, std::string why) : code(what), offset(where), reason(std::move(why)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): the conversion is what TRY needs
  Defect(const Error& error) : code(error.code), reason(error.context), os_error(error.os_error) {}
};

template <class T>
using Checked = std::expected<T, Defect>;

[[nodiscard]] inline std::unexpected<Defect> damaged(std::uint64_t offset, std::string reason) {
  return std::unexpected(Defect(ErrorCode::corrupted, offset, std::move(reason)));
}

[[nodiscard]] inline std::unexpected<Defect> unsupported(std::uint64_t offset, std::string reason) {
  return std::unexpected(Defect(ErrorCode::unsupported_version, offset, std::move(reason)));
}

}  // namespace kv
