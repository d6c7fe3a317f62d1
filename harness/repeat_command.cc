#include <fmt/format.h>

#include "harness/command_line.h"
#include "harness/text.h"

namespace walbreaker {

std::string repeat_command(const RunArguments& arguments, std::string_view campaign, std::uint64_t case_index) {
  std::string command = fmt::format("walbreaker run {}", to_flag(arguments.choice));
  for (const auto& [key, value] : arguments.settings) {
    command += fmt::format(" --set {}", shell_word(fmt::format("{}={}", key, value)));
  }
  for (const auto& [key, value] : arguments.promise) {
    command += fmt::format(" --promise {}", shell_word(fmt::format("{}={}", key, value)));
  }
  if (arguments.model) command += fmt::format(" --model {}", shell_word(faultfs::to_text(*arguments.model)));
  command += fmt::format(" --campaign {} --seed {} --stop-after {}", campaign, arguments.seed, arguments.stop_after);
  const bool exhaustive = arguments.budget.kind == Budget::Kind::exhaustive;
  command += exhaustive ? " --exhaustive" : fmt::format(" --cases {}", case_index + 1);
  if (campaign == "soak") command += "  (kills by the clock: it may take other moments)";
  return command;
}

}  // namespace walbreaker
