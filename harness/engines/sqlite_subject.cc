#include "harness/engines/sqlite_subject.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "harness/engines/setting_values.h"
#include "harness/engines/sqlite_connection.h"

namespace walbreaker {

namespace {

using kv::ErrorCode;
using kv::Result;

constexpr const char* kFile = "kv.db";

enum class JournalMode { delete_, truncate, persist, wal };
enum class Synchronous { off, normal, full, extra };

constexpr std::array<std::string_view, 4> kJournalModes{"delete", "truncate", "persist", "wal"};
constexpr std::array<std::string_view, 4> kSynchronous{"off", "normal", "full", "extra"};

struct SqliteOptions {
  JournalMode journal_mode = JournalMode::delete_;
  Synchronous synchronous = Synchronous::full;
  std::uint64_t wal_autocheckpoint = 1'000;
  std::uint64_t page_size = 4'096;
  bool psow = true;
  bool report_directory_sync = false;
};

template <class Enum, std::size_t N>
Result<void> set_word(Enum& option, const std::array<std::string_view, N>& words, const std::string& name,
                      const std::string& value) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words.at(i) == value) {
      option = static_cast<Enum>(i);
      return {};
    }
  }
  return kv::fail(ErrorCode::invalid_argument,
                  fmt::format("setting {}={}: one of {}", name, value, fmt::join(words, ", ")));
}

Result<void> set_number(std::uint64_t& option, const std::string& name, const std::string& value) {
  if (read_value(value, option)) return {};
  return kv::fail(ErrorCode::invalid_argument, fmt::format("setting {}={}: not a number", name, value));
}

Result<void> set(SqliteOptions& options, const std::string& name, const std::string& value) {
  constexpr std::array<std::string_view, 2> kBooleans{"0", "1"};
  if (is_the_harness_own(name)) return {};
  if (name == "journal_mode") return set_word(options.journal_mode, kJournalModes, name, value);
  if (name == "synchronous") return set_word(options.synchronous, kSynchronous, name, value);
  if (name == "psow") return set_word(options.psow, kBooleans, name, value);
  if (name == "report_directory_sync") return set_word(options.report_directory_sync, kBooleans, name, value);
  if (name == "wal_autocheckpoint") return set_number(options.wal_autocheckpoint, name, value);
  if (name == "page_size") return set_number(options.page_size, name, value);
  return kv::fail(
      ErrorCode::invalid_argument,
      fmt::format("no such setting: {}; known are journal_mode, page_size, psow, report_directory_sync, synchronous, "
                  "wal_autocheckpoint",
                  name));
}

Result<SqliteOptions> options_of(const Settings& settings) {
  SqliteOptions options;
  for (const auto& [name, value] : settings) TRY(set(options, name, value));
  return options;
}

// What SQLite says of a power cut, all of it on https://www.sqlite.org/pragma.html#pragma_synchronous.
std::string_view survives_power(const SqliteOptions& options) {
  // "With synchronous OFF (0), SQLite continues without syncing [...] the database might become corrupted if the
  // operating system crashes or the computer loses power".
  if (options.synchronous == Synchronous::off) return "never";
  if (options.journal_mode == JournalMode::wal) {
    // "WAL mode does lose durability. A transaction committed in WAL mode with synchronous=NORMAL might roll back
    // following a power loss"; "the WAL file is synchronized before each checkpoint and the database file is
    // synchronized after each completed checkpoint"; "With synchronous=FULL in WAL mode, an additional sync operation
    // of the WAL file happens after each transaction commit. The extra WAL sync following each transaction helps ensure
    // that transactions are durable across a power loss."
    return options.synchronous == Synchronous::normal ? "on_sync" : "on_ack";
  }
  // "EXTRA synchronous is like FULL with the addition that the directory containing a rollback journal is synced after
  // that journal is unlinked to commit a transaction in DELETE mode. EXTRA provides additional durability if the commit
  // is followed closely by a power loss." So FULL in DELETE mode does not have that. Nothing is unlinked in the other
  // modes, where FULL is "to ensure that all content is safely written to the disk surface prior to continuing".
  if (options.synchronous == Synchronous::extra) return "on_ack";
  if (options.synchronous == Synchronous::full && options.journal_mode != JournalMode::delete_) return "on_ack";
  // NORMAL: "the SQLite database engine will still sync at the most critical moments, but less often than in FULL
  // mode".
  return "on_sync";
}

