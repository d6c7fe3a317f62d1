#include "harness/engines/rocksdb_subject.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "harness/engines/lsm_engine.h"
#include "harness/engines/rocksdb_env.h"
#include "harness/engines/rocksdb_file_system.h"
#include "harness/engines/setting_values.h"

namespace walbreaker {

namespace {

using rocksdb::WALRecoveryMode;

struct RocksDbSettings {
  bool sync = false;
  bool paranoid_checks = true;
  WALRecoveryMode wal_recovery_mode = WALRecoveryMode::kPointInTimeRecovery;
  Background background = Background::eager;
  OptionsFiles options_files = OptionsFiles::refused;
  std::uint64_t compact_after_operations = 0;
};

// By the enumerators' names.
constexpr std::array kModes{
    Word{"kTolerateCorruptedTailRecords", WALRecoveryMode::kTolerateCorruptedTailRecords},
    Word{"kAbsoluteConsistency", WALRecoveryMode::kAbsoluteConsistency},
    Word{"kPointInTimeRecovery", WALRecoveryMode::kPointInTimeRecovery},
    Word{"kSkipAnyCorruptedRecords", WALRecoveryMode::kSkipAnyCorruptedRecords},
};

constexpr std::array kOptionsFiles{Word{"refused", OptionsFiles::refused}, Word{"written", OptionsFiles::written}};

bool set(RocksDbSettings& settings, std::string_view name, std::string_view value) {
  if (name == "sync") return read_sync(value, settings.sync);
  if (name == "paranoid_checks") return read_value(value, settings.paranoid_checks);
  if (name == "wal_recovery_mode") return read_word(value, kModes, settings.wal_recovery_mode);
  if (name == "background") return read_word(value, kBackgrounds, settings.background);
  if (name == "options_files") return read_word(value, kOptionsFiles, settings.options_files);
  if (name == "compact_after_operations") return read_value(value, settings.compact_after_operations);
  return name == "compact_after_bytes";
}

constexpr std::string_view kKnownSettings =
    "sync=true|false|on_commit|on_request, paranoid_checks=true|false, wal_recovery_mode="
    "kTolerateCorruptedTailRecords|kAbsoluteConsistency|kPointInTimeRecovery|kSkipAnyCorruptedRecords, "
    "background=eager|lazy, options_files=refused|written, compact_after_operations=N; compact_after_bytes is ignored";

kv::Result<RocksDbSettings> parse(const Settings& settings) {
  return read_settings(settings, "rocksdb", kKnownSettings, set);
}

// The info log.
class DroppedBytesLog final : public rocksdb::Logger {
 public:
  DroppedBytesLog() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, std::va_list arguments) override { dropped_.log(format, arguments); }

  [[nodiscard]] const std::string& text() const { return dropped_.text(); }

 private:
  DroppedBytes dropped_;
};

// Of the options that change nothing that is durable, those that cost threads, time or memory are off.
rocksdb::Options options_of(const RocksDbSettings& settings, RocksDbEnv& env) {
  rocksdb::Options options;
  options.env = &env;
  options.create_if_missing = true;
  options.paranoid_checks = settings.paranoid_checks;
  options.wal_recovery_mode = settings.wal_recovery_mode;
  options.compression = rocksdb::kNoCompression;
  options.db_host_id = "";  // else it is that of this machine, in every table
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.skip_stats_update_on_db_open = true;
  options.max_file_opening_threads = 1;
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.table_cache_numshardbits = 0;
  options.arena_block_size = 4096;
  rocksdb::BlockBasedTableOptions tables;
  tables.block_cache = rocksdb::NewLRUCache(64 << 10, 0);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(tables));
  return options;
}

rocksdb::Slice to_slice(const std::string& bytes) { return {bytes.data(), bytes.size()}; }

class RocksDbSession final : public Session {
 public:
  RocksDbSession(kv::Vfs& vfs, const RocksDbSettings& settings, std::uint64_t entropy, bool read_only)
      : settings_(settings),
        read_only_(read_only),
        files_(std::make_shared<RocksDbFileSystem>(vfs, settings.options_files)),
        env_(files_, entropy) {
    writes_.sync = settings.sync;
  }

