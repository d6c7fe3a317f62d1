// Crash states a second, on one core: enumerated, and judged, beside the plain way to do the same.
//
// The subjects are the reference engine, and the real engines whose plugins are in the plugin folder. One trace of each
// serves all: 40 commands on 30 keys with two compactions, on the simulated disk, in the first of its ways.
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
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
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
#include "harness/plugin_library.h"
#include "harness/subjects.h"
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

Script script_for(const Subject& subject) {
  Script script;
  script.settings = subject.ways().front();
  script.settings["compact_after_operations"] = "0";
  script.settings["compact_after_bytes"] = "0";
  for (std::size_t i = 0; script.commands.size() < kCommands; ++i) {
    const bool compacts = subject.capabilities().compact && (i == 13 || i == 27);
    if (compacts) script.commands.push_back({CommandKind::compact, {}});
    script.commands.push_back(put(i % kKeys, i));
  }
  return script;
}

// The one that keeps the order of names, which real engines count on; the reference does without.
faultfs::DiskModel model_for(const Subject& subject) {
  return *faultfs::parse_disk_model(subject.named().kind == SubjectKind::plugin ? "ordered" : "posix");
}

// An engine that takes a hundred times as long to open has fewer states.
constexpr faultfs::Budget kBudget{.states_per_point = 16'384};
constexpr faultfs::Budget kBudgetOfPlugins{.states_per_point = 64};

struct State {
  faultfs::CrashPoint point;
  faultfs::Image image;
};

// A subject and a run of it.
class Trial {
 public:
  explicit Trial(const Subject& subject)
      : subject_(subject),
        script_(script_for(subject)),
        run_(play(subject, script_)),
        promise_(promise_of(subject, script_.settings)) {
    if (run_.mistake) throw std::runtime_error(run_.mistake->wrong.text);
    coverage_ = enumerate([](auto&) { return true; });
  }

  [[nodiscard]] const Subject& subject() const { return subject_; }
  [[nodiscard]] const Script& script() const { return script_; }
  [[nodiscard]] const faultfs::DiskModel& model() const { return model_; }
  [[nodiscard]] const faultfs::Coverage& coverage() const { return coverage_; }
  [[nodiscard]] std::size_t ops() const { return run_.trace.ops.size(); }

  faultfs::Coverage enumerate(const std::function<bool(faultfs::Candidate&)>& visit) const {
    const bool is_plugin = subject_.named().kind == SubjectKind::plugin;
    return faultfs::enumerate(run_.trace, model_, is_plugin ? kBudgetOfPlugins : kBudget, visit);
  }

  // Some of the states, spread evenly.
  [[nodiscard]] std::vector<State> plain_states(std::size_t count) const {
    std::vector<State> states;
    std::uint64_t number = 0;
    const std::uint64_t step = std::max<std::uint64_t>(1, coverage_.distinct_images / count);
    enumerate([&](faultfs::Candidate& candidate) {
      if (number++ % step == 0) states.push_back({candidate.point(), candidate.image()});
      return states.size() < count;
    });
    return states;
  }

  void expect_right(const faultfs::CrashPoint& point, const Observation& observation) const {
    const auto wrong = judge(ground_at(run_, script_.commands, point.ops, model_.survival, promise_), observation);
    if (wrong) throw std::runtime_error(wrong->text);
  }

  // The seconds that all states would take at the pace of these.
  [[nodiscard]] double scaled(double seconds, std::size_t states) const {
    return seconds * static_cast<double>(coverage_.distinct_images) / static_cast<double>(states);
  }

 private:
  const Subject& subject_;
  faultfs::DiskModel model_ = model_for(subject_);
  Script script_;
  PlayedRun run_;
  Promise promise_;
  faultfs::Coverage coverage_;
};

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

Observation observe_directory(const Subject& subject, const std::string& directory) {
  kv::PosixVfs vfs;
  return observe(subject, vfs, directory, {.settings = script_for(subject).settings, .entropy = 1});
}

// What the child prints: the answer of the open, and for each key its size, that of its value, and both.
int recover(const std::string& found_by, const std::string& directory) {
  const Subject* subject = find_subject_or_plugin(found_by);
  if (subject == nullptr) return 1;
  const Observation seen = observe_directory(*subject, directory);
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

Observation observe_in_child(const Subject& subject, const std::string& directory) {
  const auto end =
      run_child({.program = "/proc/self/exe", .arguments = {std::string(kRecoverFlag), subject.found_by(), directory}});
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

void crash_images(benchmark::State& state, const Trial& trial) {
  const std::vector<State> some = trial.plain_states(kPlainImages);
  std::uint64_t files = 0;
  kv::bench::race(state, trial.coverage().distinct_images,
                  {{"in process",
                    [&] {
                      return kv::bench::seconds_of([&] {
                        trial.enumerate([&](faultfs::Candidate& candidate) {
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
                      return trial.scaled(seconds, some.size());
                    }}});
  if (files == 0) throw std::runtime_error("no image has a file");
}

double judge_all_in_process(const Trial& trial) {
  const Script& script = trial.script();
  return kv::bench::seconds_of([&] {
    trial.enumerate([&](faultfs::Candidate& candidate) {
      trial.expect_right(candidate.point(),
                         observe_after_crash(trial.subject(), script.settings, script.epoch, candidate.image()));
      return true;
    });
  });
}

template <class Observe>
double judge_in_directories(const Trial& trial, const std::vector<State>& states, Observe observe_it) {
  FreshDirectory directory;
  const double seconds = kv::bench::seconds_of([&] {
    for (const State& one : states)
      trial.expect_right(one.point, observe_it(trial.subject(), directory.fill(one.image)));
  });
  return trial.scaled(seconds, states.size());
}

void judged_states(benchmark::State& state, const Trial& trial) {
  const std::vector<State> many = trial.plain_states(kPlainImages);
  const std::vector<State> few = trial.plain_states(kPlainChildren);
  kv::bench::race(state, trial.coverage().distinct_images,
                  {{"in process", [&] { return judge_all_in_process(trial); }},
                   {"a fresh directory", [&] { return judge_in_directories(trial, many, observe_directory); }},
                   {"and a child", [&] { return judge_in_directories(trial, few, observe_in_child); }}});
}

void add_races(const Trial& trial) {
  const std::string of =
      trial.subject().named().kind == SubjectKind::subject ? "" : fmt::format(" of {}", trial.subject().name());
  const auto register_race = [](const std::string& name, auto race) {
    kv::bench::rounds<5>(benchmark::RegisterBenchmark(name.c_str(), race));
  };
  register_race("crash images" + of, [&trial](benchmark::State& state) { crash_images(state, trial); });
  register_race("judged states" + of, [&trial](benchmark::State& state) { judged_states(state, trial); });
  fmt::print("trace: {} operations of {}, {} commands on {} keys\nmodel: {}\n{}\n\n", trial.ops(),
             trial.subject().name(), trial.script().commands.size(), kKeys, faultfs::to_text(trial.model()),
             faultfs::to_text(trial.coverage()));
}

// The reference, and the real engines that this build has.
std::vector<const Subject*> subjects() {
  std::vector<const Subject*> found = {find_subject("reference")};
  for (const std::string& name : plugin_names()) {
    if (name == "reference") continue;
    if (const auto plugin = load_plugin(name)) found.push_back(*plugin);
  }
  return found;
}

}  // namespace
}  // namespace walbreaker

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == walbreaker::kRecoverFlag) return walbreaker::recover(argv[2], argv[3]);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    std::deque<walbreaker::Trial> trials;
    for (const walbreaker::Subject* subject : walbreaker::subjects())
      walbreaker::add_races(trials.emplace_back(*subject));
    kv::bench::run_races();
  } catch (const std::exception& error) {
    fmt::print(stderr, "harness_bench: {}\n", error.what());
    return 1;
  }
}
