#include "engine/bench_race.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace kv::bench {
namespace {

struct Line {
  double our_seconds = 0;  // for one item, the median
  std::string name;        // of the contender beside ours
  double its_seconds = 0;
  std::vector<double> ratios;  // of each round: how many times as fast ours was
};

// What races have found and the reporter has not yet printed. Google Benchmark hands only numbers to a reporter.
std::vector<Line>& unprinted_lines() {
  static std::vector<Line> lines;
  return lines;
}

double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  const std::size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

// "1.25 us"
std::string text_of(double seconds) {
  for (const auto& [unit, name] : {std::pair{1.0, "s"}, {1e-3, "ms"}, {1e-6, "us"}}) {
    if (seconds >= unit) return fmt::format("{:.3g} {}", seconds / unit, name);
  }
  return fmt::format("{:.3g} ns", seconds / 1e-9);
}

void print_row(std::string_view race, std::string_view ours, std::string_view name, std::string_view its,
               std::string_view ratio, std::string_view range) {
  fmt::print("{:<30} {:>9}   {:<28} {:>9} {:>8}   {}\n", race, ours, name, its, ratio, range);
}

class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    print_row("for one item", "ours", "beside it", "takes", "ratio", "of all rounds");
    std::fflush(stdout);
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Line& line : std::exchange(unprinted_lines(), {})) {
      const auto [low, high] = std::ranges::minmax(line.ratios);
      print_row(runs.front().run_name.function_name, text_of(line.our_seconds), line.name, text_of(line.its_seconds),
                fmt::format("{:.2f}", median(line.ratios)), fmt::format("{:.2f} .. {:.2f}", low, high));
    }
    std::fflush(stdout);
  }
};

Line compare(const std::vector<double>& ours, std::string name, const std::vector<double>& its) {
  Line line{.our_seconds = median(ours), .name = std::move(name), .its_seconds = median(its), .ratios = {}};
  for (std::size_t round = 0; round < ours.size(); ++round) line.ratios.push_back(its[round] / ours[round]);
  return line;
}

}  // namespace

void race(benchmark::State& state, std::uint64_t items, const std::vector<Contender>& contenders) {
  std::vector<std::vector<double>> seconds(contenders.size());  // for one item, by contender and round
  std::size_t first = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const std::size_t turn = (first + i) % contenders.size();
      seconds[turn].push_back(contenders[turn].run() / static_cast<double>(items));
    }
    first = (first + 1) % contenders.size();
    state.SetIterationTime(seconds[0].back() * static_cast<double>(items));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    state.counters[contenders[i].name] = median(seconds[i]);
    if (i > 0) unprinted_lines().push_back(compare(seconds[0], contenders[i].name, seconds[i]));
  }
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void run_races() {
  Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
}

}  // namespace kv::bench
