// The disk in memory answers as a real one does, and knows what a power cut takes.
#include "engine/memory_vfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "engine/posix_test_util.h"
#include "engine/posix_vfs.h"

namespace kv {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What came of a call: "ok", a number, names, or an errno.
std::string said(const Result<void>& result) { return result ? "ok" : std::to_string(result.error().os_error); }
template <class T>
std::string said(const Result<std::unique_ptr<T>>& result) {
  if (!result && result.error().code == ErrorCode::locked) return "locked";
  return result ? "ok" : std::to_string(result.error().os_error);
}

// The same calls to any Vfs, and all that it said.
std::vector<std::string> conversation(Vfs& vfs, const std::string& root) {
  const auto path = [&](const std::string& name) { return join_path(root, name); };
  std::vector<std::string> answers;
  const auto note = [&](const std::string& answer) { answers.push_back(answer); };
  note(said(vfs.open(path("d/f"), OpenMode::create)));
  note(said(vfs.make_dir(path("d"))));
  note(said(vfs.make_dir(path("d"))));
  note(said(vfs.make_dir(path("no/d"))));
  note(said(vfs.open(path("d/f"), OpenMode::read)));
  note(said(vfs.open(path("d/f"), OpenMode::create_new)));
  note(said(vfs.open(path("d/f"), OpenMode::create_new)));
  note(said(vfs.open(path("d"), OpenMode::read)));
  note(said(vfs.open(path("d/f/g"), OpenMode::create)));
  note(said(vfs.rename(path("d/missing"), path("d/x"))));
  note(said(vfs.rename(path("d/f"), path("d/g"))));
  note(said(vfs.unlink(path("d/f"))));
  const auto file = must(vfs.open(path("d/g"), OpenMode::read_write));
  note(std::to_string(must(file->write_at(3, "abc"))));
  note(said(file->allocate(8)));
  note(said(file->truncate(7)));
  note(said(file->sync()));
  note(read_all(*file));
  const auto reader = must(vfs.open(path("d/g"), OpenMode::read));
  note(said(reader->truncate(0)));
  note(std::to_string(reader->write_at(0, "x").error().os_error));
  note(said(vfs.lock(path("d/LOCK"), LockMode::shared)));
  auto held = vfs.lock(path("d/LOCK"), LockMode::exclusive);
  note(said(held));
  note(said(vfs.lock(path("d/LOCK"), LockMode::exclusive)));
  note(said(vfs.lock(path("d/LOCK"), LockMode::shared)));
  held->reset();
  const auto shared = must(vfs.lock(path("d/LOCK"), LockMode::shared));
  note(said(vfs.lock(path("d/LOCK"), LockMode::shared)));
  note(said(vfs.lock(path("d/LOCK"), LockMode::exclusive)));
  for (const std::string& name : must(vfs.list(path("d")))) note(name);
  note(std::to_string(vfs.list(path("d/g")).error().os_error));
  note(std::to_string(vfs.list(path("missing")).error().os_error));
  note(said(vfs.sync_dir(path("d"))));
  note(said(vfs.sync_dir(path("missing"))));
  note(said(vfs.unlink(path("d/g"))));
  note(read_all(*file));
  return answers;
}

TEST(MemoryVfs, SaysWhatARealDiskSays) {
  TempDir directory;
  PosixVfs real;
  MemoryVfs in_memory(Image{{"root/", ""}});
  EXPECT_EQ(conversation(in_memory, "root"), conversation(real, directory.path()));
}

TEST(MemoryVfs, LosesContentsAtAPowerCutThatWereNotSynced) {
  MemoryVfs disk(Image{{"d/f", "old"}});
  const auto file = must(disk.open("d/f", OpenMode::read_write));
  must(file->write_at(0, "new"));
  EXPECT_EQ(disk.image().at("d/f"), "new");
  EXPECT_EQ(disk.durable_image().at("d/f"), "old");
  must(file->sync());
  EXPECT_EQ(disk.durable_image().at("d/f"), "new");
}

TEST(MemoryVfs, LosesNamesAtAPowerCutWhoseDirectoryWasNotSynced) {
  MemoryVfs disk(Image{{"d/a", "1"}});
  must(disk.rename("d/a", "d/b"));
  const auto file = must(disk.open("d/new", OpenMode::create_new));
  must(write_all(*file, 0, "2"));
  must(file->sync());
  EXPECT_THAT(differences({{"d/", ""}, {"d/a", "1"}}, disk.durable_image()), IsEmpty());
  must(disk.sync_dir("d"));
  EXPECT_THAT(differences(disk.image(), disk.durable_image()), IsEmpty());
}

TEST(MemoryVfs, LosesADirectoryWithAllThatIsInItAtAPowerCut) {
  MemoryVfs disk;
  must(disk.make_dir("d"));
  must(must(disk.open("d/f", OpenMode::create))->sync());
  must(disk.sync_dir("d"));
  EXPECT_THAT(disk.durable_image(), IsEmpty());
  must(disk.sync_dir("."));
  EXPECT_THAT(differences(disk.image(), disk.durable_image()), IsEmpty());
}

TEST(MemoryVfs, ClonesWhatIsPendingToo) {
  MemoryVfs disk(Image{{"d/f", "old"}});
  must(must(disk.open("d/f", OpenMode::read_write))->write_at(0, "new"));
  must(disk.rename("d/f", "d/g"));
  const auto clone = disk.clone();
  EXPECT_THAT(differences(disk.image(), clone->image()), IsEmpty());
  EXPECT_THAT(differences(disk.durable_image(), clone->durable_image()), IsEmpty());
  must(must(clone->open("d/g", OpenMode::read_write))->sync());
  must(clone->sync_dir("d"));
  EXPECT_EQ(clone->durable_image().at("d/g"), "new");
  EXPECT_EQ(disk.durable_image().at("d/f"), "old");
}

TEST(MemoryVfs, TellsImagesApart) {
  const Image before{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  const Image after{{"a", "1"}, {"b", "other"}, {"d", "4"}};
  EXPECT_THAT(differences(before, after), ElementsAre("b differs", "c is gone", "d is new"));
}

}  // namespace
}  // namespace kv
