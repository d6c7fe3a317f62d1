#include "harness/engines/sqlite_connection.h"

#include "harness/engines/sqlite_library.h"
#include "harness/engines/sqlite_vfs.h"

namespace walbreaker {

using kv::ErrorCode;
using kv::Result;

namespace {

ErrorCode code_of(int answer) {
  switch (answer & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::locked;
    case SQLITE_NOMEM: return ErrorCode::no_memory;
    case SQLITE_READONLY: return ErrorCode::read_only;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return ErrorCode::io_error;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::corrupted;
    case SQLITE_FULL: return ErrorCode::no_space;
    case SQLITE_TOOBIG: return ErrorCode::invalid_argument;
    default: return ErrorCode::internal;
  }
}

bool is_of_the_disk(ErrorCode code) { return code == ErrorCode::io_error || code == ErrorCode::no_space; }

}  // namespace

std::string_view SqliteConnection::Row::column(int index) const {
  // The pointer first: sqlite3_column_bytes tells the size of what it has made.
  const void* const data = sqlite3_column_blob(statement_, index);
  const int size = sqlite3_column_bytes(statement_, index);
  return size == 0 ? std::string_view()
                   : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(kv::Vfs& vfs, const std::string& path,
                                                                 const SqliteDisk::Options& options) {
  prepare_sqlite();
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(vfs, options));
  const SqliteCall call(connection->disk_);
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  TRY(connection->result(sqlite3_open_v2(path.c_str(), &connection->database_, kFlags, kSqliteVfs)));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  const SqliteCall call(disk_);
  disk_.kill();
  sqlite3_close_v2(database_);
}

Result<void> SqliteConnection::execute(const char* sql, const Visit& visit) {
  const SqliteCall call(disk_);
  while (*sql != '\0') {
    sqlite3_stmt* prepared = nullptr;
    TRY(result(sqlite3_prepare_v2(database_, sql, -1, &prepared, &sql)));
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(prepared, sqlite3_finalize);
    int answer = SQLITE_ROW;
    while ((answer = sqlite3_step(prepared)) == SQLITE_ROW) {
      if (visit) visit(Row(prepared));
    }
    TRY(result(answer));
  }
  return {};
}

Result<void> SqliteConnection::run(Statement& statement, std::initializer_list<std::string_view> parameters,
                                   const Visit& visit) {
  const SqliteCall call(disk_);
  if (!statement.prepared) {
    sqlite3_stmt* prepared = nullptr;
    TRY(result(sqlite3_prepare_v3(database_, statement.sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr)));
    statement.prepared.reset(prepared);
  }
  sqlite3_stmt* const prepared = statement.prepared.get();
  int index = 0;
  for (const std::string_view bytes : parameters) {
    // Bytes at no address would be NULL.
    const char* const data = bytes.data() == nullptr ? "" : bytes.data();
    TRY(result(sqlite3_bind_blob64(prepared, ++index, data, bytes.size(), SQLITE_STATIC)));
  }
  int answer = SQLITE_ROW;
  while ((answer = sqlite3_step(prepared)) == SQLITE_ROW) {
    if (visit) visit(Row(prepared));
  }
  // Its answer is that of the last step once more. The commit of a statement outside of a transaction is in the step.
  auto done = result(answer);
  sqlite3_reset(prepared);
  return done;
}

Result<void> SqliteConnection::checkpoint(int mode) {
  const SqliteCall call(disk_);
  return result(sqlite3_wal_checkpoint_v2(database_, nullptr, mode, nullptr, nullptr));
}

Result<void> SqliteConnection::close() {
  const SqliteCall call(disk_);
  TRY(result(sqlite3_close(database_)));
  database_ = nullptr;
  return {};
}

kv::Error SqliteConnection::error(int answer) const {
  const ErrorCode code = code_of(answer);
  if (is_of_the_disk(code) && disk_.error()) return *disk_.error();
  return {code, 0,
          std::string("sqlite: ") + (database_ == nullptr ? sqlite3_errstr(answer) : sqlite3_errmsg(database_))};
}

Result<void> SqliteConnection::result(int answer) const {
  if (answer == SQLITE_OK || answer == SQLITE_DONE) return {};
  return std::unexpected(error(answer));
}

}  // namespace walbreaker
