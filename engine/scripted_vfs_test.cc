// The tool that fails operations fails those it is told to, as it is told to, and no others.
#include "engine/scripted_vfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

#include "engine/memory_vfs.h"
#include "engine/posix_test_util.h"

namespace kv {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ScriptedVfsTest : public testing::Test {
 protected:
  // Creates, writes, syncs and renames a file. Returns what failed.
  std::vector<std::string> work() {
    std::vector<std::string> failed;
    const auto note = [&](const auto& result) {
      if (!result) failed.push_back(result.error().context);
    };
    const auto file = vfs_.open("d/f", OpenMode::create);
    note(file);
    if (file) note((*file)->write_at(0, "bytes"));
    if (file) note((*file)->sync());
    note(vfs_.rename("d/f", "d/g"));
    note(vfs_.sync_dir("d"));
    return failed;
  }

  MemoryVfs disk_{Image{{"d/", ""}}};
  ScriptedVfs vfs_{disk_};
};

TEST_F(ScriptedVfsTest, NamesEachChangeInOrder) {
  EXPECT_THAT(work(), IsEmpty());
  EXPECT_THAT(vfs_.operations(), ElementsAre("create f", "write f", "sync f", "rename f to g", "sync_dir d"));
  EXPECT_FALSE(vfs_.has_failed());
}

TEST_F(ScriptedVfsTest, FailsOneOperationOnce) {
  vfs_.fail({.at = 2});
  EXPECT_THAT(work(), ElementsAre("sync f"));
  EXPECT_EQ(vfs_.failed_operation(), "sync f");
}

TEST_F(ScriptedVfsTest, FailsAllOperationsFromOneOn) {
  vfs_.fail({.at = 1, .lasting = Lasting::for_ever});
  EXPECT_THAT(work(), ElementsAre("write f", "sync f", "rename f to g", "sync_dir d"));
  EXPECT_EQ(disk_.image().at("d/f"), "");
}

TEST_F(ScriptedVfsTest, FailsAnOperationByItsName) {
  vfs_.fail({.named = "rename f to g", .lasting = Lasting::for_ever});
  EXPECT_THAT(work(), ElementsAre("rename f to g"));
  EXPECT_THAT(work(), ElementsAre("rename f to g"));
}

TEST_F(ScriptedVfsTest, LetsSomeBytesOfAWriteArrive) {
  vfs_.fail({.at = 1, .bytes_written = 2});
  EXPECT_THAT(work(), ElementsAre("write f"));
  EXPECT_EQ(disk_.image().at("d/g"), "by");
}

TEST_F(ScriptedVfsTest, CarriesAnOperationOutThatFails) {
  vfs_.fail({.named = "rename f to g", .carried_out = true});
  EXPECT_THAT(work(), ElementsAre("rename f to g"));
  EXPECT_TRUE(disk_.image().contains("d/g"));
}

TEST_F(ScriptedVfsTest, LetsSomebodyElseInOnce) {
  int calls = 0;
  vfs_.before("sync f", [&] {
    ++calls;
    EXPECT_EQ(disk_.image().at("d/f"), "bytes");
  });
  work();
  work();
  EXPECT_EQ(calls, 1);
}

TEST_F(ScriptedVfsTest, RunsOutOfMemory) {
  vfs_.fail({.at = 0, .code = ErrorCode::no_memory});
  EXPECT_THROW((void)vfs_.open("d/f", OpenMode::create), std::bad_alloc);
}

TEST_F(ScriptedVfsTest, WatchesLooksInsteadOfChanges) {
  work();
  ScriptedVfs looking(disk_, ScriptedVfs::Watch::looks);
  looking.fail({.named = "read g"});
  must(looking.list("d"));
  const auto file = must(looking.open("d/g", OpenMode::read));
  std::string bytes(3, '?');
  EXPECT_EQ(error_of(file->read_at(0, bytes)).code, ErrorCode::io_error);
  EXPECT_EQ(must(file->read_at(0, bytes)), 3u);
  must(looking.unlink("d/g"));
  EXPECT_THAT(looking.operations(), ElementsAre("list d", "open g", "read g", "read g"));
}

TEST_F(ScriptedVfsTest, ShortensReadsAndWrites) {
  vfs_.shorten_calls_to(2);
  work();
  const auto file = must(vfs_.open("d/g", OpenMode::read));
  EXPECT_EQ(read_all(*file), "by");
  std::string bytes(5, '?');
  EXPECT_EQ(must(file->read_at(0, bytes)), 2u);
}

}  // namespace
}  // namespace kv
