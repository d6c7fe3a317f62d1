#include "faultfs/damage.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

namespace faultfs {

std::string_view to_string(DamageKind kind) {
  switch (kind) {
    case DamageKind::truncate: return "truncate";
    case DamageKind::flip: return "flip";
  }
  return "unknown";
}

std::uint64_t Damage::first_harmed_byte() const { return kind == DamageKind::flip ? position / 8 : position; }

std::string to_text(const Damage& damage) {
  return fmt::format("{} {} {}", to_string(damage.kind), damage.file, damage.position);
}

namespace {

std::optional<DamageKind> parse_kind(std::string_view word) {
  for (const DamageKind kind : {DamageKind::truncate, DamageKind::flip}) {
    if (word == to_string(kind)) return kind;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

}  // namespace

kv::Result<Damage> parse_damage(std::string_view text) {
  const std::size_t first = text.find(' ');
  const std::size_t last = text.rfind(' ');
  if (first == last) {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("damage \"{}\" is not KIND FILE POSITION", text));
  }
  const std::string_view kind_word = text.substr(0, first);
  const std::string_view position_word = text.substr(last + 1);
  const auto kind = parse_kind(kind_word);
  if (!kind) return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("\"{}\" is no kind of damage", kind_word));
  const auto position = parse_number(position_word);
  if (!position) return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("\"{}\" is no position", position_word));
  return Damage{*kind, std::string(text.substr(first + 1, last - first - 1)), *position};
}

kv::Result<Image> apply(const Damage& damage, const Image& image) {
  const auto old = image.files.find(damage.file);
  if (old == image.files.end()) {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("{}: no such file", to_text(damage)));
  }
  if (damage.first_harmed_byte() >= old->second.size()) {
    return kv::fail(kv::ErrorCode::invalid_argument,
                    fmt::format("{}: the file has only {} bytes", to_text(damage), old->second.size()));
  }
  FileBuffer bytes(old->second);
  switch (damage.kind) {
    case DamageKind::truncate: bytes.resize(damage.position); break;
    case DamageKind::flip: {
      std::string byte = old->second.substr(damage.position / 8, 1);
      byte[0] = static_cast<char>(byte[0] ^ (1 << (damage.position % 8)));
      bytes.write(damage.position / 8, byte);
      break;
    }
  }
  Image harmed = image;
  harmed.files[damage.file] = bytes.freeze();
  return harmed;
}

}  // namespace faultfs
