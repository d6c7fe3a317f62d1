#include "harness/worker_limits.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <new>

#include <sys/resource.h>
#include <unistd.h>

// A sanitizer's runtime has these; without one they are null.
extern "C" {
[[gnu::weak]] int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                            void (*on_free)(const volatile void*));
[[gnu::weak]] std::size_t __sanitizer_get_allocated_size(const volatile void* block);
[[gnu::weak]] void __asan_set_error_report_callback(void (*callback)(const char*));
}

namespace walbreaker {

namespace {

// The numbers of /proc/PID/statm, in pages.
struct MemoryUse {
  unsigned long size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
};

std::optional<MemoryUse> memory_use(pid_t process) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(fmt::format("/proc/{}/statm", process).c_str(), "re"), std::fclose);
  MemoryUse use;
  if (!file || std::fscanf(file.get(), "%lu %lu %lu %lu %lu %lu", &use.size, &use.resident, &use.shared, &use.text,
                           &use.library, &use.data) != 6) {
    return std::nullopt;
  }
  return use;
}

std::uint64_t page_bytes() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

std::atomic<bool>* g_exceeded = nullptr;

[[noreturn]] void exceed() {
  g_exceeded->store(true);
  ::_exit(1);
}

std::atomic<std::int64_t> g_allocated = 0;
std::int64_t g_most = 0;

void count_malloc(const volatile void*, std::size_t size) {
  const auto bytes = static_cast<std::int64_t>(size);
  if (g_allocated.fetch_add(bytes, std::memory_order_relaxed) + bytes > g_most) exceed();
}

void count_free(const volatile void* block) {
  if (block == nullptr) return;
  const std::size_t size = __sanitizer_get_allocated_size(block);
  g_allocated.fetch_sub(static_cast<std::int64_t>(size), std::memory_order_relaxed);
}

// A request that is beyond any allocator is an error of its own, before it is counted.
void look_at_report(const char* report) {
  for (const char* kind : {"allocation-size-too-big", "out-of-memory", "rss-limit-exceeded"}) {
    if (std::strstr(report, kind) != nullptr) g_exceeded->store(true);
  }
}

bool counts_allocations() { return __sanitizer_install_malloc_and_free_hooks != nullptr; }

void limit_what_is_counted(std::uint64_t bytes) {
  g_most = static_cast<std::int64_t>(bytes);
  __sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
  if (__asan_set_error_report_callback != nullptr) __asan_set_error_report_callback(look_at_report);
}

void limit_data_segment(std::uint64_t bytes) {
  std::set_new_handler(exceed);
  rlimit limit{};
  const auto use = memory_use(::getpid());
  if (!use || ::getrlimit(RLIMIT_DATA, &limit) != 0) return;  // the parent's look at it is left
  const rlim_t wanted = use->data * page_bytes() + bytes;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > wanted) limit.rlim_cur = wanted;
  static_cast<void>(::setrlimit(RLIMIT_DATA, &limit));
}

}  // namespace

void limit_memory(std::uint64_t bytes, std::atomic<bool>& exceeded) {
  g_exceeded = &exceeded;
  counts_allocations() ? limit_what_is_counted(bytes) : limit_data_segment(bytes);
}

std::uint64_t resident_overhead() { return counts_allocations() ? 4 : 1; }

std::optional<double> cpu_seconds(pid_t process) {
  clockid_t clock = 0;
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return std::nullopt;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::optional<std::uint64_t> resident_bytes(pid_t process) {
  const auto use = memory_use(process);
  return use ? std::optional(use->resident * page_bytes()) : std::nullopt;
}

}  // namespace walbreaker
