#include "harness/seed.h"

#include "faultfs/line_scanner.h"
#include "faultfs/mix.h"

namespace walbreaker {

std::uint64_t seed_of(std::string_view text) {
  std::uint64_t number = 0;
  if (faultfs::parse_number(text, number)) return number;
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3;
  return faultfs::mix(hash);
}

}  // namespace walbreaker