  // RocksDB unlinks what it needs no more when it is destroyed, and a killed process does not.
  ~RocksDbSession() override {
    files_->cut_off();
    const RocksDbEnv::Foreground foreground(env_);
    db_.reset();
  }

  // That a file is missing which another one names is an I/O error to RocksDB, but no disk has failed: it is a refusal.
  kv::Result<std::string> open(const std::string& directory) {
    const RocksDbEnv::Foreground foreground(env_);
    rocksdb::Options options = options_of(settings_, env_);
    options.info_log = log_;
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = read_only_ ? rocksdb::DB::OpenForReadOnly(options, directory, &opened)
                                              : rocksdb::DB::Open(options, directory, &opened);
    db_.reset(opened);
    settle();
    if (status.IsPathNotFound()) return kv::fail(kv::ErrorCode::corrupted, status.ToString(), ENOENT);
    TRY(answer(status));
    return log_->text();
  }

  kv::Result<void> put(const std::string& key, const std::string& value) override {
    rocksdb::WriteBatch batch;
    batch.Put(to_slice(key), to_slice(value));
    return write(batch);
  }

  kv::Result<bool> del(const std::string& key) override {
    if (!TRY(get(key))) return false;
    rocksdb::WriteBatch batch;
    batch.Delete(to_slice(key));
    TRY(write(batch));
    return true;
  }

  kv::Result<void> batch(const kv::Batch& batch) override {
    auto all = to_write_batch<rocksdb::WriteBatch>(batch);
    return write(all);
  }

  kv::Result<std::optional<std::string>> get(const std::string& key) override {
    const RocksDbEnv::Foreground foreground(env_);
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), to_slice(key), &value);
    settle();
    if (status.IsNotFound()) return std::nullopt;
    TRY(answer(status));
    return value;
  }

  kv::Result<Listing> scan() override {
    const RocksDbEnv::Foreground foreground(env_);
    Listing listing;
    rocksdb::Status status;
    {
      const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions()));
      for (at->SeekToFirst(); at->Valid(); at->Next()) {
        listing.emplace_back(at->key().ToString(), at->value().ToString());
      }
      status = at->status();
    }
    settle();
    TRY(answer(status));
    return listing;
  }

  // A synced write, of nothing, and not DB::SyncWAL: that one, after a write to the log that failed, is an assertion
  // that fails, and Debian's library is built with assertions.
  kv::Result<void> sync() override {
    rocksdb::WriteBatch nothing;
    rocksdb::WriteOptions synced;
    synced.sync = true;
    return change([&] { return db_->Write(synced, &nothing); });
  }

  kv::Result<void> compact() override {
    written_since_flush_ = 0;
    return change([&] { return db_->CompactRange({}, nullptr, nullptr); });
  }

  // Closing syncs nothing, so what was written without a sync is synced first.
  kv::Result<void> close() override {
    const auto synced = settings_.sync || read_only_ ? kv::Result<void>{} : sync();
    const RocksDbEnv::Foreground foreground(env_);
    const auto closed = answer(db_->Close());
    db_.reset();
    return synced ? closed : synced;
  }

 private:
  kv::Result<void> write(rocksdb::WriteBatch& batch) {
    TRY(make_room());
    written_since_flush_ += static_cast<std::uint64_t>(batch.Count());
    return change([&] { return db_->Write(writes_, &batch); });
  }

  // Begins a new log and a new memtable, and has the old one written to a table in the background, as a full memtable
  // does.
  kv::Result<void> make_room() {
    const std::uint64_t limit = settings_.compact_after_operations;
    if (limit == 0 || written_since_flush_ < limit) return {};
    written_since_flush_ = 0;
    rocksdb::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;
    const RocksDbEnv::Foreground foreground(env_);
    return answer(db_->Flush(options));
  }

  template <class Change>
  kv::Result<void> change(Change change) {
    if (read_only_) return kv::fail(kv::ErrorCode::read_only, "opened read-only");
    const RocksDbEnv::Foreground foreground(env_);
    const rocksdb::Status status = change();
    settle();
    return answer(status);
  }

  void settle() {
    if (settings_.background == Background::eager) env_.run_background();
  }

  [[nodiscard]] kv::Result<void> answer(const rocksdb::Status& status) const {
    if (status.ok()) return {};
    return std::unexpected(files_->to_error(status));
  }

  RocksDbSettings settings_;
  bool read_only_;
  rocksdb::WriteOptions writes_;
  std::shared_ptr<RocksDbFileSystem> files_;
  RocksDbEnv env_;
  std::shared_ptr<DroppedBytesLog> log_ = std::make_shared<DroppedBytesLog>();
  std::unique_ptr<rocksdb::DB> db_;
  std::uint64_t written_since_flush_ = 0;  // puts and dels
};

