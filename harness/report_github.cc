#include <fmt/format.h>

#include "harness/report.h"

namespace walbreaker {

namespace {

// A workflow command is one line; a property of it ends at a colon or a comma.
std::string escape(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    escaped += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return escaped;
}

std::string annotation(std::string_view level, std::string_view file, std::string_view title, std::string_view text) {
  std::string properties = file.empty() ? "" : fmt::format("file={},", escape(file, true));
  properties += fmt::format("title={}", escape(title, true));
  return fmt::format("::{} {}::{}\n", level, properties, escape(text, false));
}

}  // namespace

std::string to_github(const Report& report) {
  std::string text;
  for (const ReportedViolation& violation : report.violations) {
    const ViolationInfo& kind = info(violation.kind);
    const std::string title = fmt::format("walbreaker {} {}", violation.campaign, kind.name);
    text += annotation("error", violation.case_path, title,
                       fmt::format("{}, {}\n{}", violation.where, kind.meaning, violation.summary));
  }
  for (const Trouble& trouble : troubles_of(report)) {
    const std::string_view campaign = trouble.campaign.empty() ? "run" : std::string_view(trouble.campaign);
    text += annotation("warning", "", fmt::format("walbreaker {} inconclusive", campaign), trouble.text);
  }
  return text;
}

}  // namespace walbreaker
