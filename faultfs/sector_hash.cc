#include "faultfs/sector_hash.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "engine/bytes.h"
#include "faultfs/mix.h"

namespace faultfs {

std::uint64_t hash_sectors(const FileBytes& bytes, std::uint64_t begin, std::uint64_t end, std::uint32_t sector_bytes) {
  std::uint64_t hash = 0;
  std::string sector(sector_bytes, '\0');
  const std::uint64_t last = std::min(end, bytes.size());
  for (std::uint64_t at = begin / sector_bytes * sector_bytes; at < last; at += sector_bytes) {
    const std::size_t count = bytes.read(at, sector);
    std::fill(sector.begin() + static_cast<std::ptrdiff_t>(count), sector.end(), '\0');
    if (kv::all_zeros(sector)) continue;
    hash ^= mix(std::hash<std::string_view>()(sector) ^ mix(at));
  }
  return hash;
}

}  // namespace faultfs
