// The simulated disk: directories, files and locks in memory, and a trace of every operation.
//
// As long as nothing crashes it cannot be told from kv::PosixVfs on Linux: the same answers, and the same errors for
// paths of every spelling (path_walk.h), files opened to read, locks held twice. Left out: renames of directories
// (EOPNOTSUPP), and whatever depends on links, permissions or free space. What later calls see is the page cache. What
// a power cut would leave is in the trace: nothing is durable but what the image held in the beginning and what was
// synced since, and a disk model tells what may become of the rest (enumerate.h).
//
//   SimDisk disk;
//   {
//     auto file = TRY(disk.open("a", kv::OpenMode::create_new));
//     TRY(kv::write_all(*file, 0, "never synced"));
//   }
//   disk.kill();                                   // the process dies; disk.image() still has the file, with its bytes
//   enumerate(disk.trace(), model, {}, visit);     // the power is cut: some states have it, some do not
//
// Threads: one at a time. Each case has a disk of its own, made from a shared image for the price of a few pointers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/disk_model.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/image.h"
#include "faultfs/trace.h"

namespace faultfs {

// A file cannot grow past this: EFBIG.
inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 30;

enum class Tracing { on, off };

class SimDisk final : public kv::Vfs {
 public:
  // A disk that holds the image, all of it durable. Of the disk model only what a failed sync leaves matters here.
  // Without a trace the disk is faster, and there is no telling what a power cut would leave: for a store that is
  // opened and read once. Not with FailedSync::reverted, which needs the trace.
  explicit SimDisk(const Image& image = {}, FailedSync failed_sync = FailedSync::clean_readable,
                   Tracing tracing = Tracing::on);
  ~SimDisk() override;

  // The page cache: what a process that starts now would read. Later operations do not change the image returned.
  [[nodiscard]] Image image() const;

  // What happened so far; nothing without a trace. The reference is good until the next operation.
  [[nodiscard]] const Trace& trace() const;

  // Marks what the caller does, in the trace.
  void mark(MarkKind kind, std::uint64_t command, std::uint32_t client = 0);

  // The process that uses the disk is killed: its locks are released, and its open files answer io_error (EBADF) from
  // now on. The page cache lives, and what was pending still is. Marks the trace.
  void kill();

  // The next sync or sync_dir, whatever file or directory it is for, fails as FailedSync says (io_error with EIO, but
  // for reported_late), or answers ok and makes nothing durable. Made for FaultyVfs::Hooks::before_sync.
  void arrange(SyncFault fault);

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override;
  kv::Result<void> rename(const std::string& from, const std::string& to) override;
  kv::Result<void> unlink(const std::string& path) override;
  kv::Result<void> make_dir(const std::string& path) override;
  kv::Result<std::vector<std::string>> list(const std::string& path) override;
  kv::Result<void> sync_dir(const std::string& path) override;
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override;

 private:
  class Disk;
  std::shared_ptr<Disk> disk_;  // open files and locks share it, and may outlive the SimDisk
};

}  // namespace faultfs
