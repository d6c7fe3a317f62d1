// The order in which a store touches the disk. A crash may come between any two lines of these lists, so that each
// order is a promise: FORMAT.md, "The protocol", says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/store_scene.h"
#include "engine/wal_reader.h"

namespace kv {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Protocol : public testing::Test {
 protected:
  // What has been done to the disk since the last call.
  std::vector<std::string> done() {
    const auto from = vfs_.operations().begin() + static_cast<std::ptrdiff_t>(seen_);
    std::vector<std::string> names(from, vfs_.operations().end());
    seen_ = vfs_.operations().size();
    return names;
  }

  void open(const Options& options = seeded()) {
    store_.reset();
    store_ = must(open_store(vfs_, options));
  }

  MemoryVfs disk_;
  ScriptedVfs vfs_{disk_};
  std::unique_ptr<Store> store_;
  std::size_t seen_ = 0;
};

TEST_F(Protocol, OfANewStore) {
  open();
  EXPECT_THAT(done(), ElementsAre("make_dir store",                               //
                                  "lock LOCK",                                    //
                                  "sync_dir .",                                   // the store's own name
                                  "create wal-1.log",                             //
                                  "write wal-1.log",                              //
                                  "sync wal-1.log",                               //
                                  "sync_dir store",                               //
                                  "create snapshot-1.dat.tmp",                    //
                                  "write snapshot-1.dat.tmp",                     //
                                  "sync snapshot-1.dat.tmp",                      //
                                  "rename snapshot-1.dat.tmp to snapshot-1.dat",  //
                                  "sync_dir store"));
}

TEST_F(Protocol, OfANewStoreWhoseCreationWasCutShort) {
  vfs_.fail({.named = "rename snapshot-1.dat.tmp to snapshot-1.dat"});
  EXPECT_FALSE(open_store(vfs_));
  done();
  open();
  const auto again = done();
  // The first try may have been cut before its sync of the parent, which nobody can tell.
  EXPECT_THAT(std::vector(again.begin(), again.begin() + 3),
              ElementsAre("lock LOCK", "sync_dir .", "create wal-2.log"));
}

TEST_F(Protocol, OfAnOpen) {
  open();
  must(store_->put("a", "1"));
  done();
  open();
  EXPECT_THAT(done(), ElementsAre("lock LOCK",                                    //
                                  "create wal-2.log",                             // void until its snapshot stands
                                  "write wal-2.log",                              //
                                  "sync wal-2.log",                               //
                                  "sync_dir store",                               //
                                  "create snapshot-2.dat.tmp",                    //
                                  "write snapshot-2.dat.tmp",                     //
                                  "sync snapshot-2.dat.tmp",                      //
                                  "rename snapshot-2.dat.tmp to snapshot-2.dat",  //
                                  "sync_dir store",                               // from here on the old files are dead
                                  testing::AnyOf("unlink wal-1.log", "unlink snapshot-1.dat"),
                                  testing::AnyOf("unlink wal-1.log", "unlink snapshot-1.dat")));
}

TEST_F(Protocol, OfACompaction) {
  open(seeded({.sync = SyncPolicy::on_request}));
  must(store_->put("a", "1"));
  done();
  must(store_->compact());
  EXPECT_THAT(done(), ElementsAre("sync wal-1.log",                               // its end is fixed from here on
                                  "create wal-2.log",                             //
                                  "write wal-2.log",                              //
                                  "sync wal-2.log",                               //
                                  "sync_dir store",                               // writes go to it from here on
                                  "create snapshot-2.dat.tmp",                    //
                                  "write snapshot-2.dat.tmp",                     //
                                  "sync snapshot-2.dat.tmp",                      //
                                  "rename snapshot-2.dat.tmp to snapshot-2.dat",  //
                                  "sync_dir store",                               // from here on the old files are dead
                                  testing::AnyOf("unlink wal-1.log", "unlink snapshot-1.dat"),
                                  testing::AnyOf("unlink wal-1.log", "unlink snapshot-1.dat")));
}

TEST_F(Protocol, OfACloseIsACompactionAndACloseRecord) {
  open();
  must(store_->put("a", "1"));
  done();
  must(store_->close());
  auto closed = done();
  ASSERT_EQ(closed.size(), 13u);
  EXPECT_EQ(closed.front(), "create wal-2.log");
  EXPECT_THAT(std::vector(closed.end() - 2, closed.end()), ElementsAre("write wal-2.log", "sync wal-2.log"));
}

TEST_F(Protocol, OfACloseWithNothingLoggedIsACloseRecord) {
  open();
  done();
  must(store_->close());
  EXPECT_THAT(done(), ElementsAre("write wal-1.log", "sync wal-1.log"));
  must(store_->close());
  EXPECT_THAT(done(), IsEmpty());
}

TEST_F(Protocol, OfCommandsThatAreSyncedOnCommit) {
  open();
  done();
  Batch batch;
  batch.put("b", "2");
  batch.remove("a");
  must(store_->put("a", "1"));
  must(store_->write(batch));
  must(store_->remove("b"));
  must(store_->sync());  // there is nothing left to do
  EXPECT_THAT(done(), ElementsAre("write wal-1.log", "sync wal-1.log", "write wal-1.log", "sync wal-1.log",
                                  "write wal-1.log", "sync wal-1.log"));
}

TEST_F(Protocol, OfCommandsThatAreSyncedOnRequest) {
  open(seeded({.sync = SyncPolicy::on_request}));
  done();
  must(store_->put("a", "1"));
  must(store_->put("b", "2"));
  EXPECT_THAT(done(), ElementsAre("write wal-1.log", "write wal-1.log"));
  EXPECT_EQ(store_->stats().durable_seq, 0u);
  must(store_->sync());
  must(store_->sync());
  EXPECT_THAT(done(), ElementsAre("sync wal-1.log"));
  EXPECT_EQ(store_->stats().durable_seq, 2u);
}

TEST_F(Protocol, OfReadsTouchesNothing) {
  open();
  must(store_->put("a", "1"));
  done();
  must(store_->get("a"));
  must(store_->scan("", std::nullopt, [](auto, auto) { return true; }));
  EXPECT_EQ(error_of(store_->remove("b")).code, ErrorCode::not_found);
  EXPECT_THAT(done(), IsEmpty());
}

TEST_F(Protocol, OfARecordSaysWhichRecordsWereDurableWhenItWasMade) {
  open(seeded({.sync = SyncPolicy::on_request}));
  must(store_->put("a", "1"));
  must(store_->put("b", "2"));
  must(store_->sync());
  must(store_->put("c", "3"));
  must(store_->put("d", "4"));
  const auto file = must(disk_.open(in_store("wal-1.log"), OpenMode::read));
  WalReader reader(*file, must(file->size()), read_file_header(*file, FileType::log, 1).value());
  std::vector<Seq> durable;
  while (must(reader.next()) == WalReader::Step::record) durable.push_back(reader.record().header.durable_seq);
  EXPECT_THAT(durable, ElementsAre(0, 0, 2, 2));
}

}  // namespace
}  // namespace kv
