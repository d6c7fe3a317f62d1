#include "engine/file_window.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "engine/codec_test_util.h"
#include "engine/memory_file.h"

namespace kv {
namespace {

constexpr std::uint64_t kReadAheadBytes = std::uint64_t{256} << 10;

// Bytes that tell where they stand, of no short period.
std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i ^ i >> 8 ^ i >> 16);
  return bytes;
}

std::string view(FileWindow& window, std::uint64_t offset, std::uint64_t length) {
  return std::string(window.view(offset, length).value());
}

TEST(FileWindow, ShowsWhatTheFileHoldsAtEveryOffsetAndLength) {
  MemoryFile file(pattern(40));
  FileWindow window(file, 40);
  EXPECT_EQ(window.size(), 40U);
  for (std::size_t offset = 0; offset < 40; ++offset) {
    for (std::size_t length = 0; length < 45; ++length) {
      ASSERT_EQ(view(window, offset, length), file.contents.substr(offset, length)) << offset << " " << length;
    }
  }
}

TEST(FileWindow, ShowsNothingAtAndPastTheEnd) {
  MemoryFile file(pattern(40));
  FileWindow window(file, 40);
  for (const std::uint64_t offset : {std::uint64_t{40}, std::uint64_t{41}, ~std::uint64_t{0}}) {
    EXPECT_EQ(view(window, offset, 1), "");
    EXPECT_EQ(view(window, offset, ~std::uint64_t{0}), "");
  }
  EXPECT_EQ(view(window, 39, ~std::uint64_t{0}), file.contents.substr(39)) << "offset + length wraps";
}

TEST(FileWindow, OfAnEmptyFileShowsNothing) {
  MemoryFile file;
  FileWindow window(file, 0);
  EXPECT_EQ(view(window, 0, 100), "");
  EXPECT_TRUE(window.zeros_from(0).value());
  EXPECT_EQ(file.calls.size(), 0U);
}

TEST(FileWindow, ShowsNothingPastTheSizeItWasGiven) {
  MemoryFile file(pattern(100));
  FileWindow window(file, 40);
  EXPECT_EQ(view(window, 30, 100), file.contents.substr(30, 10));
  EXPECT_EQ(view(window, 40, 1), "");
  for (const MemoryFile::Call& call : file.calls) EXPECT_LE(call.offset + call.bytes, 40U);
}

TEST(FileWindow, ViewsReachAcrossBuffersForwardsAndBackwards) {
  MemoryFile file(pattern(3 * kReadAheadBytes + 17));
  const std::vector<std::uint64_t> places = {0, 1, kReadAheadBytes - 1, kReadAheadBytes, 2 * kReadAheadBytes + 5};
  const std::vector<std::uint64_t> lengths = {1, 2, 100, kReadAheadBytes, 2 * kReadAheadBytes + 3, ~std::uint64_t{0}};
  for (const std::uint64_t first : places) {
    for (const std::uint64_t second : places) {
      for (const std::uint64_t length : lengths) {
        FileWindow window(file, file.contents.size());
        ASSERT_EQ(view(window, first, 32), file.contents.substr(first, 32));
        ASSERT_TRUE(view(window, second, length) == file.contents.substr(second, length)) << second << " " << length;
      }
    }
  }
}

TEST(FileWindow, ReadsAheadSoThatAScanCostsFewCalls) {
  MemoryFile file(pattern(4 * kReadAheadBytes));
  FileWindow window(file, file.contents.size());
  for (std::uint64_t at = 0; at < window.size(); at += 8) ASSERT_EQ(view(window, at, 8), file.contents.substr(at, 8));
  EXPECT_EQ(file.calls.size(), 4U);
}

