// Every place where one fault can strike, one run each: the operation 0 fails, then 1, then 2, until there is none
// left.
//
//   const FaultPoints points = for_each_fault_point({.kind = FaultKind::sync_error}, 10'000, [](const Fault& fault) {
//     SimDisk disk;
//     FaultyVfs vfs(disk, {{fault}});
//     ... a program does its work on `vfs`, and is judged ...
//     return vfs.fired();
//   });
//   ASSERT_TRUE(points.all);        // else only the first 10,000 were tried
//   EXPECT_GT(points.fired, 20u);
//
// SQLite tests its I/O errors in this way (https://sqlite.org/testing.html, "I/O Error Testing").
#pragma once

#include <cstdint>
#include <functional>

#include "faultfs/fault_plan.h"

namespace faultfs {

struct [[nodiscard]] FaultPoints {
  std::uint64_t fired = 0;  // runs in which the fault fired
  bool all = false;         // false: the limit ended it, and there may be more
};

// Does one run with the fault, and returns how often it fired.
using FaultRun = std::function<std::uint64_t(const Fault&)>;

// Calls `run` with the fault at 0, 1, 2 ..., until it does not fire, or `limit` runs were made.
FaultPoints for_each_fault_point(Fault fault, std::uint64_t limit, const FaultRun& run);

}  // namespace faultfs
