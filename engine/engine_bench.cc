// The engine's benchmarks, as races against LevelDB and others: `ci/bench`. Flags are Google Benchmark's:
//
//   engine_bench --benchmark_filter='^put'
//   engine_bench --benchmark_list_tests
//   engine_bench --benchmark_out=FILE            as JSON
//
// Where the stores are made: bench_stores.h. How to read the table: bench_race.h.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "engine/bench_race.h"
#include "engine/bench_stores.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    fmt::print("{}\n", kv::bench::describe_places());
    kv::bench::run_races();
  } catch (const std::exception& error) {
    fmt::print(stderr, "engine_bench: {}\n", error.what());
    return 1;
  }
}
