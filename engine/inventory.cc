#include "engine/inventory.h"

#include <algorithm>

#include "engine/file_name.h"

namespace kv {

Result<Inventory> take_inventory(Vfs& vfs, const std::string& directory) {
  Inventory inventory;
  for (const std::string& name : TRY(vfs.list(directory))) {
    const FileName parsed = parse_file_name(name);
    inventory.highest_generation = std::max(inventory.highest_generation, parsed.generation);
    switch (parsed.kind) {
      case FileKind::lock: inventory.has_lock = true; break;
      case FileKind::log: inventory.logs.push_back(parsed.generation); break;
      case FileKind::snapshot: inventory.snapshots.push_back(parsed.generation); break;
      case FileKind::temporary:
        inventory.temporaries.push_back(name);
        if (parsed.generation != 0) inventory.own_temporaries.push_back(parsed.generation);
        break;
      case FileKind::set_aside:
      case FileKind::unknown: inventory.unknown.push_back(name); break;
    }
  }
  for (auto* generations : {&inventory.logs, &inventory.snapshots, &inventory.own_temporaries}) {
    std::sort(generations->begin(), generations->end());
  }
  return inventory;
}

}  // namespace kv
