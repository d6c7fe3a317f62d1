// Operating errors are values.
//
// Whatever can fail for a reason outside the program (the disk, the bytes on it, the caller's input)
// returns a Result<T>: the value, or an Error that says what kind, which errno, and where. No exception
// crosses an interface of this project, and no Error is dropped: it is handled, returned, or kept in a
// report. Programmer errors are assertions instead (assert.h).
//
//   Result<void> copy_header(File& from, File& to) {
//     auto header = TRY(read_header(from));   // returns the error to our caller, or yields the value
//     return write_header(to, header);
//   }
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace kv {

// Stable numbers: the C API returns them, scripts and reports quote them. A number is never reused.
enum class ErrorCode : int {
  ok = 0,
  null_argument = -1,
  internal = -2,
  io_error = -3,
  invalid_argument = -4,
  read_only = -10,
  recovering = -11,  // reserved
  locked = -12,
  not_found = -20,
  corrupted = -21,
  unsupported_version = -22,
  no_memory = -30,
  no_space = -31,
};

// The enumerator's name: "io_error". An integer that is no ErrorCode gives "unknown_error".
std::string_view to_string(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  int os_error = 0;     // errno, or 0 where the operating system had no part in it
  std::string context;  // what was being done to what: "sync wal-3.log", "wal-3.log at offset 4096: ..."

  // "io_error: sync wal-3.log: Input/output error"
  [[nodiscard]] std::string message() const;

  // The same without the code: "sync wal-3.log: Input/output error"
  [[nodiscard]] std::string description() const;
};

template <class T>
using Result = std::expected<T, Error>;

// For `return fail(ErrorCode::corrupted, "snapshot-3.dat: ...");` from a function that returns a Result.
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, std::string context, int os_error = 0);

// The same for a failed system call: no_space for ENOSPC and EDQUOT, no_memory for ENOMEM, else io_error.
[[nodiscard]] std::unexpected<Error> fail_errno(int os_error, std::string context);

}  // namespace kv

// Evaluates to the value of a Result, or returns its Error from the enclosing function.
// It is a whole initializer, a statement or an argument; never a member within braces: in `Entry{key(), TRY(value())}`
// g++ 12 leaks what key() made when TRY returns. One TRY does not stand inside another (-Wshadow refuses it).
#define TRY(...)                                                              \
  __extension__({                                                             \
    auto try_result_ = (__VA_ARGS__);                                         \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    *std::move(try_result_);                                                  \
  })
