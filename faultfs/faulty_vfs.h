// A disk with faults: a Vfs around any other, which does what a fault plan says at the operations that it names, and
// passes on everything else.
//
// What the disk below sees. A call that fails reaches it not at all, or in part where the amount of the fault says so.
// A short write reaches it as a shorter one, a misdirected one as a write elsewhere; a lost one never does. Every read
// reaches it, and is spoilt on its way back. Opening with OpenMode::create first opens the file to read, to find out
// whether that is a create or an open.
//
// Errors of the disk below are passed on. The ones made here are io_error with EIO, or no_space with ENOSPC, with the
// operation and its paths as context: "rename db/a to db/b".
//
// What is durable: what the disk below makes durable. A failed sync and one that lies do not reach it, unless it has a
// hand in them by the hook before_sync. A real disk that has lost what was pending at a failed sync, or answered ok to
// it too early, can only be simulated: there, the hook says which, and the sync itself is passed on.
//
// A kill. The operation is done as far as the fault says. Then the process dies: the hook `kill` hears of it, and in a
// real process never returns. Where it returns, or is not set, this disk is dead: every later call through it, or
// through a file that it opened, answers io_error, reaches nothing and is not counted. Locks are the inner disk's
// own, and stay held until they are destroyed, or until that disk lets go of them by itself.
//
// Threads: one at a time. Files may outlive the FaultyVfs; the disk below outlives both.
//
//   const auto plan = parse_fault_plan("sync_error sync at 2 once of wal-*.log\n");
//   FaultyVfs vfs(disk, *plan);
//   ... a store does its work on `vfs` ...
//   vfs.fired() == 0;  // it had no third sync of a log: nothing was tested
//
//   // In a process that is there to be killed:
//   FaultyVfs vfs(disk, *plan, {.before_sync = {}, .kill = [](const Kill& kill) {
//     announce(kill);
//     ::kill(::getpid(), SIGKILL);
//   }});
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/fault_plan.h"
#include "faultfs/op.h"

namespace faultfs {

// The death of a process.
struct Kill {
  Op op;
  std::uint64_t done = 0;  // of a write: how many bytes; of another operation: 1 where it was done
};

enum class SyncFault {
  fails,  // sync_error
  lies,   // lying_sync
};

struct FaultCount {
  std::uint64_t planned = 1;  // a fault for ever is one fault
  std::uint64_t fired = 0;    // how often it did something
};

class FaultState;

class FaultyVfs final : public kv::Vfs {
 public:
  struct Hooks {
    // Set where the disk below arranges what a failed or lying sync leaves: called in front of the sync that it then
    // gets, whose answer is passed on.
    std::function<void(SyncFault)> before_sync;
    // Called when the process dies, as its last words.
    std::function<void(const Kill&)> kill;
  };

  // Every fault of the plan can be: check() finds nothing.
  explicit FaultyVfs(kv::Vfs& inner, FaultPlan plan = {}, Hooks hooks = {});
  ~FaultyVfs() override;

  // From now on another plan holds, for the files that are open too. Its faults count operations from here, and so do
  // counts() and fired().
  void replace_plan(FaultPlan plan);

  // For each fault, in the plan's order; and how often any of them fired.
  [[nodiscard]] std::vector<FaultCount> counts() const;
  [[nodiscard]] std::uint64_t fired() const;

  // How many operations were called, of every kind or of one.
  [[nodiscard]] std::uint64_t operations() const;
  [[nodiscard]] std::uint64_t operations(OpKind kind) const;

  [[nodiscard]] bool is_dead() const;

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override;
  kv::Result<void> rename(const std::string& from, const std::string& to) override;
  kv::Result<void> unlink(const std::string& path) override;
  kv::Result<void> make_dir(const std::string& path) override;
  kv::Result<std::vector<std::string>> list(const std::string& path) override;
  kv::Result<void> sync_dir(const std::string& path) override;
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override;

 private:
  bool exists(const std::string& path);

  kv::Vfs& inner_;
  std::shared_ptr<FaultState> state_;  // shared with the open files
};

}  // namespace faultfs
