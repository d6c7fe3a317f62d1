// Writes a snapshot: the whole contents of a store at one moment, in key order.
#pragma once

#include "engine/bplus_tree.h"
#include "engine/file_header.h"
#include "engine/result.h"
#include "engine/vfs.h"

namespace kv {

// Writes header, blocks and footer to a new, empty file and syncs it. On return the contents are durable; the file's
// name is not. After an error the file holds no valid snapshot, or a whole one that may not be durable: do not rename
// it.
Result<void> write_snapshot(File& file, const FileHeader& header, const BPlusTree& tree);

}  // namespace kv
