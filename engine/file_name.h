// The names of a store's files, and which file a name means.
#pragma once

#include <string>
#include <string_view>

#include "engine/options.h"
#include "engine/result.h"

namespace kv {

inline constexpr std::string_view kLockName = "LOCK";

// Names with a larger number are not ours. Half the range, so that "one above every generation seen" cannot wrap.
inline constexpr Generation kMaxGeneration = ~Generation{0} / 2;

// One above `highest`. invalid_argument where the numbers are used up.
[[nodiscard]] Result<Generation> next_generation(Generation highest);

[[nodiscard]] std::string log_name(Generation generation);        // wal-7.log
[[nodiscard]] std::string snapshot_name(Generation generation);   // snapshot-7.dat
[[nodiscard]] std::string temporary_name(Generation generation);  // snapshot-7.dat.tmp

// What repair renames a damaged file to: "wal-7.log.damaged". Recovery does not look at such files.
[[nodiscard]] std::string set_aside_name(std::string_view name);

enum class FileKind { lock, log, snapshot, temporary, set_aside, unknown };

struct FileName {
  FileKind kind = FileKind::unknown;
  Generation generation = 0;  // 0 for a kind that has none; a file's own is at least 1
  bool operator==(const FileName&) const = default;
};

// Numbers are decimal, without leading zeros: "wal-07.log" and "wal-0.log" are not ours. Any other name that ends in
// ".tmp" is temporary too, with generation 0: it is ignored, and never removed.
[[nodiscard]] FileName parse_file_name(std::string_view name);

}  // namespace kv
