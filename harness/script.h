// Scripts: what a subject is made to do on one disk, as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "faultfs/disk_model.h"
#include "faultfs/fault_plan.h"
#include "harness/command.h"
#include "harness/subject.h"

namespace walbreaker {

// How a process ends, after which another one opens the store.
enum class Restart { kill, close };

// A fault of one process: it acts from when it fires to the end of that process, and then the disk is as good as new.
// Where it fires in an open that fails, the open is tried once more, without it.
struct LiveFault {
  faultfs::Fault fault;
  faultfs::FailedSync failed_sync = faultfs::FailedSync::clean_readable;  // what a failed sync leaves
  bool operator==(const LiveFault&) const = default;
};

struct Script {
  std::uint64_t epoch = 1;  // the number that every value written by it carries
  std::vector<Command> commands;
  // In front of the command with this index; at the number of commands, after the last one: the store is opened again.
  std::map<std::size_t, Restart> restarts;
  std::map<std::size_t, faultfs::FaultPlan> faults;  // while the command with this index is carried out, which may fail
  std::optional<LiveFault> live_fault;
  bool closed = false;  // the last process closes the store in the end; else it is killed there
  Settings settings;
  std::uint64_t entropy = 0;
};

}  // namespace walbreaker
