// Bytes as hex in a line of text: 6f6c64, where 00*4096 is a run of the same byte: 6f6c64+00*4096. No bytes are "-".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "faultfs/line_scanner.h"

namespace faultfs {

[[nodiscard]] std::string to_hex(std::string_view bytes);

// The bytes that the next word of the line stands for. With the `used` bytes that came before they are at most `limit`,
// so that a short text cannot fill the memory. Errors: invalid_argument, as the scanner's.
kv::Result<std::string> parse_hex(LineScanner& line, std::uint64_t limit, std::uint64_t used = 0);

}  // namespace faultfs
