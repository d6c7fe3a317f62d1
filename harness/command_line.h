// The command line of `walbreaker`.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "harness/runner.h"
#include "harness/subject.h"

namespace walbreaker {

struct RunArguments {
  const Subject* subject = nullptr;
  std::string plugin;                  // as it was named, where the subject is one
  std::string driver;                  // its command, where the subject is one
  std::vector<std::string> campaigns;  // by name, each once, in the order given
  std::uint64_t seed = 1;
  Budget budget;
  unsigned jobs = 1;
  std::uint64_t stop_after = 10;
  std::string directory;                    // for real processes; empty: a default
  std::string out = "walbreaker-failures";  // where violations are kept
  std::string json;                         // where the JSON report goes; empty: nowhere
};

struct ListArguments {
  std::string what;  // subjects, plugins, campaigns, violations
};

// Nothing more to do: print and exit. A text for exit code 0 goes to standard output, else to standard error.
struct Stop {
  int exit_code = 0;
  std::string text;
};

using Arguments = std::variant<RunArguments, ListArguments, Stop>;

// Wrong flags or values give a Stop with exit code 2 and one line that says what is wrong.
[[nodiscard]] Arguments parse_command_line(int argc, const char* const* argv);

}  // namespace walbreaker
