#include "harness/engines/leveldb_subject.h"

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <array>
#include <cstdarg>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "harness/engines/leveldb_env.h"
#include "harness/engines/lsm_engine.h"
#include "harness/engines/setting_values.h"

namespace walbreaker {

namespace {

struct LevelDbSettings {
  leveldb::Options options;
  leveldb::ReadOptions reads;
  leveldb::WriteOptions writes;
  Background background = Background::eager;
  Care care = Care::native;
  std::uint64_t compact_after_operations = 0;
};

constexpr std::array kEnvs{Word{"native", Care::native}, Word{"careful", Care::more}};

bool set(LevelDbSettings& settings, std::string_view name, std::string_view value) {
  if (name == "sync") return read_sync(value, settings.writes.sync);
  if (name == "paranoid_checks") return read_value(value, settings.options.paranoid_checks);
  if (name == "verify_checksums") return read_value(value, settings.reads.verify_checksums);
  if (name == "reuse_logs") return read_value(value, settings.options.reuse_logs);
  if (name == "write_buffer_size") return read_value(value, settings.options.write_buffer_size);
  if (name == "background") return read_word(value, kBackgrounds, settings.background);
  if (name == "env") return read_word(value, kEnvs, settings.care);
  if (name == "compact_after_operations") return read_value(value, settings.compact_after_operations);
  return name == "compact_after_bytes";
}

constexpr std::string_view kKnownSettings =
    "sync=true|false|on_commit|on_request, paranoid_checks=true|false, verify_checksums=true|false, "
    "reuse_logs=true|false, write_buffer_size=BYTES, background=eager|lazy, env=native|careful, "
    "compact_after_operations=N; compact_after_bytes is ignored";

kv::Result<LevelDbSettings> parse(const Settings& settings) {
  return read_settings(settings, "leveldb", kKnownSettings, set);
}

// The info log.
class DroppedBytesLog final : public leveldb::Logger {
 public:
  void Logv(const char* format, std::va_list arguments) override { dropped_.log(format, arguments); }

  [[nodiscard]] const std::string& text() const { return dropped_.text(); }

