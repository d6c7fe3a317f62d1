// Numbers that depend on every bit of another one: for hashes, for garbage and for draws that are the same in every
// run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

namespace faultfs {

// The finalizer of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
// 0 gives 0, and no two numbers give the same.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
  z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
  return z ^ (z >> 31);
}

// The generator that goes with it: 2^64 numbers, each once, in an order that depends on where it begins.
class SplitMix {
 public:
  static constexpr std::uint64_t kGamma = 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio, odd

  explicit SplitMix(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return mix(state_ += kGamma); }

 private:
  std::uint64_t state_;
};

// Garbage for a range of a file, the same for the same seed and place.
[[nodiscard]] inline std::string garbage(std::uint64_t seed, std::uint64_t offset, std::uint64_t length) {
  std::string bytes(length, '\0');
  for (std::uint64_t i = 0; i < length;) {
    const std::uint64_t within = (offset + i) % sizeof(std::uint64_t);
    const std::uint64_t word = mix(mix(seed + 1) + mix((offset + i) / sizeof(std::uint64_t) + 1)) >> (within * 8);
    const std::uint64_t count = std::min(sizeof word - within, length - i);
    std::memcpy(bytes.data() + i, &word, count);
    i += count;
  }
  return bytes;
}

}  // namespace faultfs
