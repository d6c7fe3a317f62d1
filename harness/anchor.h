// Anchors: operations named by what they are for, so that the name still fits when the engine, or the commands before
// them, have changed a little.
//
// An anchor says during what an operation was issued, which it was of its kind, and on what sort of file, in words:
//
//   command 3 write 0 of log          the first write to a log while command 3 was carried out
//   open 1 sync_dir 2 of directory    the third sync of a directory while the second process opened the store
//   close 0 create 0 of other         the first file of no special role created while the first process closed it
//
// Commands, processes and operations are counted from 0. A file's role is that of the name that it has just before the
// operation, or is given by it. An operation that a close makes is one behind the last command of a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/crash_state.h"
#include "faultfs/line_scanner.h"
#include "faultfs/trace.h"
#include "harness/subject.h"

namespace walbreaker {

enum class During { open, command, close };

struct OpAnchor {
  During during = During::open;
  std::size_t index = 0;  // of the command; of the process, for an open or a close
  faultfs::OpKind kind = faultfs::OpKind::write;
  std::string role;         // the enumerator of a FileRole, or "directory"
  std::uint64_t which = 0;  // among those of this kind and role

  bool operator==(const OpAnchor&) const = default;
};

[[nodiscard]] std::string to_text(const OpAnchor& anchor);

// Reads one from a line. Errors: invalid_argument, as the scanner's.
kv::Result<OpAnchor> parse_anchor(faultfs::LineScanner& line);

// The anchors of a trace's operations, in their order.
[[nodiscard]] std::vector<OpAnchor> anchors_of(const faultfs::Trace& trace, const Subject& subject);

// A crash, its crash point and the operations that were pending named by anchors.
struct AnchoredFate {
  OpAnchor op;
  std::string pieces;  // as in faultfs::Fate
  bool operator==(const AnchoredFate&) const = default;
};

struct AnchoredCrash {
  std::optional<OpAnchor> op;          // nothing: before the first operation
  std::optional<std::uint64_t> bytes;  // so many of the operation's bytes were written; nothing: all of it was done
  std::vector<AnchoredFate> fates;     // of those that are not dropped
  bool operator==(const AnchoredCrash&) const = default;
};

[[nodiscard]] AnchoredCrash anchor(const faultfs::CrashState& state, const std::vector<OpAnchor>& anchors);

// The crash state that an anchored crash is in this trace. An operation that was kept, and is durable here, is not
// among the fates: it is kept all the same. Errors: invalid_argument, naming the operation that is not there. Whether
// the state fits the trace and the model is for faultfs::apply to say.
kv::Result<faultfs::CrashState> resolve(const AnchoredCrash& crash, const std::vector<OpAnchor>& anchors,
                                        const faultfs::Trace& trace, const faultfs::DiskModel& model);

// The operations that are pending at a crash point that the trace has, ascending.
[[nodiscard]] std::vector<faultfs::OpIndex> pending_at(const faultfs::CrashPoint& point, const faultfs::Trace& trace,
                                                       const faultfs::DiskModel& model);

}  // namespace walbreaker
