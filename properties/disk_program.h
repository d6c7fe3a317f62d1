// Disk programs: calls of a kv::Vfs as values that RapidCheck can generate, shrink and show, and what runs them.
#pragma once

#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/sim_disk.h"

namespace walbreaker::properties {

enum class DiskVerb {
  open,  // into a place for an open file, and closes what was there
  close,
  write,
  truncate,
  allocate,
  sync,
  read,
  size,
  rename,
  unlink,
  make_dir,
  list,
  sync_dir,
  lock,  // into a place for a lock, and releases what was there
  unlock,
  fail_sync,  // SimDisk::arrange, and then the sync
  lie_sync,   // the same
  kill,       // SimDisk::kill
};

struct DiskStep {
  DiskVerb verb = DiskVerb::open;
  std::string path;
  std::string to;  // of a rename
  kv::OpenMode mode = kv::OpenMode::create;
  kv::LockMode lock_mode = kv::LockMode::shared;
  std::size_t place = 0;     // of an open file or a lock
  std::uint64_t offset = 0;  // in bytes, of a write and a read
  std::uint64_t length = 0;  // in bytes; the new size, of truncate and allocate
};

using DiskProgram = std::vector<DiskStep>;

std::ostream& operator<<(std::ostream& out, const DiskStep& step);

inline constexpr std::size_t kPlaces = 3;

// Programs for a disk that never crashes: every call, on few names, spelled in every way that a path can be.
rc::Gen<DiskProgram> any_calm_program();

// Programs that leave much pending: plain names, short writes around sectors of 4 and 8 bytes, few syncs, some of which
// fail or lie, and kills.
rc::Gen<DiskProgram> any_crashing_program();

// Runs steps on a disk, as one process.
class DiskRunner {
 public:
  // Paths are below `root`; where it is empty, they are given to the disk as they are.
  explicit DiskRunner(kv::Vfs& vfs, std::string root = "") : vfs_(vfs), root_(std::move(root)) {}

  // Does one call and returns its answer as text: values, or the code and the errno of the error. A call on a place
  // that holds no file does nothing, nor do the three last verbs, which are no calls.
  std::string run(const DiskStep& step);

 private:
  [[nodiscard]] std::string below_root(const std::string& path) const;
  std::string run_on_file(const DiskStep& step);

  kv::Vfs& vfs_;
  std::string root_;
  std::array<std::unique_ptr<kv::File>, kPlaces> files_;
  std::array<std::unique_ptr<kv::FileLock>, kPlaces> locks_;
  char next_byte_ = 'a';  // every write writes bytes of its own
};

// Does a step, those of the three last verbs too. A kill closes what is open, as a new process would find it.
void run(const DiskStep& step, faultfs::SimDisk& disk, std::unique_ptr<DiskRunner>& process);

// What a disk did under a program, from an image of one durable file and one durable directory. Two files are open when
// it begins, the durable one and a new one.
faultfs::Trace trace_of(const DiskProgram& program, faultfs::FailedSync failed_sync);
faultfs::Image first_image();

}  // namespace walbreaker::properties
