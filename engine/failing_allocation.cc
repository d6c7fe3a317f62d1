#include "engine/failing_allocation.h"

#include <cstdlib>
#include <new>

namespace {

struct Plan {
  bool armed = false;
  bool for_ever = false;
  bool happened = false;
  std::size_t successes_left = 0;
};
Plan plan;

bool is_to_fail() noexcept {
  if (!plan.armed) return false;
  if (plan.successes_left > 0) {
    --plan.successes_left;
    return false;
  }
  plan.happened = true;
  plan.armed = plan.for_ever;
  return true;
}

void* allocate(std::size_t size) noexcept { return is_to_fail() ? nullptr : std::malloc(size == 0 ? 1 : size); }

}  // namespace

void* operator new(std::size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }

// Kept out of line: where g++ inlines only one of new and delete, it takes malloc and free for a mismatched pair.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace kv {

FailingAllocation::FailingAllocation(std::size_t number, Lasting lasting) {
  plan = {.armed = true, .for_ever = lasting == Lasting::for_ever, .successes_left = number};
}

FailingAllocation::~FailingAllocation() { plan = {}; }

bool FailingAllocation::happened() const { return plan.happened; }

}  // namespace kv
