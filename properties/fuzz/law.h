// How a target says that an input breaks a law.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "engine/result.h"

namespace walbreaker::fuzz {

// `return broken("record {} is {}", ...)` from a target, or from what it calls with TRY.
template <class... Args>
std::unexpected<kv::Error> broken(fmt::format_string<Args...> format, Args&&... args) {
  return kv::fail(kv::ErrorCode::internal, fmt::format(format, std::forward<Args>(args)...));
}

// The law, where it does not hold.
inline kv::Result<void> law(bool holds, std::string_view text) {
  if (holds) return {};
  return broken("{}", text);
}

}  // namespace walbreaker::fuzz
