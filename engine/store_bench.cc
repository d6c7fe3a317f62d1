// Puts, gets and scans, beside LevelDB.
//
// "put" is the headline. Both engines do the same work: each put appends one checksummed record to a log by one write
// call and inserts it into an ordered structure in memory, and nothing is compacted (our automatic compaction is off,
// LevelDB's write buffer is larger than all records).
//
// "put, defaults" is the same with both at their default settings, which is not the same work: after every 1,000 puts
// ours writes all it holds anew and syncs it, in the calling thread; LevelDB writes 4 MiB at a time, in a thread of its
// own. Ours therefore gets slower with the size of the store, and is shown at 10,000 keys.
#include "engine/store.h"

#include <fcntl.h>
#include <leveldb/cache.h>
#include <unistd.h>

#include "engine/bench_race.h"
#include "engine/bench_stores.h"
#include "engine/log_record.h"

namespace kv::bench {
namespace {

constexpr std::size_t kFewKeys = 10'000;
constexpr std::size_t kTimesOver = 10;
constexpr std::size_t kSyncedPuts = 100;

leveldb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

// --- puts ---

void put(benchmark::State& state, Place place) {
  const Directory ours(place), other(place);
  race(state, kRecordCount,
       {{"ours",
         [&] {
           std::filesystem::remove_all(ours.path());
           const auto store = open_ours(ours.path(), our_log_only());
           return seconds_of([&] { put_records(*store, kRecordCount); });
         }},
        {"LevelDB", [&] {
           std::filesystem::remove_all(other.path());
           const auto db = open_leveldb(other.path(), leveldb_log_only());
           return seconds_of([&] { put_records(*db, kRecordCount); });
         }}});
}

void put_with_compactions(benchmark::State& state, Place place) {
  const Directory ours(place), other(place);
  race(state, kFewKeys * kTimesOver,
       {{"ours",
         [&] {
           std::filesystem::remove_all(ours.path());
           const auto store = open_ours(ours.path(), our_defaults());
           return seconds_of([&] { put_records(*store, kFewKeys, kTimesOver); });
         }},
        {"LevelDB", [&] {
           std::filesystem::remove_all(other.path());
           const auto db = open_leveldb(other.path(), leveldb_defaults());
           return seconds_of([&] { put_records(*db, kFewKeys, kTimesOver); });
         }}});
}

// The least that a durable put can cost: a record's bytes written behind the last ones, and one sync.
double seconds_to_append_and_sync(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  const std::string record(record_bytes(4 + kKeyBytes + kValueBytes), 'x');
  bool good = fd >= 0;
  const double seconds = seconds_of([&] {
    for (std::size_t i = 0; i < kSyncedPuts && good; ++i) {
      const auto at = static_cast<off_t>(kFileHeaderBytes + i * record.size());
      good =
          ::pwrite(fd, record.data(), record.size(), at) == static_cast<ssize_t>(record.size()) && ::fdatasync(fd) == 0;
    }
  });
  ::close(fd);
  if (!good) throw std::runtime_error("could not append to " + path);
  return seconds;
}

void put_with_sync(benchmark::State& state) {
  const Directory directory(Place::disk);
  Options options = our_log_only();
  options.sync = SyncPolicy::on_commit;
  leveldb::WriteOptions synced;
  synced.sync = true;
  const auto store = open_ours(directory.path("ours"), options);
  const auto db = open_leveldb(directory.path("leveldb"), leveldb_log_only());
  race(state, kSyncedPuts,
       {{"ours",
         [&] {
           return seconds_of([&] {
             for (std::size_t i = 0; i < kSyncedPuts; ++i) must(store->put(key_of(i), value_of(i)));
           });
         }},
        {"LevelDB",
         [&] {
           return seconds_of([&] {
             for (std::size_t i = 0; i < kSyncedPuts; ++i) must(db->Put(synced, slice(key_of(i)), slice(value_of(i))));
           });
         }},
        {"bare append and fdatasync", [&] { return seconds_to_append_and_sync(directory.path("bare")); }}});
}

// --- reads ---

// A million records, in three ways to hold them. LevelDB's tables lie in a cache that holds all of them. Made once.
struct ReadableStores {
  ReadableStores() : cache(leveldb::NewLRUCache(std::size_t{1} << 30)) {
    copy_store(leveldb_million(Place::memory), directory.path("buffered"));
    leveldb::Options options = leveldb_log_only();
    options.reuse_logs = true;
    buffered = open_leveldb(directory.path("buffered"), options);

    copy_store(leveldb_million(Place::memory), directory.path("tables"));
    options.reuse_logs = false;
    options.block_cache = cache.get();
    tables = open_leveldb(directory.path("tables"), options);
  }

