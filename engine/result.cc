#include "engine/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace kv {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::ok: return "ok";
    case ErrorCode::null_argument: return "null_argument";
    case ErrorCode::internal: return "internal";
    case ErrorCode::io_error: return "io_error";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::read_only: return "read_only";
    case ErrorCode::recovering: return "recovering";
    case ErrorCode::locked: return "locked";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::corrupted: return "corrupted";
    case ErrorCode::unsupported_version: return "unsupported_version";
    case ErrorCode::no_memory: return "no_memory";
    case ErrorCode::no_space: return "no_space";
  }
  return "unknown_error";
}

std::string Error::description() const {
  if (os_error == 0) return context;
  const std::string reason = std::generic_category().message(os_error);
  return context.empty() ? reason : fmt::format("{}: {}", context, reason);
}

std::string Error::message() const {
  const std::string detail = description();
  return detail.empty() ? std::string(to_string(code)) : fmt::format("{}: {}", to_string(code), detail);
}

std::unexpected<Error> fail(ErrorCode code, std::string context, int os_error) {
  return std::unexpected(Error{code, os_error, std::move(context)});
}

std::unexpected<Error> fail_errno(int os_error, std::string context) {
  ErrorCode code = ErrorCode::io_error;
  if (os_error == ENOSPC || os_error == EDQUOT) code = ErrorCode::no_space;
  if (os_error == ENOMEM) code = ErrorCode::no_memory;
  return fail(code, std::move(context), os_error);
}

}  // namespace kv
