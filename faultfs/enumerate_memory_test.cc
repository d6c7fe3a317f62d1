// What it takes to enumerate a large trace: memory for the first image, the bytes written, and little more.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "faultfs/enumerate.h"
#include "faultfs/mix.h"
#include "faultfs/sim_disk.h"

namespace faultfs {
namespace {

constexpr std::uint64_t kFiles = 4;
constexpr std::uint64_t kFileBytes = 16 << 20;  // 64 MiB in all
constexpr std::uint64_t kOps = 10'000;
constexpr long kMaxResidentKiB = 1 << 20;  // 1 GiB

// Writes all over the files, and now and then syncs one; some of them grow.
Trace large_trace() {
  SplitMix random(1);
  Image image;
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    image.files["file" + std::to_string(i)] = FileBytes(garbage(i, 0, kFileBytes));
  }
  SimDisk disk(image);
  while (disk.trace().ops.size() < kOps) {
    auto file = disk.open("file" + std::to_string(random.next() % kFiles), kv::OpenMode::read_write);
    EXPECT_TRUE(file);
    for (int i = 0; i < 4; ++i) {
      const std::uint64_t offset = random.next() % (kFileBytes + 100'000);
      EXPECT_TRUE((*file)->write_at(offset, garbage(random.next(), offset, 1 + random.next() % 3'000)));
    }
    EXPECT_TRUE((*file)->sync());
  }
  return disk.trace();
}

long resident_kib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// Ends the process with 0 where it all fitted.
[[noreturn]] void enumerate_and_exit() {
  const Trace trace = large_trace();
  const DiskModel model = *parse_disk_model("posix");
  std::uint64_t bytes = 0;
  const Budget budget{.states_per_point = 2, .cuts_per_write = 0};
  const Coverage coverage = enumerate(trace, model, budget, [&](Candidate& candidate) {
    for (const auto& [path, file] : candidate.image().files) bytes += file.size();
    return true;
  });
  const bool all = coverage.points > kOps && coverage.distinct_images > kOps && bytes > 0;
  std::fprintf(stderr, "%s; %ld MiB resident\n", to_text(coverage).c_str(), resident_kib() / 1024);
  std::exit(all && resident_kib() < kMaxResidentKiB ? 0 : 1);
}

// In a process of its own, so that what other tests took is not counted.
TEST(EnumerateDeathTest, TakesLessThanAGiBForTenThousandOperationsOn64MiB) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(enumerate_and_exit(), testing::ExitedWithCode(0), "MiB resident");
}

}  // namespace
}  // namespace faultfs
