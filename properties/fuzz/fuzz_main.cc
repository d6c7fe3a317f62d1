// A libFuzzer of the target that the build names: WALBREAKER_FUZZ_TARGET, and where it has files to mutate,
// WALBREAKER_FUZZ_MUTATOR, a function of mutator.h.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "properties/fuzz/mutator.h"
#include "properties/fuzz/targets.h"

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  const auto held = walbreaker::fuzz::WALBREAKER_FUZZ_TARGET(input);
  if (held) return 0;
  fmt::print(stderr, "the law that this input breaks: {}\n", held.error().context);
  std::abort();
}

#ifdef WALBREAKER_FUZZ_MUTATOR

namespace {

// libFuzzer's own mutators, on bytes that may grow by a few.
void mutate_bytes(std::string& bytes) {
  constexpr std::size_t kRoom = 16;
  const std::size_t size = bytes.size();
  bytes.resize(size + kRoom);
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

bool is_off() {
  static const char* const setting = std::getenv("WALBREAKER_FUZZ_STRUCTURE");
  return setting != nullptr && std::string_view(setting) == "off";
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed);

// With WALBREAKER_FUZZ_STRUCTURE=off as if there were none, to see what it is worth.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  walbreaker::Random random(seed);
  if (is_off() || random.one_in(4)) return LLVMFuzzerMutate(data, size, max_size);
  const std::string mutated =
      walbreaker::fuzz::WALBREAKER_FUZZ_MUTATOR(std::string(data, data + size), random, mutate_bytes);
  if (mutated.empty() || mutated.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::ranges::copy(mutated, data);
  return mutated.size();
}

#endif
// NOLINTEND(readability-identifier-naming)
