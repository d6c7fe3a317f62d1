// The storage seam on the real disk: each call of Vfs and File is the system call of the same meaning.
//
// What vfs.h promises holds here as far as the kernel, the file system and the disk keep their own promises; nothing is
// buffered or remembered in this process. Reads and writes that a signal interrupts are repeated. Nothing else is: no
// other error is worth a second try, and a failed sync must not get one (File::sync).
//
// Beyond vfs.h:
// - Only regular files can be opened or locked. A directory is io_error with EISDIR, a FIFO, device or socket io_error
//   "not a regular file", and neither makes the caller wait.
// - An offset or size that a file cannot have (past 2^63 - 1) is invalid_argument, and nothing was done.
// - New files get mode 0666, new directories 0777, less the umask. No descriptor is inherited through exec.
// - A lock is a flock(2) on the file, advisory, and the file stays when the lock goes. It does not hold across machines
//   on a network file system without locks.
//
//   PosixVfs vfs;
//   auto file = TRY(vfs.open("store/wal-1.log", OpenMode::create_new));
//   TRY(write_all(*file, 0, bytes));
//   TRY(file->sync());             // the bytes are durable,
//   TRY(vfs.sync_dir("store"));    // and so is their name
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/vfs.h"

namespace kv {

// It has no state: any number of them are the same disk. Threads: as Vfs.
class PosixVfs final : public Vfs {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> unlink(const std::string& path) override;
  Result<void> make_dir(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<void> sync_dir(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override;
};

}  // namespace kv
