// The disk of one SQLite connection, as the shims under it see it: a kv::Vfs, a stream of random numbers, and the last
// thing that went wrong.
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
#include <optional>
#include <utility>

#include "engine/result.h"
#include "engine/vfs.h"
#include "harness/random.h"

namespace walbreaker {

class SqliteDisk {
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
  SqliteDisk(kv::Vfs& vfs, const Options& options) : vfs_(vfs), options_(options), random_(options.entropy) {}

  [[nodiscard]] kv::Vfs& vfs() { return vfs_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const Options& options() const { return options_; }

  // From now on every call of SQLite to its disk is refused, as after a kill.
  void kill() { killed_ = true; }
  [[nodiscard]] bool killed() const { return killed_; }

  // What the kv::Vfs answered last that was an error, since the call began: SQLite itself passes on a number alone.
  void failed(kv::Error error) { error_ = std::move(error); }
  [[nodiscard]] const std::optional<kv::Error>& error() const { return error_; }

 private:
  friend class SqliteCall;

  kv::Vfs& vfs_;
  Options options_;
  Random random_;
  bool killed_ = false;
  std::optional<kv::Error> error_;
};

// While it lives, what this thread asks of SQLite goes to this disk.
class SqliteCall {
 public:
  explicit SqliteCall(SqliteDisk& disk) : before_(std::exchange(current_, &disk)) { disk.error_.reset(); }
  SqliteCall(const SqliteCall&) = delete;
  SqliteCall& operator=(const SqliteCall&) = delete;
  ~SqliteCall() { current_ = before_; }

  // The disk of the call that this thread is in; null outside of any.
  [[nodiscard]] static SqliteDisk* disk() { return current_; }

 private:
  static inline thread_local SqliteDisk* current_ = nullptr;
  SqliteDisk* before_;
};

}  // namespace walbreaker
