// The order check: a wrapper that watches whether a subject issues its barriers, sync and sync_dir, in the right
// places.
//
// Most mistakes with barriers need a power cut at the right moment to show. They can be seen without one: what a
// subject does after a missing barrier tells that it takes for durable what is not. So every ordinary run is a test, no
// crash and no fault is needed, and a finding names the call that is missing:
//
//   operation 17 renames db/snapshot-2.tmp to db/snapshot-2.dat, but what operation 15 changed in it is not synced: a
//   power cut can leave the new name with missing contents. Call sync on the file before operation 17.
//
// What is durable is what kv::Vfs promises and nothing more: a sync makes no name durable, and no order among pending
// operations is relied on. Files that are there when the wrapper is made are durable. Everything goes on to the disk
// below unchanged, and its answers come back unchanged; to learn whether a file exists, and its size, the wrapper may
// open it for reading and close it again. Files are told apart by identity, so an open one stays the same when it is
// renamed or unlinked. Nobody else changes the disk below while the wrapper watches it.
//
// Operations are numbered from 0 over the wrapper's life: those that succeeded and changed something (create, write,
// truncate, allocate, rename, unlink, make_dir, and a lock that creates its file), and each sync and sync_dir, failed
// ones too.
//
// What is flagged
//
// ack_before_durable
//   A command is acknowledged, the caller said that this promises durability (OrderRules), and a file that the command
//   wrote is not synced since; or the name of a file that it wrote, created or renamed is not durable, or that of a
//   directory above it, whoever gave it. Only what the thread that issued the command did counts; a subject that hands
//   its writes to another thread is not judged.
//   Not judged either: files without bytes, files unlinked by then, and upkeep: files that the command created or
//   renamed when data that it had written before to another file was already durable, as a compaction does behind a
//   write.
//
// rename_before_sync
//   A file is renamed that was written, cut or allocated since its last sync.
//
// unlink_too_early
//   A file P is unlinked that had a durable name and holds synced bytes, while a *successor* of P has a name that is
//   not durable. A successor of P is another file in P's directory that holds bytes, was changed after P's last change,
//   and
//     - was put in place: it has its name by a rename from a name that was never durable or ends in "tmp"; or
//     - is of P's kind: the names differ in digits alone, as those of wal-1.log and wal-2.log do.
//   Another successor of P whose name is durable covers for it: any one for a successor that was not put in place; for
//   one that was, one of the same kind as it.
//   A rename over P counts as an unlink of P, unless the file that takes its place is itself a successor of P: then one
//   of the two stands, whatever the power cut does.
//
//   So these pass: temporary files are unlinked (the name ends in "tmp", or was never durable); obsolete files are
//   unlinked in any order, with no sync_dir after; an empty new log, or a new log of another kind than P, has no
//   durable name yet; a lock file appears; a file is set aside, or used again under another name.
//
//   It misses: a successor that is created under its final name and is of another kind than P (a table for a log), or
//   whose name is durable and its bytes are not; successors in other directories, and a move between directories of
//   which one alone is synced; a file that is put in place before the name of another one that it needs (a snapshot its
//   log, a pointer its target) is durable; a successor that is covered in form alone, by a newer file that does not
//   hold what P did; and a subject that never syncs the directory, for then no P has a durable name (ack_before_durable
//   sees that one).
//
//   It flags what may be harmless: a file that has nothing to do with P was put in place, and P is unlinked before the
//   next sync_dir.
//
// write_after_failed_sync
//   A sync of a file failed, and the same process writes to it, changes its size or syncs it again. A truncate to 0
//   bytes starts it afresh. A sync_dir that failed is part of the other kinds: for the names that were pending no later
//   sync_dir of this process counts.
//
// Threads: may be shared by threads, which take turns in every call that changes the disk.
//
//   SimDisk disk;
//   OrderCheckVfs vfs(disk, {.durable_on_ack = true});
//   // open a store on vfs, then for each command:
//   vfs.issued(5);
//   if (store.put("k", "v")) vfs.acknowledged(5);
//   for (const OrderFinding& finding : vfs.findings()) fmt::print("{}\n", finding.text);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/order_book.h"
#include "faultfs/order_finding.h"

namespace faultfs {

class OrderCheckVfs final : public kv::Vfs {
 public:
  // `inner` outlives this. Open files and locks may outlive this.
  explicit OrderCheckVfs(kv::Vfs& inner, OrderRules rules = {});
  ~OrderCheckVfs() override;

  // The calling thread gives the subject a command, by any number of the caller's. It is under way until it is
  // acknowledged, or until this thread issues another one, as after an error.
  void issued(std::uint64_t command);

  // The command, which is under way, was answered ok.
  void acknowledged(std::uint64_t command);

  // The process was killed, and a new one runs on the same disk: no command is under way. What was pending still is.
  // The new process was told of no failed sync, so that nobody holds one against it.
  void restarted();

  // In the order in which they were first met.
  [[nodiscard]] std::vector<OrderFinding> findings() const;

  // How many operations were numbered so far.
  [[nodiscard]] OpIndex operations() const;

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override;
  kv::Result<void> rename(const std::string& from, const std::string& to) override;
  kv::Result<void> unlink(const std::string& path) override;
  kv::Result<void> make_dir(const std::string& path) override;
  kv::Result<std::vector<std::string>> list(const std::string& path) override;
  kv::Result<void> sync_dir(const std::string& path) override;
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override;

 private:
  struct Shared;
  bool look_for(const std::string& path);

  kv::Vfs& inner_;
  std::shared_ptr<Shared> shared_;  // with the open files
};

}  // namespace faultfs
