// Provenance: for each byte of each file, which operation of a trace put it there, and so for which command.
//
//   const Provenance all = provenance_of(trace);
//   for (const auto& [path, ranges] : all.files) {
//     for (const OriginRange& range : ranges) {
//       if (range.command && role_of(path) == FileRole::log) ...  // part of that command's record
//     }
//   }
//
// Which role a file plays is the caller's to know, by its path. What an open or a close wrote into it has an operation
// and no command: headers, marks of an end.
//
// The last writer counts. A byte that was written again is the later write's, whatever either wrote; cut off, and come
// back as a zero, it is nobody's. Files go by the names that they have at the end; one without a name is not there.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/trace.h"

namespace faultfs {

enum class Origin {
  first_image,
  nobody,
  written,
  zeros,
  garbage,
  stale,
  harmed,
};

struct OriginInfo {
  Origin origin;
  std::string_view name;  // the enumerator's
  std::string_view meaning;
};

// Those after `written` are left by fates of a crash state (PieceFate); their operation is the write that met this fate
// there, though the bytes are not the ones that it wrote.
inline constexpr std::array<OriginInfo, 7> kOrigins{{
    {Origin::first_image, "first_image", "the disk held it before the first operation"},
    {Origin::nobody, "nobody", "zeros that nobody wrote: a gap, or room reserved"},
    {Origin::written, "written", "what the operation wrote there"},
    {Origin::zeros, "zeros", "zeros: of the operation the size survived, and not these bytes, where there were none"},
    {Origin::garbage, "garbage", "garbage, in the place of what the operation wrote"},
    {Origin::stale, "stale", "bytes of a deleted file, in the place of what the operation wrote"},
    {Origin::harmed, "harmed", "garbage in a sector that the operation wrote to, also beside its own bytes"},
}};

// The enumerator's name.
[[nodiscard]] std::string_view to_string(Origin origin);

// Bytes of a file that have one origin.
struct OriginRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // in bytes, at least 1
  Origin origin = Origin::nobody;
  std::optional<OpIndex> op;             // nothing for first_image and nobody
  std::optional<std::uint64_t> command;  // during which op was issued (command_at in trace.h)

  [[nodiscard]] std::uint64_t end() const { return offset + length; }
  bool operator==(const OriginRange&) const = default;
};

struct Provenance {
  // By path. The ranges of a file follow each other from 0 to its size, and no two neighbours could be one.
  std::map<std::string, std::vector<OriginRange>> files;

  // The range that holds a byte. Nothing where the file is missing or has no such byte.
  [[nodiscard]] std::optional<OriginRange> at(const std::string& path, std::uint64_t offset) const;

  bool operator==(const Provenance&) const = default;
};

// Of the page cache at the end of a trace: what a process that starts then reads.
[[nodiscard]] Provenance provenance_of(const Trace& trace);

// Of a crash state: what a process finds after it. A write that was dropped leaves the bytes to whoever wrote them
// before.
// Errors: invalid_argument, as for apply in crash_state.h.
kv::Result<Provenance> provenance_of(const CrashState& state, const Trace& trace, const DiskModel& model);

}  // namespace faultfs
