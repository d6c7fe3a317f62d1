// The reference store: a B+ tree in memory that holds the latest state, and on disk a snapshot of the whole state at
// one moment and a write-ahead log of what came after.
//
//   kv::PosixVfs vfs;
//   auto store = TRY(kv::Store::open(vfs, "/var/lib/example"));
//   TRY(store->put("name", "value"));
//   auto value = TRY(store->get("name"));
//   TRY(store->close());
//
// What is promised, with SyncPolicy::on_commit:
// - A command that returned ok survives a process kill and a power cut. (With on_request: a process kill; and a power
//   cut once a later sync() or close() has returned ok.)
// - What an open returns is the contents after some prefix of the commands, batches whole: nothing is reordered,
//   nothing comes back, nothing is made up.
// - A command that returned an error is not visible in this process; after a reopen it is there whole, or not at all.
// - Damage to the files is reported or harmless, within the limits that FORMAT.md states; it never yields wrong data.
// - What a read-write open that found no damage has served never goes away.
//
// Any failed write or sync poisons the store: every later write returns the same error until the store is opened
// anew, and reads go on. Nothing clears the poison, because after a failed sync nobody knows what the disk holds.
//
// Threads: one at a time. Processes: one read-write opener, or any number of read-only ones.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/batch.h"
#include "engine/bplus_tree.h"
#include "engine/inventory.h"
#include "engine/options.h"
#include "engine/report.h"
#include "engine/result.h"
#include "engine/vfs.h"
#include "engine/wal_writer.h"

namespace kv {

struct Stats {
  std::uint64_t keys = 0;
  std::uint64_t content_bytes = 0;  // keys and values
  Generation generation = 0;
  Seq last_seq = 0;
  Seq durable_seq = 0;  // the highest record whose sync has returned
  std::uint64_t log_bytes = 0;
  std::uint64_t log_operations = 0;  // puts and removes since the last compaction
  std::uint64_t compactions = 0;     // since open, the open's own not counted
};

struct RepairResult;  // repair.h

class Store {
 public:
  // Opens the store in directory `path`, recovering what is there (report() tells what that was).
  //
  // On return from a read-write open everything it will serve is durable, in a new generation. Opens read-only, with
  // status() corrupted, where the store is damaged and a prefix of it is known to be right.
  // Errors: locked (another opener), corrupted (no such prefix, or Options::refuse_damaged), unsupported_version,
  // invalid_argument (the numbers of generations or records are used up: somebody put such a file there),
  // io_error, no_space, no_memory. After an error the directory still holds every file it held, and opens to the same
  // contents.
  static Result<std::unique_ptr<Store>> open(Vfs& vfs, const std::string& path, const Options& options = {});

  // Releases the lock and closes the files, and makes nothing durable: what a process kill would do. See close().
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Each is durable on return with SyncPolicy::on_commit, and visible to reads if and only if it returned ok.
  // Errors: invalid_argument (too large, or closed), read_only, not_found (remove of a missing key; nothing is logged),
  // no_space and io_error (the store is now poisoned), no_memory.
  Result<void> put(std::string_view key, std::string_view value);
  Result<void> remove(std::string_view key);
  Result<void> write(const Batch& batch);  // an empty batch is ok and logs nothing

  // Errors: not_found, invalid_argument (closed).
  Result<std::string> get(std::string_view key) const;

  // Calls visit(key, value) for each key in [from, to), in byte order, until it returns false. Without `to`: to the
  // last key. The views are valid during the call; visit must not change the store.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  Result<void> scan(std::string_view from, std::optional<std::string_view> to, const Visitor& visit) const;

  // On return, every command that was acked is durable.
  Result<void> sync();

  // Replaces the log by a snapshot of the present state. On return every acked command is durable. Where a step other
  // than a write or sync fails, the error is returned, the directory still opens to the same contents, and the store
  // goes on.
  Result<void> compact();

