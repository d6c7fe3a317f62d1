#include "harness/violation.h"

#include <algorithm>

#include "engine/assert.h"

namespace walbreaker {

const ViolationInfo& info(ViolationKind kind) {
  const auto& row = kViolations.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row;
}

std::optional<ViolationKind> violation_kind(std::string_view name) {
  const auto row = std::ranges::find(kViolations, name, &ViolationInfo::name);
  return row == kViolations.end() ? std::nullopt : std::optional(row->kind);
}

}  // namespace walbreaker
