// Little-endian integers in byte strings.
//
// Bytes travel as std::string_view (read), std::span<char> (to be filled) and std::string (grown). Every
// integer of the file formats is little-endian and unaligned; these functions are the only code that knows.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/assert.h"

namespace kv {

static_assert(std::endian::native == std::endian::little, "the file formats are little-endian; add byte swaps");

// Reads an integer at bytes[offset]. The caller has checked that it is all there.
template <class Int>
[[nodiscard]] Int load(std::string_view bytes, std::size_t offset) {
  WB_ASSERT(offset <= bytes.size());
  WB_ASSERT(sizeof(Int) <= bytes.size() - offset);
  Int value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Writes an integer over bytes[offset]. The string is already long enough.
template <class Int>
void store(std::string& bytes, std::size_t offset, Int value) {
  WB_ASSERT(offset <= bytes.size());
  WB_ASSERT(sizeof(Int) <= bytes.size() - offset);
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

template <class Int>
void append(std::string& bytes, Int value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  bytes.append(raw, sizeof value);
}

// The smallest multiple of `unit` that is not below `size`.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t size, std::uint64_t unit) {
  return (size + unit - 1) / unit * unit;
}

[[nodiscard]] bool all_zeros(std::string_view bytes);

}  // namespace kv
