#include "harness/engines/rocksdb_env.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <pthread.h>
#include <rocksdb/version.h>

#include <algorithm>
#include <utility>

#include "engine/assert.h"

// Private to RocksDB, as of 7.8: port/port_posix.h, db/db_impl/db_impl.h, env/unique_id_gen.h.
static_assert(ROCKSDB_MAJOR == 7 && ROCKSDB_MINOR == 8, "look whether these are still so");

// NOLINTBEGIN(readability-identifier-naming): RocksDB's names
namespace rocksdb {

namespace port {

class Mutex {
 public:
  void Lock();
  void Unlock();
};

class __attribute__((visibility("default"))) CondVar {
 public:
  void Wait();

 private:
  [[maybe_unused]] pthread_cond_t condition_;
  Mutex* mutex_;
};

}  // namespace port

class __attribute__((visibility("default"))) DBImpl {
 public:
  Status StartPeriodicTaskScheduler();
};

class __attribute__((visibility("default"))) SemiStructuredUniqueIdGen {
 public:
  void GenerateNext(std::uint64_t* upper, std::uint64_t* lower);
};

}  // namespace rocksdb
// NOLINTEND(readability-identifier-naming)

namespace walbreaker {

namespace {

using rocksdb::Status;

thread_local RocksDbEnv* foreground = nullptr;

class FrozenClock final : public rocksdb::SystemClock {
 public:
  [[nodiscard]] const char* Name() const override { return "FrozenClock"; }
  std::uint64_t NowMicros() override { return 0; }
  void SleepForMicroseconds(int /*micros*/) override {}
  Status GetCurrentTime(std::int64_t* unix_time) override {
    *unix_time = 0;
    return Status::OK();
  }
  std::string TimeToString(std::uint64_t time) override { return std::to_string(time); }
};

// RocksDB's own function behind the one that replaces it, by its mangled name.
template <class Function>
Function* replaced(const char* name) {
  auto* const function = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
  WB_ASSERT(function != nullptr);
  return function;
}

}  // namespace

RocksDbEnv::RocksDbEnv(const std::shared_ptr<rocksdb::FileSystem>& files, std::uint64_t entropy)
    : EnvWrapper(rocksdb::NewCompositeEnv(files)), random_(entropy) {
  file_system_ = files;
  static const auto kClock = std::make_shared<FrozenClock>();
  system_clock_ = kClock;
}

RocksDbEnv::~RocksDbEnv() { WB_ASSERT(queue_.empty()); }

RocksDbEnv::Foreground::Foreground(RocksDbEnv& env) {
  WB_ASSERT(foreground == nullptr);
  foreground = &env;
}

RocksDbEnv::Foreground::~Foreground() { foreground = nullptr; }

void RocksDbEnv::run_background() {
  while (run_one_background()) continue;
}

bool RocksDbEnv::run_one_background() {
  const auto first = std::ranges::max_element(queue_, {}, &Work::priority);
  if (first == queue_.end()) return false;
  const Work work = *first;
  queue_.erase(first);
  work.function(work.argument);
  return true;
}

void RocksDbEnv::Schedule(void (*work)(void*), void* argument, Priority priority, void* tag, void (*drop)(void*)) {
  queue_.push_back({priority, tag, work, drop, argument});
}

int RocksDbEnv::UnSchedule(void* tag, Priority priority) {
  std::deque<Work> kept;
  std::deque<Work> dropped;
  for (const Work& work : std::exchange(queue_, {})) {
    (work.tag == tag && work.priority == priority ? dropped : kept).push_back(work);
  }
  queue_ = std::move(kept);
  for (const Work& work : dropped) {
    if (work.drop != nullptr) work.drop(work.argument);
  }
  return static_cast<int>(dropped.size());
}

// Nothing that the options leave on starts one.
void RocksDbEnv::StartThread(void (* /*work*/)(void*), void* /*argument*/) {
  constexpr bool kStartsNoThread = false;
  WB_ASSERT(kStartsNoThread);
}

unsigned int RocksDbEnv::GetThreadPoolQueueLen(Priority priority) const {
  return static_cast<unsigned int>(std::ranges::count(queue_, priority, &Work::priority));
}

Status RocksDbEnv::GetCurrentTime(std::int64_t* unix_time) {
  *unix_time = 0;
  return Status::OK();
}

std::string RocksDbEnv::GenerateUniqueId() {
  const std::uint64_t upper = draw();
  return fmt::format("{:016x}-{:016x}", upper, draw());
}

}  // namespace walbreaker

namespace rocksdb {

void port::CondVar::Wait() {
  if (walbreaker::foreground != nullptr) {
    mutex_->Unlock();
    const bool worked = walbreaker::foreground->run_one_background();
    mutex_->Lock();
    if (worked) return;
  }
  static auto* const kWait = walbreaker::replaced<void(CondVar*)>("_ZN7rocksdb4port7CondVar4WaitEv");
  kWait(this);
}

Status DBImpl::StartPeriodicTaskScheduler() { return Status::OK(); }

void SemiStructuredUniqueIdGen::GenerateNext(std::uint64_t* upper, std::uint64_t* lower) {
  if (walbreaker::foreground != nullptr) {
    *upper = walbreaker::foreground->draw();
    *lower = walbreaker::foreground->draw();
    return;
  }
  static auto* const kGenerate = walbreaker::replaced<void(SemiStructuredUniqueIdGen*, std::uint64_t*, std::uint64_t*)>(
      "_ZN7rocksdb25SemiStructuredUniqueIdGen12GenerateNextEPmS1_");
  kGenerate(this, upper, lower);
}

}  // namespace rocksdb