class SqliteSession final : public Session {
 public:
  SqliteSession(std::unique_ptr<SqliteConnection> connection, const SqliteOptions& options)
      : connection_(std::move(connection)), options_(options) {}

  Result<void> put(const std::string& key, const std::string& value) override {
    return connection_->run(put_, {key, value});
  }

  Result<bool> del(const std::string& key) override {
    TRY(connection_->run(del_, {key}));
    return connection_->changes() > 0;
  }

  Result<void> batch(const kv::Batch& batch) override {
    auto done = write_all(batch);
    // The error that is told is the first one. Where this one fails too, SQLite rolls back before it reads again.
    if (!done && connection_->in_transaction()) (void)connection_->execute("ROLLBACK");
    return done;
  }

  Result<std::optional<std::string>> get(const std::string& key) override {
    std::optional<std::string> value;
    TRY(connection_->run(get_, {key}, [&](const SqliteConnection::Row& row) { value = row.column(0); }));
    return value;
  }

  Result<Listing> scan() override {
    Listing listing;
    TRY(connection_->run(
        scan_, {}, [&](const SqliteConnection::Row& row) { listing.emplace_back(row.column(0), row.column(1)); }));
    return listing;
  }

  Result<void> sync() override {
    if (options_.synchronous == Synchronous::off) return {};
    if (options_.journal_mode == JournalMode::wal) return connection_->checkpoint(SQLITE_CHECKPOINT_FULL);
    TRY(connection_->execute("PRAGMA synchronous=EXTRA"));
    auto written = connection_->execute("PRAGMA user_version=1");
    const std::string back = synchronous_pragma();
    TRY(connection_->execute(back.c_str()));
    return written;
  }

  Result<void> compact() override {
    if (options_.journal_mode == JournalMode::wal) return connection_->checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
    TRY(connection_->execute("VACUUM"));
    return sync();
  }

  // SQLite's own close answers ok where its last checkpoint has failed, so what is to be durable is made so before.
  Result<void> close() override {
    TRY(sync());
    for (auto* const statement : {&begin_, &commit_, &put_, &del_, &get_, &scan_}) statement->prepared.reset();
    return connection_->close();
  }

  // As after an open of the database; makes the table where there is none.
  Result<void> prepare() {
    const bool wal = options_.journal_mode == JournalMode::wal;
    const std::string pragmas = fmt::format(
        "PRAGMA temp_store=MEMORY;PRAGMA page_size={};PRAGMA locking_mode={};{};PRAGMA wal_autocheckpoint={}",
        options_.page_size, wal ? "EXCLUSIVE" : "NORMAL", synchronous_pragma(), options_.wal_autocheckpoint);
    TRY(connection_->execute(pragmas.c_str()));
    TRY(set_journal_mode());
    return connection_->execute("CREATE TABLE IF NOT EXISTS kv(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
  }

 private:
  using Statement = SqliteConnection::Statement;

  [[nodiscard]] std::string synchronous_pragma() const {
    return fmt::format("PRAGMA synchronous={}", kSynchronous.at(static_cast<std::size_t>(options_.synchronous)));
  }

  // It answers with the mode that is in force now, which is another one where the change could not be made.
  Result<void> set_journal_mode() {
    const std::string_view asked = kJournalModes.at(static_cast<std::size_t>(options_.journal_mode));
    std::string mode;
    TRY(connection_->execute(fmt::format("PRAGMA journal_mode={}", asked).c_str(),
                             [&](const SqliteConnection::Row& row) { mode = row.column(0); }));
    if (mode == asked) return {};
    return kv::fail(ErrorCode::internal, fmt::format("the journal mode is {}, and not {}", mode, asked));
  }

  Result<void> write_all(const kv::Batch& batch) {
    TRY(connection_->run(begin_, {}));
    for (const auto& write : batch.operations()) {
      if (write.kind == kv::Batch::Kind::put) {
        TRY(connection_->run(put_, {write.key, write.value}));
      } else {
        TRY(connection_->run(del_, {write.key}));
      }
    }
    return connection_->run(commit_, {});
  }

  std::unique_ptr<SqliteConnection> connection_;
  SqliteOptions options_;
  Statement begin_{"BEGIN IMMEDIATE"};
  Statement commit_{"COMMIT"};
  Statement put_{"REPLACE INTO kv(key, value) VALUES(?1, ?2)"};
  Statement del_{"DELETE FROM kv WHERE key = ?1"};
  Statement get_{"SELECT value FROM kv WHERE key = ?1"};
  Statement scan_{"SELECT key, value FROM kv ORDER BY key"};
};

// Makes the directory where there is no database.
Result<void> make_directory(kv::Vfs& vfs, const std::string& directory) {
  const auto found = vfs.open(kv::join_path(directory, kFile), kv::OpenMode::read);
  if (found) return {};
  if (found.error().os_error != ENOENT) return std::unexpected(found.error());
  return make_store_directory(vfs, directory);
}

}  // namespace

