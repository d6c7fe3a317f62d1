// Damage: harm done to an image at rest, as a value that prints, parses and compares.
//
// Its text is one line, the same in flags, files and reports:
//   truncate wal-2.log 4100    the file is cut to 4,100 bytes
//   flip wal-2.log 32800       bit 0 of byte 4,100 is inverted
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "faultfs/image.h"

namespace faultfs {

enum class DamageKind {
  truncate,  // the file keeps its first `position` bytes, fewer than it had
  flip,      // bit `position` is inverted: bit (position % 8), from the lowest, of byte (position / 8)
};

[[nodiscard]] std::string_view to_string(DamageKind kind);

struct Damage {
  DamageKind kind;
  std::string file;
  std::uint64_t position = 0;

  // The offset of the first byte that is no longer what it was.
  [[nodiscard]] std::uint64_t first_harmed_byte() const;

  bool operator==(const Damage&) const = default;
};

[[nodiscard]] std::string to_text(const Damage& damage);

// Errors: invalid_argument, saying which word is wrong.
kv::Result<Damage> parse_damage(std::string_view text);

// The image after the damage; it shares every other file's bytes with `image`.
// Errors: invalid_argument where the file is missing or the position is past its end.
kv::Result<Image> apply(const Damage& damage, const Image& image);

}  // namespace faultfs
