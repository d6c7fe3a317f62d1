#include "faultfs/op.h"

#include <algorithm>
#include <cstddef>

#include "engine/assert.h"

namespace faultfs {

const OpKindInfo& info(OpKind kind) {
  const OpKindInfo& row = kOpKinds.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row;
}

std::string_view to_string(OpKind kind) { return info(kind).name; }

std::optional<OpKind> parse_op_kind(std::string_view name) {
  const auto* row = std::ranges::find(kOpKinds, name, &OpKindInfo::name);
  return row == kOpKinds.end() ? std::nullopt : std::optional(row->kind);
}

}  // namespace faultfs
