#include "faultfs/damage.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/assert.h"
#include "faultfs/line_scanner.h"
#include "faultfs/mix.h"

namespace faultfs {

const DamageKindInfo& info(DamageKind kind) {
  const DamageKindInfo& row = kDamageKinds.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row;
}

std::string_view to_string(DamageKind kind) { return info(kind).name; }

std::string_view to_string(Filling filling) {
  switch (filling) {
    case Filling::zeros: return "zeros";
    case Filling::ones: return "ones";
    case Filling::garbage: return "garbage";
  }
  return "unknown";
}

std::uint64_t Damage::first_harmed_byte() const { return kind == DamageKind::flip ? position / 8 : position; }

namespace {

constexpr std::string_view kOfOlderImage = " of an older image";

std::string filling_text(const Damage& damage) {
  std::string text(to_string(damage.filling));
  if (damage.filling == Filling::garbage) text += fmt::format(" {}", damage.seed);
  return text;
}

}  // namespace

std::string to_text(const Damage& damage) {
  const std::string file = in_quotes(damage.file);
  const std::string from = in_quotes(damage.from.file);
  const std::string_view moment = damage.from.of_older_image ? kOfOlderImage : "";
  switch (damage.kind) {
    case DamageKind::truncate: return fmt::format("truncate {} to {}", file, damage.position);
    case DamageKind::flip: return fmt::format("flip bit {} of {}", damage.position, file);
    case DamageKind::overwrite:
      return fmt::format("overwrite {} at {} of {} with {}", damage.length, damage.position, file,
                         filling_text(damage));
    case DamageKind::transplant:
      return fmt::format("transplant {} at {} of {} from {} of {}{}", damage.length, damage.position, file,
                         damage.from.position, from, moment);
    case DamageKind::replace: return fmt::format("replace {} by {}{}", file, from, moment);
    case DamageKind::delete_file: return fmt::format("delete_file {}", file);
  }
  return "unknown";
}

namespace {

constexpr std::string_view kFile = "a file in quotes";

kv::Result<DamageKind> parse_kind(LineScanner& line) {
  constexpr std::string_view kExpected = "truncate, flip, overwrite, transplant, replace or delete_file";
  const std::string_view word = TRY(line.word(kExpected));
  const auto* row = std::ranges::find(kDamageKinds, word, &DamageKindInfo::name);
  if (row == kDamageKinds.end()) return line.expected(kExpected, word);
  return row->kind;
}

// "512 at 4096 of "wal-2.log""
kv::Result<void> parse_range(LineScanner& line, Damage& damage) {
  damage.length = TRY(line.number("a length in bytes"));
  TRY(line.literal("at"));
  damage.position = TRY(line.number("an offset in bytes"));
  TRY(line.literal("of"));
  damage.file = TRY(line.quoted(kFile));
  return {};
}

kv::Result<void> parse_filling(LineScanner& line, Damage& damage) {
  constexpr std::string_view kExpected = "zeros, ones or garbage";
  const std::string_view word = TRY(line.word(kExpected));
  const auto* filling = std::ranges::find(kFillings, word, [](Filling f) { return to_string(f); });
  if (filling == kFillings.end()) return line.expected(kExpected, word);
  damage.filling = *filling;
  if (*filling == Filling::garbage) damage.seed = TRY(line.number("a seed"));
  return {};
}

kv::Result<void> parse_source(LineScanner& line, DamageSource& from) {
  from.file = TRY(line.quoted(kFile));
  if (line.at_end()) return {};
  for (const std::string_view word : {"of", "an", "older", "image"}) TRY(line.literal(word));
  from.of_older_image = true;
  return {};
}

// What follows the kind.
kv::Result<void> parse_rest(LineScanner& line, Damage& damage) {
  switch (damage.kind) {
    case DamageKind::truncate:
      damage.file = TRY(line.quoted(kFile));
      TRY(line.literal("to"));
      damage.position = TRY(line.number("a length in bytes"));
      return {};
    case DamageKind::flip:
      TRY(line.literal("bit"));
      damage.position = TRY(line.number("the number of a bit"));
      TRY(line.literal("of"));
      damage.file = TRY(line.quoted(kFile));
      return {};
    case DamageKind::overwrite:
      TRY(parse_range(line, damage));
      TRY(line.literal("with"));
      return parse_filling(line, damage);
    case DamageKind::transplant:
      TRY(parse_range(line, damage));
      TRY(line.literal("from"));
      damage.from.position = TRY(line.number("an offset in bytes"));
      TRY(line.literal("of"));
      return parse_source(line, damage.from);
    case DamageKind::replace:
      damage.file = TRY(line.quoted(kFile));
      TRY(line.literal("by"));
      return parse_source(line, damage.from);
    case DamageKind::delete_file: damage.file = TRY(line.quoted(kFile)); return {};
  }
  return {};
}

}  // namespace

kv::Result<Damage> parse_damage(std::string_view text) {
  LineScanner line(text, "damage");
  const DamageKind kind = TRY(parse_kind(line));
  Damage damage{.kind = kind, .file = {}};
  TRY(parse_rest(line, damage));
  TRY(line.end());
  // "to 007", two blanks, \x41
  if (to_text(damage) != text) return line.error(fmt::format("it is spelled {}", to_text(damage)));
  return damage;
}

namespace {

// One damage to one image; what it refuses says which damage it was.
class Surgeon {
 public:
  Surgeon(const Damage& damage, const Image& image, const Image* older)
      : damage_(damage), image_(image), older_(older) {}

