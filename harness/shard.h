// Shards: one run, cut into N parts that different machines run. `walbreaker merge` adds their reports up.
//
// Which part a process runs is said by --shard I/N, or by the environment that a cluster gives its processes. The first
// of these that is set counts, and the others are not looked at:
//
//   --shard I/N                                     I from 0 to N - 1
//   GTEST_SHARD_INDEX, GTEST_TOTAL_SHARDS           GoogleTest's protocol, which test runners speak
//   SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_COUNT     Slurm's job arrays, counted from SLURM_ARRAY_TASK_MIN in steps of
//                                                   SLURM_ARRAY_TASK_STEP (where they are not set, from 0 and of 1)
//   SLURM_PROCID, SLURM_NTASKS                      the tasks of one Slurm job
//   JOB_COMPLETION_INDEX, JOB_COMPLETIONS           Kubernetes' indexed jobs. It gives the index alone: the job's
//                                                   manifest has to set JOB_COMPLETIONS to its .spec.completions
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/result.h"

namespace walbreaker {

inline constexpr std::uint64_t kMostShards = 65'536;

// Part `index` of `count`, from 0. One of one is the whole run.
struct Shard {
  std::uint64_t index = 0;
  std::uint64_t count = 1;
  bool operator==(const Shard&) const = default;
};

// "2/8". Errors: invalid_argument, saying what was expected.
kv::Result<Shard> parse_shard(std::string_view text);

// The value of a variable, or null where it is not set, as std::getenv().
using Environment = std::function<const char*(const char* name)>;

// What the environment says; the whole where it says nothing.
// Errors: invalid_argument, naming the variable: one of a pair without the other, no number, an index that is too high.
kv::Result<Shard> shard_from(const Environment& environment);

}  // namespace walbreaker
