// Messages between the parent of a run and its worker processes.
//
// On the wire a message is a frame: its length (u32) and its bytes, which tally_codec.h spells. The parent sends
// orders; a worker answers each with a Prepared or a UnitDone, and may send drafts before that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/campaign.h"

namespace walbreaker {

struct WorkerOrder {
  std::uint64_t campaign = 0;  // its place among those of the run
  bool prepare_only = false;   // answer with a Prepared; else run the cases, and answer with a UnitDone
  CaseRange cases;
  std::vector<Moment> skips;     // to be left out
  std::vector<Moment> suspects;  // to be described by a draft, when they come
};

// A campaign after prepare().
struct Prepared {
  std::optional<std::uint64_t> total_cases;
  std::uint64_t cases_per_unit = 1;
  Tally tally;
};

struct UnitDone {
  Tally tally;
};

using WorkerAnswer = std::variant<Prepared, UnitDone, Violation>;  // a Violation: the draft of one

inline constexpr std::uint32_t kMostFrameBytes = 256U << 20;

// Each with its frame around it. An answer that is larger than a frame may be becomes one that says so, as trouble.
[[nodiscard]] std::string to_frame(const WorkerOrder& order);
[[nodiscard]] std::string to_frame(const WorkerAnswer& answer);

// From the bytes of a frame, without the length. Nothing: that is no such message.
std::optional<WorkerOrder> parse_order(std::string_view bytes);
std::optional<WorkerAnswer> parse_answer(std::string_view bytes);

// Cuts what arrives into frames.
class FrameBuffer {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }

  // The next whole frame, without its length.
  std::optional<std::string> next();

  // A length came that no frame has: nothing that follows can be understood.
  [[nodiscard]] bool is_broken() const { return broken_; }

 private:
  std::string bytes_;
  bool broken_ = false;
};

}  // namespace walbreaker
