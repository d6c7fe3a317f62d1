// Programmer errors stop the process, in every build: a store that has lost track of itself must not write.
//
// One fact an assertion, so that the message says which one was false:
//   WB_ASSERT(offset % 8 == 0);
#pragma once

namespace kv {

// Prints "FILE:LINE: assertion failed: TEXT" on standard error and aborts.
[[noreturn]] void assertion_failed(const char* text, const char* file, int line);

}  // namespace kv

#define WB_ASSERT(fact) (static_cast<bool>(fact) ? void() : ::kv::assertion_failed(#fact, __FILE__, __LINE__))
