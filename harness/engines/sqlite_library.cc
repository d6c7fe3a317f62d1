#include "harness/engines/sqlite_library.h"

#include <sqlite3.h>

#include "engine/assert.h"
#include "harness/engines/sqlite_vfs.h"

namespace walbreaker {

namespace {

struct Mutexes {
  sqlite3_mutex_methods base{};
  sqlite3_mutex* random = nullptr;  // which the generator of random numbers is used under
};

Mutexes& mutexes() {
  static Mutexes mutexes;
  return mutexes;
}

thread_local bool is_resetting = false;

// While the generator is reset under its own mutex, that mutex is held already.
bool is_nested(const sqlite3_mutex* mutex) { return is_resetting && mutex == mutexes().random; }

void enter(sqlite3_mutex* mutex) {
  if (!is_nested(mutex)) mutexes().base.xMutexEnter(mutex);
}

void leave(sqlite3_mutex* mutex) {
  if (is_nested(mutex)) return;
  if (mutex == mutexes().random) {
    is_resetting = true;
    sqlite3_randomness(0, nullptr);
    is_resetting = false;
  }
  mutexes().base.xMutexLeave(mutex);
}

void must(int answer) { WB_ASSERT(answer == SQLITE_OK); }

bool configure() {
  // The library's own mutexes are known once it has run, and are told while it does not.
  must(sqlite3_initialize());
  must(sqlite3_shutdown());
  must(sqlite3_config(SQLITE_CONFIG_GETMUTEX, &mutexes().base));
  mutexes().random = mutexes().base.xMutexAlloc(SQLITE_MUTEX_STATIC_PRNG);
  sqlite3_mutex_methods ours = mutexes().base;
  ours.xMutexEnter = enter;
  ours.xMutexLeave = leave;
  must(sqlite3_config(SQLITE_CONFIG_MULTITHREAD));
  must(sqlite3_config(SQLITE_CONFIG_MUTEX, &ours));
  must(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
  must(sqlite3_initialize());
  must(register_sqlite_vfs());
  return true;
}

}  // namespace

void prepare_sqlite() {
  static const bool kConfigured = configure();
  WB_ASSERT(kConfigured);
}

}  // namespace walbreaker
