// A hash of a file that can be kept up to date sector by sector.
//
// The hash of a file's bytes is the exclusive or of the hashes of its sectors, where a sector of zeros counts nothing
// and the last one is filled up with zeros. To change a sector is to take its old hash out and put its new one in. The
// size is not in it.
#pragma once

#include <cstdint>

#include "faultfs/file_bytes.h"

namespace faultfs {

// Of the sectors that have bytes in [begin, end).
[[nodiscard]] std::uint64_t hash_sectors(const FileBytes& bytes, std::uint64_t begin, std::uint64_t end,
                                         std::uint32_t sector_bytes);

}  // namespace faultfs
