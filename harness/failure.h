// Keeps a violation: its case, as a file.
#pragma once

#include <string>
#include <string_view>

#include "engine/result.h"
#include "harness/violation.h"

namespace walbreaker {

// Writes OUT/CAMPAIGN-KIND-CASE.case, making the folder where it is missing, over a file of that name from before.
// Returns its path. Errors: io_error, no_space.
kv::Result<std::string> save_failure(const std::string& out, std::string_view campaign, const Violation& violation);

// All of a file. Errors: io_error, naming the path; invalid_argument where it is larger than `limit` bytes.
kv::Result<std::string> read_file(const std::string& path, std::uint64_t limit);

// The file holds this text, and nothing else; it is made where it is missing. Errors: io_error, no_space.
kv::Result<void> write_file(const std::string& path, std::string_view text);

}  // namespace walbreaker
