#include "engine/crc32c.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

namespace kv {
namespace {

// The definition, one bit at a time.
std::uint32_t bitwise_crc32c(std::string_view bytes) {
  std::uint32_t reg = ~std::uint32_t{0};
  for (const char byte : bytes) {
    reg ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) reg = (reg >> 1) ^ ((reg & 1) != 0 ? 0x82F63B78U : 0U);
  }
  return ~reg;
}

// Bytes without a short period.
std::string mixed_bytes(std::size_t size) {
  std::string bytes;
  std::uint32_t state = 1;
  while (bytes.size() < size) {
    state = state * 1664525 + 1013904223;
    bytes += static_cast<char>(state >> 24);
  }
  return bytes;
}

TEST(Crc32c, GivesThePublishedValues) {
  std::string ascending(32, '\0');
  std::iota(ascending.begin(), ascending.end(), '\0');
  const std::string descending(ascending.rbegin(), ascending.rend());

  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  // RFC 3720, appendix B.4, where the bytes of each value are printed in the order of the wire.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(ascending), 0x46DD794EU);
  EXPECT_EQ(crc32c(descending), 0x113FDB5CU);
}

TEST(Crc32c, AgreesWithTheDefinitionAtEveryLengthAndAlignment) {
  const std::string bytes = mixed_bytes(1024 + 8);
  for (std::size_t size = 0; size <= 1024; ++size) {
    const std::size_t start = size % 8;
    const std::string_view part = std::string_view(bytes).substr(start, size);
    ASSERT_EQ(crc32c(part), bitwise_crc32c(part)) << size << " bytes from " << start;
  }
  for (const std::size_t size : {7U, 8U, 63U, 255U, 256U, 257U, 1000U}) {
    for (std::size_t start = 0; start < 16; ++start) {
      const std::string_view part = std::string_view(bytes).substr(start, size);
      ASSERT_EQ(crc32c(part), bitwise_crc32c(part)) << size << " bytes from " << start;
    }
  }
}

TEST(Crc32c, ContinuesFromASeedAsIfTheStringsWereOne) {
  const std::string bytes = mixed_bytes(600);
  for (std::size_t size = 240; size <= bytes.size(); size += size < 272 ? 1 : 41) {
    const std::string_view whole = std::string_view(bytes).substr(0, size);
    for (std::size_t split = 0; split <= size; ++split) {
      ASSERT_EQ(crc32c(whole.substr(split), crc32c(whole.substr(0, split))), crc32c(whole))
          << size << " bytes split at " << split;
    }
  }
}

TEST(Crc32c, AnEmptyStringKeepsTheSeed) {
  for (const std::uint32_t seed : {0U, 1U, 0xE3069283U, 0xFFFFFFFFU}) EXPECT_EQ(crc32c("", seed), seed);
}

TEST(Crc32c, SeesEverySingleBitFlip) {
  const std::string bytes = mixed_bytes(64);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(crc32c(flipped), crc32c(bytes)) << "bit " << bit;
  }
}

// A string longer than any 32-bit count takes address space only: all its pages are the kernel's one page of zeros, a
// huge one where there is one.
TEST(Crc32c, TakesStringsLongerThanAnIntCounts) {
  const std::size_t size = (std::size_t{1} << 32) + 12345;
  void* const zeros = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (zeros == MAP_FAILED) GTEST_SKIP() << "no address space for 4 GiB";
  (void)madvise(zeros, size, MADV_HUGEPAGE);
  const std::string_view bytes(static_cast<const char*>(zeros), size);

  std::uint32_t in_pieces = 0;
  for (std::size_t at = 0; at < size; at += 1 << 24) in_pieces = crc32c(bytes.substr(at, 1 << 24), in_pieces);

  EXPECT_EQ(crc32c(bytes), in_pieces);
  munmap(zeros, size);
}

}  // namespace
}  // namespace kv