std::vector<PromiseTerm> SqliteSubject::promise(const Settings& settings) const {
  // An open refuses what is no setting; until then it stands for the default.
  const auto options = options_of(settings);
  return {
      // "If the application running SQLite crashes, the data will be safe", at any level
      // (https://www.sqlite.org/pragma.html#pragma_synchronous).
      {"kill", "on_ack"},
      {"power", std::string(survives_power(options ? *options : SqliteOptions{}))},
      // A recovery makes nothing durable that it serves, and nothing says that it does.
      {"served", "cached"},
      // "All changes within a single transaction in SQLite either occur completely or not at all, even if the act of
      // writing the change out to the disk is interrupted by [...] a power failure"
      // (https://www.sqlite.org/transactional.html). It says so of all but synchronous=OFF, and, for
      // journal_mode=DELETE on "an older filesystem", synchronous=NORMAL; this promise has no term for those two.
      {"order", "prefix"},
      {"batches", "atomic"},
      // "If certain kinds of errors occur within a transaction, the transaction may or may not be rolled back
      // automatically" (https://www.sqlite.org/lang_transaction.html).
      {"on_error", "unknown"},
      // "SQLite does not add any redundancy to the database file for the purpose of detecting corruption or I/O errors"
      // (https://www.sqlite.org/atomiccommit.html, 2).
      {"on_damage", "none"},
      {"keys", "bytes"},
      {"values", "bytes"}};
}

std::vector<Settings> SqliteSubject::ways() const {
  return {{{"journal_mode", "delete"}, {"synchronous", "extra"}},
          {{"journal_mode", "delete"}, {"synchronous", "full"}},
          {{"journal_mode", "persist"}, {"synchronous", "full"}},
          {{"journal_mode", "truncate"}, {"synchronous", "full"}},
          {{"journal_mode", "wal"}, {"synchronous", "full"}, {"wal_autocheckpoint", "6"}},
          {{"journal_mode", "wal"}, {"synchronous", "normal"}, {"wal_autocheckpoint", "6"}}};
}

FileRole SqliteSubject::role_of(std::string_view file_name) const {
  return file_name.starts_with(kFile) ? FileRole::unknown : FileRole::other;
}

Result<Opened> SqliteSubject::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  if (request.read_only) return kv::fail(ErrorCode::invalid_argument, "sqlite is not opened read-only");
  const SqliteOptions options = TRY(options_of(request.settings));
  TRY(make_directory(vfs, directory));
  auto connection = TRY(SqliteConnection::open(vfs, kv::join_path(directory, kFile),
                                               {.entropy = request.entropy,
                                                .powersafe_overwrite = options.psow,
                                                .report_directory_sync = options.report_directory_sync}));
  auto session = std::make_unique<SqliteSession>(std::move(connection), options);
  TRY(session->prepare());
  Opened opened{OpenAnswer::clean, {}, nullptr};
  opened.session = std::move(session);
  return opened;
}

}  // namespace walbreaker
