// For tests: files that a store might be found with, and what recovery must say of them.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/crafted_files.h"
#include "engine/memory_vfs.h"
#include "engine/report.h"

namespace kv {

struct RecoveryCase {
  std::string_view name;  // a sentence without spaces
  Row row;                // that the files are made for; it decides, unless it has no verdict of its own
  Image image;            // of the directory: names without it
  Verdict verdict;
  std::string file = {};  // of the finding
  std::uint64_t offset = 0;
  Contents contents = {};  // what is served, read-only where the verdict is corrupted
  bool servable = true;
  std::string unreadable = {};  // the name of a file that cannot be read
};

inline std::ostream& operator<<(std::ostream& out, const RecoveryCase& a_case) { return out << a_case.name; }

// The inputs made for each row of the decision table, in its order.
[[nodiscard]] std::vector<RecoveryCase> recovery_cases();

}  // namespace kv
