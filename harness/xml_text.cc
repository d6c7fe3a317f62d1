#include "harness/xml_text.h"

#include <fmt/format.h>

#include <cstdint>

namespace walbreaker {

namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;  // in bytes; 0: these are no UTF-8
};

// What bytes may begin a character of so many bytes, and from which code on such a character is not too long.
struct Form {
  unsigned mask, lead;
  std::uint32_t least;
};
constexpr Form kForms[]{{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x1'0000}};

Character first_character(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t length = 0;
  for (const Form& form : kForms) {
    ++length;
    if ((byte(0) & form.mask) != form.lead) continue;
    if (bytes.size() < length) return {};
    std::uint32_t code = byte(0) & ~form.mask;
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return {};
      code = code << 6 | (byte(i) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < form.least || code > 0x10'FFFF || surrogate) return {};
    return {code, length};
  }
  return {};
}

bool allowed(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xFFFE && code != 0xFFFF;
}

std::string escaped(std::string_view character, bool attribute) {
  switch (character.front()) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\r': return "&#13;";  // a bare one would be read as a line end
    case '\n':
    case '\t': return attribute ? fmt::format("&#{};", static_cast<int>(character.front())) : std::string(character);
    default: return std::string(character);
  }
}

std::string escape(std::string_view bytes, bool attribute) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string text;
  while (!bytes.empty()) {
    const auto [code, length] = first_character(bytes);
    if (length == 0) {
      text += kReplacement;
    } else if (allowed(code)) {
      text += escaped(bytes.substr(0, length), attribute);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace

std::string xml_text(std::string_view bytes) { return escape(bytes, false); }
std::string xml_attribute(std::string_view bytes) { return escape(bytes, true); }

}  // namespace walbreaker
