#include "harness/violation.h"

#include "engine/assert.h"

namespace walbreaker {

const ViolationInfo& info(ViolationKind kind) {
  const auto& row = kViolations.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row;
}

}  // namespace walbreaker
