#include "engine/file_window.h"

#include <algorithm>

#include "engine/bytes.h"

namespace kv {
namespace {

// Large enough that a scan is bound by its checksums, small enough to stay in the second-level cache.
constexpr std::uint64_t kReadAheadBytes = std::uint64_t{256} << 10;

}  // namespace

Result<std::string_view> FileWindow::view(std::uint64_t offset, std::uint64_t length) {
  if (offset >= size_) return std::string_view();
  length = std::min(length, size_ - offset);
  const bool buffered = offset >= buffer_at_ && offset - buffer_at_ + length <= buffer_.size();
  if (!buffered) {
    buffer_.resize(std::min(std::max(length, kReadAheadBytes), size_ - offset));
    buffer_at_ = offset;
    const auto count = read_full(file_, offset, buffer_);
    buffer_.resize(count.value_or(0));
    if (!count) return std::unexpected(count.error());
    // Taken for the end of the file, this would make a disk that lies look like a log that ends.
    if (buffer_.size() < length) return fail(ErrorCode::io_error, "the file ends before the size that it says");
  }
  return std::string_view(buffer_).substr(offset - buffer_at_, length);
}

Result<bool> FileWindow::zeros_from(std::uint64_t offset) {
  while (offset < size_) {
    const std::string_view bytes = TRY(view(offset, kReadAheadBytes));
    if (!all_zeros(bytes)) return false;
    offset += bytes.size();
  }
  return true;
}

}  // namespace kv
