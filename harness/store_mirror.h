// A store on a real directory, mirrored: a process works on a copy, and what it did to the copy is done again to the
// disk that the copy was made from.
//
// That disk, mostly a SimDisk, so knows which command wrote which bytes, though the process never sees it. What a
// command did is told by what is different after it:
// - a file with another name, the same file by its inode: a rename, which replaces what had that name;
// - a name that is gone, or names another file: an unlink, and a create;
// - bytes that differ: a write of each run of them (runs less than 16 bytes apart are one); a size that grew or shrank:
//   a write, or a truncate where the file grew by zeros only.
// The order of several within one command is not seen: renames come first, then unlinks, creates, and bytes. Bytes that
// were written again as they were are not seen. Directories are mirrored when they appear, and never go.
//
// A file of more than 64 KiB is only read again where its inode, size, mtime or ctime changed, or where it is so young
// that the clock of the file system could not tell; so it must not be written through mmap without an msync.
//
// Errors: those of the vfs, and io_error for the real directory.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "engine/result.h"
#include "engine/vfs.h"

namespace walbreaker {

class StoreMirror {
 public:
  // `directory` is the store's in the vfs, which outlives this; `copy` a real directory, empty.
  StoreMirror(kv::Vfs& vfs, std::string directory, std::string copy);

  [[nodiscard]] const std::string& copy() const { return copy_; }

  // Copies the store's files out, if there is a store.
  kv::Result<void> copy_out();

  // Does to the vfs what was done to the copy since the last time. Nothing is durable.
  kv::Result<void> apply();

  // Syncs each file that changed since it was last synced here, and the directory where its names did: the process
  // promised that what it did is durable.
  kv::Result<void> sync();

 private:
  struct Stamp {  // what tells that a file changed
    ino_t inode = 0;
    off_t size = 0;
    timespec mtime{};
    timespec ctime{};
    bool operator==(const Stamp& other) const;
  };
  struct File {
    Stamp stamp;
    bool young = true;  // when it was read, its times were too near to the clock
    std::string bytes;  // as the vfs has them
  };
  using Found = std::map<std::string, Stamp>;  // by the path from the directory

  kv::Result<void> copy_directory(const std::string& name);
  kv::Result<void> copy_file(kv::File& from, const std::string& name);
  kv::Result<void> make_directory();
  kv::Result<void> find(const std::string& name, Found& found);
  kv::Result<void> apply_renames(const Found& found);
  kv::Result<void> apply_unlinks(const Found& found);
  kv::Result<void> apply_contents(const std::string& name, const Stamp& stamp);
  [[nodiscard]] std::string in_vfs(const std::string& name) const;
  [[nodiscard]] std::string in_copy(const std::string& name) const;

  kv::Vfs& vfs_;
  std::string directory_;
  std::string copy_;
  bool made_ = false;  // the directory is there
  std::map<std::string, File> files_;
  std::set<std::string> directories_;  // below it
  std::set<std::string> unsynced_;     // files
  std::set<std::string> renamed_in_;   // directories in which names changed since they were synced
};

}  // namespace walbreaker
