#include "harness/store_mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/posix_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/random.h"
#include "harness/work_directory.h"

namespace walbreaker {
namespace {

namespace fs = std::filesystem;
using faultfs::OpKind;
using testing::ElementsAre;

// A store in "db" of a disk in memory, and its copy, which a test changes.
class StoreMirrorTest : public testing::Test {
 protected:
  void SetUp() override { work_ = std::move(*WorkDirectory::make("")); }

  [[nodiscard]] std::string path(const std::string& name) const { return work_->path() + "/" + name; }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::trunc | std::ios::binary) << bytes;
  }
  void change(const std::string& name, std::streamoff offset, const std::string& bytes) const {
    std::fstream file(path(name), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << bytes;
  }

  // What a mirroring did to the disk: "write 7 3" for an offset and a length, "rename db/a db/b".
  std::vector<std::string> mirrored() {
    const std::size_t before = disk_.trace().ops.size();
    const auto applied = mirror_->apply();
    EXPECT_TRUE(applied) << applied.error().message();
    std::vector<std::string> ops;
    for (std::size_t i = before; i < disk_.trace().ops.size(); ++i) {
      const auto& op = disk_.trace().ops[i];
      std::string text(faultfs::to_string(op.kind));
      if (op.kind == OpKind::write) text += " " + std::to_string(op.offset) + " " + std::to_string(op.length);
      if (op.kind == OpKind::truncate) text += " " + std::to_string(op.length);
      if (!op.path.empty()) text += " " + op.path;
      if (!op.to.empty()) text += " " + op.to;
      ops.push_back(text);
    }
    return ops;
  }

  void start() {
    mirror_.emplace(disk_, "db", work_->path());
    const auto copied = mirror_->copy_out();
    ASSERT_TRUE(copied) << copied.error().message();
  }

  void put_on_disk(const std::string& name, const std::string& bytes) {
    (void)disk_.make_dir("db");
    ASSERT_TRUE(kv::write_all(**disk_.open("db/" + name, kv::OpenMode::create), 0, bytes));
  }

  // The disk's directory and the copy hold the same.
  void expect_same() {
    kv::PosixVfs real;
    EXPECT_TRUE(*faultfs::load_image(real, work_->path()) == *faultfs::load_image(disk_, "db"));
  }

  std::unique_ptr<WorkDirectory> work_;
  faultfs::SimDisk disk_;
  std::optional<StoreMirror> mirror_;
};

TEST_F(StoreMirrorTest, AStoreIsCopiedOutAsItIs) {
  put_on_disk("log", "bytes");
  start();
  expect_same();
  EXPECT_THAT(mirrored(), ElementsAre());
}

TEST_F(StoreMirrorTest, ANewStoreIsMadeInItsDirectory) {
  start();
  EXPECT_THAT(mirrored(), ElementsAre());
  write("log", "header");
  EXPECT_THAT(mirrored(), ElementsAre("make_dir db", "create db/log", "write 0 6"));
}

TEST_F(StoreMirrorTest, OnlyBytesThatDifferAreWritten) {
  put_on_disk("log", std::string(100, 'a'));
  start();
  change("log", 10, "bb");
  change("log", 60, "b");
  std::ofstream(path("log"), std::ios::app) << "tail";
  EXPECT_THAT(mirrored(), ElementsAre("write 10 2", "write 60 1", "write 100 4"));
  expect_same();
}

TEST_F(StoreMirrorTest, RunsThatAreNearAreOneWrite) {
  put_on_disk("log", std::string(100, 'a'));
  start();
  change("log", 10, "b");
  change("log", 20, "b");
  change("log", 95, "bbbbbbbb");
  EXPECT_THAT(mirrored(), ElementsAre("write 10 11", "write 95 8"));
}

// The times of a file do not tell two writes of one tick of the clock apart.
TEST_F(StoreMirrorTest, AChangeRightAfterTheLastOneIsSeen) {
  start();
  write("log", std::string(100'000, 'a'));
  (void)mirrored();
  change("log", 5, "b");
  EXPECT_THAT(mirrored(), ElementsAre("write 5 1"));
  change("log", 5, "c");
  EXPECT_THAT(mirrored(), ElementsAre("write 5 1"));
}

TEST_F(StoreMirrorTest, ARenameIsOneAndKeepsWhoWroteTheBytes) {
  put_on_disk("a", "bytes");
  put_on_disk("old", "replaced");
  start();
  fs::rename(path("a"), path("b"));
  EXPECT_THAT(mirrored(), ElementsAre("rename db/a db/b"));
  fs::rename(path("b"), path("old"));
  EXPECT_THAT(mirrored(), ElementsAre("rename db/b db/old"));
  expect_same();
}

TEST_F(StoreMirrorTest, AFileThatWasReplacedIsAnother) {
  put_on_disk("a", "bytes");
  start();
  write("a.tmp", "other");
  fs::rename(path("a.tmp"), path("a"));
  EXPECT_THAT(mirrored(), ElementsAre("unlink db/a", "create db/a", "write 0 5"));
}

TEST_F(StoreMirrorTest, FilesThatChangeTheirNamesArriveAtTheRightOnes) {
  put_on_disk("a", "first");
  put_on_disk("b", "second");
  start();
  fs::rename(path("a"), path("c"));
  fs::rename(path("b"), path("a"));
  fs::rename(path("c"), path("b"));
  (void)mirrored();
  expect_same();
}

TEST_F(StoreMirrorTest, SizesAreMirrored) {
  put_on_disk("log", "0123456789");
  start();
  fs::resize_file(path("log"), 4);
  EXPECT_THAT(mirrored(), ElementsAre("truncate 4"));
  fs::resize_file(path("log"), 8'192);  // room that was reserved, which nobody wrote
  EXPECT_THAT(mirrored(), ElementsAre("truncate 8192"));
  expect_same();
}

TEST_F(StoreMirrorTest, ADirectoryInTheStoreIsMirroredBothWays) {
  put_on_disk("log", "bytes");
  ASSERT_TRUE(disk_.make_dir("db/old"));
  put_on_disk("old/log", "older");
  start();
  EXPECT_EQ(fs::file_size(path("old/log")), 5U);
  fs::create_directory(path("new"));
  write("new/log", "newer");
  EXPECT_THAT(mirrored(), ElementsAre("make_dir db/new", "create db/new/log", "write 0 5"));
}

TEST_F(StoreMirrorTest, ASyncIsOfWhatChanged) {
  put_on_disk("log", "bytes");
  put_on_disk("other", "bytes");
  start();
  change("log", 0, "B");
  (void)mirrored();
  const std::size_t before = disk_.trace().ops.size();
  ASSERT_TRUE(mirror_->sync());
  ASSERT_TRUE(mirror_->sync());
  ASSERT_EQ(disk_.trace().ops.size(), before + 1);
  EXPECT_EQ(disk_.trace().ops.back().kind, OpKind::sync);
}

TEST_F(StoreMirrorTest, WhateverIsDoneToTheCopyIsDoneToTheDisk) {
  put_on_disk("f0", "bytes");
  start();
  Random random(4);
  const auto any = [&] { return "f" + std::to_string(random.below(4)); };
  const auto bytes = [&] { return std::string(random.below(3'000), static_cast<char>(random.below(3))); };
  for (int step = 0; step < 300; ++step) {
    for (std::uint64_t n = random.between(1, 3); n > 0; --n) {
      const std::string name = any();
      if (!fs::exists(path(name))) {
        write(name, bytes());
      } else if (random.one_in(5)) {
        fs::remove(path(name));
      } else if (random.one_in(4)) {
        fs::rename(path(name), path(any()));
      } else if (random.one_in(3)) {
        fs::resize_file(path(name), random.below(3'000));
      } else {
        change(name, static_cast<std::streamoff>(random.below(3'000)), bytes());
      }
    }
    (void)mirrored();
    expect_same();
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
}

}  // namespace
}  // namespace walbreaker
