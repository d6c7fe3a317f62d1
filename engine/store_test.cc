// What a store does while nothing goes wrong: commands, limits, scans, statistics, compaction, reopening.
#include "engine/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/file_name.h"
#include "engine/store_scene.h"

namespace kv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { open(); }

  void open(const Options& options = seeded()) {
    store_.reset();
    store_ = must(open_store(vfs_, options));
  }

  // The names of the files in the store's directory.
  [[nodiscard]] std::vector<std::string> files() { return must(disk_.list(kDirectory)); }

  MemoryVfs disk_;
  ScriptedVfs vfs_{disk_};
  std::unique_ptr<Store> store_;
};

// --- commands ---

TEST_F(StoreTest, GetsWhatWasPutLast) {
  must(store_->put("name", "first"));
  must(store_->put("name", "second"));
  EXPECT_EQ(must(store_->get("name")), "second");
}

TEST_F(StoreTest, DoesNotFindWhatWasNeverPutOrWasRemoved) {
  must(store_->put("name", "value"));
  must(store_->remove("name"));
  EXPECT_EQ(error_of(store_->get("name")).code, ErrorCode::not_found);
  EXPECT_EQ(error_of(store_->get("other")).code, ErrorCode::not_found);
}

TEST_F(StoreTest, LogsNothingWhenAMissingKeyIsRemoved) {
  must(store_->put("name", "value"));
  const Image before = disk_.image();
  EXPECT_EQ(error_of(store_->remove("other")).code, ErrorCode::not_found);
  EXPECT_THAT(differences(before, disk_.image()), IsEmpty());
  EXPECT_EQ(store_->stats().last_seq, 1u);
}

TEST_F(StoreTest, KeepsEmptyAndBinaryKeysAndValues) {
  const std::string binary("\0\xff\n", 3);
  const Contents expected{{"", "empty key"}, {"empty value", ""}, {binary, binary}};
  for (const auto& [key, value] : expected) must(store_->put(key, value));
  EXPECT_EQ(contents_of(*store_), expected);
  open();
  EXPECT_EQ(contents_of(*store_), expected);
  must(store_->remove(""));
  EXPECT_EQ(error_of(store_->get("")).code, ErrorCode::not_found);
}

TEST_F(StoreTest, AppliesABatchInItsOrderAsOneRecord) {
  must(store_->put("old", "1"));
  Batch batch;
  batch.put("twice", "first");
  batch.put("twice", "last");
  batch.put("put and removed", "x");
  batch.remove("put and removed");
  batch.remove("old");
  batch.remove("missing");
  batch.remove("removed and put");
  batch.put("removed and put", "y");
  must(store_->write(batch));
  const Contents expected{{"twice", "last"}, {"removed and put", "y"}};
  EXPECT_EQ(contents_of(*store_), expected);
  EXPECT_EQ(store_->stats().last_seq, 2u);
  open();
  EXPECT_EQ(contents_of(*store_), expected);
}

TEST_F(StoreTest, TakesAnEmptyBatchForNothing) {
  const Image before = disk_.image();
  must(store_->write(Batch()));
  EXPECT_THAT(differences(before, disk_.image()), IsEmpty());
}

// --- scans ---

TEST_F(StoreTest, ScansARangeInByteOrderWithoutItsEnd) {
  for (const std::string key : {"b", "a", "\xff", "B", "aa", ""}) must(store_->put(key, "v"));
  const auto keys = [&](std::string_view from, std::optional<std::string_view> to) {
    std::vector<std::string> seen;
    must(store_->scan(from, to, [&](std::string_view key, auto) {
      seen.emplace_back(key);
      return true;
    }));
    return seen;
  };
  EXPECT_THAT(keys("", std::nullopt), ElementsAre("", "B", "a", "aa", "b", "\xff"));
  EXPECT_THAT(keys("a", "b"), ElementsAre("a", "aa"));
  EXPECT_THAT(keys("a0", "aaa"), ElementsAre("aa"));
  EXPECT_THAT(keys("b", "a"), IsEmpty());
  EXPECT_THAT(keys("a", "a"), IsEmpty());
  EXPECT_THAT(keys("", ""), IsEmpty());
}

