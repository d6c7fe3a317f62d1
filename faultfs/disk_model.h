// Disk models: what a disk promises at a power cut, as data.
//
// MODEL.md tells each field in prose, with the source of the fact. Two words run through all of it: an operation is
// *pending* once it was issued, and *durable* once it survives every power cut that the model allows.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/result.h"

namespace faultfs {

// What becomes of pending operations.
enum class Survival {
  all,     // the process is killed and the page cache lives: every operation is durable at once
  none,    // the power is cut, and whatever was pending is gone
  chosen,  // the power is cut, and each pending operation meets a fate of its own, as the other fields allow
};

// Which of the pending sectors survive. In order, sizes come with their bytes, whatever SizeBeforeData says.
enum class DataOrder {
  any,       // any of them
  in_order,  // those written before some moment, over all files
};

// What the bytes of a file read as where its new size survived and what was written there did not.
enum class SizeBeforeData {
  none,                 // it cannot happen: what is appended survives in order, and a size covers nothing else
  zeros,                // zeros
  zeros_garbage_stale,  // zeros; or, in sectors that lay wholly past the end, garbage or a deleted file's bytes
};

// Which of the pending creates, renames, unlinks and make_dirs survive.
enum class DirectoryOrder {
  in_order,  // those before some moment, over all directories, as from one journal
  any,       // each on its own
  lost,      // none, until their directory is synced
};

// What a failed sync leaves.
enum class FailedSync {
  stays_pending,   // what it should have made durable is pending still: the next sync tries again
  clean_readable,  // the page cache keeps the bytes and takes them for written: no later sync writes them
  reverted,        // the file goes back to its durable bytes
  reported_late,   // it answers ok and leaves all pending; the next sync of that file or directory fails
};

[[nodiscard]] std::string_view to_string(Survival value);
[[nodiscard]] std::string_view to_string(DataOrder value);
[[nodiscard]] std::string_view to_string(SizeBeforeData value);
[[nodiscard]] std::string_view to_string(DirectoryOrder value);
[[nodiscard]] std::string_view to_string(FailedSync value);

struct DiskModel {
  std::string name;
  Survival survival = Survival::chosen;
  std::uint32_t sector_bytes = 512;  // what the disk writes whole; a power of two from 1 to 65,536
  DataOrder data_order = DataOrder::any;
  SizeBeforeData size_before_data = SizeBeforeData::zeros_garbage_stale;
  bool harms_shared_sectors = false;  // a write that does not survive may turn the rest of its sector to garbage
  DirectoryOrder directory_order = DirectoryOrder::any;
  bool sync_names_file = false;  // a sync of a file makes its creation durable too
  FailedSync failed_sync = FailedSync::clean_readable;

  bool operator==(const DiskModel&) const = default;
};

struct NamedModel {
  DiskModel model;
  std::string_view meaning;  // one sentence
};

// process_kill, synced_only, ordered, posix: from the one that allows least to the one that allows most, but that what
// synced_only leaves need not be a state of ordered.
[[nodiscard]] const std::array<NamedModel, 4>& named_models();

// Text: a named model and the fields that differ from it, one line, in the order of the struct:
//   posix
//   posix sector_bytes=4096 failed_sync=reverted
[[nodiscard]] std::string to_text(const DiskModel& model);

// Errors: invalid_argument, saying which word is wrong and what was expected.
kv::Result<DiskModel> parse_disk_model(std::string_view text);

}  // namespace faultfs
