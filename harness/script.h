// Scripts: what a subject is made to do on one disk, as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "faultfs/fault_plan.h"
#include "harness/command.h"
#include "harness/subject.h"

namespace walbreaker {

// How a process ends, after which another one opens the store.
enum class Restart { kill, close };

struct Script {
  std::uint64_t epoch = 1;  // the number that every value written by it carries
  std::vector<Command> commands;
  std::map<std::size_t, Restart> restarts;  // in front of the command with this index; at the number of commands: after
                                            // the last one
  std::map<std::size_t, faultfs::FaultPlan> faults;  // while the command with this index is carried out, which may fail
  Settings settings;
  std::uint64_t entropy = 0;
};

}  // namespace walbreaker
