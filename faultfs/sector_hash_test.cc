#include "faultfs/sector_hash.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace faultfs {
namespace {

constexpr std::uint32_t kSector = 4;

std::uint64_t hash_of(std::string_view bytes) { return hash_sectors(FileBytes(bytes), 0, bytes.size(), kSector); }

TEST(SectorHash, IsTheExclusiveOrOfItsSectors) {
  const FileBytes file("aaaabbbbcc");
  const std::uint64_t a = hash_sectors(file, 0, 4, kSector);
  const std::uint64_t b = hash_sectors(file, 4, 8, kSector);
  const std::uint64_t c = hash_sectors(file, 8, 10, kSector);
  EXPECT_EQ(hash_sectors(file, 0, 10, kSector), a ^ b ^ c);
  EXPECT_NE(a, b);
  EXPECT_NE(b, c);
  EXPECT_NE(a, 0U);
}

TEST(SectorHash, DependsOnWhereASectorLies) {
  EXPECT_NE(hash_of("aaaabbbb"), hash_of("bbbbaaaa"));
  // Equal sectors in two places do not take each other out.
  EXPECT_NE(hash_of("aaaaaaaa"), 0U);
  EXPECT_NE(hash_of(std::string(4, '\0') + "aaaa"), hash_of("aaaa"));
}

TEST(SectorHash, DependsOnEveryByteOfASector) {
  for (std::size_t i = 0; i < 8; ++i) {
    std::string other = "aaaaaaaa";
    other[i] = 'b';
    EXPECT_NE(hash_of(other), hash_of("aaaaaaaa")) << i;
  }
}

TEST(SectorHash, CountsZerosForNothingSoThatAFileMayGrowWithoutBeingRead) {
  EXPECT_EQ(hash_of(std::string(9, '\0')), 0U);
  EXPECT_EQ(hash_of("aaaa" + std::string(7, '\0')), hash_of("aaaa"));
  EXPECT_EQ(hash_of("aa" + std::string(2, '\0')), hash_of("aa")) << "the last sector is filled up with zeros";
}

TEST(SectorHash, ARangeCountsEachSectorThatItTouchesAndNoOther) {
  const FileBytes file("aaaabbbbcccc");
  const std::uint64_t b = hash_sectors(file, 4, 8, kSector);
  EXPECT_EQ(hash_sectors(file, 5, 6, kSector), b);
  EXPECT_EQ(hash_sectors(file, 7, 8, kSector), b);
  EXPECT_EQ(hash_sectors(file, 7, 9, kSector), b ^ hash_sectors(file, 8, 12, kSector));
  EXPECT_EQ(hash_sectors(file, 4, 4, kSector), 0U);
  EXPECT_EQ(hash_sectors(file, 12, 99, kSector), 0U) << "past the end there is nothing";
}

// A change takes the old sectors out and puts the new ones in.
TEST(SectorHash, KeptUpToDateItIsTheHashComputedAnew) {
  FileBuffer buffer{FileBytes("aaaabbbbcc")};
  std::uint64_t hash = hash_sectors(buffer.view(), 0, buffer.size(), kSector);
  const auto write = [&](std::uint64_t at, std::string_view bytes) {
    const std::uint64_t end = at + bytes.size();
    hash ^= hash_sectors(buffer.view(), at, end, kSector);
    buffer.write(at, bytes);
    hash ^= hash_sectors(buffer.view(), at, end, kSector);
    EXPECT_EQ(hash, hash_sectors(buffer.view(), 0, buffer.size(), kSector)) << at;
  };
  write(3, "xx");
  write(9, "yyyyyyy");
  write(0, std::string(4, '\0'));
  write(40, "z");
}

}  // namespace
}  // namespace faultfs
