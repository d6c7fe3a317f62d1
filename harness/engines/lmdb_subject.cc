#include "harness/engines/lmdb_subject.h"

#include <fmt/format.h>
#include <lmdb.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "harness/engines/lmdb_files.h"
#include "harness/engines/setting_values.h"

namespace walbreaker {

namespace {

using kv::ErrorCode;
using kv::Result;

constexpr std::size_t kMapBytes = std::size_t{64} << 20;
constexpr std::size_t kMostKeyBytes = 510;  // MDB_MAXKEYSIZE, and the byte in front

struct LmdbOptions {
  bool nosync = false;
  bool nometasync = false;
  bool sync_directory = true;
  bool make_aside = true;
};

Result<LmdbOptions> options_of(const Settings& settings) {
  LmdbOptions options;
  const std::map<std::string, bool*> known{{"nosync", &options.nosync},
                                           {"nometasync", &options.nometasync},
                                           {"sync_directory", &options.sync_directory},
                                           {"make_aside", &options.make_aside}};
  for (const auto& [name, value] : settings) {
    if (is_the_harness_own(name)) continue;
    const auto found = known.find(name);
    if (found == known.end() || !read_value(value, *found->second)) {
      return kv::fail(
          ErrorCode::invalid_argument,
          fmt::format("no such setting: {}={}; known are make_aside, nometasync, nosync, sync_directory, true or false",
                      name, value));
    }
  }
  return options;
}

ErrorCode code_of(int answer) {
  switch (answer) {
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_PAGE_NOTFOUND: return ErrorCode::corrupted;
    case MDB_VERSION_MISMATCH: return ErrorCode::unsupported_version;
    case MDB_MAP_FULL: return ErrorCode::no_space;
    case MDB_BAD_VALSIZE: return ErrorCode::invalid_argument;
    default: return ErrorCode::internal;
  }
}

class LmdbSession final : public Session {
 public:
  explicit LmdbSession(kv::Vfs& vfs) : disk_(vfs) {}

  ~LmdbSession() override {
    const LmdbCall call(disk_);
    disk_.kill();
    mdb_env_close(environment_);
  }

  Result<void> open(const std::string& path, unsigned flags) {
    const LmdbCall call(disk_);
    TRY(result(mdb_env_create(&environment_)));
    TRY(result(mdb_env_set_mapsize(environment_, kMapBytes)));
    TRY(result(mdb_env_open(environment_, path.c_str(), flags | MDB_NOSUBDIR | MDB_NOLOCK, 0644)));
    return read([&](MDB_txn* transaction) { return mdb_dbi_open(transaction, nullptr, 0, &database_); });
  }

  Result<void> put(const std::string& key, const std::string& value) override {
    return write([&](MDB_txn* transaction) { return put(transaction, key, value); });
  }

  Result<bool> del(const std::string& key) override {
    bool found = true;
    TRY(write([&](MDB_txn* transaction) {
      const int answer = del(transaction, key);
      found = answer != MDB_NOTFOUND;
      return found ? answer : MDB_SUCCESS;
    }));
    return found;
  }

  Result<void> batch(const kv::Batch& batch) override {
    return write([&](MDB_txn* transaction) {
      for (const auto& write : batch.operations()) {
        const bool is_put = write.kind == kv::Batch::Kind::put;
        const int answer = is_put ? put(transaction, write.key, write.value) : del(transaction, write.key);
        if (answer != MDB_SUCCESS && answer != MDB_NOTFOUND) return answer;
      }
      return MDB_SUCCESS;
    });
  }

  Result<std::optional<std::string>> get(const std::string& key) override {
    std::optional<std::string> found;
    TRY(read([&](MDB_txn* transaction) {
      const std::string stored = stored_key(key);
      MDB_val name = to_val(stored);
      MDB_val value{};
      const int answer = mdb_get(transaction, database_, &name, &value);
      if (answer == MDB_SUCCESS) found = to_string(value);
      return answer == MDB_NOTFOUND ? MDB_SUCCESS : answer;
    }));
    return found;
  }