  kv::Result<Image> operate() const {
    Image harmed = image_;
    if (damage_.kind == DamageKind::replace) {
      harmed.files[damage_.file] = TRY(source());
      return harmed;
    }
    const FileBytes bytes = TRY(find(image_, damage_.file));
    if (damage_.kind == DamageKind::delete_file) {
      harmed.files.erase(damage_.file);
    } else {
      harmed.files[damage_.file] = TRY(changed(bytes));
    }
    return harmed;
  }

 private:
  [[nodiscard]] std::unexpected<kv::Error> refuse(std::string_view why) const {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("{}: {}", to_text(damage_), why));
  }

  [[nodiscard]] kv::Result<FileBytes> find(const Image& image, const std::string& file) const {
    const auto found = image.files.find(file);
    if (found == image.files.end()) return refuse(fmt::format("no such file as {}", in_quotes(file)));
    return found->second;
  }

  [[nodiscard]] kv::Result<FileBytes> source() const {
    if (damage_.from.of_older_image && older_ == nullptr) return refuse("there is no older image");
    return find(damage_.from.of_older_image ? *older_ : image_, damage_.from.file);
  }

  [[nodiscard]] kv::Result<void> check_range(const FileBytes& bytes, const std::string& file, std::uint64_t offset,
                                             std::uint64_t length) const {
    if (length == 0) return refuse("a range of 0 bytes");
    if (offset < bytes.size() && length <= bytes.size() - offset) return {};
    return refuse(fmt::format("{} has only {} bytes", in_quotes(file), bytes.size()));
  }

  [[nodiscard]] kv::Result<FileBytes> changed(const FileBytes& old) const {
    const bool one_byte = damage_.kind == DamageKind::truncate || damage_.kind == DamageKind::flip;
    TRY(check_range(old, damage_.file, damage_.first_harmed_byte(), one_byte ? 1 : damage_.length));
    FileBuffer bytes(old);
    switch (damage_.kind) {
      case DamageKind::truncate: bytes.resize(damage_.position); break;
      case DamageKind::flip: bytes.write(damage_.position / 8, flipped(old)); break;
      case DamageKind::overwrite: bytes.write(damage_.position, filled()); break;
      case DamageKind::transplant: bytes.write(damage_.position, TRY(transplanted())); break;
      case DamageKind::replace:
      case DamageKind::delete_file: break;
    }
    return bytes.freeze();
  }

  [[nodiscard]] std::string flipped(const FileBytes& old) const {
    std::string byte = old.substr(damage_.position / 8, 1);
    byte[0] = static_cast<char>(byte[0] ^ (1 << (damage_.position % 8)));
    return byte;
  }

  [[nodiscard]] std::string filled() const {
    if (damage_.filling == Filling::garbage) return garbage(damage_.seed, damage_.position, damage_.length);
    return std::string(damage_.length, damage_.filling == Filling::ones ? '\xff' : '\0');
  }

  [[nodiscard]] kv::Result<std::string> transplanted() const {
    const FileBytes bytes = TRY(source());
    TRY(check_range(bytes, damage_.from.file, damage_.from.position, damage_.length));
    return bytes.substr(damage_.from.position, damage_.length);
  }

  const Damage& damage_;
  const Image& image_;
  const Image* older_;
};

}  // namespace

kv::Result<Image> apply(const Damage& damage, const Image& image, const Image* older) {
  return Surgeon(damage, image, older).operate();
}

}  // namespace faultfs
