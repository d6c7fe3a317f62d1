#include "engine/bench_stores.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <random>
#include <system_error>

#include "engine/bytes.h"

namespace kv::bench {
namespace {

constexpr std::uint64_t kSeed = 1;

void must_call(int result, const std::string& what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

std::filesystem::path parent_of(Place place) {
  const char* const wanted = std::getenv(place == Place::memory ? "WALBREAKER_BENCH_MEMORY" : "WALBREAKER_BENCH_DISK");
  if (wanted != nullptr && *wanted != '\0') return wanted;
  return place == Place::memory ? "/dev/shm" : std::filesystem::temp_directory_path();
}

bool is_tmpfs(const std::filesystem::path& directory) {
  struct statfs status;
  must_call(::statfs(directory.c_str(), &status), "statfs " + directory.string());
  return status.f_type == TMPFS_MAGIC;
}

std::string random_bytes(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes;
  while (bytes.size() < count) append(bytes, random());
  bytes.resize(count);
  return bytes;
}

void sync_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  must_call(fd, "open " + path.string());
  const int synced = ::fsync(fd);
  ::close(fd);
  must_call(synced, "sync " + path.string());
}

void sync_all_in(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) sync_file(entry.path());
  sync_file(directory);
}

// A store in a directory of its own, made when it is first asked for.
struct MillionStore {
  template <class Make>
  MillionStore(Place place, Make make) : directory(place), path(directory.path()) {
    make(path);
    sync_all_in(path);
  }

  Directory directory;
  std::string path;
};

void make_our_million(const std::string& path) { put_records(*open_ours(path, our_log_only()), kRecordCount); }

void make_leveldb_million(const std::string& path) {
  put_records(*open_leveldb(path, leveldb_log_only()), kRecordCount);
}

}  // namespace

Directory::Directory(Place place) {
  std::string name = parent_of(place) / "walbreaker-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) must_call(-1, "mkdtemp " + name);
  path_ = name;
}

Directory::~Directory() {
  std::error_code left_behind;
  std::filesystem::remove_all(path_, left_behind);
  if (left_behind) fmt::print(stderr, "could not remove {}: {}\n", path_.string(), left_behind.message());
}

std::string describe_places() {
  std::string text;
  for (const auto& [place, name] : {std::pair{Place::memory, "memory"}, {Place::disk, "disk"}}) {
    const auto directory = parent_of(place);
    const bool fits = is_tmpfs(directory) == (place == Place::memory);
    text += fmt::format("{}: {}{}\n", name, directory.string(),
                        fits                     ? ""
                        : place == Place::memory ? " (which is no tmpfs)"
                                                 : " (which is a tmpfs, and no disk)");
  }
  return text;
}

std::string_view key_of(std::size_t record) {
  static const std::string kKeys = random_bytes(kRecordCount * kKeyBytes, kSeed);
  return std::string_view(kKeys).substr(record * kKeyBytes, kKeyBytes);
}

// Values overlap, so that they stay in the processor's cache and only the engines' own memory traffic is measured.
std::string_view value_of(std::size_t record) {
  constexpr std::size_t kPoolBytes = std::size_t{64} << 10;
  static const std::string kPool = random_bytes(kPoolBytes + kValueBytes, kSeed + 1);
  return std::string_view(kPool).substr(record % kPoolBytes, kValueBytes);
}

std::vector<std::size_t> shuffled_numbers(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937_64(kSeed + 2));
  return numbers;
}

PosixVfs& vfs() {
  static PosixVfs disk;
  return disk;
}

Options our_defaults() {
  Options options{.sync = SyncPolicy::on_request};
  options.entropy = std::mt19937_64(kSeed + 3);
  return options;
}

leveldb::Options leveldb_defaults() {
  leveldb::Options options;
  options.create_if_missing = true;
  options.compression = leveldb::kNoCompression;
  return options;
}

Options our_log_only() {
  Options options = our_defaults();
  options.compact_after_operations = options.compact_after_bytes = 0;
  return options;
}

leveldb::Options leveldb_log_only() {
  leveldb::Options options = leveldb_defaults();
  options.write_buffer_size = std::size_t{1} << 30;
  options.max_file_size = std::size_t{1} << 30;
  return options;
}

std::unique_ptr<Store> open_ours(const std::string& path, const Options& options) {
  return must(Store::open(vfs(), path, options));
}

std::unique_ptr<leveldb::DB> open_leveldb(const std::string& path, const leveldb::Options& options) {
  leveldb::DB* db = nullptr;
  must(leveldb::DB::Open(options, path, &db));
  return std::unique_ptr<leveldb::DB>(db);
}

void put_records(Store& store, std::size_t count, std::size_t times) {
  for (std::size_t i = 0; i < count * times; ++i) must(store.put(key_of(i % count), value_of(i)));
}

void put_records(leveldb::DB& db, std::size_t count, std::size_t times) {
  const auto slice = [](std::string_view bytes) { return leveldb::Slice(bytes.data(), bytes.size()); };
  for (std::size_t i = 0; i < count * times; ++i) {
    must(db.Put(leveldb::WriteOptions(), slice(key_of(i % count)), slice(value_of(i))));
  }
}

const std::string& our_million(Place place) {
  static std::array<std::unique_ptr<MillionStore>, 2> stores;
  auto& store = stores.at(static_cast<std::size_t>(place));
  if (!store) store = std::make_unique<MillionStore>(place, make_our_million);
  return store->path;
}

const std::string& leveldb_million(Place place) {
  static std::array<std::unique_ptr<MillionStore>, 2> stores;
  auto& store = stores.at(static_cast<std::size_t>(place));
  if (!store) store = std::make_unique<MillionStore>(place, make_leveldb_million);
  return store->path;
}

void copy_store(const std::string& from, const std::string& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to);
  sync_all_in(to);
}

}  // namespace kv::bench
