// A walbreaker_vfs as a kv::Vfs: for a plugin that is written in C++ against engine/vfs.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/vfs.h"
#include "harness/walbreaker_plugin.h"

namespace walbreaker {

class ImportedVfs final : public kv::Vfs {
 public:
  // `vfs` outlives it, and the files and locks that it gave.
  explicit ImportedVfs(const walbreaker_vfs* vfs) : vfs_(vfs) {}

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override;
  kv::Result<void> rename(const std::string& from, const std::string& to) override;
  kv::Result<void> unlink(const std::string& path) override;
  kv::Result<void> make_dir(const std::string& path) override;
  kv::Result<std::vector<std::string>> list(const std::string& path) override;
  kv::Result<void> sync_dir(const std::string& path) override;
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override;

 private:
  const walbreaker_vfs* vfs_;
};

}  // namespace walbreaker
