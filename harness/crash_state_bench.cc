// Crash states a second, on one core: enumerated, and judged, beside the plain way to do the same.
//
// One trace serves all: the reference engine, 40 commands on 30 keys with two compactions, on the simulated disk.
//
// "crash images": every image that the trace can leave under the model, within the budget, is made, and nothing is done
// with it. The plain way writes its files into a fresh directory of a file system in memory.
//
// "judged states": the store is opened read-write, scanned, every key got, and the contents compared with those that
// may be there. The plain ways do that in a fresh directory: in this process, or in a child for each state, so that one
// that crashes or hangs does not end the run.
//
// Flags are Google Benchmark's. WALBREAKER_BENCH_MEMORY names the directory for the plain ways (/dev/shm).
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bench_race.h"
#include "engine/posix_vfs.h"
#include "faultfs/enumerate.h"
#include "harness/child_process.h"
#include "harness/ground.h"
#include "harness/observation.h"
#include "harness/reference_subject.h"
#include "harness/workload.h"

namespace walbreaker {
namespace {

constexpr std::size_t kKeys = 30;
constexpr std::size_t kCommands = 40;
constexpr std::size_t kPlainImages = 2'000;  // the plain ways take these of the states; times are for one state
constexpr std::size_t kPlainChildren = 200;
constexpr std::string_view kRecoverFlag = "--recover";

Command put(std::size_t key, std::uint64_t value) {
  Command command{CommandKind::put, {}};
  command.writes.put(fmt::format("key{:03}", key), fmt::format("e1.{}.{}", value, std::string(40 + value % 60, 'v')));
  return command;
}

Script make_script() {
  Script script;
  script.settings = {{"compact_after_operations", "0"}, {"compact_after_bytes", "0"}};
  for (std::size_t i = 0; script.commands.size() < kCommands; ++i) {
    if (i == 13 || i == 27) script.commands.push_back({CommandKind::compact, {}});
    script.commands.push_back(put(i % kKeys, i));
  }
  return script;
}

const Script& script() {
  static const Script kScript = make_script();
  return kScript;
}

const PlayedRun& run() {
  static const PlayedRun kRun = [] {
    PlayedRun played = play(ReferenceSubject(), script());
    if (played.mistake) throw std::runtime_error(played.mistake->wrong.text);
    return played;
  }();
  return kRun;
}

const faultfs::DiskModel& model() {
  static const faultfs::DiskModel kModel = *faultfs::parse_disk_model("posix");
  return kModel;
}

constexpr faultfs::Budget kBudget{.states_per_point = 16'384};

struct State {
  faultfs::CrashPoint point;
  faultfs::Image image;
};

// Some of the states, spread evenly.
std::vector<State> plain_states(std::size_t count) {
  std::vector<State> states;
  std::uint64_t number = 0;
  const auto coverage = faultfs::enumerate(run().trace, model(), kBudget, [](auto&) { return true; });
  const std::uint64_t step = std::max<std::uint64_t>(1, coverage.distinct_images / count);
  faultfs::enumerate(run().trace, model(), kBudget, [&](faultfs::Candidate& candidate) {
    if (number++ % step == 0) states.push_back({candidate.point(), candidate.image()});
    return states.size() < count;
  });
  return states;
}

void expect_right(const faultfs::CrashPoint& point, const Observation& observation) {
  static const Promise kPromise = promise_of(ReferenceSubject(), script().settings);
  const auto wrong = judge(ground_at(run(), script().commands, point.ops, model().survival, kPromise), observation);
  if (wrong) throw std::runtime_error(wrong->text);
}

// --- the plain ways ---

// A directory in memory that is made anew for each state.
class FreshDirectory {
 public:
  FreshDirectory() {
    const char* memory = std::getenv("WALBREAKER_BENCH_MEMORY");
    root_ = std::filesystem::path(memory == nullptr ? "/dev/shm" : memory) / fmt::format("crash-states-{}", ::getpid());
  }
  ~FreshDirectory() { std::filesystem::remove_all(root_); }
  FreshDirectory(const FreshDirectory&) = delete;
  FreshDirectory& operator=(const FreshDirectory&) = delete;

  std::string fill(const faultfs::Image& image) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directory(root_);
    kv::PosixVfs vfs;
    if (const auto saved = faultfs::save_image(image, vfs, root_.string()); !saved) {
      throw std::runtime_error(saved.error().message());
    }
    return (root_ / kStoreDirectory).string();
  }

 private:
  std::filesystem::path root_;
};

Observation observe_directory(const std::string& directory) {
  kv::PosixVfs vfs;
  return observe(ReferenceSubject(), vfs, directory, {.settings = script().settings, .entropy = 1});
}

// What the child prints: the answer of the open, and for each key its size, that of its value, and both.
int recover(const std::string& directory) {
  const Observation seen = observe_directory(directory);
  if (seen.wrong) return 1;
  fmt::print("{}\n", static_cast<int>(seen.answer));
  for (const auto& [key, value] : seen.listing) fmt::print("{} {}\n{}{}", key.size(), value.size(), key, value);
  return 0;
}

std::size_t take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size()) throw std::runtime_error("the child printed no number");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

std::string take_bytes(std::string_view& text, std::size_t count) {
  const std::string bytes(text.substr(0, count));
  text.remove_prefix(bytes.size());
  return bytes;
}

Observation observe_in_child(const std::string& directory) {
  const auto end = run_child({.program = "/proc/self/exe", .arguments = {std::string(kRecoverFlag), directory}});
  if (!end || end->exit_code != 0) throw std::runtime_error("the child failed");
  std::string_view text = end->output;
  Observation seen;
  seen.answer = static_cast<Answer>(take_number(text));
  while (!text.empty()) {
    const std::size_t key_bytes = take_number(text);
    const std::size_t value_bytes = take_number(text);
    std::string key = take_bytes(text, key_bytes);
    seen.listing.emplace_back(std::move(key), take_bytes(text, value_bytes));
  }
  return seen;
}

// --- the races ---

std::uint64_t distinct_images() {
  return faultfs::enumerate(run().trace, model(), kBudget, [](auto&) { return true; }).distinct_images;
}

// The seconds that all states would take at the pace of these.
double scaled(double seconds, std::size_t states) {
  return seconds * static_cast<double>(distinct_images()) / static_cast<double>(states);
}

void crash_images(benchmark::State& state) {
  const std::vector<State> some = plain_states(kPlainImages);
  std::uint64_t files = 0;
  kv::bench::race(state, distinct_images(),
                  {{"in process",
                    [&] {
                      return kv::bench::seconds_of([&] {
                        faultfs::enumerate(run().trace, model(), kBudget, [&](faultfs::Candidate& candidate) {
                          files += candidate.image().files.size();
                          return true;
                        });
                      });
                    }},
                   {"a fresh directory", [&] {
                      FreshDirectory directory;
                      const double seconds = kv::bench::seconds_of([&] {
                        for (const State& one : some) directory.fill(one.image);
                      });
                      return scaled(seconds, some.size());
                    }}});
  if (files == 0) throw std::runtime_error("no image has a file");
}

double judge_all_in_process() {
  const ReferenceSubject subject;
  return kv::bench::seconds_of([&] {
    faultfs::enumerate(run().trace, model(), kBudget, [&](faultfs::Candidate& candidate) {
      expect_right(candidate.point(),
                   observe_after_crash(subject, script().settings, script().epoch, candidate.image()));
      return true;
    });
  });
}

template <class Observe>
double judge_in_directories(const std::vector<State>& states, Observe observe_it) {
  FreshDirectory directory;
  const double seconds = kv::bench::seconds_of([&] {
    for (const State& one : states) expect_right(one.point, observe_it(directory.fill(one.image)));
  });
  return scaled(seconds, states.size());
}

void judged_states(benchmark::State& state) {
  const std::vector<State> many = plain_states(kPlainImages);
  const std::vector<State> few = plain_states(kPlainChildren);
  kv::bench::race(state, distinct_images(),
                  {{"in process", judge_all_in_process},
                   {"a fresh directory", [&] { return judge_in_directories(many, observe_directory); }},
                   {"and a child", [&] { return judge_in_directories(few, observe_in_child); }}});
}

BENCHMARK(crash_images)->Name("crash images")->Apply(kv::bench::rounds<5>);
BENCHMARK(judged_states)->Name("judged states")->Apply(kv::bench::rounds<5>);

void describe() {
  const auto coverage = faultfs::enumerate(run().trace, model(), kBudget, [](auto&) { return true; });
  fmt::print("trace: {} operations of the reference engine, {} commands on {} keys\nmodel: {}\n{}\n\n",
             run().trace.ops.size(), script().commands.size(), kKeys, faultfs::to_text(model()),
             faultfs::to_text(coverage));
}

}  // namespace
}  // namespace walbreaker

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == walbreaker::kRecoverFlag) return walbreaker::recover(argv[2]);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    walbreaker::describe();
    kv::bench::run_races();
  } catch (const std::exception& error) {
    fmt::print(stderr, "harness_bench: {}\n", error.what());
    return 1;
  }
}