TEST(FileWindow, NeverAsksForMoreThanTheFileHasOrThanItNeeds) {
  MemoryFile file(pattern(3 * kReadAheadBytes));
  FileWindow window(file, file.contents.size());
  view(window, 0, 1);
  EXPECT_EQ(file.largest_read(), kReadAheadBytes);
  view(window, 0, kReadAheadBytes + 1);
  EXPECT_EQ(file.largest_read(), kReadAheadBytes + 1);
  view(window, 0, ~std::uint64_t{0});
  EXPECT_EQ(file.largest_read(), 3 * kReadAheadBytes);

  MemoryFile small(pattern(40));
  FileWindow small_window(small, 40);
  view(small_window, 8, ~std::uint64_t{0});
  EXPECT_EQ(small.largest_read(), 32U);
}

TEST(FileWindow, ContinuesShortReads) {
  MemoryFile file(pattern(1000));
  file.bytes_per_call = 7;
  FileWindow window(file, 1000);
  EXPECT_EQ(view(window, 0, 1000), file.contents);
}

TEST(FileWindow, AFailedReadIsAnErrorAndLeavesNoStaleBytes) {
  std::size_t failures = 0;
  for (;; ++failures) {
    MemoryFile file(pattern(2 * kReadAheadBytes));
    file.bytes_per_call = 100'000;
    file.fail_at = failures;
    FileWindow window(file, file.contents.size());
    const auto whole = window.view(0, 2 * kReadAheadBytes);
    if (whole) break;
    EXPECT_EQ(whole.error().code, ErrorCode::io_error);
    EXPECT_EQ(whole.error().os_error, EIO);
    EXPECT_EQ(view(window, 0, 50), file.contents.substr(0, 50)) << "the next call reads again";
  }
  EXPECT_EQ(failures, 6U) << "524,288 bytes, 100,000 a call";
}

TEST(FileWindow, AFailureLaterLeavesNothingOfTheBufferBefore) {
  MemoryFile file(pattern(2 * kReadAheadBytes));
  FileWindow window(file, file.contents.size());
  view(window, 0, 10);
  file.fail_at = 1;
  EXPECT_EQ(code_of(window.view(kReadAheadBytes, 10)), ErrorCode::io_error);
  EXPECT_EQ(view(window, kReadAheadBytes, 10), file.contents.substr(kReadAheadBytes, 10));
  EXPECT_EQ(view(window, 0, 10), file.contents.substr(0, 10));
}

TEST(FileWindowZerosFrom, IsTrueExactlyBehindTheLastByteThatIsNotZero) {
  for (std::size_t last = 0; last < 50; ++last) {
    MemoryFile file(std::string(50, '\0'));
    file.contents[last] = 1;
    FileWindow window(file, 50);
    for (std::uint64_t from = 0; from < 60; ++from) {
      ASSERT_EQ(window.zeros_from(from).value(), from > last) << from << " " << last;
    }
  }
}

TEST(FileWindowZerosFrom, LooksAtEveryBufferToTheEnd) {
  const std::uint64_t size = 3 * kReadAheadBytes + 5;
  MemoryFile file(std::string(size, '\0'));
  EXPECT_TRUE(FileWindow(file, size).zeros_from(1).value());
  for (const std::uint64_t at :
       {kReadAheadBytes - 1, kReadAheadBytes, kReadAheadBytes + 1, 2 * kReadAheadBytes, size - 1}) {
    file.contents[at] = '\x80';
    EXPECT_FALSE(FileWindow(file, size).zeros_from(0).value()) << at;
    EXPECT_FALSE(FileWindow(file, size).zeros_from(at).value()) << at;
    EXPECT_TRUE(FileWindow(file, size).zeros_from(at + 1).value()) << at;
    file.contents[at] = 0;
  }
}

TEST(FileWindowZerosFrom, AFailedReadIsAnErrorAndNotZeros) {
  std::size_t failures = 0;
  for (;; ++failures) {
    MemoryFile file(std::string(4 * kReadAheadBytes, '\0'));
    file.fail_at = failures;
    const auto zeros = FileWindow(file, file.contents.size()).zeros_from(0);
    if (zeros) break;
    EXPECT_EQ(zeros.error().code, ErrorCode::io_error);
  }
  EXPECT_EQ(failures, 4U);
}

}  // namespace
}  // namespace kv
