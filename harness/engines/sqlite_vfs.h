// SQLite's file layer on a kv::Vfs: a sqlite3_vfs that takes the steps of SQLite's own for Unix (os_unix.c), so that
// what is durable when is the same here and there. What SQLite asks, what the unix VFS does, and what this does:
//
//   xSync            fdatasync; and at the first one of a journal or log that it created, fsync of the directory, whose
//                    error it drops.
//                    sync; sync_dir; the error as SqliteDisk says
//   xDelete,         unlink, and fsync of the directory.
//     syncDir        unlink; sync_dir
//   xDelete          unlink. The same
//   xWrite           pwrite until all is written; a full disk is SQLITE_FULL. write_all
//   xTruncate        ftruncate. truncate
//   xAccess,         stat; a file of no bytes does not exist.
//     exists         open, size; an error other than ENOENT is one
//   xOpen            open; for reading where not for writing. The same
//   xSectorSize      4,096. The same
//   xDevice-         powersafe overwrite, unless opened with psow=0.
//   Characteristics  as SqliteDisk says
//
// The database's creation is made durable by the directory sync of its first journal.
//
// Locks. A lock of any level is one exclusive kv::FileLock on the database file, as in SQLite's own VFS unix-dotfile:
// connections exclude one another while they read, too, which kv::Vfs knows no finer way to say. There is no shared
// memory (xShm*): a log needs it where several connections share a database, and none where one has it for itself
// (PRAGMA locking_mode=EXCLUSIVE; https://www.sqlite.org/wal.html, 8 "Use of WAL Without Shared-Memory").
//
// There are no temporary files (PRAGMA temp_store=MEMORY), and the time stands still.
#pragma once

namespace walbreaker {

inline constexpr const char* kSqliteVfs = "walbreaker";

// Registers the VFS under this name, as the default: SQLite seeds its random numbers from that one. Outside of a
// SqliteCall it opens nothing. Returns SQLITE_OK, or what SQLite says. For prepare_sqlite().
int register_sqlite_vfs();

}  // namespace walbreaker
