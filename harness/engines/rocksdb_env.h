// What RocksDB takes of the system beside files (rocksdb_file_system.h): background work, time, and unique names.
//
// Background work is done on the session's own thread, as LevelDB's is (leveldb_env.h): what RocksDB schedules is
// queued, and done by run_background(), or where RocksDB would wait for it. RocksDB comes as a shared library, so that
// three of its functions are replaced by the linker's rule that the one who loads a library goes before it: whoever
// links this file defines and exports
//
//   rocksdb::port::CondVar::Wait                       does queued work, and comes back as a spurious wake-up would
//   rocksdb::SemiStructuredUniqueIdGen::GenerateNext   draws from the entropy of the open request
//   rocksdb::DBImpl::StartPeriodicTaskScheduler        starts no thread: all that it does is to flush the info log
//
// Without a session on this thread they do what RocksDB does. They are private to RocksDB: rocksdb_env.cc says of which
// version, and how it looks there.
//
// Time stands still, and sleeping takes none.
//
// Threads: one at a time.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/system_clock.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "harness/random.h"

namespace walbreaker {

class RocksDbEnv final : public rocksdb::EnvWrapper {
 public:
  RocksDbEnv(const std::shared_ptr<rocksdb::FileSystem>& files, std::uint64_t entropy);
  ~RocksDbEnv() override;

  // As long as it lives, waits of RocksDB on this thread do the work that is queued here. One at a time on a thread.
  class Foreground {
   public:
    explicit Foreground(RocksDbEnv& env);
    ~Foreground();
    Foreground(const Foreground&) = delete;
    Foreground& operator=(const Foreground&) = delete;
  };

  // Does the work that is queued, and what it asks for in turn, until there is none.
  void run_background();

  // Does the first of it, flushes before compactions. False: there was none.
  bool run_one_background();

  // A number that no other call gives, in this process or any other, as far as entropy goes.
  std::uint64_t draw() { return random_.next(); }

  void Schedule(void (*work)(void*), void* argument, Priority priority, void* tag, void (*drop)(void*)) override;
  int UnSchedule(void* tag, Priority priority) override;
  void StartThread(void (*work)(void*), void* argument) override;
  unsigned int GetThreadPoolQueueLen(Priority priority) const override;
  void SetBackgroundThreads(int /*number*/, Priority /*priority*/) override {}
  int GetBackgroundThreads(Priority /*priority*/) override { return 1; }
  void IncBackgroundThreadsIfNeeded(int /*number*/, Priority /*priority*/) override {}
  std::uint64_t NowMicros() override { return 0; }
  std::uint64_t NowNanos() override { return 0; }
  std::uint64_t NowCPUNanos() override { return 0; }
  void SleepForMicroseconds(int /*micros*/) override {}
  rocksdb::Status GetCurrentTime(std::int64_t* unix_time) override;
  std::string GenerateUniqueId() override;

 private:
  struct Work {
    Priority priority;
    void* tag;
    void (*function)(void*);
    void (*drop)(void*);
    void* argument;
  };

  std::deque<Work> queue_;
  Random random_;
};

}  // namespace walbreaker
