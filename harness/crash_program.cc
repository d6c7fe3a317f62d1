#include "harness/crash_program.h"

#include <array>
#include <string_view>

#include "engine/assert.h"
#include "harness/promise.h"
#include "harness/workload.h"

namespace walbreaker {

namespace {

// Weights differ from program to program, so that some do much of one thing (Groce et al., "Swarm Testing", ISSTA
// 2012).
WorkloadShape draw_shape(Random& random) {
  WorkloadShape shape;
  shape.hot_keys = static_cast<std::uint32_t>(random.between(1, 6));
  shape.cold_keys = static_cast<std::uint32_t>(random.between(2, 40));
  shape.large_value = random.one_in(3) ? 6'000 : 600;
  shape.batch_percent = random.one_in(3) ? 40 : 10;
  shape.del_percent = random.one_in(3) ? 30 : 10;
  shape.sync_percent = static_cast<std::uint32_t>(random.below(3)) * 8;
  shape.compact_percent = static_cast<std::uint32_t>(random.below(4)) * 5;
  return shape;
}

// Where the program is long enough for it: a process that ends now and then.
std::map<std::size_t, Restart> draw_restarts(Random& random, std::size_t commands) {
  std::map<std::size_t, Restart> restarts;
  if (commands == 0) return restarts;
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    restarts[random.below(commands)] = random.one_in(3) ? Restart::close : Restart::kill;
  }
  return restarts;
}

constexpr std::uint64_t kMostCommands = 24;
constexpr std::uint64_t kMostCommandsAfter = 4;

}  // namespace

std::vector<Command> draw_commands(const Subject& subject, const Settings& settings, Random& random,
                                   std::uint64_t epoch, std::uint64_t count) {
  const WorkloadShape shape = within(draw_shape(random), subject.capabilities(), promise_of(subject, settings));
  Workload workload(random.split(1), epoch, shape);
  std::vector<Command> commands;
  commands.reserve(count);
  while (commands.size() < count) commands.push_back(workload.next());
  return commands;
}

Script draw_script(const Subject& subject, Random random) {
  const std::vector<Settings> ways = subject.ways();
  Script script;
  script.settings = ways[random.below(ways.size())];
  script.entropy = random.next();
  script.commands = draw_commands(subject, script.settings, random, script.epoch, random.below(kMostCommands + 1));
  script.restarts = draw_restarts(random, script.commands.size());
  return script;
}

Script draw_sequel(const Subject& subject, const Script& first, Random random) {
  Script script;
  script.epoch = first.epoch + 1;
  script.settings = first.settings;
  script.entropy = random.next();
  script.commands = draw_commands(subject, script.settings, random, script.epoch, random.below(kMostCommandsAfter + 1));
  if (!script.commands.empty() && random.one_in(3)) script.restarts = draw_restarts(random, script.commands.size());
  return script;
}

faultfs::DiskModel draw_model(Random random) {
  constexpr std::array<std::string_view, 12> kModels{"posix",
                                                     "posix",
                                                     "posix",
                                                     "posix sector_bytes=4096",
                                                     "posix sector_bytes=4096",
                                                     "posix size_before_data=zeros",
                                                     "posix directory_order=lost",
                                                     "ordered",
                                                     "ordered size_before_data=zeros",
                                                     "ordered sector_bytes=4096",
                                                     "synced_only",
                                                     "process_kill"};
  const auto model = faultfs::parse_disk_model(kModels.at(random.below(kModels.size())));
  WB_ASSERT(model);
  return *model;
}

}  // namespace walbreaker
