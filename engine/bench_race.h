// A race: several contenders do the same work in turn, and ratios tell how they compare.
//
// The machine under a benchmark changes its speed from minute to minute, so that times taken apart say little. In a
// race every round runs each contender once, close together, and every round begins with another one. What is reported
// is the median, over the rounds, of the ratio within a round, and the smallest and largest beside it.
//
//   void sort_numbers(benchmark::State& state) {
//     race(state, kCount, {{"ours", [&] { return seconds_of([&] { ours(copy()); }); }},
//                          {"std::sort", [&] { ... }}});
//   }
//   BENCHMARK(sort_numbers)->Name("sort")->Apply(rounds<5>);
//
// The first contender is the one that the others stand beside. Google Benchmark's own results (--benchmark_out=FILE)
// hold its items_per_second, and the median seconds per item of each contender as counters.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kv::bench {

struct Contender {
  std::string name;

  // Does the work once and returns how many seconds it took. What it sets up and tears down it does not count.
  std::function<double()> run;
};

// Runs a round for each iteration of `state`. The work of one run consists of `items` equal pieces; times are reported
// for one of them.
void race(benchmark::State& state, std::uint64_t items, const std::vector<Contender>& contenders);

// Tells Google Benchmark how many rounds a race has.
template <int count>
void rounds(benchmark::internal::Benchmark* race) {
  race->Iterations(count)->UseManualTime();
}

[[nodiscard]] double seconds_of(const std::function<void()>& work);

// Runs the registered races that the flags select, and prints a line for each contender that stood beside ours.
void run_races();

}  // namespace kv::bench
