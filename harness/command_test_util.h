// Commands, as tests write them down.
#pragma once

#include <string>

#include "harness/command.h"

namespace walbreaker {

inline Command put(const std::string& key, const std::string& value) {
  Command command{CommandKind::put, {}};
  command.writes.put(key, value);
  return command;
}

inline Command del(const std::string& key) {
  Command command{CommandKind::del, {}};
  command.writes.remove(key);
  return command;
}

}  // namespace walbreaker
