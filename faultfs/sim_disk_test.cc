#include "faultfs/sim_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>

namespace faultfs {
namespace {

using kv::LockMode;
using kv::OpenMode;
using testing::ElementsAre;

std::unique_ptr<kv::File> must_open(kv::Vfs& vfs, const std::string& path, OpenMode mode) {
  auto file = vfs.open(path, mode);
  EXPECT_TRUE(file) << file.error().message();
  return std::move(*file);
}

void write(kv::Vfs& vfs, const std::string& path, std::string_view bytes) {
  ASSERT_TRUE(kv::write_all(*must_open(vfs, path, OpenMode::create), 0, bytes));
}

std::string read(kv::Vfs& vfs, const std::string& path) {
  const auto file = must_open(vfs, path, OpenMode::read);
  std::string bytes(*file->size(), '\0');
  EXPECT_EQ(kv::read_full(*file, 0, bytes), bytes.size());
  return bytes;
}

template <class T>
int os_error(const kv::Result<T>& result) {
  return result ? 0 : result.error().os_error;
}

TEST(SimDisk, ReadsBackWhatWasWrittenAndFillsAGapWithZeros) {
  SimDisk vfs;
  const auto file = must_open(vfs, "/a", OpenMode::create_new);
  ASSERT_TRUE(kv::write_all(*file, 0, "ab"));
  ASSERT_TRUE(kv::write_all(*file, 4, "ef"));
  EXPECT_EQ(read(vfs, "a"), std::string("ab\0\0ef", 6));
}

TEST(SimDisk, ReadsNothingAtOrPastTheEnd) {
  SimDisk vfs;
  write(vfs, "a", "abc");
  const auto file = must_open(vfs, "a", OpenMode::read);
  std::array<char, 8> into{};
  EXPECT_EQ(file->read_at(1, into), 2U);
  EXPECT_EQ(file->read_at(3, into), 0U);
  EXPECT_EQ(file->read_at(900, into), 0U);
}

TEST(SimDisk, CutsAndGrowsFiles) {
  SimDisk vfs;
  const auto file = must_open(vfs, "a", OpenMode::create);
  ASSERT_TRUE(kv::write_all(*file, 0, "abcdef"));
  ASSERT_TRUE(file->truncate(2));
  ASSERT_TRUE(file->allocate(4));
  ASSERT_TRUE(file->allocate(1));
  EXPECT_EQ(read(vfs, "a"), std::string("ab\0\0", 4));
}

TEST(SimDisk, AnswersMissingAndPresentNamesAsADiskDoes) {
  SimDisk vfs;
  write(vfs, "file", "x");
  EXPECT_EQ(os_error(vfs.open("none", OpenMode::read)), ENOENT);
  EXPECT_EQ(os_error(vfs.open("none", OpenMode::read_write)), ENOENT);
  EXPECT_EQ(os_error(vfs.open("none/a", OpenMode::create)), ENOENT);
  EXPECT_EQ(os_error(vfs.open("file", OpenMode::create_new)), EEXIST);
  EXPECT_EQ(os_error(vfs.open("file/a", OpenMode::create)), ENOTDIR);
  EXPECT_EQ(os_error(vfs.open("/", OpenMode::read)), EISDIR);
  EXPECT_EQ(os_error(vfs.unlink("none")), ENOENT);
  EXPECT_EQ(os_error(vfs.rename("none", "a")), ENOENT);
  EXPECT_EQ(os_error(vfs.list("none")), ENOENT);
  EXPECT_EQ(os_error(vfs.list("file")), ENOTDIR);
  EXPECT_EQ(os_error(vfs.sync_dir("none")), ENOENT);
  EXPECT_EQ(os_error(vfs.make_dir("file")), EEXIST);
  EXPECT_EQ(os_error(vfs.make_dir("none/a")), ENOENT);
  EXPECT_EQ(os_error(vfs.lock("none", LockMode::shared)), ENOENT);
}

// A path used to be made normal before it was looked at, so that "file/" meant "file" and "file/." was there too. A
// store that spells a path wrongly would have worked here and failed on a disk.
TEST(SimDisk, FollowsAPathNameByName) {
  SimDisk vfs;
  write(vfs, "file", "x");
  ASSERT_TRUE(vfs.make_dir("dir/"));
  EXPECT_EQ(os_error(vfs.open("", OpenMode::read)), ENOENT);
  EXPECT_EQ(os_error(vfs.open("file/", OpenMode::read)), ENOTDIR);
  EXPECT_EQ(os_error(vfs.open("file/.", OpenMode::read)), ENOTDIR);
  EXPECT_EQ(os_error(vfs.open("new/", OpenMode::create)), EISDIR);
  EXPECT_EQ(os_error(vfs.open("none/../file", OpenMode::read)), ENOENT);
  EXPECT_EQ(os_error(vfs.open("dir/../file", OpenMode::read)), 0);
  EXPECT_EQ(os_error(vfs.unlink("file/")), ENOTDIR);
  EXPECT_EQ(os_error(vfs.lock("new/", LockMode::exclusive)), EISDIR);
}

// There was no longest name, so that a store which makes its names from keys could only fail on a real disk.
TEST(SimDisk, RefusesNamesAndPathsThatAreTooLong) {
  SimDisk vfs;
  EXPECT_EQ(os_error(vfs.open(std::string(255, 'n'), OpenMode::create)), 0);
  EXPECT_EQ(os_error(vfs.open(std::string(256, 'n'), OpenMode::create)), ENAMETOOLONG);
  EXPECT_EQ(os_error(vfs.open("none/" + std::string(256, 'n'), OpenMode::create)), ENOENT);
  EXPECT_EQ(os_error(vfs.make_dir(std::string(256, 'n'))), ENAMETOOLONG);
  EXPECT_EQ(os_error(vfs.list(std::string(5'000, '/'))), ENAMETOOLONG);
}

// A rename looked for its source first, and called every directory in its way EISDIR.
TEST(SimDisk, RefusesARenameForTheReasonThatADiskFindsFirst) {
  SimDisk vfs;
  write(vfs, "file", "x");
  ASSERT_TRUE(vfs.make_dir("dir"));
  write(vfs, "dir/deep", "x");
  EXPECT_EQ(os_error(vfs.rename("none", "file/a")), ENOTDIR);
  EXPECT_EQ(os_error(vfs.rename("none", "dir")), ENOENT);
  EXPECT_EQ(os_error(vfs.rename("file", "dir")), EISDIR);
  EXPECT_EQ(os_error(vfs.rename("file", "new/")), ENOTDIR);
  EXPECT_EQ(os_error(vfs.rename("file", "dir/.")), EBUSY);
  EXPECT_EQ(os_error(vfs.rename("dir/deep", "dir")), ENOTEMPTY);
}

TEST(SimDisk, RefusesToWriteThroughAFileOpenedToRead) {
  SimDisk vfs;
  write(vfs, "a", "x");
  const auto file = must_open(vfs, "a", OpenMode::read);
  EXPECT_EQ(os_error(file->write_at(0, "y")), EBADF);
  EXPECT_EQ(os_error(file->truncate(0)), EINVAL);
  EXPECT_EQ(read(vfs, "a"), "x");
}

// A read at such a place answered 0 bytes, as at the end, and a write EFBIG: a wrong offset looked like a full file.
TEST(SimDisk, CallsAPlaceThatNoOffsetCanNameAnInvalidArgument) {
  SimDisk vfs;
  const auto file = must_open(vfs, "a", OpenMode::create);
  constexpr std::uint64_t kTooFar = std::uint64_t{1} << 63;
  std::array<char, 8> into{};
  EXPECT_EQ(file->read_at(kTooFar, into).error().code, kv::ErrorCode::invalid_argument);
  EXPECT_EQ(file->write_at(kTooFar - 1, "x").error().code, kv::ErrorCode::invalid_argument);
  EXPECT_EQ(file->truncate(kTooFar).error().code, kv::ErrorCode::invalid_argument);
  EXPECT_EQ(os_error(file->write_at(kMaxFileBytes, "x")), EFBIG);
}

TEST(SimDisk, ListsADirectoryInByteOrderWithoutWhatLiesDeeper) {
  SimDisk vfs;
  ASSERT_TRUE(vfs.make_dir("/db"));
  ASSERT_TRUE(vfs.make_dir("/db/sub/"));
  write(vfs, "db/b", "");
  write(vfs, "db/a", "");
  write(vfs, "db/sub/deep", "");
  EXPECT_THAT(*vfs.list("./db/"), ElementsAre("a", "b", "sub"));
  EXPECT_THAT(*vfs.list("/"), ElementsAre("db"));
}

TEST(SimDisk, AnOpenFileOutlivesItsName) {
  SimDisk vfs;
  write(vfs, "a", "old");
  write(vfs, "b", "new");
  const auto held = must_open(vfs, "a", OpenMode::read_write);
  ASSERT_TRUE(vfs.rename("b", "a"));
  ASSERT_TRUE(kv::write_all(*held, 0, "OLD"));
  EXPECT_EQ(read(vfs, "a"), "new");
  ASSERT_TRUE(vfs.unlink("a"));
  EXPECT_EQ(held->size(), 3U);
  EXPECT_THAT(*vfs.list("/"), ElementsAre());
}

// The durable bytes were looked up on a disk that had let go of the file with its last name: a process that still had
// it open, and whose sync failed, found it empty.
TEST(SimDisk, AFailedSyncRevertsAFileWithoutANameToItsDurableBytes) {
  SimDisk vfs({}, FailedSync::reverted);
  const auto file = must_open(vfs, "a", OpenMode::create);
  ASSERT_TRUE(kv::write_all(*file, 0, "old"));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(vfs.unlink("a"));
  ASSERT_TRUE(vfs.sync_dir("."));
  ASSERT_TRUE(kv::write_all(*file, 0, "new"));
  vfs.arrange(SyncFault::fails);
  EXPECT_EQ(os_error(file->sync()), EIO);
  std::string bytes(3, '?');
  EXPECT_EQ(kv::read_full(*file, 0, bytes), 3U);
  EXPECT_EQ(bytes, "old");
}

TEST(SimDisk, AnExclusiveLockExcludesAllAndSharedOnesEachOtherNot) {
  SimDisk vfs;
  auto exclusive = vfs.lock("LOCK", LockMode::exclusive);
  ASSERT_TRUE(exclusive);
  EXPECT_EQ(vfs.lock("LOCK", LockMode::exclusive).error().code, kv::ErrorCode::locked);
  EXPECT_EQ(vfs.lock("LOCK", LockMode::shared).error().code, kv::ErrorCode::locked);
  exclusive->reset();
  const auto one = vfs.lock("LOCK", LockMode::shared);
  const auto two = vfs.lock("LOCK", LockMode::shared);
  EXPECT_TRUE(one && two);
  EXPECT_EQ(vfs.lock("LOCK", LockMode::exclusive).error().code, kv::ErrorCode::locked);
}

TEST(SimDisk, AnImageKeepsItsBytesWhateverIsWrittenLater) {
  SimDisk vfs;
  write(vfs, "a", "before");
  const Image image = vfs.image();
  write(vfs, "a", "AFTER!");
  EXPECT_EQ(image.files.at("a").to_string(), "before");

  SimDisk copy(image);
  write(copy, "a", "copied");
  EXPECT_EQ(image.files.at("a").to_string(), "before");
  EXPECT_EQ(read(copy, "a"), "copied");
}

TEST(SimDisk, AnImageSharesTheBytesOfUntouchedFiles) {
  SimDisk vfs;
  write(vfs, "a", "a");
  write(vfs, "b", "b");
  const Image base = vfs.image();
  SimDisk copy(base);
  write(copy, "b", "B");
  const Image changed = copy.image();
  EXPECT_EQ(changed.files.at("a"), base.files.at("a"));
  EXPECT_NE(changed.files.at("b"), base.files.at("b"));
  EXPECT_FALSE(changed == base);
}

TEST(Image, GoesToADirectoryAndBack) {
  SimDisk vfs;
  write(vfs, "a", "alpha");
  write(vfs, "b", "");
  const Image image = vfs.image();
  SimDisk other;
  ASSERT_TRUE(other.make_dir("kept"));
  ASSERT_TRUE(save_image(image, other, "kept"));
  const auto loaded = load_image(other, "kept");
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(*loaded == image);
  EXPECT_EQ(os_error(load_image(other, "missing")), ENOENT);
}

}  // namespace
}  // namespace faultfs
