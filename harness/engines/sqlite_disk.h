// The disk of one SQLite connection, as the shims under it see it (engine_disk.h), with a stream of random numbers.
//
// SQLite's seams are global: a sqlite3_vfs is registered once for the process, and the random numbers behind a
// journal's nonce and a log's salt come from one generator. So who makes a call to SQLite says for the length of the
// call whose it is, and the shims find the disk through the thread:
//
//   SqliteDisk disk(vfs, {.entropy = 7});
//   const SqliteCall call(disk);
//   sqlite3_step(statement);  // reads and writes `vfs`, draws from the stream of 7
//
// Threads: a disk is used by one at a time.
#pragma once

#include <cstdint>

#include "harness/engines/engine_disk.h"
#include "harness/random.h"

namespace walbreaker {

class SqliteDisk : public EngineDisk {
 public:
  struct Options {
    std::uint64_t entropy = 0;
    // What the unix VFS says of its disks unless it is told otherwise, and what faultfs/MODEL.md, section 6, says of
    // all named models: no byte outside the range of a write changes (https://www.sqlite.org/psow.html).
    bool powersafe_overwrite = true;
    // Whether a directory sync within xSync that fails fails the xSync. In the unix VFS it does not.
    bool report_directory_sync = false;
  };

  // `vfs` outlives it.
  SqliteDisk(kv::Vfs& vfs, const Options& options) : EngineDisk(vfs), options_(options), random_(options.entropy) {}

  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  Options options_;
  Random random_;
};

using SqliteCall = DiskCall<SqliteDisk>;

}  // namespace walbreaker
