// LevelDB's file layer on a kv::Vfs: a leveldb::Env whose files, directory and lock are those of the Vfs.
//
// What reaches the disk, and when, is what LevelDB's own Env for POSIX does (util/env_posix.cc), since whatever is
// found has to be LevelDB's and not this file's: writes go through a buffer of 64 KiB that Flush, Sync and Close empty;
// Sync of a MANIFEST syncs the directory first; nothing else ever does; an existing file is cut to nothing when it is
// written anew; a sequential read is one read, as read(2) answers it; a file exists where it can be looked at.
// Care::more shows what comes of that, by doing better.
//
// Background work. LevelDB asks for it (Schedule) while it holds the mutex of the database, and waits for it on a
// condition variable. There is no thread here. What is asked for is queued, and the session's own thread does it: when
// run_background() is called, with no lock held; and wherever LevelDB begins to wait, as a spurious wake-up would let
// it. So the order of all operations is that of one thread, and no wait can hang that a background thread would end.
// The second half needs LevelDB's archive, libleveldb.a, and the linker:
//
//   -Wl,--wrap=_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE      std::condition_variable::wait
//
// Time stands still, and sleeping takes none.
//
// Threads: one at a time, as for the Vfs.
#pragma once

#include <leveldb/env.h>
#include <leveldb/status.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/result.h"
#include "engine/vfs.h"

namespace walbreaker {

// How much LevelDB's files are cared for.
enum class Care {
  native,  // as by LevelDB's own Env
  more,    // and the directory is synced after each make_dir, each rename and the first sync of each new file; a
           // sequential read goes on after a short one; and a file is missing only where the disk says so, and not
           // where it fails
};

class LevelDbEnv final : public leveldb::Env {
 public:
  // `vfs` outlives it.
  explicit LevelDbEnv(kv::Vfs& vfs, Care care = Care::native) : vfs_(vfs), care_(care) {}
  ~LevelDbEnv() override;

  // As long as it lives, waits of LevelDB on this thread do the work that is queued here. One at a time on a thread.
  class Foreground {
   public:
    explicit Foreground(LevelDbEnv& env);
    ~Foreground();
    Foreground(const Foreground&) = delete;
    Foreground& operator=(const Foreground&) = delete;
  };

  // Does the work that is queued, and what it asks for in turn, until there is none. Errors stay in LevelDB, which
  // answers them to later writes.
  void run_background();

  // Does the first of it. False: there was none.
  bool run_one_background();

  // What LevelDB answered, with the code and errno of the Vfs's error where it passes one on. Not for a status that is
  // ok.
  [[nodiscard]] kv::Error to_error(const leveldb::Status& status) const;

  // The status for an error of the Vfs: NotFound for ENOENT, as LevelDB's own Env has it, and IOError for any other.
  leveldb::Status to_status(const kv::Error& error);

  // For the files that it gives.
  [[nodiscard]] Care care() const { return care_; }
  leveldb::Status sync_directory_of(const std::string& path);

  leveldb::Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& directory, std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RemoveDir(const std::string& path) override;
  leveldb::Status GetFileSize(const std::string& path, std::uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*work)(void*), void* argument) override;
  void StartThread(void (*work)(void*), void* argument) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;
  std::uint64_t NowMicros() override { return 0; }
  void SleepForMicroseconds(int /*micros*/) override {}

 private:
  struct Work {
    void (*function)(void*);
    void* argument;
  };

  leveldb::Status answer(const kv::Result<void>& result);

  kv::Vfs& vfs_;
  Care care_;
  std::deque<Work> queue_;
  std::map<std::string, kv::Error> errors_;  // those that became a status, by their text
};

}  // namespace walbreaker