  // Makes everything durable, compacts if anything was logged, marks the log as closed and releases the lock. The store
  // is closed whatever is returned; an error says that it was not closed cleanly. A second close is ok and does
  // nothing.
  Result<void> close();

  // ok; corrupted (opened read-only at the prefix that is right); or the code of the error that poisoned the store.
  [[nodiscard]] ErrorCode status() const;
  // The error that poisoned the store, or the damage that recovery reported; nothing where status() is ok.
  [[nodiscard]] std::optional<Error> problem() const;
  // What an automatic compaction, or the removal of a file that a compaction or the open had made obsolete, failed with
  // last. No command is told of it, and but for a failed write or sync the store goes on.
  [[nodiscard]] const std::optional<Error>& compaction_problem() const { return compaction_problem_; }

  // What the open found. The offsets and proofs are of the files as they were then.
  [[nodiscard]] const Report& report() const { return report_; }
  [[nodiscard]] Stats stats() const;

 private:
  Store(Vfs& vfs, std::string directory, const Options& options);

  // Opening.
  Result<void> open_directory();
  Result<Inventory> find_or_make_directory();
  Result<void> look_before_creating_the_lock(const Inventory& inventory);
  Result<Inventory> lock_and_list(const Inventory& before);
  Result<void> judge_report() const;
  Result<void> has_seqs_left() const;
  void adopt_files(const Inventory& inventory);
  Result<void> begin_writing();

  // Writing: encode, log, sync by option, apply, acknowledge; in that order.
  [[nodiscard]] Result<void> writable() const;
  [[nodiscard]] Result<void> readable() const;
  template <class Apply>
  Result<void> commit(RecordKind kind, std::uint64_t operation_count, Apply apply);
  void apply(const Batch& batch);
  void compact_if_due();
  Result<void> compact_now();
  Result<void> close_cleanly();

  // A generation: the log first, then the snapshot that it goes on from.
  friend Result<RepairResult> repair(Vfs& vfs, const std::string& path, const Options& options);
  Result<Generation> start_generation(LogLink link);
  Result<void> start_log(Generation generation, LogLink link);
  Result<void> write_temporary_snapshot(Generation generation);
  Result<void> publish_snapshot(Generation generation);
  using OwnFile = std::pair<Generation, std::string>;
  void remove_files(const std::function<bool(const OwnFile&)>& obsolete);
  void remove_files_before(Generation present);
  void discard_unused_files(Generation generation, LogLink link);
  FileHeader new_header(FileType type, LogLink link, Generation generation);
  [[nodiscard]] std::string path_of(std::string_view name) const { return join_path(directory_, name); }

  // Passes a result on, and poisons the store where it is an error.
  template <class T>
  Result<T> poisoning(Result<T> result) {
    if (!result && !poison_) poison_ = result.error();
    return result;
  }

  Vfs& vfs_;
  const std::string directory_;
  Options options_;
  std::unique_ptr<FileLock> lock_;
  bool read_only_ = false;
  bool closed_ = false;
  bool contents_incomplete_ = false;  // memory ran out in the middle of applying a batch: nothing more is served

  Report report_;
  BPlusTree contents_;
  std::uint64_t store_id_ = 0;
  Seq last_seq_ = 0;
  Generation highest_generation_ = 0;
  std::vector<OwnFile> files_;  // ours in the directory, the present ones included

  std::unique_ptr<WalWriter> log_;  // none where the store is read-only
  std::string payload_;             // reused
  Seq snapshot_seq_ = 0;            // of the newest snapshot: its last record, and its generation
  Generation snapshot_generation_ = 0;
  std::uint64_t log_operations_ = 0;
  std::uint64_t compactions_ = 0;
  std::optional<Error> poison_;
  std::optional<Error> compaction_problem_;
};

// Runs recovery without serving its result, and changes nothing. A Report with verdict io_error or
// unsupported_version is a result like any other. Takes the lock shared where LOCK exists.
// Errors: locked; io_error where the directory cannot be listed.
Result<Report> verify(Vfs& vfs, const std::string& path);

}  // namespace kv
