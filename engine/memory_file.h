// For tests: a file in memory that remembers what was asked of it, and misbehaves at the call it is told to.
//
//   MemoryFile file(bytes);
//   file.bytes_per_call = 3;  // every read and write is short
//   file.fail_at = 2;         // the third call, of whatever kind, is an io_error that says "call 2"
#pragma once

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/vfs.h"

namespace kv {

class MemoryFile final : public File {
 public:
  enum class Kind { read, write, truncate, allocate, sync, size };
  struct Call {
    Kind kind;
    std::uint64_t offset;  // of a read or write
    std::uint64_t bytes;   // asked for
    bool operator==(const Call&) const = default;
  };
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  explicit MemoryFile(std::string bytes = {}) : contents(std::move(bytes)) {}

  std::string contents;
  std::size_t bytes_per_call = kNoLimit;  // 0: reads find the end, writes make no progress
  std::size_t fail_at = kNever;           // counted in calls
  std::vector<Call> calls;

  [[nodiscard]] std::uint64_t largest_read() const {
    std::uint64_t largest = 0;
    for (const Call& call : calls) {
      if (call.kind == Kind::read) largest = std::max(largest, call.bytes);
    }
    return largest;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    TRY(next({Kind::read, offset, into.size()}));
    if (offset >= contents.size()) return 0;
    return contents.copy(into.data(), std::min(into.size(), bytes_per_call), offset);
  }

  Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    TRY(next({Kind::write, offset, bytes.size()}));
    const std::string_view written = bytes.substr(0, bytes_per_call);
    contents.resize(std::max<std::size_t>(contents.size(), offset + written.size()));
    contents.replace(offset, written.size(), written);
    return written.size();
  }

  Result<void> truncate(std::uint64_t size) override {
    TRY(next({Kind::truncate, 0, size}));
    contents.resize(size);
    return {};
  }

  Result<void> allocate(std::uint64_t size) override {
    TRY(next({Kind::allocate, 0, size}));
    contents.resize(std::max<std::size_t>(contents.size(), size));
    return {};
  }

  Result<void> sync() override { return next({Kind::sync, 0, 0}); }

  Result<std::uint64_t> size() override {
    TRY(next({Kind::size, 0, 0}));
    return contents.size();
  }

 private:
  Result<void> next(Call call) {
    calls.push_back(call);
    const std::size_t number = calls.size() - 1;
    if (number == fail_at) return fail_errno(EIO, "call " + std::to_string(number));
    return {};
  }
};

}  // namespace kv
