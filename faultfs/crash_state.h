// Crash states: one way in which a disk can be found after a crash, as a value.
//
// A crash state is a choice, not bytes: a crash point in a trace, and a fate for each operation that was pending there.
// Two of them can give the same bytes. It prints, parses, compares and hashes; with its trace and a disk model it gives
// the image that a process would find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "faultfs/disk_model.h"
#include "faultfs/image.h"
#include "faultfs/trace.h"

namespace faultfs {

// After which operation the crash comes.
struct CrashPoint {
  OpIndex ops = 0;          // so many operations were done, whole
  std::uint64_t bytes = 0;  // and then so many bytes of a write, where a process kill cut it short; 0: nothing of it

  auto operator<=>(const CrashPoint&) const = default;
};

// What becomes of what one write put into one sector; of other operations, the first two.
enum class PieceFate : char {
  kept = 'k',
  dropped = 'd',
  zeros = 'z',    // the size survives, and the bytes read as zeros
  garbage = 'g',  // the size survives, and the bytes are garbage
  stale = 's',    // the size survives, and the bytes are a deleted file's
  harmed = 'h',   // what the file had in this sector is garbage
};

// What becomes of one pending operation: a letter for each of its pieces, or one letter, k, d or g, for all of them.
struct Fate {
  OpIndex op = 0;
  std::string pieces;  // PieceFate letters: of a write for each sector that it touches, from the first one on

  bool operator==(const Fate&) const = default;
};

struct CrashState {
  CrashPoint point;
  std::vector<Fate> fates;  // by operation, ascending; a pending operation that is left out is dropped

  bool operator==(const CrashState&) const = default;
};

// Text, one line. `kept`, `dropped` and `trashed` (garbage) say that all pieces of an operation are so.
//   after 37: 33 kept, 35 torn kd, 36 dropped
//   after 37 and 100 bytes: 37 kept
[[nodiscard]] std::string to_text(const CrashPoint& point);
[[nodiscard]] std::string fate_text(const Fate& fate);  // without the operation: "torn kd"
[[nodiscard]] std::string to_text(const CrashState& state);

// What is right in form may still not fit a trace: apply says so.
// Errors: invalid_argument, saying where in the text and what was expected.
kv::Result<CrashState> parse_crash_state(std::string_view text);

// The disk after the crash.
// Errors: invalid_argument where the state does not fit the trace (there is no such operation, it is not pending at the
// crash point, or touches another number of sectors), or where the model forbids it; the message says which operation.
kv::Result<Image> apply(const CrashState& state, const Trace& trace, const DiskModel& model);

}  // namespace faultfs

template <>
struct std::hash<faultfs::CrashState> {
  std::size_t operator()(const faultfs::CrashState& state) const noexcept;
};
