// Reads a file from front to back through one buffer, so that a decoder can ask for the bytes it needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "engine/vfs.h"

namespace kv {

class FileWindow {
 public:
  // `size` is the file's size in bytes; nothing past it is read, even if the file grows.
  FileWindow(File& file, std::uint64_t size) : file_(file), size_(size) {}

  // The bytes [offset, offset + length), or those of them that the file has. The view is valid until the next call.
  // Memory stays in proportion to the file, whatever length is asked for. Errors: those of File::read_at; io_error
  // where the file is shorter than it said.
  Result<std::string_view> view(std::uint64_t offset, std::uint64_t length);

  // Whether the file holds only zeros from `offset` to its end.
  Result<bool> zeros_from(std::uint64_t offset);

  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  File& file_;
  std::uint64_t size_;
  std::string buffer_;
  std::uint64_t buffer_at_ = 0;  // the file's offset of buffer_[0]
};

}  // namespace kv
