// Keeps a violation: what the subject was given, as real files, and what it made of it.
#pragma once

#include <string>
#include <string_view>

#include "engine/result.h"
#include "harness/violation.h"

namespace walbreaker {

// Writes a folder below `out`, named for the campaign, the kind and the case: in it store/, with the files as they were
// before the subject opened them, and summary.txt. A folder of that name from before is replaced. Returns its path.
// Errors: io_error, no_space.
kv::Result<std::string> save_failure(const std::string& out, std::string_view campaign, const Violation& violation,
                                     std::string_view how_to_repeat);

}  // namespace walbreaker