  Result<Listing> scan() override {
    Listing listing;
    TRY(read([&](MDB_txn* transaction) {
      MDB_cursor* cursor = nullptr;
      int answer = mdb_cursor_open(transaction, database_, &cursor);
      if (answer != MDB_SUCCESS) return answer;
      MDB_val key{};
      MDB_val value{};
      while ((answer = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
        listing.emplace_back(to_string(key).substr(1), to_string(value));
      }
      mdb_cursor_close(cursor);
      return answer == MDB_NOTFOUND ? MDB_SUCCESS : answer;
    }));
    return listing;
  }

  Result<void> sync() override {
    const LmdbCall call(disk_);
    return result(mdb_env_sync(environment_, 1));
  }

  Result<void> compact() override { return kv::fail(ErrorCode::invalid_argument, "lmdb has no compaction"); }

  Result<void> close() override {
    TRY(sync());
    const LmdbCall call(disk_);
    mdb_env_close(std::exchange(environment_, nullptr));
    return {};
  }

 private:
  static std::string stored_key(const std::string& key) { return "k" + key; }
  static MDB_val to_val(const std::string& bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
  static std::string to_string(const MDB_val& value) {
    return {static_cast<const char*>(value.mv_data), value.mv_size};
  }

  int put(MDB_txn* transaction, const std::string& key, const std::string& value) const {
    const std::string stored = stored_key(key);
    MDB_val name = to_val(stored);
    MDB_val bytes = to_val(value);
    return mdb_put(transaction, database_, &name, &bytes, 0);
  }

  int del(MDB_txn* transaction, const std::string& key) const {
    const std::string stored = stored_key(key);
    MDB_val name = to_val(stored);
    return mdb_del(transaction, database_, &name, nullptr);
  }

  // Commits what `work` did, where it answers MDB_SUCCESS.
  template <class Work>
  Result<void> write(const Work& work) {
    return run(0, work);
  }

  template <class Work>
  Result<void> read(const Work& work) {
    return run(MDB_RDONLY, work);
  }

  template <class Work>
  Result<void> run(unsigned flags, const Work& work) {
    const LmdbCall call(disk_);
    MDB_txn* transaction = nullptr;
    TRY(result(mdb_txn_begin(environment_, nullptr, flags, &transaction)));
    if (const int answer = work(transaction); answer != MDB_SUCCESS) {
      mdb_txn_abort(transaction);
      return result(answer);
    }
    return result(mdb_txn_commit(transaction));
  }

  // A positive answer is an errno.
  Result<void> result(int answer) const {
    if (answer == MDB_SUCCESS) return {};
    if (answer > 0 && disk_.error()) return std::unexpected(*disk_.error());
    const std::string text = std::string("lmdb: ") + mdb_strerror(answer);
    return answer > 0 ? kv::fail_errno(answer, "lmdb") : kv::fail(code_of(answer), text);
  }

  LmdbDisk disk_;
  MDB_env* environment_ = nullptr;
  MDB_dbi database_ = 0;
};

// Gives an environment its name when it is durable.
Result<void> make_environment(kv::Vfs& vfs, const std::string& path, const std::string& aside) {
  if (const auto gone = vfs.unlink(aside); !gone && gone.error().os_error != ENOENT) return gone;
  LmdbSession session(vfs);
  TRY(session.open(aside, 0));
  TRY(session.close());
  return vfs.rename(aside, path);
}

}  // namespace

std::vector<PromiseTerm> LmdbSubject::promise(const Settings& settings) const {
  const auto options = options_of(settings);
  // lmdb.h, MDB_NOSYNC: "Don't flush system buffers to disk when committing a transaction. This optimization means a
  // system crash can corrupt the database or lose the last transactions if buffers are not yet flushed to disk." And
  // MDB_NOMETASYNC: "This optimization maintains database integrity, but a system crash may undo the last committed
  // transaction." mdb_env_sync() flushes: "Data is always written to disk when mdb_txn_commit() is called, but the
  // operating system may keep it buffered. LMDB always flushes the OS buffers upon commit as well, unless the
  // environment was opened with MDB_NOSYNC or in part MDB_NOMETASYNC."
  const bool on_request = options && (options->nosync || options->nometasync);
  return {{"kill", "on_ack"},
          {"power", on_request ? "on_sync" : "on_ack"},
          {"served", "cached"},
          // lmdb.h calls the library "transactional with full ACID semantics"; with MDB_NOSYNC that holds "if the
          // filesystem preserves write order", and this promise has no term for a disk.
          {"order", "prefix"},
          {"batches", "atomic"},
          {"on_error", "unknown"},
          {"on_damage", "none"},  // there are no checksums
          {"keys", "bytes"},
          {"values", "bytes"},
          {"max_key", std::to_string(kMostKeyBytes)}};
}

std::vector<Settings> LmdbSubject::ways() const { return {{}, {{"nometasync", "true"}}}; }

FileRole LmdbSubject::role_of(std::string_view file_name) const {
  return file_name == "data.mdb" ? FileRole::unknown : FileRole::other;
}

Result<Opened> LmdbSubject::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  if (request.read_only) return kv::fail(ErrorCode::invalid_argument, "lmdb is not opened read-only here");
  const LmdbOptions options = TRY(options_of(request.settings));
  const std::string path = kv::join_path(directory, "data.mdb");
  const auto found = vfs.open(path, kv::OpenMode::read);
  if (!found && found.error().os_error != ENOENT) return std::unexpected(found.error());
  if (!found) TRY(make_store_directory(vfs, directory));
  if (!found && options.make_aside) TRY(make_environment(vfs, path, kv::join_path(directory, "new.mdb")));
  auto session = std::make_unique<LmdbSession>(vfs);
  TRY(session->open(path, (options.nosync ? MDB_NOSYNC : 0U) | (options.nometasync ? MDB_NOMETASYNC : 0U)));
  // In every open, since a process before may have been killed before it came to this.
  if (options.sync_directory) TRY(vfs.sync_dir(directory));
  Opened opened{OpenAnswer::clean, {}, nullptr};
  opened.session = std::move(session);
  return opened;
}

}  // namespace walbreaker
