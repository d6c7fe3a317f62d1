// Workloads: commands from a seed.
//
// A few hot keys are written again and again, many cold ones now and then; values are of many sizes, some larger than a
// sector; some keys are odd (empty, binary). Every value begins with a stamp, "e3.17.", that says in which epoch (run)
// and by which command of it the value was written: a value that comes back from the past is seen to.
//
// Where a subject takes numbers only, keys and values are those, encoded as promise.h says, and the stamp is in the
// number. Keys are then some small numbers of both signs, and the two at the ends of the range.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/command.h"
#include "harness/promise.h"
#include "harness/random.h"
#include "harness/subject.h"

namespace walbreaker {

struct WorkloadShape {
  std::uint32_t hot_keys = 6;
  std::uint32_t cold_keys = 100;
  std::uint32_t large_value = 600;   // bytes; one value in 40 is up to so large, the others up to 100
  std::uint32_t huge_value = 0;      // bytes; one value in 200 is a little larger: more than any buffer holds
  bool sector_edges = false;         // half of the large values end within 8 bytes of where a sector does
  bool equal_sizes = false;          // all keys are of one size, and all values of another, so that records line up
  std::uint32_t batch_percent = 12;  // of all commands; what is left over are puts
  std::uint32_t del_percent = 12;
  std::uint32_t sync_percent = 0;
  std::uint32_t compact_percent = 0;
  Domain keys = Domain::bytes;
  Domain values = Domain::bytes;
  std::optional<std::uint64_t> max_key;  // bytes
  std::optional<std::uint64_t> max_value;
};

// The same without the commands that a subject lacks: puts take their place.
[[nodiscard]] WorkloadShape within(WorkloadShape shape, const Capabilities& capabilities);

// The same, and with the keys and values that it takes alone.
[[nodiscard]] WorkloadShape within(WorkloadShape shape, const Capabilities& capabilities, const Promise& promise);

// Weights that differ from program to program, so that some do much of one thing (Groce et al., "Swarm Testing", ISSTA
// 2012).
[[nodiscard]] WorkloadShape draw_swarm(Random& random);

class Workload {
 public:
  Workload(Random random, std::uint64_t epoch, const WorkloadShape& shape);

  // The next command; the values in it carry its index, which counts from 0.
  Command next();

 private:
  CommandKind draw_kind();
  std::string draw_key();
  std::string draw_value();
  std::string draw_bytes_key();
  std::string draw_number_key();
  std::uint64_t draw_filler();

  Random random_;
  std::uint64_t epoch_;
  WorkloadShape shape_;
  std::uint64_t index_ = 0;
};

// A key that no workload writes. It is a key of every domain.
inline constexpr std::string_view kMissingKey = "~mis";

struct Stamp {
  std::uint64_t epoch = 0;
  std::uint64_t command = 0;
  bool operator==(const Stamp&) const = default;
};

// The stamp at the front of a value, or in the number that it is, where there is one. Of an int32 it keeps 12 bits of
// the epoch and 20 of the command, of an int64 20 and 28.
[[nodiscard]] std::optional<Stamp> read_stamp(std::string_view value);

// A number as promise.h says: int32 in 4 bytes offset by 2^31, int64 in 8 bytes.
[[nodiscard]] std::string encode_int32(std::int32_t number);
[[nodiscard]] std::string encode_int64(std::int64_t number);

}  // namespace walbreaker
