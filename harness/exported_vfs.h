// A kv::Vfs as a plugin sees it: the walbreaker_vfs of walbreaker_plugin.h.
//
// It trusts nobody. A file or lock that is not open is NOT_OPEN, a null pointer INVALID_ARGUMENT. What a plugin leaves
// open is closed with it, and once it is cut off nothing more reaches the disk.
//
// Threads: any number use what as_c() returns; their calls reach the kv::Vfs one at a time.
#pragma once

#include <memory>

#include "engine/vfs.h"
#include "harness/walbreaker_plugin.h"

namespace walbreaker {

class ExportedVfs {
 public:
  // `vfs` outlives it.
  explicit ExportedVfs(kv::Vfs& vfs);
  // Closes files and releases locks.
  ~ExportedVfs();
  ExportedVfs(const ExportedVfs&) = delete;
  ExportedVfs& operator=(const ExportedVfs&) = delete;

  // Valid as long as this is.
  [[nodiscard]] const walbreaker_vfs* as_c() const;

  // From now on every call but close_file and unlock is io_error with EBADF.
  void cut_off();

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace walbreaker