  Directory directory{Place::memory};
  std::unique_ptr<leveldb::Cache> cache;
  std::unique_ptr<leveldb::DB> buffered;
  std::unique_ptr<leveldb::DB> tables;
  std::unique_ptr<Store> ours = open_ours(our_million(Place::memory), Options{.access = Access::read_only});
  std::vector<std::size_t> shuffled = shuffled_numbers(kRecordCount);
};

const ReadableStores& readable_stores() {
  static const ReadableStores kStores;
  return kStores;
}

double seconds_to_get(const Store& store, const std::vector<std::size_t>& shuffled) {
  return seconds_of([&] {
    for (const std::size_t record : shuffled) benchmark::DoNotOptimize(must(store.get(key_of(record))));
  });
}

double seconds_to_get(leveldb::DB& db, const std::vector<std::size_t>& shuffled) {
  return seconds_of([&] {
    for (const std::size_t record : shuffled) {
      std::string value;
      must(db.Get(leveldb::ReadOptions(), slice(key_of(record)), &value));
      benchmark::DoNotOptimize(value);
    }
  });
}

double seconds_to_scan(const Store& store) {
  std::uint64_t bytes = 0;
  const double seconds = seconds_of([&] {
    must(store.scan("", std::nullopt, [&](std::string_view key, std::string_view value) {
      bytes += key.size() + value.size();
      return true;
    }));
  });
  if (bytes != kRecordCount * (kKeyBytes + kValueBytes)) throw std::runtime_error("our scan missed something");
  return seconds;
}

double seconds_to_scan(leveldb::DB& db) {
  std::uint64_t bytes = 0;
  const double seconds = seconds_of([&] {
    const std::unique_ptr<leveldb::Iterator> it(db.NewIterator(leveldb::ReadOptions()));
    for (it->SeekToFirst(); it->Valid(); it->Next()) bytes += it->key().size() + it->value().size();
  });
  if (bytes != kRecordCount * (kKeyBytes + kValueBytes)) throw std::runtime_error("LevelDB's scan missed something");
  return seconds;
}

void get(benchmark::State& state) {
  const ReadableStores& stores = readable_stores();
  race(state, kRecordCount,
       {{"ours", [&] { return seconds_to_get(*stores.ours, stores.shuffled); }},
        {"LevelDB, in its write buffer", [&] { return seconds_to_get(*stores.buffered, stores.shuffled); }},
        {"LevelDB, in cached tables", [&] { return seconds_to_get(*stores.tables, stores.shuffled); }}});
}

void scan(benchmark::State& state) {
  const ReadableStores& stores = readable_stores();
  race(state, kRecordCount,
       {{"ours", [&] { return seconds_to_scan(*stores.ours); }},
        {"LevelDB, in its write buffer", [&] { return seconds_to_scan(*stores.buffered); }},
        {"LevelDB, in cached tables", [&] { return seconds_to_scan(*stores.tables); }}});
}

BENCHMARK_CAPTURE(put, memory, Place::memory)->Name("put, memory")->Apply(rounds<3>);
BENCHMARK_CAPTURE(put, disk, Place::disk)->Name("put, disk")->Apply(rounds<3>);
BENCHMARK_CAPTURE(put_with_compactions, memory, Place::memory)->Name("put, defaults, memory")->Apply(rounds<5>);
BENCHMARK_CAPTURE(put_with_compactions, disk, Place::disk)->Name("put, defaults, disk")->Apply(rounds<3>);
BENCHMARK(put_with_sync)->Name("put and sync, disk")->Apply(rounds<12>);
BENCHMARK(get)->Name("get")->Apply(rounds<3>);
BENCHMARK(scan)->Name("scan")->Apply(rounds<9>);

}  // namespace
}  // namespace kv::bench
