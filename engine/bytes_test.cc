#include "engine/bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace kv {
namespace {

template <class Int>
class BytesOf : public testing::Test {};

using Integers = testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                                std::uint64_t, std::int64_t>;
TYPED_TEST_SUITE(BytesOf, Integers);

template <class Int>
constexpr Int kSamples[] = {0, 1, 42, std::numeric_limits<Int>::min(), std::numeric_limits<Int>::max()};

TYPED_TEST(BytesOf, LoadGivesBackWhatAppendWrote) {
  std::string bytes = "odd";  // nothing is aligned after three bytes
  for (const TypeParam value : kSamples<TypeParam>) append(bytes, value);

  std::size_t offset = 3;
  for (const TypeParam value : kSamples<TypeParam>) {
    EXPECT_EQ(load<TypeParam>(bytes, offset), value);
    offset += sizeof(TypeParam);
  }
  EXPECT_EQ(offset, bytes.size());
}

TYPED_TEST(BytesOf, StoreChangesItsOwnBytesOnly) {
  for (const TypeParam value : kSamples<TypeParam>) {
    for (std::size_t offset = 0; offset <= 8; ++offset) {
      std::string bytes(8 + sizeof(TypeParam), 'x');
      store(bytes, offset, value);
      EXPECT_EQ(load<TypeParam>(bytes, offset), value);
      EXPECT_EQ(bytes.substr(0, offset), std::string(offset, 'x'));
      EXPECT_EQ(bytes.substr(offset + sizeof(TypeParam)), std::string(8 - offset, 'x'));
    }
  }
}

TEST(Bytes, TheLowestByteComesFirst) {
  std::string bytes;
  append(bytes, std::uint32_t{0x04030201});
  EXPECT_EQ(bytes, "\x01\x02\x03\x04");
  EXPECT_EQ(load<std::uint16_t>(bytes, 1), 0x0302);
}

TEST(BytesDeathTest, AnIntegerMustBeAllThere) {
  std::string bytes(8, 'x');
  EXPECT_DEATH((void)load<std::uint64_t>(bytes, 1), "sizeof\\(Int\\) <= bytes.size\\(\\) - offset");
  EXPECT_DEATH((void)load<std::uint8_t>(bytes, 9), "offset <= bytes.size\\(\\)");
  EXPECT_DEATH((void)load<std::uint8_t>(bytes, SIZE_MAX), "offset <= bytes.size\\(\\)");
  EXPECT_DEATH(store(bytes, 5, std::uint32_t{0}), "sizeof\\(Int\\) <= bytes.size\\(\\) - offset");
  EXPECT_DEATH(store(bytes, 9, std::uint8_t{0}), "offset <= bytes.size\\(\\)");
}

TEST(RoundUp, IsTheSmallestMultipleNotBelow) {
  for (const std::uint64_t unit : {1U, 3U, 8U, 512U, 4096U}) {
    for (std::uint64_t size = 0; size <= 3 * unit; ++size) {
      const std::uint64_t rounded = round_up(size, unit);
      EXPECT_EQ(rounded % unit, 0U);
      EXPECT_GE(rounded, size);
      EXPECT_LT(rounded - size, unit);
    }
  }
}

TEST(AllZeros, HoldsForZerosOfAnyLengthAndForNone) {
  for (std::size_t size = 0; size <= 100; ++size) EXPECT_TRUE(all_zeros(std::string(size, '\0'))) << size;
}

TEST(AllZeros, ASingleOtherByteAnywhereBreaksIt) {
  for (std::size_t size = 1; size <= 100; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char other : {'\x01', '\x80', '\xff'}) {
        std::string bytes(size, '\0');
        bytes[at] = other;
        EXPECT_FALSE(all_zeros(bytes)) << "byte " << at << " of " << size;
      }
    }
  }
}

TEST(AllZeros, EqualBytesAreNotEnough) { EXPECT_FALSE(all_zeros(std::string(100, '\x01'))); }

}  // namespace
}  // namespace kv
