// Mutations that know the format, so that a fuzzer gets past the checksums.
//
// A CRC turns nearly every change of a byte into one and the same input: damage. So these split a file at the edges of
// its records or blocks and duplicate, remove, swap, move and cut whole ones, make new ones and change single fields; a
// store's files too, and how they build on each other. In half of the cases the checksums are then made right, and
// the numbers with them in half of those, so that what stands there is as if the engine had written it. In a quarter
// of these one record is left wrong: a hole, with good records behind it.
//
// Deterministic: what comes out depends on the input, the random numbers and `mutate_bytes` alone.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "harness/random.h"

namespace walbreaker::fuzz {

// Changes a few bytes, in whatever way; may make the string longer or shorter.
using MutateBytes = std::function<void(std::string& bytes)>;

// Of a packed file (packed_store.h).
[[nodiscard]] std::string mutate_log(std::string_view packed, Random& random, const MutateBytes& mutate_bytes);
[[nodiscard]] std::string mutate_snapshot(std::string_view packed, Random& random, const MutateBytes& mutate_bytes);

// Of a packed store.
[[nodiscard]] std::string mutate_store(std::string_view packed, Random& random, const MutateBytes& mutate_bytes);

}  // namespace walbreaker::fuzz
