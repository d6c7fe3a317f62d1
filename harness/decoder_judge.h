// Holds what a subject answered against what an independent decoder of the image says that it had to answer.
//
// The oracle allows any of several prefixes after a crash, and any of several answers after damage: this judge allows
// one. It knows nothing of the history, and so sees what the oracle cannot: a prefix that is allowed, and that the
// bytes do not say.
#pragma once

#include <optional>

#include "harness/observation.h"
#include "harness/reference_decoder.h"

namespace walbreaker {

// `decoded` is the image before the open that was observed. Nothing: the answers and the contents are the same, byte
// for byte. The kind of a disagreement is what it would be, were the decoder right.
[[nodiscard]] std::optional<Wrong> judge_by_decoder(const DecodedStore& decoded, const Observation& observation);

}  // namespace walbreaker
