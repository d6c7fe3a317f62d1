// Adds the reports of a run's shards up.
#pragma once

#include <string>
#include <vector>

#include "engine/result.h"
#include "harness/report.h"

namespace walbreaker {

struct NamedReport {
  std::string file;  // for errors
  Report report;
};

// The report of the whole run, of which these are shards, in any order: the same as the whole run would have written,
// but for its seconds, which are those of all machines together. Of the violations of one cause, the first in the order
// of the cases is kept. Where shards are missing, the sum says which, and does not pass.
// Errors: invalid_argument, naming the file and the field: the same shard twice, or another run's (another subject,
// seed, promise, number of shards ...); a report that is a sum already; numbers too large to add.
kv::Result<Report> merge_reports(std::vector<NamedReport> shards);

}  // namespace walbreaker
