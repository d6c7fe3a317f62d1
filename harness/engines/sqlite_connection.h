// One connection to a database on a SqliteDisk, with errors as values.
//
//   auto connection = TRY(SqliteConnection::open(vfs, "store/kv.db", {.entropy = 7}));
//   TRY(connection->execute("PRAGMA synchronous=FULL"));
//   auto& insert = TRY(connection->prepare(...));
//
// Destroying it without close() is what a process kill does: SQLite frees its memory, and nothing more reaches the
// disk.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/result.h"
#include "engine/vfs.h"
#include "harness/engines/sqlite_disk.h"

namespace walbreaker {

class SqliteConnection {
 public:
  // What a row holds: its columns, as bytes that are valid during the call.
  class Row {
   public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
    [[nodiscard]] std::string_view column(int index) const;

   private:
    sqlite3_stmt* statement_;
  };
  using Visit = std::function<void(const Row&)>;

  // A statement whose parameters are bytes; it is prepared when it is first run.
  struct Statement {
    const char* sql;
    std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> prepared{nullptr, sqlite3_finalize};
  };

  // Opens the database in `path`, or makes it. Errors: as of every call here, see error().
  static kv::Result<std::unique_ptr<SqliteConnection>> open(kv::Vfs& vfs, const std::string& path,
                                                            const SqliteDisk::Options& options);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs statements without parameters, and visits the rows of all of them.
  kv::Result<void> execute(const char* sql, const Visit& visit = {});

  // Runs the statement with `parameters` and visits its rows.
  kv::Result<void> run(Statement& statement, std::initializer_list<std::string_view> parameters,
                       const Visit& visit = {});

  // How many rows the last statement that writes has changed.
  [[nodiscard]] int changes() const { return sqlite3_changes(database_); }

  // Whether a transaction was begun and is open still: SQLite ends one by itself after some errors, and not after
  // others.
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

  // Writes the log into the database (sqlite3_wal_checkpoint_v2); `mode` is one of SQLITE_CHECKPOINT_*.
  kv::Result<void> checkpoint(int mode);

  // Closes the database. All statements are gone by now.
  kv::Result<void> close();

 private:
  SqliteConnection(kv::Vfs& vfs, const SqliteDisk::Options& options) : disk_(vfs, options) {}

  // What a kv::Vfs answered, where SQLite's answer comes of that; else SQLite's words.
  [[nodiscard]] kv::Error error(int answer) const;
  [[nodiscard]] kv::Result<void> result(int answer) const;

  SqliteDisk disk_;
  sqlite3* database_ = nullptr;
};

}  // namespace walbreaker
