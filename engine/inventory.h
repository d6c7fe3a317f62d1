// The files of a store's directory, sorted by what they are.
#pragma once

#include <string>
#include <vector>

#include "engine/options.h"
#include "engine/result.h"
#include "engine/vfs.h"

namespace kv {

struct Inventory {
  bool has_lock = false;
  std::vector<Generation> logs;             // ascending, as numbers: wal-10 comes after wal-9
  std::vector<Generation> snapshots;        // ascending
  std::vector<Generation> own_temporaries;  // ascending: unfinished snapshots of ours
  std::vector<std::string> temporaries;     // all names that end in .tmp, ours among them
  std::vector<std::string> unknown;         // all other names, files set aside among them
  Generation highest_generation = 0;        // of all of these; a new generation is above it

  [[nodiscard]] bool holds_state() const { return !logs.empty() || !snapshots.empty(); }
  [[nodiscard]] bool holds_no_store() const { return !has_lock && !holds_state(); }
};

// Errors: those of Vfs::list.
Result<Inventory> take_inventory(Vfs& vfs, const std::string& directory);

}  // namespace kv
