// SQLite as a subject: one table of keys and values, on any kv::Vfs (sqlite_vfs.h).
//
//   CREATE TABLE kv(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID
//
// Each command is a transaction of its own. What the other commands are: `batch`, one transaction; `compact`, a
// checkpoint that empties the log, or else a VACUUM; `sync`, which SQLite does not have: a checkpoint of the log, or
// else one write at synchronous=EXTRA, since that one is durable and so is all before it. At synchronous=OFF `sync`
// does nothing.
//
// Settings, each the PRAGMA of its name but for the last two:
//
//   journal_mode=delete|truncate|persist|wal   delete, SQLite's own default
//   synchronous=off|normal|full|extra          full, SQLite's own default
//   wal_autocheckpoint=N                       1000: checkpoint after a commit that leaves N pages in the log; 0: never
//   page_size=N                                4096; of a new store
//   psow=0|1                                   1: the disk has powersafe overwrite (SQLite's parameter of a URI)
//   report_directory_sync=0|1                  0, as in SQLite's unix VFS, which drops the error of a directory's sync
//                                              where it is part of a journal's first sync; 1 reports it
//
// A log has the database for itself (locking_mode=EXCLUSIVE), so that no shared memory is needed; a journal is used
// with locking_mode=NORMAL, since journal_mode=DELETE deletes its journal only then.
//
// It opens nothing read-only: a journal or log that a crash has left has to be played back first, and a connection that
// only reads refuses that (SQLITE_READONLY_ROLLBACK, SQLITE_READONLY_RECOVERY).
#pragma once

#include "harness/subject.h"

namespace walbreaker {

class SqliteSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return "sqlite"; }
  [[nodiscard]] Capabilities capabilities() const override { return {.read_only = false}; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] std::vector<Settings> ways() const override;
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override;
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;
};

}  // namespace walbreaker
