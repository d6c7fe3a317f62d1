#include <string>

#include "faultfs/crash_state.h"
#include "faultfs/damage.h"
#include "faultfs/disk_model.h"
#include "faultfs/fault_plan.h"
#include "faultfs/trace.h"
#include "harness/report.h"
#include "properties/fuzz/law.h"
#include "properties/fuzz/long_run.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {

namespace {

// What the text stands for prints, and what it prints stands for the same.
template <class Value, class Print>
kv::Result<void> reads_back(std::string_view what, std::string_view input, kv::Result<Value> (*parse)(std::string_view),
                            Print print) {
  const auto value = parse(input);
  if (!value) {
    TRY(law(value.error().code == kv::ErrorCode::invalid_argument, "what cannot be read is an invalid argument"));
    return law(!value.error().context.empty(), "what cannot be read has a reason");
  }
  const std::string printed = print(*value);
  const auto again = parse(printed);
  if (!again) return broken("a printed {} is none: {}\n{}", what, again.error().message(), printed);
  if (print(*again) != printed) return broken("a {} is printed in two ways:\n{}\n{}", what, printed, print(*again));
  return {};
}

constexpr auto kToText = [](const auto& value) { return to_text(value); };

// The errors of texts of many lines say in which one.
template <class Value>
kv::Result<void> names_its_line(std::string_view input, kv::Result<Value> (*parse)(std::string_view)) {
  const auto value = parse(input);
  if (value || value.error().context.starts_with("line ")) return {};
  return broken("an error names no line: {}", value.error().context);
}

}  // namespace

kv::Result<void> text(std::string_view input) {
  if (has_long_run(input)) return {};
  TRY(reads_back("trace", input, faultfs::parse_trace, kToText));
  TRY(names_its_line(input, faultfs::parse_trace));
  TRY(reads_back("fault plan", input, faultfs::parse_fault_plan, kToText));
  TRY(names_its_line(input, faultfs::parse_fault_plan));
  TRY(reads_back("fault", input, faultfs::parse_fault, kToText));
  TRY(reads_back("crash state", input, faultfs::parse_crash_state, kToText));
  TRY(reads_back("disk model", input, faultfs::parse_disk_model, kToText));
  TRY(reads_back("damage", input, faultfs::parse_damage, kToText));
  return reads_back("report", input, parse_report, [](const Report& report) { return to_json(report); });
}

}  // namespace walbreaker::fuzz
