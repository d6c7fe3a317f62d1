#include "faultfs/file_bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>

namespace faultfs {
namespace {

constexpr std::array<std::uint64_t, 6> kEdges{
    0, 1, kChunkBytes - 1, kChunkBytes, kChunkBytes + 1, 2 * kChunkBytes,
};

// No two places that are less than 251 bytes or a whole number of chunks apart hold the same byte.
std::string pattern(std::size_t length) {
  std::string bytes(length, '\0');
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<char>(1 + i % 251);
  return bytes;
}

TEST(FileBytes, GivesBackItsBytesWhereverItsEndLies) {
  for (const std::uint64_t size : kEdges) {
    const std::string bytes = pattern(size);
    const FileBytes file(bytes);
    EXPECT_EQ(file.size(), size);
    EXPECT_EQ(file.empty(), size == 0);
    EXPECT_TRUE(file.to_string() == bytes) << size;
  }
}

TEST(FileBytes, ReadsAcrossTheEdgeOfAChunk) {
  const std::string bytes = pattern(3 * kChunkBytes);
  const FileBytes file(bytes);
  EXPECT_EQ(file.substr(kChunkBytes - 2, 4), bytes.substr(kChunkBytes - 2, 4));
  EXPECT_TRUE(file.substr(kChunkBytes - 1, kChunkBytes + 2) == bytes.substr(kChunkBytes - 1, kChunkBytes + 2));
}

TEST(FileBytes, ReadsAsMuchAsThereIs) {
  const FileBytes file("abc");
  std::array<char, 8> into{};
  EXPECT_EQ(file.read(1, into), 2U);
  EXPECT_EQ(std::string_view(into.data(), 3), std::string_view("bc\0", 3));
  EXPECT_EQ(file.read(3, into), 0U);
  EXPECT_EQ(file.substr(2, 99), "c");
  EXPECT_EQ(file.substr(3, 1), "");
  EXPECT_EQ(file.substr(99, 1), "");
}

TEST(FileBytes, ComparesSizesAndEveryByte) {
  const std::string bytes = pattern(kChunkBytes + 2);
  EXPECT_EQ(FileBytes(bytes), FileBytes(bytes));
  EXPECT_NE(FileBytes(bytes), FileBytes(bytes.substr(0, kChunkBytes + 1)));
  EXPECT_NE(FileBytes(), FileBytes(std::string(1, '\0')));
  for (const std::uint64_t at : {std::uint64_t{0}, kChunkBytes - 1, kChunkBytes, kChunkBytes + 1}) {
    std::string other = bytes;
    other[at] ^= 1;
    EXPECT_NE(FileBytes(other), FileBytes(bytes)) << at;
  }
}

TEST(FileBytes, AHoleIsEqualToTheZerosThatItReadsAs) {
  FileBuffer hole;
  hole.resize(2 * kChunkBytes + 1);
  EXPECT_EQ(hole.freeze(), FileBytes(std::string(2 * kChunkBytes + 1, '\0')));
  hole.write(2 * kChunkBytes, "x");
  EXPECT_NE(hole.freeze(), FileBytes(std::string(2 * kChunkBytes + 1, '\0')));
}

TEST(FileBuffer, WritesAtTheEdgesOfChunksAndNowhereElse) {
  for (const std::uint64_t at : kEdges) {
    std::string expected = pattern(3 * kChunkBytes);
    FileBuffer buffer{FileBytes(expected)};
    buffer.write(at, "\xff\xfe\xfd");
    expected.replace(at, 3, "\xff\xfe\xfd");
    EXPECT_TRUE(buffer.freeze().to_string() == expected) << at;
  }
}

TEST(FileBuffer, GrowsWithAWriteAndFillsTheGapWithZeros) {
  for (const std::uint64_t at : kEdges) {
    FileBuffer buffer;
    buffer.write(at, "xy");
    EXPECT_EQ(buffer.size(), at + 2);
    EXPECT_TRUE(buffer.view().to_string() == std::string(at, '\0') + "xy") << at;
  }
}

TEST(FileBuffer, WritingNothingFarOutChangesNothing) {
  FileBuffer buffer{FileBytes("abc")};
  buffer.write(900, "");
  EXPECT_EQ(buffer.freeze().to_string(), "abc");
}

TEST(FileBuffer, WhatWasCutOffIsZerosWhenTheFileGrowsAgain) {
  const std::string bytes = pattern(2 * kChunkBytes + 5);
  for (const std::uint64_t size : kEdges) {
    FileBuffer buffer{FileBytes(bytes)};
    buffer.resize(size);
    EXPECT_TRUE(buffer.view().to_string() == bytes.substr(0, size)) << size;
    buffer.resize(bytes.size());
    EXPECT_TRUE(buffer.view().to_string() == bytes.substr(0, size) + std::string(bytes.size() - size, '\0')) << size;
  }
}

// The chunk that the cut falls in was this buffer's own before it: it is cut in place, without a copy.
TEST(FileBuffer, WhatWasCutOffOfItsOwnChunkIsZerosToo) {
  FileBuffer buffer;
  buffer.write(0, "abcdef");
  buffer.resize(2);
  buffer.write(4, "x");
  EXPECT_EQ(buffer.freeze().to_string(), std::string("ab\0\0x", 5));
}

TEST(FileBuffer, LaterChangesDoNotReachWhatItFroze) {
  FileBuffer buffer;
  buffer.write(0, "before");
  const FileBytes first = buffer.freeze();
  buffer.write(0, "AFTER");
  const FileBytes second = buffer.freeze();
  buffer.resize(1);
  buffer.write(0, "?");
  EXPECT_EQ(first.to_string(), "before");
  EXPECT_EQ(second.to_string(), "AFTERe");
  EXPECT_EQ(buffer.freeze().to_string(), "?");
}

// A chunk that was the buffer's own goes with a cut. What takes its place is shared until it is written to.
TEST(FileBuffer, AChunkThatCameBackAfterACutIsSharedAnew) {
  FileBuffer buffer;
  buffer.write(kChunkBytes, "own");
  buffer.resize(kChunkBytes);
  buffer.write(kChunkBytes, "new");
  const FileBytes frozen = buffer.freeze();
  buffer.write(kChunkBytes, "NEW");
  EXPECT_EQ(frozen.substr(kChunkBytes, 3), "new");
}

TEST(FileBuffer, LeavesTheBytesThatItWasMadeOfAsTheyWere) {
  const std::string bytes = pattern(kChunkBytes + 9);
  const FileBytes shared(bytes);
  FileBuffer one{shared};
  FileBuffer two{shared};
  one.write(kChunkBytes - 1, "one");
  two.resize(3);
  EXPECT_TRUE(shared.to_string() == bytes);
  EXPECT_EQ(one.view().substr(kChunkBytes - 1, 3), "one");
  EXPECT_EQ(two.view().to_string(), bytes.substr(0, 3));
}

TEST(FileBuffer, ShowsItsLatestBytesWithoutAFreeze) {
  FileBuffer buffer;
  const FileBytes& view = buffer.view();
  buffer.write(0, "now");
  EXPECT_EQ(view.to_string(), "now");
}

TEST(FileBuffer, AWriteFarOutLeavesAHole) {
  constexpr std::uint64_t kFar = std::uint64_t{1} << 32;
  FileBuffer buffer;
  buffer.write(kFar - 1, "xy");
  EXPECT_EQ(buffer.size(), kFar + 1);
  EXPECT_EQ(buffer.view().substr(kFar - 3, 9), std::string("\0\0xy", 4));
  EXPECT_EQ(buffer.view().substr(kFar / 2, 2), std::string(2, '\0'));
}

}  // namespace
}  // namespace faultfs
