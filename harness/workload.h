// Workloads: commands from a seed.
//
// A few hot keys are written again and again, many cold ones now and then; values are of many sizes, some larger than a
// sector; some keys are odd (empty, binary). Every value begins with a stamp, "e3.17.", that says in which epoch (run)
// and by which command of it the value was written: a value that comes back from the past is seen to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/command.h"
#include "harness/random.h"
#include "harness/subject.h"

namespace walbreaker {

struct WorkloadShape {
  std::uint32_t hot_keys = 6;
  std::uint32_t cold_keys = 100;
  std::uint32_t large_value = 600;   // bytes; one value in 40 is up to so large, the others up to 100
  std::uint32_t batch_percent = 12;  // of all commands; what is left over are puts
  std::uint32_t del_percent = 12;
  std::uint32_t sync_percent = 0;
  std::uint32_t compact_percent = 0;
};

// The same without the commands that a subject lacks: puts take their place.
[[nodiscard]] WorkloadShape within(WorkloadShape shape, const Capabilities& capabilities);

class Workload {
 public:
  Workload(Random random, std::uint64_t epoch, const WorkloadShape& shape);

  // The next command; the values in it carry its index, which counts from 0.
  Command next();

 private:
  CommandKind draw_kind();
  std::string draw_key();
  std::string draw_value();

  Random random_;
  std::uint64_t epoch_;
  WorkloadShape shape_;
  std::uint64_t index_ = 0;
};

// A key that no workload writes.
inline constexpr std::string_view kMissingKey = "~missing";

struct Stamp {
  std::uint64_t epoch = 0;
  std::uint64_t command = 0;
  bool operator==(const Stamp&) const = default;
};

// The stamp at the front of a value, where there is one.
[[nodiscard]] std::optional<Stamp> read_stamp(std::string_view value);

}  // namespace walbreaker
