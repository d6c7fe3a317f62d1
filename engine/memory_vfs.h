// For tests: a disk in memory, which thousands of stores can be made on, and which knows what a power cut may take.
//
//   MemoryVfs disk({{"store/wal-1.log", bytes}});
//   ... a store does its work on it, and is stopped ...
//   MemoryVfs after_a_kill(disk.image());
//   MemoryVfs after_a_power_cut(disk.durable_image());
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/vfs.h"

namespace kv {

// The files of a disk by path, and their bytes. A path that ends in '/' is a directory; one that holds a file need not
// be named.
using Image = std::map<std::string, std::string>;

// What is not the same in two images: "store/wal-2.log is new", "store/wal-1.log differs", "store/LOCK is gone".
[[nodiscard]] std::vector<std::string> differences(const Image& before, const Image& after);

class MemoryVfs final : public Vfs {
 public:
  MemoryVfs() = default;

  // A disk that holds an image, all of it durable.
  explicit MemoryVfs(const Image& image);

  // Another disk in the same state, what is durable included. Nobody holds a lock on it.
  [[nodiscard]] std::unique_ptr<MemoryVfs> clone() const;

  // What a process kill leaves: all of it.
  [[nodiscard]] Image image() const;

  // What a power cut leaves that takes all it may: the contents that a sync, and the names that a sync_dir made
  // durable.
  [[nodiscard]] Image durable_image() const;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> unlink(const std::string& path) override;
  Result<void> make_dir(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<void> sync_dir(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override;

 private:
  class OpenFile;
  class HeldLock;

  // What a name means. It outlives its name while the file is open.
  struct Node {
    bool is_directory = false;
    std::string bytes;
    std::string durable_bytes;
    int shared_locks = 0;
    bool exclusive_lock = false;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  Result<void> check_parent(const std::string& path) const;
  [[nodiscard]] std::shared_ptr<Node> find(const std::string& path) const;
  void add_directory(const std::string& path);

  Names names_;
  Names durable_names_;
};

}  // namespace kv
