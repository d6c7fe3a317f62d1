#include "faultfs/fault_points.h"

namespace faultfs {

FaultPoints for_each_fault_point(Fault fault, std::uint64_t limit, const FaultRun& run) {
  for (fault.at = 0; fault.at < limit; ++fault.at) {
    if (run(fault) == 0) return {.fired = fault.at, .all = true};
  }
  return {.fired = limit, .all = false};
}

}  // namespace faultfs
