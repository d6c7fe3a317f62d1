// For tests: makes an allocation of this program fail.
//
//   {
//     const FailingAllocation failing(3);  // the fourth from here on
//     result = store.put("a", "1");
//     failed = failing.happened();
//   }
//
// failing_allocation.cc replaces the global operator new for this; as long as no test asks for a failure, it hands out
// memory as usual. One at a time, and in one thread.
#pragma once

#include <cstddef>

namespace kv {

class FailingAllocation {
 public:
  enum class Lasting { once, for_ever };  // for_ever: until this object is destroyed

  explicit FailingAllocation(std::size_t number, Lasting lasting = Lasting::once);
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;
  ~FailingAllocation();

  // Whether that many allocations were asked for.
  [[nodiscard]] bool happened() const;
};

}  // namespace kv
