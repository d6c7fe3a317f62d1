// LMDB as a subject: its one unnamed database, in DIRECTORY/data.mdb.
//
// Each command is a transaction of its own, and `batch` is one; `sync` is mdb_env_sync with force, and so is `close`
// first. LMDB has nothing that `compact` could be within one environment. An environment is opened with MDB_NOLOCK: one
// process and one thread use it, and the lock file has no part in what a crash leaves. Keys are stored with a byte in
// front, since LMDB takes no empty ones.
//
// Settings, each true or false:
//
//   nosync           false; MDB_NOSYNC: commits sync nothing
//   nometasync       false; MDB_NOMETASYNC: commits do not sync the meta page
//   sync_directory   true: an open syncs the directory, so that the file has its name. LMDB itself never does
//   make_aside       true: a new environment is made under another name, synced and renamed. LMDB itself writes
//                    the first meta pages of a new file in place, and syncs them with the first commit
//
// Linked with the archive of lmdb_files.h it works on any kv::Vfs, and linked with LMDB's own on the file system.
#pragma once

#include "harness/subject.h"

namespace walbreaker {

class LmdbSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return "lmdb"; }
  [[nodiscard]] Capabilities capabilities() const override { return {.compact = false, .read_only = false}; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] std::vector<Settings> ways() const override;
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override;
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;
};

}  // namespace walbreaker
