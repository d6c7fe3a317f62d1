// The B+ tree alone, beside a std::map of strings.
#include "engine/bplus_tree.h"

#include <map>

#include "engine/bench_race.h"
#include "engine/bench_stores.h"

namespace kv::bench {
namespace {

using Map = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t kKeyCount = 250'000;  // far more than the processor's second-level cache holds

void fill(BPlusTree& tree) {
  for (std::size_t i = 0; i < kKeyCount; ++i) tree.put(key_of(i), value_of(i));
}

void fill(Map& map) {
  for (std::size_t i = 0; i < kKeyCount; ++i) map.insert_or_assign(std::string(key_of(i)), value_of(i));
}

template <class Container>
double seconds_to_insert() {
  Container container;
  return seconds_of([&] { fill(container); });
}

void insert(benchmark::State& state) {
  race(state, kKeyCount, {{"ours", seconds_to_insert<BPlusTree>}, {"std::map", seconds_to_insert<Map>}});
}

void find(benchmark::State& state) {
  BPlusTree tree;
  Map map;
  fill(tree);
  fill(map);
  const std::vector<std::size_t> shuffled = shuffled_numbers(kKeyCount);
  const auto find_all = [&](const auto& holds) {
    return seconds_of([&] {
      for (const std::size_t record : shuffled) {
        if (!holds(key_of(record))) throw std::runtime_error("a key is missing");
      }
    });
  };
  race(state, kKeyCount,
       {{"ours", [&] { return find_all([&](std::string_view key) { return tree.find(key).has_value(); }); }},
        {"std::map", [&] { return find_all([&](std::string_view key) { return map.contains(key); }); }}});
}

void scan(benchmark::State& state) {
  BPlusTree tree;
  Map map;
  fill(tree);
  fill(map);
  std::uint64_t sum = 0;  // of a byte of each value, so that values are gone to as well
  race(state, kKeyCount,
       {{"ours",
         [&] {
           return seconds_of([&] {
             for (auto cursor = tree.begin(); cursor.valid(); cursor.next()) {
               sum += static_cast<unsigned char>(cursor.value().front());
             }
           });
         }},
        {"std::map", [&] {
           return seconds_of([&] {
             for (const auto& [key, value] : map) sum += static_cast<unsigned char>(value.front());
           });
         }}});
  benchmark::DoNotOptimize(sum);
}

BENCHMARK(insert)->Name("tree insert")->Apply(rounds<5>);
BENCHMARK(find)->Name("tree find")->Apply(rounds<5>);
BENCHMARK(scan)->Name("tree scan")->Apply(rounds<9>);

}  // namespace
}  // namespace kv::bench