TEST_F(StoreTest, StopsAScanWhereItIsTold) {
  for (const std::string key : {"a", "b", "c"}) must(store_->put(key, "v"));
  int seen = 0;
  must(store_->scan("", std::nullopt, [&](auto, auto) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

// --- limits ---

TEST_F(StoreTest, RefusesWhatIsTooLargeAndLogsNothing) {
  const std::string long_key(kMaxKeyBytes + 1, 'k');
  const std::string long_value(kMaxValueBytes + 1, 'v');
  Batch with_long_key;
  with_long_key.put("fine", "1");
  with_long_key.remove(long_key);
  Batch with_long_value;
  with_long_value.put("fine", long_value);
  const Image before = disk_.image();
  EXPECT_EQ(error_of(store_->put(long_key, "")).code, ErrorCode::invalid_argument);
  EXPECT_EQ(error_of(store_->put("", long_value)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(error_of(store_->remove(long_key)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(error_of(store_->write(with_long_key)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(error_of(store_->write(with_long_value)).code, ErrorCode::invalid_argument);
  EXPECT_THAT(error_of(store_->put(long_key, "")).context, HasSubstr(std::to_string(kMaxKeyBytes)));
  EXPECT_THAT(differences(before, disk_.image()), IsEmpty());
  EXPECT_EQ(store_->status(), ErrorCode::ok);
  must(store_->put("still", "writable"));
}

TEST_F(StoreTest, RefusesABatchThatIsTooLargeThoughItsPartsAreNot) {
  const std::string value(kMaxValueBytes, 'v');
  Batch batch;
  for (int i = 0; i < 4; ++i) batch.put(std::to_string(i), value);
  const Image before = disk_.image();
  EXPECT_EQ(error_of(store_->write(batch)).code, ErrorCode::invalid_argument);
  EXPECT_EQ(disk_.image().size(), before.size());
  EXPECT_EQ(store_->stats().last_seq, 0u);
}

TEST_F(StoreTest, KeepsTheLargestKeyAndValue) {
  const std::string key(kMaxKeyBytes, 'k');
  const std::string value(kMaxValueBytes, 'v');
  must(store_->put(key, value));  // also compacts: the log is larger than 4 MiB
  open();
  EXPECT_TRUE(must(store_->get(key)) == value);
}

// --- reopening ---

TEST_F(StoreTest, IsTheSameAfterACleanClose) {
  must(store_->put("a", "1"));
  must(store_->close());
  open();
  EXPECT_EQ(contents_of(*store_), (Contents{{"a", "1"}}));
  EXPECT_EQ(store_->report().verdict, Verdict::clean);
}

TEST_F(StoreTest, LosesNothingThatWasWrittenWhenItIsNotClosed) {
  open(seeded({.sync = SyncPolicy::on_request}));
  must(store_->put("a", "1"));
  must(store_->put("b", "2"));
  open();
  EXPECT_EQ(contents_of(*store_), (Contents{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(store_->report().records_replayed, 2u);
}

TEST_F(StoreTest, GoesOnNumberingRecordsAfterItIsReopened) {
  must(store_->put("a", "1"));
  must(store_->close());  // a record, too
  open();
  must(store_->put("b", "2"));
  EXPECT_EQ(store_->stats().last_seq, 3u);
}

TEST_F(StoreTest, HoldsOneGenerationAfterAClose) {
  for (int i = 0; i < 5; ++i) must(store_->put(std::to_string(i), "v"));
  must(store_->close());
  EXPECT_THAT(files(), ElementsAre("LOCK", "snapshot-2.dat", "wal-2.log"));
}

TEST_F(StoreTest, CompactsInACloseOnlyIfSomethingWasLogged) {
  must(store_->close());
  EXPECT_THAT(files(), ElementsAre("LOCK", "snapshot-1.dat", "wal-1.log"));
  open();
  must(store_->put("a", "1"));
  must(store_->compact());
  EXPECT_THAT(files(), ElementsAre("LOCK", "snapshot-3.dat", "wal-3.log"));
  must(store_->close());
  EXPECT_THAT(files(), ElementsAre("LOCK", "snapshot-3.dat", "wal-3.log"));
}

TEST_F(StoreTest, MarksItsLogAsClosedWithEverythingDurable) {
  must(store_->put("a", "1"));
  must(store_->close());
  const auto file = must(disk_.open(in_store("wal-2.log"), OpenMode::read));
  const FileHeader header = read_file_header(*file, FileType::log, 2).value();
  const std::string record = disk_.image().at(in_store("wal-2.log")).substr(kFileHeaderBytes);
  const auto close = decode_record_header(record, ChecksumSeed(header).at(kFileHeaderBytes));
  ASSERT_TRUE(close);
  EXPECT_EQ(close->kind, static_cast<std::uint8_t>(RecordKind::close));
  EXPECT_EQ(close->seq, 2u);
  EXPECT_EQ(close->durable_seq, 1u);
  EXPECT_EQ(reopened(disk_.durable_image()).contents, (Contents{{"a", "1"}}));
  EXPECT_EQ(reopened(disk_.durable_image()).report.verdict, Verdict::clean);
}

TEST_F(StoreTest, RepeatsToTheByteWithTheSameEntropy) {
  const auto run = [](std::uint64_t seed) {
    MemoryVfs own_disk;
    const auto own = must(open_store(own_disk, seeded({.compact_after_operations = 3}, seed)));
    for (int i = 0; i < 10; ++i) must(own->put(std::to_string(i), "v"));
    return own_disk.image();
  };
  EXPECT_THAT(differences(run(1), run(1)), IsEmpty());
  EXPECT_THAT(differences(run(1), run(2)), testing::Not(IsEmpty()));
}

TEST_F(StoreTest, DrawsAnotherSaltForEachFileAndKeepsItsId) {
  std::set<std::uint64_t> ids;
  std::set<std::uint64_t> salts;
  const auto note_header = [&](FileType type, Generation generation, const std::string& name) {
    const auto file = must(disk_.open(in_store(name), OpenMode::read));
    const FileHeader header = read_file_header(*file, type, generation).value();
    ids.insert(header.store_id);
    salts.insert(header.salt);
  };
  for (Generation g = 1; g <= 3; ++g) {
    note_header(FileType::log, g, log_name(g));
    note_header(FileType::snapshot, g, snapshot_name(g));
    // Generation 2 is made by a compaction, and 3 by an open.
    g == 1 ? must(store_->compact()) : open();
  }
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(salts.size(), 6u);
}

// --- compaction and statistics ---

TEST_F(StoreTest, CompactsByItselfAfterSoManyOperations) {
  open(seeded({.compact_after_operations = 3}));
  Batch two;
  two.put("b", "2");
  two.remove("a");
  must(store_->put("a", "1"));
  EXPECT_EQ(store_->stats().compactions, 0u);
  EXPECT_EQ(store_->stats().log_operations, 1u);
  must(store_->write(two));
  EXPECT_EQ(store_->stats().compactions, 1u);
  EXPECT_EQ(store_->stats().log_operations, 0u);
  EXPECT_EQ(store_->stats().log_bytes, 0u);
  open();
  EXPECT_EQ(contents_of(*store_), (Contents{{"b", "2"}}));
}

TEST_F(StoreTest, CompactsByItselfAfterSoManyBytes) {
  open(seeded({.compact_after_operations = 0, .compact_after_bytes = 1000}));
  must(store_->put("a", std::string(900, 'x')));
  EXPECT_EQ(store_->stats().compactions, 0u);
  must(store_->put("b", std::string(100, 'x')));
  EXPECT_EQ(store_->stats().compactions, 1u);
}

TEST_F(StoreTest, DoesNotCompactByItselfWhereThatIsOff) {
  open(seeded({.compact_after_operations = 0, .compact_after_bytes = 0}));
  for (int i = 0; i < 1100; ++i) must(store_->put(std::to_string(i), std::string(5000, 'x')));
  EXPECT_EQ(store_->stats().compactions, 0u);
  EXPECT_GT(store_->stats().log_bytes, Options().compact_after_bytes);
}

TEST_F(StoreTest, CountsWhatItHolds) {
  must(store_->put("key", "value"));
  must(store_->put("k", "v"));
  must(store_->put("key", "other"));
  const Stats stats = store_->stats();
  EXPECT_EQ(stats.keys, 2u);
  EXPECT_EQ(stats.content_bytes, 10u);
  EXPECT_EQ(stats.generation, 1u);
  EXPECT_EQ(stats.last_seq, 3u);
  EXPECT_EQ(stats.durable_seq, 3u);
  EXPECT_EQ(stats.log_operations, 3u);
  EXPECT_EQ(stats.log_bytes, disk_.image().at(in_store("wal-1.log")).size() - kFileHeaderBytes);
}

TEST_F(StoreTest, CompactsWhatIsEmpty) {
  must(store_->put("a", "1"));
  must(store_->remove("a"));
  must(store_->compact());
  open();
  EXPECT_EQ(contents_of(*store_), Contents());
  EXPECT_EQ(store_->report().last_seq, 2u);
}

TEST_F(StoreTest, WorksTheSameOnADiskWhoseWritesAndReadsAreShort) {
  vfs_.shorten_calls_to(7);
  Contents expected;
  for (int i = 0; i < 20; ++i) {
    must(store_->put(std::to_string(i), std::string(30, 'v')));
    expected[std::to_string(i)] = std::string(30, 'v');
  }
  must(store_->compact());
  must(store_->put("last", "1"));
  expected["last"] = "1";
  open();
  EXPECT_EQ(contents_of(*store_), expected);
  EXPECT_EQ(reopened(disk_.durable_image()).contents, expected);
}

}  // namespace
}  // namespace kv
