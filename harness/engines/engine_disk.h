// The disk of a store whose engine has no place to keep one: its calls of the system are global functions, and find the
// disk through the thread.
//
//   EngineDisk disk(vfs);
//   const DiskCall<EngineDisk> call(disk);
//   mdb_txn_commit(transaction);  // reads and writes `vfs`
//
// Threads: a disk is used by one at a time.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "engine/result.h"
#include "engine/vfs.h"

namespace walbreaker {

class EngineDisk {
 public:
  // `vfs` outlives it.
  explicit EngineDisk(kv::Vfs& vfs) : vfs_(vfs) {}

  [[nodiscard]] kv::Vfs& vfs() { return vfs_; }

  // From now on nothing reaches it any more, as after a kill.
  void kill() { killed_ = true; }
  [[nodiscard]] bool killed() const { return killed_; }

  // What the kv::Vfs answered last that was an error, since the call began: the engine passes on a number alone.
  void failed(kv::Error error) { error_ = std::move(error); }
  [[nodiscard]] const std::optional<kv::Error>& error() const { return error_; }

  // There was no error, as far as this call goes.
  void begin_call() { error_.reset(); }

 private:
  kv::Vfs& vfs_;
  bool killed_ = false;
  std::optional<kv::Error> error_;
};

// While it lives, what this thread asks of the engine goes to this disk.
template <class Disk>
class DiskCall {
 public:
  explicit DiskCall(Disk& disk) : before_(std::exchange(current_, &disk)) { disk.begin_call(); }
  DiskCall(const DiskCall&) = delete;
  DiskCall& operator=(const DiskCall&) = delete;
  ~DiskCall() { current_ = before_; }

  // The disk of the call that this thread is in; null outside of any.
  [[nodiscard]] static Disk* disk() { return current_; }

 private:
  static inline thread_local Disk* current_ = nullptr;
  Disk* before_;
};

// Makes the directory of a new store, with a durable name: that is the application's to do.
inline kv::Result<void> make_store_directory(kv::Vfs& vfs, const std::string& directory) {
  if (const auto made = vfs.make_dir(directory); !made && made.error().os_error != EEXIST) return made;
  return vfs.sync_dir(kv::parent_path(directory));
}

}  // namespace walbreaker
