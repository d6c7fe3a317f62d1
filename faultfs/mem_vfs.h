// A disk in memory: directories, files, locks, and a record of who wrote which bytes.
//
// It answers as a real one does (the same errors for missing names, directories in the way, files opened to read), and
// keeps nothing pending: what is written is there, as it is for a process that is killed and started again.
//
// Provenance. The caller says which command is under way (set_tag); every write and sync is recorded with that tag. For
// a file of an image this tells which command wrote which of its bytes, and what was synced before what.
//
// Threads: one at a time. Each case has a disk of its own, made from a shared image for the price of a few pointers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/image.h"
#include "faultfs/op.h"

namespace faultfs {

using Tag = std::uint64_t;  // a caller's number for the command under way

// One write or sync of one file.
struct RecordedOp {
  OpKind kind;
  std::uint64_t index = 0;   // its place among all the recorded operations of this disk
  std::uint64_t offset = 0;  // in bytes, of a write
  std::uint64_t length = 0;  // in bytes, of a write
  Tag tag = 0;

  [[nodiscard]] std::uint64_t end() const { return offset + length; }
  bool operator==(const RecordedOp&) const = default;
};

class MemVfs final : public kv::Vfs {
 public:
  explicit MemVfs(const Image& image = {});
  ~MemVfs() override;

  // The whole disk as it is now. Later writes do not change the image returned.
  [[nodiscard]] Image image() const;

  // What is recorded from now on carries this tag; 0 to begin with.
  void set_tag(Tag tag);

  // The writes and syncs of the file that has this name now, in order, made under any name. Empty where there is none.
  [[nodiscard]] std::vector<RecordedOp> recorded(const std::string& path) const;

  // From now on an operation for which `fails` is true does nothing and returns io_error with EIO. An empty function
  // ends that. Operations that would fail anyway are asked too.
  using Predicate = std::function<bool(const Op&)>;
  void fail_where(Predicate fails);

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override;
  kv::Result<void> rename(const std::string& from, const std::string& to) override;
  kv::Result<void> unlink(const std::string& path) override;
  kv::Result<void> make_dir(const std::string& path) override;
  kv::Result<std::vector<std::string>> list(const std::string& path) override;
  kv::Result<void> sync_dir(const std::string& path) override;
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override;

 private:
  struct Disk;
  std::shared_ptr<Disk> disk_;  // open files and locks share it, and may outlive the MemVfs
};

}  // namespace faultfs
