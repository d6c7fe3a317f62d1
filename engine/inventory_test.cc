#include "engine/inventory.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec_test_util.h"
#include "engine/file_name.h"
#include "engine/vfs.h"

namespace kv {
namespace {

using Names = std::vector<std::string>;
using Generations = std::vector<Generation>;

// A directory that can be listed, and nothing else.
class ListedVfs final : public Vfs {
 public:
  explicit ListedVfs(Result<Names> names) : names_(std::move(names)) {}
  std::string listed;

  Result<Names> list(const std::string& path) override {
    listed = path;
    return names_;
  }
  Result<std::unique_ptr<File>> open(const std::string&, OpenMode) override { return unused(); }
  Result<void> rename(const std::string&, const std::string&) override { return unused(); }
  Result<void> unlink(const std::string&) override { return unused(); }
  Result<void> make_dir(const std::string&) override { return unused(); }
  Result<void> sync_dir(const std::string&) override { return unused(); }
  Result<std::unique_ptr<FileLock>> lock(const std::string&, LockMode) override { return unused(); }

 private:
  static std::unexpected<Error> unused() {
    ADD_FAILURE() << "an inventory only lists";
    return fail(ErrorCode::internal, "not part of these tests");
  }

  Result<Names> names_;
};

Inventory inventory_of(Names names) {
  ListedVfs vfs(std::move(names));
  return take_inventory(vfs, "store").value();
}

TEST(Inventory, SortsEveryNameOfADirectory) {
  const Inventory found = inventory_of({"LOCK", "notes.tmp", "notes.txt", "snapshot-3.dat", "snapshot-4.dat.tmp",
                                        "wal-3.log", "wal-4.log", "wal-2.log.damaged", "wal-05.log"});
  EXPECT_TRUE(found.has_lock);
  EXPECT_EQ(found.logs, (Generations{3, 4}));
  EXPECT_EQ(found.snapshots, Generations{3});
  EXPECT_EQ(found.own_temporaries, Generations{4});
  EXPECT_EQ(found.temporaries, (Names{"notes.tmp", "snapshot-4.dat.tmp"}));
  EXPECT_EQ(found.unknown, (Names{"notes.txt", "wal-2.log.damaged", "wal-05.log"}));
  EXPECT_EQ(found.highest_generation, 4U);
}

// A directory lists names in the order of their bytes, in which wal-10 comes before wal-9.
TEST(Inventory, GenerationsAscendAsNumbers) {
  const Inventory found =
      inventory_of({"snapshot-10.dat", "snapshot-10.dat.tmp", "snapshot-9.dat", "snapshot-9.dat.tmp", "wal-10.log",
                    "wal-100.log", "wal-11.log", "wal-2.log", "wal-9.log"});
  EXPECT_EQ(found.logs, (Generations{2, 9, 10, 11, 100}));
  EXPECT_EQ(found.snapshots, (Generations{9, 10}));
  EXPECT_EQ(found.own_temporaries, (Generations{9, 10}));
}

// A generation that any file of ours has, a set-aside or unfinished one too, must not be used for another.
TEST(Inventory, TheHighestGenerationIsThatOfAnyFileOfOurs) {
  for (const std::string name :
       {"wal-30.log", "snapshot-30.dat", "snapshot-30.dat.tmp", "wal-30.log.damaged", "snapshot-30.dat.damaged"}) {
    EXPECT_EQ(inventory_of({"snapshot-4.dat", name, "wal-4.log"}).highest_generation, 30U) << name;
  }
  EXPECT_EQ(inventory_of({"wal-30.txt", "wal-030.log", "wal-4.log"}).highest_generation, 4U);
}

TEST(Inventory, OfAnEmptyDirectoryHoldsNoStore) {
  const Inventory found = inventory_of({});
  EXPECT_FALSE(found.has_lock);
  EXPECT_FALSE(found.holds_state());
  EXPECT_TRUE(found.holds_no_store());
  EXPECT_EQ(found.highest_generation, 0U);
}

TEST(Inventory, StateIsALogOrASnapshot) {
  EXPECT_TRUE(inventory_of({"wal-1.log"}).holds_state());
  EXPECT_TRUE(inventory_of({"snapshot-1.dat"}).holds_state());
  EXPECT_FALSE(inventory_of({"LOCK", "notes.txt", "snapshot-1.dat.tmp", "wal-1.log.damaged"}).holds_state());
}

TEST(Inventory, ForeignAndTemporaryFilesAreNoStore) {
  EXPECT_TRUE(inventory_of({"notes.tmp", "notes.txt", "wal-0.log", "snapshot-1.dat.tmp"}).holds_no_store());
  for (const std::string name : {"LOCK", "wal-1.log", "snapshot-1.dat"}) {
    EXPECT_FALSE(inventory_of({name}).holds_no_store()) << name;
  }
}

TEST(Inventory, ListsTheDirectoryThatWasAskedFor) {
  ListedVfs vfs(Names{});
  ASSERT_TRUE(take_inventory(vfs, "some/where").has_value());
  EXPECT_EQ(vfs.listed, "some/where");
}

TEST(Inventory, AListingThatFailsIsAnErrorAndNotAnEmptyDirectory) {
  ListedVfs vfs(fail(ErrorCode::io_error, "list store"));
  const auto inventory = take_inventory(vfs, "store");
  ASSERT_FALSE(inventory.has_value());
  EXPECT_EQ(inventory.error().context, "list store");
}

}  // namespace
}  // namespace kv
