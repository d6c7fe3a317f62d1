#include "harness/history.h"

#include "engine/assert.h"

namespace walbreaker {

Contents History::contents_after(std::size_t count) const {
  WB_ASSERT(count <= commands.size());
  Contents contents = base;
  for (std::size_t i = 0; i < count; ++i) apply_to(contents, commands[i]);
  return contents;
}

}  // namespace walbreaker
