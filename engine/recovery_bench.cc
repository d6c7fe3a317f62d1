// Reopening a store whose process was killed with a million records in its log, beside LevelDB, which has the same
// records in its own. The files are in the page cache.
//
// "replay" is the part that reads: ours is opened read-only, LevelDB with reuse_logs, which both leave the log as it
// is. "new generation" is the part that writes: our compact(), LevelDB's write buffer made into a table. Both sync it.
// "reopen" is the whole, as it happens after a crash: ours read-write, LevelDB with its default settings.
#include "engine/recovery.h"

#include "engine/bench_race.h"
#include "engine/bench_stores.h"
#include "engine/file_name.h"
#include "engine/wal_reader.h"

namespace kv::bench {
namespace {

leveldb::Options leveldb_replay_only() {
  leveldb::Options options = leveldb_log_only();
  options.reuse_logs = true;
  return options;
}

// Reads and checks every record of our log, and does nothing with them.
double seconds_to_scan_log(const std::string& path) {
  const Generation generation = must(take_inventory(vfs(), path)).logs.back();
  const auto file = must(vfs().open(join_path(path, log_name(generation)), OpenMode::read));
  const auto header = read_file_header(*file, FileType::log, generation);
  if (!header) throw std::runtime_error(header.error().reason);
  WalReader reader(*file, must(file->size()), *header);
  const double seconds = seconds_of([&] {
    while (must(reader.next()) == WalReader::Step::record) benchmark::DoNotOptimize(reader.record().payload.data());
  });
  if (reader.expected_seq() != kRecordCount + 1) throw std::runtime_error("the scan missed something");
  return seconds;
}

void replay(benchmark::State& state, Place place) {
  const Directory directory(place);
  copy_store(leveldb_million(place), directory.path());  // LevelDB writes into what it opens, but leaves the log alone
  const std::string& ours = our_million(place);
  race(state, kRecordCount,
       {{"ours",
         [&] {
           std::unique_ptr<Store> store;
           return seconds_of([&] { store = open_ours(ours, Options{.access = Access::read_only}); });
         }},
        {"LevelDB",
         [&] {
           std::unique_ptr<leveldb::DB> db;
           return seconds_of([&] { db = open_leveldb(directory.path(), leveldb_replay_only()); });
         }},
        {"bare scan of our log", [&] { return seconds_to_scan_log(ours); }}});
}

void new_generation(benchmark::State& state, Place place) {
  const Directory directory(place);
  copy_store(our_million(place), directory.path("ours"));
  const auto store = open_ours(directory.path("ours"), our_log_only());
  race(state, kRecordCount,
       {{"ours", [&] { return seconds_of([&] { must(store->compact()); }); }},
        {"LevelDB", [&] {
           copy_store(leveldb_million(place), directory.path("leveldb"));
           const auto db = open_leveldb(directory.path("leveldb"), leveldb_replay_only());
           return seconds_of([&] { db->CompactRange(nullptr, nullptr); });
         }}});
}

void reopen(benchmark::State& state, Place place) {
  const Directory directory(place);
  race(state, kRecordCount,
       {{"ours",
         [&] {
           copy_store(our_million(place), directory.path("ours"));
           std::unique_ptr<Store> store;
           return seconds_of([&] { store = open_ours(directory.path("ours"), our_log_only()); });
         }},
        {"LevelDB", [&] {
           copy_store(leveldb_million(place), directory.path("leveldb"));
           std::unique_ptr<leveldb::DB> db;
           return seconds_of([&] { db = open_leveldb(directory.path("leveldb"), leveldb_log_only()); });
         }}});
}

BENCHMARK_CAPTURE(replay, memory, Place::memory)->Name("replay, memory")->Apply(rounds<3>);
BENCHMARK_CAPTURE(new_generation, memory, Place::memory)->Name("new generation, memory")->Apply(rounds<2>);
BENCHMARK_CAPTURE(reopen, memory, Place::memory)->Name("reopen, memory")->Apply(rounds<3>);
BENCHMARK_CAPTURE(replay, disk, Place::disk)->Name("replay, disk")->Apply(rounds<3>);
BENCHMARK_CAPTURE(new_generation, disk, Place::disk)->Name("new generation, disk")->Apply(rounds<2>);
BENCHMARK_CAPTURE(reopen, disk, Place::disk)->Name("reopen, disk")->Apply(rounds<3>);

}  // namespace
}  // namespace kv::bench
