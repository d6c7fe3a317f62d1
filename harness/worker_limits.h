// Limits for worker processes: how they are set, and how a parent reads what was used.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace walbreaker {

struct WorkerLimits {
  // Of processor time for one case. Ten times as much of the clock ends a worker that waits, for a lock or a driver.
  double timeout_seconds = 10;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;  // beyond what the worker had when it was started
};

// Ends this process when it takes so many bytes more than it has: sets `exceeded`, which another process may read, and
// exits. Called once in a process; `exceeded` lives as long as that.
//
// A limit on the data segment makes the allocation fail, which operator new tells. C code may take the failure, go on,
// and answer no_memory. Sanitizers reserve address space by the terabyte, so there what is allocated is added up.
void limit_memory(std::uint64_t bytes, std::atomic<bool>& exceeded);

// What a process takes of memory beyond what it allocates, as a factor: a sanitizer keeps what was freed, and more.
[[nodiscard]] std::uint64_t resident_overhead();

// Nothing: it is gone, or the system does not say.
[[nodiscard]] std::optional<double> cpu_seconds(pid_t process);  // of all its threads, since it started
[[nodiscard]] std::optional<std::uint64_t> resident_bytes(pid_t process);

}  // namespace walbreaker
