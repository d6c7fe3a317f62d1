#include "harness/case.h"

#include "properties/fuzz/law.h"
#include "properties/fuzz/long_run.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {

kv::Result<void> case_file(std::string_view input) {
  if (has_long_run(input)) return {};
  const auto parsed = parse_case(input);
  if (!parsed) {
    TRY(law(parsed.error().code == kv::ErrorCode::invalid_argument, "what is no case is an invalid argument"));
    if (!parsed.error().context.starts_with("line ")) return broken("names no line: {}", parsed.error().context);
    return {};
  }
  const std::string printed = to_text(*parsed);
  const auto again = parse_case(printed);
  if (!again) return broken("a printed case is none: {}\n{}", again.error().message(), printed);
  if (to_text(*again) != printed) return broken("a case is printed in two ways:\n{}and\n{}", printed, to_text(*again));
  return {};
}

}  // namespace walbreaker::fuzz
