#include "faultfs/order_finding.h"

#include "engine/assert.h"

namespace faultfs {

const OrderKindInfo& info(OrderKind kind) {
  const auto& row = kOrderKinds.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row;
}

}  // namespace faultfs