 private:
  DroppedBytes dropped_;
};

leveldb::Slice to_slice(const std::string& bytes) { return {bytes.data(), bytes.size()}; }

std::string to_string(const leveldb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

class LevelDbSession final : public Session {
 public:
  LevelDbSession(kv::Vfs& vfs, LevelDbSettings settings) : settings_(std::move(settings)), env_(vfs, settings_.care) {
    settings_.options.create_if_missing = true;
    settings_.options.compression = leveldb::kNoCompression;
    settings_.options.env = &env_;
    settings_.options.info_log = &log_;
  }

  // What is queued finds that LevelDB shuts down, and does nothing: a destroyed database writes no byte.
  ~LevelDbSession() override { shut_down(); }

  kv::Result<std::string> open(const std::string& directory) {
    const LevelDbEnv::Foreground foreground(env_);
    leveldb::DB* opened = nullptr;
    const leveldb::Status status = leveldb::DB::Open(settings_.options, directory, &opened);
    db_.reset(opened);
    settle();
    TRY(answer(status));
    return log_.text();
  }

  kv::Result<void> put(const std::string& key, const std::string& value) override {
    leveldb::WriteBatch batch;
    batch.Put(to_slice(key), to_slice(value));
    return write(batch, 1);
  }

  kv::Result<bool> del(const std::string& key) override {
    if (!TRY(get(key))) return false;
    leveldb::WriteBatch batch;
    batch.Delete(to_slice(key));
    TRY(write(batch, 1));
    return true;
  }

  kv::Result<void> batch(const kv::Batch& batch) override {
    auto all = to_write_batch<leveldb::WriteBatch>(batch);
    return write(all, batch.size());
  }

  kv::Result<std::optional<std::string>> get(const std::string& key) override {
    const LevelDbEnv::Foreground foreground(env_);
    std::string value;
    const leveldb::Status status = db_->Get(settings_.reads, to_slice(key), &value);
    settle();
    if (status.IsNotFound()) return std::nullopt;
    TRY(answer(status));
    return value;
  }

  kv::Result<Listing> scan() override {
    const LevelDbEnv::Foreground foreground(env_);
    Listing listing;
    leveldb::Status status;
    {
      const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(settings_.reads));
      for (at->SeekToFirst(); at->Valid(); at->Next())
        listing.emplace_back(to_string(at->key()), to_string(at->value()));
      status = at->status();
    }
    settle();
    TRY(answer(status));
    return listing;
  }

  // LevelDB has no such command. An empty batch that is written with a sync is a record of the log like any other, and
  // "a DB write with sync==true has similar crash semantics to a write() system call followed by fsync()" (options.h).
  kv::Result<void> sync() override {
    const LevelDbEnv::Foreground foreground(env_);
    leveldb::WriteBatch nothing;
    leveldb::WriteOptions synced;
    synced.sync = true;
    const leveldb::Status status = db_->Write(synced, &nothing);
    settle();
    return answer(status);
  }

  // CompactRange answers nothing. What failed in it fails every later write, and so the empty one behind it.
  kv::Result<void> compact() override {
    const LevelDbEnv::Foreground foreground(env_);
    db_->CompactRange(nullptr, nullptr);
    written_since_switch_ = 0;
    leveldb::WriteBatch nothing;
    const leveldb::Status status = db_->Write({}, &nothing);
    settle();
    return answer(status);
  }

  // Deleting the database syncs nothing, so what was written without a sync is synced first.
  kv::Result<void> close() override {
    const auto synced = settings_.writes.sync ? kv::Result<void>{} : sync();
    shut_down();
    return synced;
  }

 private:
  kv::Result<void> write(leveldb::WriteBatch& batch, std::uint64_t operations) {
    const LevelDbEnv::Foreground foreground(env_);
    TRY(answer(make_room()));
    const leveldb::Status status = db_->Write(settings_.writes, &batch);
    written_since_switch_ += operations;
    settle();
    return answer(status);
  }

  // Begins a new log and a new memtable, and has the old one written to a table in the background, as a full memtable
  // does: no batch at all asks for it. A real one has 64 KiB at least.
  leveldb::Status make_room() {
    const std::uint64_t limit = settings_.compact_after_operations;
    if (limit == 0 || written_since_switch_ < limit) return leveldb::Status::OK();
    written_since_switch_ = 0;
    return db_->Write({}, nullptr);
  }

  void settle() {
    if (settings_.background == Background::eager) env_.run_background();
  }

  void shut_down() {
    const LevelDbEnv::Foreground foreground(env_);
    db_.reset();
  }

  [[nodiscard]] kv::Result<void> answer(const leveldb::Status& status) const {
    if (status.ok()) return {};
    return std::unexpected(env_.to_error(status));
  }

  LevelDbSettings settings_;
  LevelDbEnv env_;
  DroppedBytesLog log_;
  std::unique_ptr<leveldb::DB> db_;
  std::uint64_t written_since_switch_ = 0;  // puts and dels
};

}  // namespace

std::vector<PromiseTerm> LevelDbSubject::promise(const Settings& settings) const {
  const LevelDbSettings parsed = parse(settings).value_or(LevelDbSettings{});
  const bool checks_all = parsed.options.paranoid_checks && parsed.reads.verify_checksums;
  // Cited from doc/index.md of LevelDB 1.23, https://github.com/google/leveldb/blob/1.23/doc/index.md
  return {
      // "A crash of just the writing process (i.e., not a reboot) will not cause any loss since even when sync is
      // false, an update is pushed from the process memory into the operating system before it is considered done."
      {"kill", "on_ack"},
      // "The sync flag can be turned on for a particular write to make the write operation not return until the data
      // being written has been pushed all the way to persistent storage." Without it: "every Nth write is synchronous,
      // and in the event of a crash, the bulk load is restarted just after the last synchronous write".
      {"power", parsed.writes.sync ? "on_ack" : "on_sync"},
      // Of what a recovery serves nothing is said.
      {"served", "cached"},
      // "A crash of the machine may cause the last few updates to be lost."
      {"order", "prefix"},
      // "The WriteBatch class [...] atomically appl[ies] a set of updates."
      {"batches", "atomic"},
      // Nothing is said of a write that failed.
      {"on_error", "unknown"},
      // "leveldb associates checksums with all data it stores in the file system." verify_checksums: "force checksum
      // verification of all data that is read from the file system on behalf of a particular read. By default, no such
      // verification is done." paranoid_checks: "make the database implementation raise an error as soon as it detects
      // an internal corruption. [...] By default, paranoid checking is off so that the database can be used even if
      // parts of its persistent storage have been corrupted."
      {"on_damage", checks_all ? "detect" : "none"},
      {"keys", "bytes"},
      {"values", "bytes"},
  };
}

std::vector<Settings> LevelDbSubject::ways() const {
  return {{{"sync", "true"}},
          {{"sync", "true"}, {"background", "lazy"}, {"compact_after_operations", "5"}},
          {{"sync", "false"}},
          {{"sync", "false"}, {"background", "lazy"}, {"compact_after_operations", "5"}}};
}

FileRole LevelDbSubject::role_of(std::string_view file_name) const {
  if (file_name.ends_with(".log")) return FileRole::log;
  const bool is_of_the_store =
      file_name.ends_with(".ldb") || file_name.starts_with("MANIFEST-") || file_name == "CURRENT";
  return is_of_the_store ? FileRole::unknown : FileRole::other;
}

kv::Result<Opened> LevelDbSubject::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  if (request.read_only) return kv::fail(kv::ErrorCode::invalid_argument, "leveldb opens no store read-only");
  auto session = std::make_unique<LevelDbSession>(vfs, TRY(parse(request.settings)));
  Opened opened{OpenAnswer::clean, TRY(session->open(directory)), nullptr};
  opened.session = std::move(session);
  return opened;
}

}  // namespace walbreaker
