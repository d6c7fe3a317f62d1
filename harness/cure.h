// Which missing sync would cure what a crash shows: the pending operation that every failing crash state drops.
//
// All crash states of the case's crash point are judged, within a budget; where a write was cut short, those of the
// moment before it. An operation that no failing state keeps
// whole was needed, and was not durable: a sync of its file, or of its directory where it changed a name, has to come
// after it. When it has to come, crashes at earlier points tell that take this operation alone: before the one with
// which the loss of it begins to show. That is an operation (an unlink of what was replaced, or whatever makes durable
// that there was such an operation), or an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/run_case.h"

namespace walbreaker {

// Where no one operation is left out by every failing state, several may be needed: those that one sync makes durable
// are then taken together, and the cure is that sync, after the last of them.
struct Cure {
  faultfs::OpIndex op = 0;             // that has to be durable; of several, the last
  std::uint64_t together = 1;          // how many that are
  faultfs::OpIndex until = 0;          // after so many operations the loss begins to show
  std::optional<faultfs::OpIndex> by;  // with this one, the last of them; nothing: with the answer that follows them
  std::uint64_t failing = 0;           // states of the crash point that come to a violation: none of them keeps `op`
  std::uint64_t passing = 0;           // and states that do not,
  std::uint64_t passing_without = 0;   // so many of them without `op`
};

// The model itself, where a crash chooses what survives under it; else posix, under which the same operations are
// pending and each may have another fate.
[[nodiscard]] faultfs::DiskModel choosing_model(const faultfs::DiskModel& model);

// For the crash of the last stage, which came to a violation in `result`. Nothing where that stage has no crash with
// pending operations, or no one operation is left out by every failing state.
[[nodiscard]] std::optional<Cure> find_cure(const Subject& subject, const Case& c, const CaseResult& result);

// "sync_dir db after operation 12 (rename db/a.tmp to db/a), and before operation 14 (unlink db/b): ..."
[[nodiscard]] std::string to_text(const Cure& cure, const faultfs::Trace& trace);

}  // namespace walbreaker
