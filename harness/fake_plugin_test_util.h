// For tests: a plugin in this process that does everything right, but for keeping what it is told on a disk. A test
// replaces the function that it wants to be wrong.
#pragma once

#include <map>
#include <string>

#include "harness/walbreaker_plugin.h"

// What the fake's functions work on.
struct walbreaker_session {
  const walbreaker_vfs* vfs = nullptr;
  std::map<std::string, std::string> contents;
};

namespace walbreaker {

[[nodiscard]] walbreaker_plugin fake_plugin();

// How many sessions of fakes are not abandoned yet.
[[nodiscard]] int open_fake_sessions();

}  // namespace walbreaker
