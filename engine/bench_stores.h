// What the races on stores have in common: where they run, what they write, and both engines set up for the same work.
//
// The places are directories made for this run and removed at its end. WALBREAKER_BENCH_MEMORY names the directory for
// the first kind (default: /dev/shm), WALBREAKER_BENCH_DISK for the second (default: TMPDIR, else /tmp).
//
// The records are the same in every run: a million different keys of 16 random bytes, in random order, with values of
// 100 random bytes.
//
// Errors are thrown as std::runtime_error: a benchmark has nothing better to do than to stop and clean up.
#pragma once

#include <leveldb/db.h>
#include <leveldb/options.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/posix_vfs.h"
#include "engine/store.h"

namespace kv::bench {

enum class Place {
  memory,  // tmpfs, where a sync costs nothing: what is measured is the engine
  disk,
};

// A new directory, removed with what is in it when this object goes.
class Directory {
 public:
  explicit Directory(Place place);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] std::string path(std::string_view name = "store") const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// "disk: /tmp (ext4)", for each place.
[[nodiscard]] std::string describe_places();

inline constexpr std::size_t kRecordCount = 1'000'000;
inline constexpr std::size_t kKeyBytes = 16;
inline constexpr std::size_t kValueBytes = 100;

[[nodiscard]] std::string_view key_of(std::size_t record);
[[nodiscard]] std::string_view value_of(std::size_t record);

// The numbers from 0 to count - 1 in a random order, which is not that of the puts.
[[nodiscard]] std::vector<std::size_t> shuffled_numbers(std::size_t count);

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

inline void must(const leveldb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

// The file system of all races.
[[nodiscard]] PosixVfs& vfs();

// Both engines at their default settings, but that neither compresses, and that an ack without a sync means the same:
// the record is in the page cache, and so survives a process kill.
[[nodiscard]] Options our_defaults();
[[nodiscard]] leveldb::Options leveldb_defaults();

// Both engines so that a million records stay in the log and in memory, and nothing is compacted.
[[nodiscard]] Options our_log_only();
[[nodiscard]] leveldb::Options leveldb_log_only();

[[nodiscard]] std::unique_ptr<Store> open_ours(const std::string& path, const Options& options);
[[nodiscard]] std::unique_ptr<leveldb::DB> open_leveldb(const std::string& path, const leveldb::Options& options);

// Puts the first `count` records `times` times over, without syncs.
void put_records(Store& store, std::size_t count, std::size_t times = 1);
void put_records(leveldb::DB& db, std::size_t count, std::size_t times = 1);

// A store of a million records whose process was killed: all of them stand in its log, synced. Made once for each
// place. Nobody may write to it: copy it.
[[nodiscard]] const std::string& our_million(Place place);
[[nodiscard]] const std::string& leveldb_million(Place place);

// Copies a store's directory and makes the copy durable, so that no later sync has to write it.
void copy_store(const std::string& from, const std::string& to);

}  // namespace kv::bench
