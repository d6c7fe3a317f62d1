#include "faultfs/disk_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/crash_test_util.h"

namespace faultfs {
namespace {

using testing::Contains;
using testing::ElementsAre;

// A make_dir used to leave alone the file that had its name. With the unlink of that file dropped, the image held a
// file and a directory of one name, which no disk can, and a store that was opened on it saw the one or the other by
// chance.
TEST(DiskStateInCrashes, ADirectoryTakesItsNameFromAFileWhoseUnlinkIsDropped) {
  const auto image = image_of("after 2: 1 kept",
                              "file 0 \"a\" 61\n"
                              "0 unlink 0 \"a\"\n"
                              "1 make_dir \"a\"\n",
                              "posix");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_TRUE(image->files.empty());
  EXPECT_THAT(image->directories, ElementsAre("a"));
}

// A write that a failed sync took for written was asked, at every later sync, to make the file as long as it had made
// it once. After a truncation the next sync but one made the file grow again on the disk, though nobody had.
TEST(DiskStateInCrashes, ASyncDoesNotRepeatTheSizeOfAWriteThatWasCutSince) {
  const std::string lines =
      "file 0 \"a\" -\n"
      "0 write 0 at 0 6161616161616161\n"
      "1 sync 0 failed cleaned\n"
      "2 truncate 0 to 2\n"
      "3 sync 0\n"
      "4 sync 0\n";
  for (const std::string& bytes : contents_of("a", lines, "posix sector_bytes=4")) EXPECT_EQ(bytes.size(), 2U);
}

// Only four deleted files were kept in mind, so that four short ones hid a long one, and a log that was rewritten again
// and again never showed the records of an older one.
TEST(DiskStateInCrashes, AShortDeletedFileHidesNoLongerOneBehindItsEnd) {
  std::string lines = "file 0 \"old\" 6f6f6f6f70707070\n";
  for (int i = 1; i <= 5; ++i) lines += "file " + std::to_string(i) + " \"t" + std::to_string(i) + "\" 71\n";
  lines += "0 unlink 0 \"old\"\n";
  for (int i = 1; i <= 5; ++i) {
    lines += std::to_string(i) + " unlink " + std::to_string(i) + " \"t" + std::to_string(i) + "\"\n";
  }
  lines +=
      "6 create 6 \"new\"\n"
      "7 sync_dir \"\"\n"
      "8 write 6 at 4 6e6e6e6e\n";
  EXPECT_THAT(contents_of("new", lines, "posix sector_bytes=4"), Contains(std::string("\0\0\0\0pppp", 8)));
}

// What a sector showed was looked up where the write began, not where the sector begins: a write behind the end of the
// deleted file, in its last sector, could not become stale, and behind one that could it did not even keep its size.
TEST(DiskStateInCrashes, TheLastSectorOfADeletedFileIsStaleToItsEnd) {
  const std::string lines =
      "file 0 \"new\" -\n"
      "file 1 \"old\" 6f\n"
      "0 unlink 1 \"old\"\n"
      "1 write 0 at 0 6e6e\n"
      "2 write 0 at 2 6e6e\n";
  EXPECT_THAT(contents_of("new", lines, "posix sector_bytes=4"), Contains(std::string("o\0\0\0", 4)));
}

TEST(DiskStateInCrashes, KeepsTheDurableBytesOfAFileWithoutAName) {
  const Trace trace = trace_of(
      "file 0 \"a\" 61\n"
      "0 unlink 0 \"a\"\n"
      "1 sync_dir \"\"\n"
      "2 write 0 at 0 62\n");
  EXPECT_EQ(durable_bytes(trace, FileId{0}).to_string(), "a");
}

}  // namespace
}  // namespace faultfs
