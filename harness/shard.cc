#include "harness/shard.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "faultfs/line_scanner.h"

namespace walbreaker {

namespace {

// Who numbers processes, and in which variables. Those without a name are not there.
struct Numbering {
  const char* index;
  const char* count;
  const char* first = nullptr;
  const char* step = nullptr;
};

constexpr std::array<Numbering, 4> kNumberings{{
    {.index = "GTEST_SHARD_INDEX", .count = "GTEST_TOTAL_SHARDS"},
    {.index = "SLURM_ARRAY_TASK_ID",
     .count = "SLURM_ARRAY_TASK_COUNT",
     .first = "SLURM_ARRAY_TASK_MIN",
     .step = "SLURM_ARRAY_TASK_STEP"},
    {.index = "SLURM_PROCID", .count = "SLURM_NTASKS"},
    {.index = "JOB_COMPLETION_INDEX", .count = "JOB_COMPLETIONS"},
}};

std::unexpected<kv::Error> wrong(std::string text) {
  return kv::fail(kv::ErrorCode::invalid_argument, std::move(text));
}

// Nothing: it is not set.
kv::Result<std::optional<std::uint64_t>> number_of(const Environment& environment, const char* name) {
  const char* text = name == nullptr ? nullptr : environment(name);
  if (text == nullptr) return std::nullopt;
  std::uint64_t number = 0;
  if (!faultfs::parse_number(text, number)) return wrong(fmt::format("{}=\"{}\": expected a number", name, text));
  return number;
}

kv::Result<Shard> checked(const Shard& shard, std::string_view where) {
  if (shard.count == 0 || shard.count > kMostShards) {
    return wrong(fmt::format("{}: expected from 1 to {} shards, found {}", where, kMostShards, shard.count));
  }
  if (shard.index >= shard.count) {
    return wrong(fmt::format("{}: expected a shard from 0 to {}, found {}", where, shard.count - 1, shard.index));
  }
  return shard;
}

kv::Result<Shard> shard_of(const Numbering& names, const Environment& environment) {
  const auto id = TRY(number_of(environment, names.index));
  const auto count = TRY(number_of(environment, names.count));
  if (!id || !count) {
    return wrong(
        fmt::format("{} is set, and {} is not", id ? names.index : names.count, id ? names.count : names.index));
  }
  const std::uint64_t first = TRY(number_of(environment, names.first)).value_or(0);
  const std::uint64_t step = TRY(number_of(environment, names.step)).value_or(1);
  if (step == 0 || *id < first || (*id - first) % step != 0) {
    return wrong(fmt::format("{}={}: expected {} and so many times {} more", names.index, *id, first, step));
  }
  return checked({(*id - first) / step, *count}, names.index);
}

}  // namespace

kv::Result<Shard> parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  Shard shard;
  if (slash == std::string_view::npos || !faultfs::parse_number(text.substr(0, slash), shard.index) ||
      !faultfs::parse_number(text.substr(slash + 1), shard.count)) {
    return wrong(fmt::format("\"{}\": expected I/N, as 0/4", text));
  }
  return checked(shard, fmt::format("\"{}\"", text));
}

kv::Result<Shard> shard_from(const Environment& environment) {
  for (const Numbering& names : kNumberings) {
    const bool set = environment(names.index) != nullptr;
    // SLURM_NTASKS and JOB_COMPLETIONS say nothing of a process by themselves; GoogleTest's pair comes whole.
    const bool half_set = names.index == kNumberings.front().index && environment(names.count) != nullptr;
    if (set || half_set) return shard_of(names, environment);
  }
  return Shard{};
}

}  // namespace walbreaker
