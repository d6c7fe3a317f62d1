// Damage: harm done to an image at rest, as a value that prints, parses, compares and applies.
//
// Its text is one line, the same in flags, files and reports, with paths in double quotes (line_scanner.h):
//
//   truncate "wal-2.log" to 4100
//   flip bit 32800 of "wal-2.log"
//   overwrite 512 at 4096 of "wal-2.log" with garbage 7
//   transplant 512 at 4096 of "wal-2.log" from 0 of "wal-1.log" of an older image
//   replace "wal-2.log" by "wal-1.log"
//   delete_file "wal-2.log"
//
// Some change nothing: zeros over zeros, a sector put over its equal. The image that they leave equals the one before,
// and comparing the two costs next to nothing, since they share all but a few bytes:
//
//   const Image harmed = TRY(apply(damage, image));
//   if (harmed == image) continue;  // no harm, no case
//   difference(image.files.at("wal-2.log"), harmed.files.at("wal-2.log"))  // which bytes are others (file_bytes.h)
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "faultfs/image.h"

namespace faultfs {

enum class DamageKind { truncate, flip, overwrite, transplant, replace, delete_file };

struct DamageKindInfo {
  DamageKind kind;
  std::string_view name;  // the enumerator's
  std::string_view form;  // of its text
  std::string_view meaning;
};

inline constexpr std::array<DamageKindInfo, 6> kDamageKinds{{
    {DamageKind::truncate, "truncate", "truncate FILE to LENGTH",
     "the file keeps its first LENGTH bytes, fewer than it had"},
    {DamageKind::flip, "flip", "flip bit BIT of FILE",
     "one bit is inverted: bit BIT % 8, from the lowest, of byte BIT / 8"},
    {DamageKind::overwrite, "overwrite", "overwrite LENGTH at OFFSET of FILE with zeros|ones|garbage SEED",
     "some bytes are others; the file keeps its size"},
    {DamageKind::transplant, "transplant",
     "transplant LENGTH at OFFSET of FILE from OFFSET of FILE [of an older image]",
     "some bytes are those of another place, of the same disk or of an older moment; the file keeps its size"},
    {DamageKind::replace, "replace", "replace FILE by FILE [of an older image]",
     "the file is a copy of another one, or is what a file was at an older moment; where it is missing it comes back"},
    {DamageKind::delete_file, "delete_file", "delete_file FILE", "the file is gone"},
}};

[[nodiscard]] const DamageKindInfo& info(DamageKind kind);

// The enumerator's name.
[[nodiscard]] std::string_view to_string(DamageKind kind);

// What an overwrite puts there.
enum class Filling {
  zeros,
  ones,     // bytes of 0xff, as erased flash reads
  garbage,  // bytes drawn from a seed, other ones at each offset
};

inline constexpr std::array kFillings{Filling::zeros, Filling::ones, Filling::garbage};

// The enumerator's name.
[[nodiscard]] std::string_view to_string(Filling filling);

// Where a transplant or a replacement takes its bytes.
struct DamageSource {
  std::string file;
  std::uint64_t position = 0;   // of a transplant: the offset of the first byte
  bool of_older_image = false;  // of the image that the caller gives beside the one to harm

  bool operator==(const DamageSource&) const = default;
};

// What a kind does not use stays as it is here.
struct Damage {
  DamageKind kind;
  std::string file;
  std::uint64_t position = 0;  // truncate: the size that it leaves; flip: the bit; else the offset of the first byte
  std::uint64_t length = 0;    // in bytes, of overwrite and transplant: at least 1
  Filling filling = Filling::zeros;  // of overwrite
  std::uint64_t seed = 0;            // of an overwrite with garbage
  DamageSource from{};               // of transplant and replace

  // No byte before this offset is harmed. The one at it is no longer what it was after truncate and flip; after the
  // others it may be, and difference() of file_bytes.h tells the first one that is not.
  [[nodiscard]] std::uint64_t first_harmed_byte() const;

  bool operator==(const Damage&) const = default;
};

// One line, without its end; and back: parse_damage(to_text(damage)) == damage. What is right in form may still fit no
// image: apply says so.
// Errors: invalid_argument, saying which word is wrong and what was expected. There is one spelling for a damage, and
// any other is refused.
[[nodiscard]] std::string to_text(const Damage& damage);
kv::Result<Damage> parse_damage(std::string_view text);

// The image after the damage; it shares every other file's bytes with `image`. `older` is an image of the same disk at
// an earlier moment, for the damages that take their bytes there.
// Errors: invalid_argument where a file is missing, a place is past its end, a range has no byte, or a damage wants an
// older image and there is none.
kv::Result<Image> apply(const Damage& damage, const Image& image, const Image* older = nullptr);

}  // namespace faultfs
