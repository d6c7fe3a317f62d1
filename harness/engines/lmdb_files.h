// LMDB's calls of the system on a kv::Vfs.
//
// LMDB has no file layer to replace: it calls open, pwrite, writev, fdatasync and mmap. So these calls are renamed in a
// copy of its archive (objcopy --redefine-syms lmdb_files.syms), and lmdb_files.cc is what they lead to.
//
// Without MDB_WRITEMAP, LMDB writes with pwrite and writev, and reads what it has mapped. A file is opened as a memfd,
// which holds the same bytes and is what is mapped: whatever is written goes to the kv::File first, and what that took
// goes to the memfd. Where a write or sync fails, the memfd is read anew, as the page cache may be another one now. A
// descriptor opened with O_DSYNC, which LMDB has for its meta pages, syncs after each write. The memfd is as long as
// the mapping: past the end of the file it reads as zeros, where a file that is mapped itself would kill the process
// (SIGBUS).
//
// The descriptors are the thread's that is in an LmdbCall: it says which disk they are on. What is linked with LMDB's
// own archive instead makes calls of the same kind, and they mean nothing there.
#pragma once

#include <optional>
#include <utility>

#include "engine/result.h"
#include "engine/vfs.h"

namespace walbreaker {

// What LMDB has its files on. Threads: one at a time.
class LmdbDisk {
 public:
  explicit LmdbDisk(kv::Vfs& vfs) : vfs_(vfs) {}

  [[nodiscard]] kv::Vfs& vfs() { return vfs_; }

  // From now on nothing is written any more, as after a kill.
  void kill() { killed_ = true; }
  [[nodiscard]] bool killed() const { return killed_; }

  // The last error of the disk in this call: LMDB passes an errno on.
  void failed(kv::Error error) { error_ = std::move(error); }
  [[nodiscard]] const std::optional<kv::Error>& error() const { return error_; }

 private:
  friend class LmdbCall;

  kv::Vfs& vfs_;
  bool killed_ = false;
  std::optional<kv::Error> error_;
};

// While it lives, this thread's calls of LMDB go to this disk.
class LmdbCall {
 public:
  explicit LmdbCall(LmdbDisk& disk) : before_(std::exchange(current_, &disk)) { disk.error_.reset(); }
  LmdbCall(const LmdbCall&) = delete;
  LmdbCall& operator=(const LmdbCall&) = delete;
  ~LmdbCall() { current_ = before_; }

  // Null outside of any.
  [[nodiscard]] static LmdbDisk* disk() { return current_; }

 private:
  static inline thread_local LmdbDisk* current_ = nullptr;
  LmdbDisk* before_;
};

}  // namespace walbreaker
