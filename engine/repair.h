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
  std::vector<std::string> set_aside = {};  // what the damaged files are called now: "wal-3.log.damaged"
};

// Where recovery reports `corrupted` with a valid prefix: copies every log and snapshot to NAME.damaged, writes the
// prefix as a new generation, and removes the originals. Any other verdict that opens needs no repair, and nothing is
// changed.
//
// On return the copies and the new generation are durable. A crash at any point leaves the damaged store or the
// repaired one, and every damaged byte under one of its two names. Errors: corrupted where no prefix survives (nothing
// is changed), unsupported_version, invalid_argument (numbers used up), locked, io_error, no_space, no_memory.
Result<RepairResult> repair(Vfs& vfs, const std::string& path, const Options& options = {});

}  // namespace kv
