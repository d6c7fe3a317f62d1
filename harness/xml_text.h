// Text within XML 1.0.
#pragma once

#include <string>
#include <string_view>

namespace walbreaker {

// The bytes as UTF-8 that may stand in an element or in a quoted attribute: what means something to XML is escaped, the
// characters that XML 1.0 forbids (most control characters) are left out, and bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string xml_text(std::string_view bytes);

// The same for an attribute, which would lose its line ends otherwise: "a\nb" -> "a&#10;b".
[[nodiscard]] std::string xml_attribute(std::string_view bytes);

}  // namespace walbreaker
