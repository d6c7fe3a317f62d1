// Checksums, at the sizes of a small record, a large one and a snapshot's block; beside what kv::crc32c chooses from.
#include "engine/crc32c.h"

#include <isa-l/crc.h>

#include "engine/bench_race.h"
#include "engine/bytes.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace kv::bench {
namespace {

constexpr std::size_t kBytesInAll = std::size_t{64} << 20;  // of one run, so that the clock's own cost is nothing

std::uint32_t isal_alone(std::string_view bytes, std::uint32_t seed) {
  auto* const data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  return ~crc32_iscsi(data, static_cast<int>(bytes.size()), ~seed);
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t plain_loop(std::string_view bytes, std::uint32_t seed) {
  std::uint64_t reg = ~seed;
  for (std::size_t at = 0; at < bytes.size(); at += 8) reg = _mm_crc32_u64(reg, load<std::uint64_t>(bytes, at));
  return ~static_cast<std::uint32_t>(reg);
}
#endif

// Each checksum seeds the next one, as those of a record's header and payload are seeded.
template <class Checksum>
Contender contender(const char* name, const std::string& bytes, Checksum checksum) {
  return {name, [&bytes, checksum] {
            return seconds_of([&] {
              std::uint32_t sum = 0;
              for (std::size_t done = 0; done < kBytesInAll; done += bytes.size()) sum = checksum(bytes, sum);
              benchmark::DoNotOptimize(sum);
            });
          }};
}

void checksum(benchmark::State& state, std::size_t size_bytes) {
  const std::string bytes(size_bytes, 'x');
  race(state, kBytesInAll / size_bytes,
       {
           contender("ours", bytes, [](std::string_view b, std::uint32_t seed) { return crc32c(b, seed); }),
           contender("ISA-L alone", bytes, isal_alone),
#if defined(__x86_64__)
           contender("plain SSE4.2 loop", bytes, plain_loop),
#endif
       });
}

BENCHMARK_CAPTURE(checksum, small, 64)->Name("checksum, 64 B")->Apply(rounds<9>);
BENCHMARK_CAPTURE(checksum, middling, 1 << 10)->Name("checksum, 1 KiB")->Apply(rounds<9>);
BENCHMARK_CAPTURE(checksum, large, 64 << 10)->Name("checksum, 64 KiB")->Apply(rounds<9>);

}  // namespace
}  // namespace kv::bench
