// Histories for the laws of the oracle: commands on few keys as values that RapidCheck draws, shrinks and shows.
#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "harness/command.h"

namespace walbreaker::properties {

struct Write {
  std::string key;
  bool put = true;
};

struct Issued {
  std::vector<Write> writes;  // more than one are a batch
  bool failed = false;
};

std::ostream& operator<<(std::ostream& out, const Issued& issued);

// At most seven, on the keys a to d, some of them failed.
[[nodiscard]] rc::Gen<std::vector<Issued>> any_issues();

// As the command with this index of epoch 2, which its values say.
[[nodiscard]] Command command_of(const Issued& issued, std::size_t index);
[[nodiscard]] std::string value_of(std::size_t index);

// What is there before the first command, of epoch 1.
inline const Contents kBase{{"a", "e1.0."}, {"z", "e1.1."}};

[[nodiscard]] Listing listing_of(const Contents& contents);

}  // namespace walbreaker::properties
