// Opening: what is created, what is refused, who may hold the lock, and what an open, close or read-only store allows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "engine/file_name.h"
#include "engine/posix_vfs.h"
#include "engine/store.h"
#include "engine/store_scene.h"
#include "engine/store_test_util.h"

namespace kv {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The error with which a directory is refused, and a check that this left no trace.
Error refusal(const Image& image, const Options& options = seeded()) {
  MemoryVfs disk(image);
  const auto store = open_store(disk, options);
  EXPECT_FALSE(store);
  EXPECT_THAT(differences(image, disk.image()), IsEmpty());
  return error_of(store);
}

std::vector<std::string> names_in(MemoryVfs& disk) { return must(disk.list(kDirectory)); }

// --- where there is no store ---

TEST(OpeningNothing, CreatesTheDirectoryAndAStoreInIt) {
  MemoryVfs disk;
  const auto store = must(open_store(disk));
  EXPECT_EQ(store->report().verdict, Verdict::new_store);
  EXPECT_EQ(contents_of(*store), Contents());
  EXPECT_THAT(names_in(disk), ElementsAre("LOCK", "snapshot-1.dat", "wal-1.log"));
}

TEST(OpeningNothing, CreatesAStoreBesideFilesOfOthers) {
  MemoryVfs disk(disk_with({{"README", "hello"}}, false));
  EXPECT_EQ(must(open_store(disk))->report().verdict, Verdict::new_store);
  EXPECT_THAT(names_in(disk), ElementsAre("LOCK", "README", "snapshot-1.dat", "wal-1.log"));
}

TEST(OpeningNothing, IsAnErrorThatLeavesNoTraceWhereNothingIsToBeCreated) {
  const Options no_create = seeded({.create_if_missing = false});
  for (const Options& options : {no_create, read_only()}) {
    for (const Image& image : {Image{}, disk_with({}, false), disk_with({{"README", "hello"}}, false)}) {
      const Error error = refusal(image, options);
      EXPECT_EQ(error.code, ErrorCode::io_error);
      EXPECT_EQ(error.os_error, ENOENT);
      EXPECT_THAT(error.context, HasSubstr(kDirectory));
    }
  }
}

TEST(OpeningNothing, IsAnErrorWhereACreationWasCutShortAndNothingIsToBeCreated) {
  const Options no_create = seeded({.create_if_missing = false});
  EXPECT_EQ(refusal(disk_with({}), no_create).os_error, ENOENT);
  EXPECT_EQ(refusal(disk_with({{"wal-1.log", ""}}), no_create).os_error, ENOENT);
  EXPECT_EQ(refusal(disk_with({{"wal-1.log", ""}}, false), no_create).os_error, ENOENT);
  EXPECT_EQ(refusal(disk_with({{"snapshot-1.dat.tmp", "unfinished"}}, false), no_create).os_error, ENOENT);
}

TEST(OpeningNothing, ReadOnlyServesAnEmptyStoreWhereACreationWasCutShort) {
  MemoryVfs disk(disk_with({{"wal-1.log", ""}}));
  const Image before = disk.image();
  const auto store = must(open_store(disk, read_only()));
  EXPECT_EQ(contents_of(*store), Contents());
  EXPECT_THAT(differences(before, disk.image()), IsEmpty());
}

TEST(OpeningNothing, NeedsTheParentDirectory) {
  MemoryVfs disk;
  EXPECT_EQ(error_of(Store::open(disk, "missing/store")).os_error, ENOENT);
  EXPECT_THAT(disk.image(), IsEmpty());
}

// --- where there is something else ---

TEST(OpeningSomethingElse, IsAnErrorWhereThePathIsAFile) {
  const Image image{{"store", "a file"}};
  const Error error = refusal(image);
  EXPECT_EQ(error.code, ErrorCode::io_error);
  EXPECT_EQ(error.os_error, ENOTDIR);
  EXPECT_EQ(refusal(image, read_only()).os_error, ENOTDIR);
}

TEST(OpeningSomethingElse, IsAnErrorWhereADirectoryHasTheNameOfAFile) {
  for (const std::string name : {"wal-1.log/", "snapshot-1.dat/", "LOCK/"}) {
    const Error error = refusal(disk_with({{name, ""}}, false));
    EXPECT_EQ(error.code, ErrorCode::io_error) << name;
    EXPECT_THAT(error.context, HasSubstr(name.substr(0, name.size() - 1)));
  }
}

TEST(OpeningSomethingElse, RefusesAStoreOfALaterVersion) {
  const Image files{{"snapshot-1.dat", of_a_later_version(crafted_snapshot(1, 0, {}))},
                    {"wal-1.log", of_a_later_version(CraftedLog(void_log(1)).bytes())}};
  const Error error = refusal(disk_with(files));
  EXPECT_EQ(error.code, ErrorCode::unsupported_version);
  EXPECT_THAT(error.context, HasSubstr("snapshot-1.dat at offset 8: format version 2"));
}

TEST(OpeningSomethingElse, RefusesRandomBytesUnderAnyOfItsNames) {
  for (const std::string name : {"wal-1.log", "snapshot-1.dat"}) {
    const Error error = refusal(disk_with({{name, std::string(10'000, 'x')}}, false));
    EXPECT_EQ(error.code, ErrorCode::corrupted);
    EXPECT_THAT(error.context, HasSubstr(name + " at offset 0: "));
  }
}

TEST(OpeningSomethingElse, LooksIntoNoLockAndNoTemporaryFile) {
  const std::string random(10'000, 'x');
  MemoryVfs disk(disk_with({{"LOCK", random}, {"snapshot-1.dat.tmp", random}, {"wal-1.log.damaged", random}}));
  must(must(open_store(disk))->put("a", "1"));
  EXPECT_EQ(reopened(disk.image()).contents, (Contents{{"a", "1"}}));
}

TEST(OpeningSomethingElse, RefusesAnEmptySnapshotAndTakesAnEmptyLogForACrash) {
  const Error error = refusal(disk_with({{"snapshot-1.dat", ""}}, false));
  EXPECT_EQ(error.code, ErrorCode::corrupted);
  EXPECT_THAT(error.context, HasSubstr("snapshot-1.dat at offset 0: "));
  EXPECT_EQ(reopened(disk_with({{"wal-1.log", ""}}, false)).report.verdict, Verdict::new_store);
}

TEST(OpeningSomethingElse, RefusesADirectoryInWhichTheGenerationsAreUsedUp) {
  const Error error = refusal(disk_with({{log_name(kMaxGeneration), ""}}, false));
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(error.context, HasSubstr(std::to_string(kMaxGeneration)));
}

// A snapshot that said it held record 2^64 - 1 was opened for writing; the next record's number wrapped to 0, below its
// own durable seq, and an assertion ended the process. Such a store is opened read-only or not at all.
TEST(OpeningSomethingElse, RefusesAStoreInWhichTheRecordNumbersAreUsedUp) {
  for (const Seq last : {kMaxSeq + 1, ~Seq{0}}) {
    const Image image = disk_with(
        {{"snapshot-1.dat", crafted_snapshot(1, last, {})}, {"wal-1.log", CraftedLog(void_log(1, last)).bytes()}},
        false);
    const Error error = refusal(image);
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_THAT(error.context, HasSubstr(std::to_string(last)));
    MemoryVfs disk(image);
    EXPECT_EQ(must(open_store(disk, read_only()))->report().verdict, Verdict::clean);
  }
}

TEST(OpeningSomethingElse, TellsOfADirectoryWithoutPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  TempDir parent;
  const std::string path = parent / "store";
  PosixVfs vfs;
  must(must(Store::open(vfs, path))->close());
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  EXPECT_EQ(error_of(Store::open(vfs, path)).os_error, EACCES);
  EXPECT_EQ(error_of(Store::open(vfs, path, read_only())).os_error, EACCES);
  ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
}

TEST(OpeningSomethingElse, LeavesADirectoryOnARealDiskAsItWas) {
  TempDir directory;
  create(directory / "wal-1.log", std::string(5000, 'x'));
  create(directory / "notes", "mine");
  PosixVfs vfs;
  const auto before = files_in(directory.path());
  EXPECT_EQ(error_of(Store::open(vfs, directory.path())).code, ErrorCode::corrupted);
  EXPECT_TRUE(files_in(directory.path()) == before);
}

// --- the lock ---

class TheLock : public testing::Test {
 protected:
  void SetUp() override { must(must(open_store(disk_))->close()); }
  MemoryVfs disk_;
};

TEST_F(TheLock, LetsOneWriterIn) {
  const auto store = must(open_store(disk_));
  const Image before = disk_.image();
  EXPECT_EQ(error_of(open_store(disk_)).code, ErrorCode::locked);
  EXPECT_EQ(error_of(open_store(disk_, read_only())).code, ErrorCode::locked);
  EXPECT_EQ(error_of(verify(disk_, kDirectory)).code, ErrorCode::locked);
  EXPECT_THAT(differences(before, disk_.image()), IsEmpty());
}

TEST_F(TheLock, LetsManyReadersIn) {
  const auto one = must(open_store(disk_, read_only()));
  const auto two = must(open_store(disk_, read_only()));
  must(verify(disk_, kDirectory));
  EXPECT_EQ(error_of(open_store(disk_)).code, ErrorCode::locked);
}

TEST_F(TheLock, IsReleasedByACloseAndByTheEndOfTheStore) {
  auto store = must(open_store(disk_));
  must(store->close());
  auto next = must(open_store(disk_));
  next.reset();
  must(open_store(disk_));
}

TEST_F(TheLock, IsReleasedByAnOpenThatFails) {
  ScriptedVfs vfs(disk_);
  vfs.fail({.named = "create wal-2.log"});
  EXPECT_EQ(error_of(open_store(vfs)).code, ErrorCode::io_error);
  must(open_store(vfs));
}

TEST_F(TheLock, IsNotMadeByAReader) {
  Image image = disk_.image();
  image.erase(in_store("LOCK"));
  MemoryVfs copy(image);
  must(must(open_store(copy, read_only()))->close());
  must(verify(copy, kDirectory));
  EXPECT_THAT(names_in(copy), Not(testing::Contains("LOCK")));
  EXPECT_EQ(contents_of(*must(open_store(copy))), Contents());
  EXPECT_THAT(names_in(copy), testing::Contains("LOCK"));
}

// Between the first look at the directory and the lock another process may open the store, write and go. What counts is
// what is there once the lock is held.
TEST_F(TheLock, IsTakenBeforeTheFilesAreRead) {
  ScriptedVfs vfs(disk_);
  vfs.before("lock LOCK", [&] { must(must(open_store(disk_))->put("a", "1")); });
  EXPECT_EQ(contents_of(*must(open_store(vfs))), (Contents{{"a", "1"}}));
  EXPECT_EQ(reopened(disk_.durable_image()).contents, (Contents{{"a", "1"}}));
}

TEST_F(TheLock, HoldsOnARealDisk) {
  TempDir parent;
  PosixVfs vfs;
  auto store = must(Store::open(vfs, parent / "store"));
  must(store->put("a", "1"));
  EXPECT_EQ(error_of(Store::open(vfs, parent / "store")).code, ErrorCode::locked);
  must(store->close());
  EXPECT_EQ(contents_of(*must(Store::open(vfs, parent / "store"))), (Contents{{"a", "1"}}));
}

// --- a read-only store ---

TEST(AReadOnlyStore, ServesWhatIsThereAndRefusesEveryWrite) {
  MemoryVfs disk;
  must(must(open_store(disk))->put("a", "1"));
  const Image before = disk.image();
  ScriptedVfs vfs(disk);
  const auto store = must(open_store(vfs, read_only()));
  Batch batch;
  batch.put("b", "2");
  const std::vector<ErrorCode> codes{error_of(store->put("b", "2")).code, error_of(store->remove("a")).code,
                                     error_of(store->remove("b")).code,   error_of(store->write(batch)).code,
                                     error_of(store->compact()).code,     error_of(store->sync()).code};
  EXPECT_THAT(codes, Each(ErrorCode::read_only));
  EXPECT_EQ(store->status(), ErrorCode::ok);
  EXPECT_EQ(contents_of(*store), (Contents{{"a", "1"}}));
  must(store->close());
  EXPECT_THAT(vfs.operations(), IsEmpty());
  EXPECT_THAT(differences(before, disk.image()), IsEmpty());
}

TEST(AReadOnlyStore, TellsWhichGenerationItServes) {
  MemoryVfs disk;
  must(must(open_store(disk))->compact());
  EXPECT_EQ(must(open_store(disk, read_only()))->stats().generation, 2u);
}

// --- a closed store ---

TEST(AClosedStore, RefusesEverythingButAnotherClose) {
  MemoryVfs disk;
  const auto store = must(open_store(disk));
  must(store->put("a", "1"));
  must(store->close());
  const Image before = disk.image();
  const std::vector<ErrorCode> codes{error_of(store->put("b", "2")).code,
                                     error_of(store->remove("a")).code,
                                     error_of(store->write(Batch())).code,
                                     error_of(store->get("a")).code,
                                     error_of(store->scan("", std::nullopt, [](auto, auto) { return true; })).code,
                                     error_of(store->sync()).code,
                                     error_of(store->compact()).code};
  EXPECT_THAT(codes, Each(ErrorCode::invalid_argument));
  must(store->close());
  EXPECT_THAT(differences(before, disk.image()), IsEmpty());
}

}  // namespace
}  // namespace kv
