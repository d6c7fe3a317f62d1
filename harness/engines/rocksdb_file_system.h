// RocksDB's file layer on a kv::Vfs: a rocksdb::FileSystem whose files, directories and lock are those of the Vfs.
//
// What reaches the disk, and when, is what RocksDB's own file system for POSIX does (env/fs_posix.cc, env/io_posix.cc):
// an Append is a write at once, for RocksDB has buffered before it; Sync and Fsync sync the file, and
// FSDirectory::Fsync the directory; reads go on after a short one. Nothing is mapped into memory, read ahead, read
// directly or asynchronously, and no room is reserved, which is not seen in a file's size there either.
//
// One thing differs: a full disk is an I/O error like any other, while RocksDB's own says NoSpace. For that RocksDB
// starts a thread, which asks the disk every five seconds whether there is room again.
//
// And files named OPTIONS can be refused. RocksDB writes one at each open, reads it back to compare, and opens as well
// without it: no open ever looks at one. It takes half the time of an open.
//
// Threads: one at a time, as for the Vfs.
#pragma once

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/result.h"
#include "engine/vfs.h"

namespace walbreaker {

enum class OptionsFiles { refused, written };

class RocksDbFileSystem final : public rocksdb::FileSystem {
 public:
  // `vfs` outlives it.
  RocksDbFileSystem(kv::Vfs& vfs, OptionsFiles options_files) : vfs_(vfs), options_files_(options_files) {}

  // The process is killed: from now on nothing that changes the disk reaches it.
  void cut_off() { is_cut_off_ = true; }

  // What RocksDB answered, with the code and errno of the Vfs's error where it passes one on. Not for a status that is
  // ok.
  [[nodiscard]] kv::Error to_error(const rocksdb::Status& status) const;

  // The status for an error of the Vfs: PathNotFound for ENOENT, and IOError for any other.
  rocksdb::IOStatus to_status(const kv::Error& error);
  rocksdb::IOStatus answer(const kv::Result<void>& result);

  // Answers what `change` does to the disk, where anything still may.
  template <class Change>
  rocksdb::IOStatus change(Change change) {
    if (is_cut_off_) return rocksdb::IOStatus::IOError("the process is killed");
    return answer(change(vfs_));
  }

  [[nodiscard]] const char* Name() const override { return "WalbreakerFileSystem"; }
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus FileExists(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetChildren(const std::string& directory, const rocksdb::IOOptions& options,
                                std::vector<std::string>* names, rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus CreateDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteDir(const std::string& path, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options, std::uint64_t* size,
                                rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetFileModificationTime(const std::string& path, const rocksdb::IOOptions& options,
                                            std::uint64_t* time, rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options, rocksdb::FileLock** lock,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetTestDirectory(const rocksdb::IOOptions& options, std::string* path,
                                     rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetAbsolutePath(const std::string& path, const rocksdb::IOOptions& options, std::string* absolute,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions& options, bool* is_directory,
                                rocksdb::IODebugContext* context) override;

 private:
  kv::Vfs& vfs_;
  OptionsFiles options_files_;
  bool is_cut_off_ = false;
  std::map<std::string, kv::Error> errors_;  // those that became a status, by their text
};

}  // namespace walbreaker
