// Makes a damaged store writable again, at the prefix that is known to be right.
#pragma once

#include <string>
#include <vector>

#include "engine/options.h"
#include "engine/report.h"
#include "engine/result.h"
#include "engine/vfs.h"

namespace kv {

struct RepairResult {
  Report found;                             // what recovery said before the repair
  Generation generation = 0;                // the new one; 0 where there was nothing to repair
  std::vector<std::string> set_aside = {};  // the new names of the files that were moved: "wal-3.log.damaged"
};

// Where recovery reports `corrupted` with a valid prefix: writes that prefix as a new generation, and then renames
// every file of an older one to NAME.damaged. Deletes nothing. Any other verdict that opens needs no repair, and
// nothing is changed.
//
// On return the new generation is durable, and so are the new names. A crash at any point leaves the damaged store or
// the repaired one. Errors: corrupted where no prefix survives (nothing is changed), unsupported_version, locked,
// io_error, no_space, no_memory.
Result<RepairResult> repair(Vfs& vfs, const std::string& path, const Options& options = {});

}  // namespace kv
