// Recovery: from the files of a directory to contents that are right, or to the reason why there are none.
//
// It reads and never writes. The rules are FORMAT.md's decision table, and report.h holds its rows: recovery takes the
// newest snapshot that verifies, replays the logs along their links, stops at the first bad record, and then says what
// the files prove about the place where it stopped.
#pragma once

#include <cstdint>
#include <string>

#include "engine/bplus_tree.h"
#include "engine/inventory.h"
#include "engine/report.h"
#include "engine/vfs.h"

namespace kv {

struct Recovery {
  Report report;
  BPlusTree contents;          // the prefix that can be served; empty where report.servable is false
  std::uint64_t store_id = 0;  // 0 for a new store
};

// Whatever is wrong with the files is a Report, a failed read (row A) included. Memory is bounded by the sizes of the
// files; may throw std::bad_alloc.
Recovery recover(Vfs& vfs, const std::string& directory, const Inventory& inventory);

}  // namespace kv
