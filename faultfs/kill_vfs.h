// A disk under a process that dies: at one chosen operation the process is killed (SIGKILL), as by the kernel or an
// operator.
//
// The operations counted, from 0, are those that change what a later process finds: create, write, truncate, allocate,
// rename, unlink and make_dir. A sync is none of them: what a killed process leaves in the page cache is there whether
// or not it was synced, so a kill beside a sync is the same as one beside the operation before it.
//
// Of a write, the first bytes may have been written and the others not; any other operation is done or not.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/op.h"

namespace faultfs {

struct KillPlan {
  std::uint64_t at = 0;    // the operation, counted from 0, at which the process dies
  std::uint64_t draw = 0;  // how much of it is done: draw % (length + 1) bytes of a write; all of another if it is odd
  bool operator==(const KillPlan&) const = default;
};

// The kill that is about to happen.
struct Kill {
  Op op;
  std::uint64_t done = 0;  // of a write: how many bytes; of another operation: 1 where it was done
};

class KillVfs final : public kv::Vfs {
 public:
  // Operations go to `inner`, which outlives this. `announce` is called just before the process dies, as its last
  // words.
  using Announce = std::function<void(const Kill&)>;
  KillVfs(kv::Vfs& inner, std::optional<KillPlan> plan, Announce announce = {});
  ~KillVfs() override;

  // How many operations were counted so far.
  [[nodiscard]] std::uint64_t operations() const;

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override;
  kv::Result<void> rename(const std::string& from, const std::string& to) override;
  kv::Result<void> unlink(const std::string& path) override;
  kv::Result<void> make_dir(const std::string& path) override;
  kv::Result<std::vector<std::string>> list(const std::string& path) override;
  kv::Result<void> sync_dir(const std::string& path) override;
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override;

 private:
  bool exists(const std::string& path);

  class Executioner;
  kv::Vfs& inner_;
  std::shared_ptr<Executioner> executioner_;  // shared with the open files
};

}  // namespace faultfs
