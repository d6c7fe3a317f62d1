// Crash states in words.
#pragma once

#include <string>
#include <vector>

#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/trace.h"
#include "harness/command.h"

namespace walbreaker {

// For each operation of a trace the path of the file that it is about, as it is named just before, or by it; of
// operations on directories, the directory's.
[[nodiscard]] std::vector<std::string> paths_of_ops(const faultfs::Trace& trace);

// "write db/wal-2.log, 140 bytes at 4096", where the file is named `path`.
[[nodiscard]] std::string op_text(const faultfs::TraceOp& op, const std::string& path);

// What the store was doing when the crash came: "put", "an open", "a close".
[[nodiscard]] std::string doing_at(const faultfs::Trace& trace, const std::vector<Command>& commands,
                                   const faultfs::CrashPoint& point);

// The model, the state, when that was, and what became of each operation, for the summary of a violation: lines that
// begin with "model     " and "crash     ", and those of describe_fates.
[[nodiscard]] std::string describe_crash(const faultfs::DiskModel& model, const faultfs::Trace& trace,
                                         const faultfs::CrashState& state, const std::string& when);

// One line for each operation that was pending: its number, what it was, and what became of it.
//    35 write db/wal-2.log, 140 bytes at 4096    torn kd
//    36 rename db/a.tmp to db/a                  dropped
[[nodiscard]] std::string describe_fates(const faultfs::Trace& trace, const faultfs::CrashState& state);

}  // namespace walbreaker
