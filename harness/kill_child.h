// The child of the campaigns `kill` and `soak`: this same program, started again, opens a store on a real directory,
// gives it commands, and is killed over it.
//
// On standard output it writes one line, at once, before and after each step, so that whoever reads them to the end
// knows what was issued and what was acked when it died:
//
//   open                      before the open
//   opened                    the store answered clean or torn
//   issue N                   before command N, counted from 0
//   ack N  |  missing N       it answered ok; or, to a del, that there was no such key
//   close, closed             before and after the close that follows the last command
//   kill WHERE                the next thing is the planned kill; WHERE is an operation and a file: "write wal-#.log"
//   wrong KIND TEXT           an answer that no correct subject gives; it ends here. KIND is a violation's
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/fault_plan.h"
#include "harness/subject.h"
#include "harness/violation.h"
#include "harness/workload.h"

namespace walbreaker {

// The hidden subcommand that makes a process this child.
inline constexpr std::string_view kKillChildVerb = "kill-child";

struct ChildTask {
  std::string subject;  // its found_by()
  std::string directory;
  std::uint64_t seed = 0;   // of this directory: the commands follow from it and the epoch
  std::uint64_t epoch = 0;  // the number of this child, among those on this directory
  std::uint64_t commands = 0;
  std::optional<faultfs::Fault> kill;  // where it dies
  bool operator==(const ChildTask&) const = default;
};

// As arguments of the program, kKillChildVerb in front; and back, from those after it.
[[nodiscard]] std::vector<std::string> to_arguments(const ChildTask& task);
std::optional<ChildTask> parse_child_task(std::span<char* const> arguments);

// The commands of a child: the same for the child, which issues them, and for its parent, which judges.
[[nodiscard]] Workload child_workload(const Capabilities& capabilities, std::uint64_t seed, std::uint64_t epoch);

// What children, and whoever reads their stores, open with.
[[nodiscard]] OpenRequest child_request(std::uint64_t seed, std::uint64_t epoch);

// Does the task, and dies over it or returns the process's exit code: 0 done, or a wrong answer was told; 2 usage.
using FindSubject = const Subject* (*)(std::string_view name);
int kill_child_main(std::span<char* const> arguments, FindSubject find_subject);

// What a child's output says.
struct ChildLog {
  std::string phase = "start";  // where it ended: start, open, command, between, close, end
  bool opened = false;
  bool closed = false;
  std::uint64_t issued = 0;
  std::uint64_t acked = 0;
  std::vector<std::uint64_t> missing;  // the dels that found no key
  std::optional<std::string> kill;     // where the planned kill fell
  std::optional<Wrong> wrong;
};

// Nothing: the output is not what a child writes.
std::optional<ChildLog> parse_child_log(std::string_view output);

}  // namespace walbreaker
