#include "engine/assert.h"

#include <cstdio>
#include <cstdlib>

namespace kv {

void assertion_failed(const char* text, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, text);
  std::abort();
}

}  // namespace kv