std::string_view on_damage_of(const RocksDbSettings& settings) {
  switch (settings.wal_recovery_mode) {
    // "We don't expect to find any corruption in the WAL."
    case WALRecoveryMode::kAbsoluteConsistency: return settings.paranoid_checks ? "detect" : "none";
    // "We stop the WAL playback on discovering WAL inconsistency", and "in case a corruption is detected during
    // recovery, [kTolerateCorruptedTailRecords] will refuse to open the DB", but at the end of a log.
    case WALRecoveryMode::kPointInTimeRecovery:
    case WALRecoveryMode::kTolerateCorruptedTailRecords: return settings.paranoid_checks ? "prefix" : "none";
    // "We ignore any corruption in the WAL and try to salvage as much data as possible."
    case WALRecoveryMode::kSkipAnyCorruptedRecords: break;
  }
  return "none";
}

}  // namespace

std::vector<PromiseTerm> RocksDbSubject::promise(const Settings& settings) const {
  const RocksDbSettings parsed = parse(settings).value_or(RocksDbSettings{});
  // "Recover from clean shutdown. We don't expect to find any corruption in the WAL."
  const bool clean_shutdowns_only = parsed.wal_recovery_mode == WALRecoveryMode::kAbsoluteConsistency;
  const std::string survives_power = parsed.sync ? "on_ack" : "on_sync";
  // Cited from include/rocksdb/options.h of RocksDB 7.8, and from the pages that README.md names.
  return {
      // WriteOptions::sync: "if it is just the process that crashes (i.e., the machine does not reboot), no writes will
      // be lost even if sync==false."
      {"kill", clean_shutdowns_only ? "never" : "on_ack"},
      // "A DB write with sync==true has similar crash semantics to a "write()" system call followed by "fdatasync()"."
      {"power", clean_shutdowns_only ? "never" : survives_power},
      // Of what a recovery serves nothing is said.
      {"served", "cached"},
      // Point-in-time consistency, which is promised of this mode by name.
      {"order", parsed.wal_recovery_mode == WALRecoveryMode::kSkipAnyCorruptedRecords ? "per_key" : "prefix"},
      // WriteBatch: "a collection of updates to apply atomically to a DB" (write_batch.h).
      {"batches", "atomic"},
      // Nothing is said of a write that failed.
      {"on_error", "unknown"},
      {"on_damage", std::string(on_damage_of(parsed))},
      {"keys", "bytes"},
      {"values", "bytes"},
  };
}

std::vector<Settings> RocksDbSubject::ways() const {
  return {{{"sync", "true"}},
          {{"sync", "true"}, {"background", "lazy"}, {"compact_after_operations", "5"}},
          {{"sync", "false"}},
          {{"sync", "false"}, {"background", "lazy"}, {"compact_after_operations", "5"}}};
}

FileRole RocksDbSubject::role_of(std::string_view file_name) const {
  if (file_name.ends_with(".log")) return FileRole::log;
  const bool is_of_the_store =
      file_name.ends_with(".sst") || file_name.starts_with("MANIFEST-") || file_name == "CURRENT";
  return is_of_the_store ? FileRole::unknown : FileRole::other;
}

kv::Result<Opened> RocksDbSubject::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  const RocksDbSettings settings = TRY(parse(request.settings));
  auto session = std::make_unique<RocksDbSession>(vfs, settings, request.entropy, request.read_only);
  Opened opened{OpenAnswer::clean, TRY(session->open(directory)), nullptr};
  opened.session = std::move(session);
  return opened;
}

}  // namespace walbreaker
