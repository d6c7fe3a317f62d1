// A history: what was asked of a subject, and how much of it was answered. Kept outside the disk that is being hurt.
//
// One client, one command in flight: the commands that were acked are the first of those issued.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/command.h"

namespace walbreaker {

struct History {
  std::uint64_t epoch = 0;        // the number that every value written in this run carries
  Contents base;                  // before the first command
  std::vector<Command> commands;  // issued, in order
  std::size_t acked = 0;          // so many of them were answered ok

  // The contents after the first `count` commands.
  [[nodiscard]] Contents contents_after(std::size_t count) const;
};

}  // namespace walbreaker
