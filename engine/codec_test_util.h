// For tests of the file formats: harm to bytes, and what a decoder said of them.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "engine/bytes.h"
#include "engine/crc32c.h"
#include "engine/file_header.h"
#include "engine/result.h"
#include "engine/text.h"

namespace kv {

// Bit 0 is the lowest of the first byte. A second call undoes the first.
inline void toggle_bit(std::string& bytes, std::size_t bit) {
  bytes.at(bit / 8) = static_cast<char>(bytes.at(bit / 8) ^ (1 << bit % 8));
}

// The code of an Error or a Defect; `ok` where there is a value.
template <class T, class Failure>
[[nodiscard]] ErrorCode code_of(const std::expected<T, Failure>& result) {
  return result ? ErrorCode::ok : result.error().code;
}

// Bytes from hex digits, which may be grouped by spaces.
[[nodiscard]] inline std::string bytes_of(std::string_view hex) {
  std::string digits(hex);
  std::erase(digits, ' ');
  return from_hex(digits).value();
}

// Makes the checksum of a changed file header right again.
inline void reseal_file_header(std::string& bytes) {
  constexpr std::size_t kChecksumAt = kFileHeaderBytes - 4;
  store(bytes, kChecksumAt, crc32c(std::string_view(bytes).substr(0, kChecksumAt)));
}

}  // namespace kv
