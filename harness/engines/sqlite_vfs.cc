#include "harness/engines/sqlite_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/assert.h"
#include "engine/vfs.h"
#include "harness/engines/sqlite_disk.h"

namespace walbreaker {

namespace {

using kv::Error;
using kv::ErrorCode;
using kv::OpenMode;

constexpr int kSectorBytes = 4'096;                  // SQLITE_DEFAULT_SECTOR_SIZE
constexpr sqlite3_int64 kNow = 212'000'000'000'000;  // in milliseconds of the Julian day: a moment in 2006

// The disk, the file's part of it, and what SQLite knows of the lock.
struct OpenFile {
  SqliteDisk& disk;
  std::string path;
  std::unique_ptr<kv::File> file;
  bool sync_directory = false;  // with the next sync
  int lock_level = SQLITE_LOCK_NONE;
  std::unique_ptr<kv::FileLock> lock;
};

// What SQLite has allocated for a file.
struct Handle {
  sqlite3_file base;
  OpenFile* open;
};

OpenFile& open_file(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file)->open; }

// Keeps the error for whoever made the call, and answers SQLite with `answer`.
int failed(SqliteDisk& disk, Error error, int answer) {
  disk.failed(std::move(error));
  return answer;
}

bool is_missing(const Error& error) { return error.os_error == ENOENT; }

int x_close(sqlite3_file* file) noexcept {
  delete reinterpret_cast<Handle*>(file)->open;
  file->pMethods = nullptr;
  return SQLITE_OK;
}

int x_read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) noexcept {
  OpenFile& open = open_file(file);
  if (open.disk.killed()) return SQLITE_IOERR_READ;
  const std::span<char> bytes(static_cast<char*>(into), static_cast<std::size_t>(size));
  const auto done = kv::read_full(*open.file, static_cast<std::uint64_t>(offset), bytes);
  if (!done) return failed(open.disk, done.error(), SQLITE_IOERR_READ);
  if (*done == bytes.size()) return SQLITE_OK;
  std::ranges::fill(bytes.subspan(*done), '\0');  // SQLite relies on it
  return SQLITE_IOERR_SHORT_READ;
}

int x_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) noexcept {
  OpenFile& open = open_file(file);
  if (open.disk.killed()) return SQLITE_IOERR_WRITE;
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
  const auto done = kv::write_all(*open.file, static_cast<std::uint64_t>(offset), bytes);
  if (done) return SQLITE_OK;
  return failed(open.disk, done.error(), done.error().code == ErrorCode::no_space ? SQLITE_FULL : SQLITE_IOERR_WRITE);
}

int x_truncate(sqlite3_file* file, sqlite3_int64 size) noexcept {
  OpenFile& open = open_file(file);
  if (open.disk.killed()) return SQLITE_IOERR_TRUNCATE;
  const auto done = open.file->truncate(static_cast<std::uint64_t>(size));
  return done ? SQLITE_OK : failed(open.disk, done.error(), SQLITE_IOERR_TRUNCATE);
}

int x_sync(sqlite3_file* file, int /*flags*/) noexcept {
  OpenFile& open = open_file(file);
  if (open.disk.killed()) return SQLITE_IOERR_FSYNC;
  if (const auto synced = open.file->sync(); !synced) return failed(open.disk, synced.error(), SQLITE_IOERR_FSYNC);
  if (!std::exchange(open.sync_directory, false)) return SQLITE_OK;
  const auto done = open.disk.vfs().sync_dir(kv::parent_path(open.path));
  if (done || !open.disk.options().report_directory_sync) return SQLITE_OK;
  open.sync_directory = true;  // is not done
  return failed(open.disk, done.error(), SQLITE_IOERR_DIR_FSYNC);
}

int x_file_size(sqlite3_file* file, sqlite3_int64* size) noexcept {
  OpenFile& open = open_file(file);
  if (open.disk.killed()) return SQLITE_IOERR_FSTAT;
  const auto found = open.file->size();
  if (!found) return failed(open.disk, found.error(), SQLITE_IOERR_FSTAT);
  *size = static_cast<sqlite3_int64>(*found);
  return SQLITE_OK;
}

int x_lock(sqlite3_file* file, int level) noexcept {
  OpenFile& open = open_file(file);
  if (open.disk.killed()) return SQLITE_BUSY;
  if (!open.lock) {
    auto lock = open.disk.vfs().lock(open.path, kv::LockMode::exclusive);
    if (!lock) {
      return failed(open.disk, lock.error(), lock.error().code == ErrorCode::locked ? SQLITE_BUSY : SQLITE_IOERR_LOCK);
    }
    open.lock = std::move(*lock);
  }
  open.lock_level = std::max(open.lock_level, level);
  return SQLITE_OK;
}

int x_unlock(sqlite3_file* file, int level) noexcept {
  OpenFile& open = open_file(file);
  open.lock_level = std::min(open.lock_level, level);
  if (open.lock_level == SQLITE_LOCK_NONE) open.lock.reset();
  return SQLITE_OK;
}

// Nobody else can have reserved what this connection has locked, as it has when SQLite asks.
int x_check_reserved_lock(sqlite3_file* file, int* reserved) noexcept {
  *reserved = open_file(file).lock_level > SQLITE_LOCK_SHARED ? 1 : 0;
  return SQLITE_OK;
}

int x_file_control(sqlite3_file* /*file*/, int /*what*/, void* /*argument*/) noexcept { return SQLITE_NOTFOUND; }

int x_sector_size(sqlite3_file* /*file*/) noexcept { return kSectorBytes; }

int x_device_characteristics(sqlite3_file* file) noexcept {
  return open_file(file).disk.options().powersafe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

constexpr sqlite3_io_methods kMethods{.iVersion = 1,  // 2 has shared memory, 3 mapped files
                                      .xClose = x_close,
                                      .xRead = x_read,
                                      .xWrite = x_write,
                                      .xTruncate = x_truncate,
                                      .xSync = x_sync,
                                      .xFileSize = x_file_size,
                                      .xLock = x_lock,
                                      .xUnlock = x_unlock,
                                      .xCheckReservedLock = x_check_reserved_lock,
                                      .xFileControl = x_file_control,
                                      .xSectorSize = x_sector_size,
                                      .xDeviceCharacteristics = x_device_characteristics};

OpenMode mode_of(int flags) {
  if ((flags & SQLITE_OPEN_READWRITE) == 0) return OpenMode::read;
  if ((flags & SQLITE_OPEN_CREATE) == 0) return OpenMode::read_write;
  return (flags & SQLITE_OPEN_EXCLUSIVE) == 0 ? OpenMode::create : OpenMode::create_new;
}

int x_open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* flags_out) noexcept {
  file->pMethods = nullptr;
  SqliteDisk* const disk = SqliteCall::disk();
  if (disk == nullptr || disk->killed() || name == nullptr) return SQLITE_CANTOPEN;
  auto opened = disk->vfs().open(name, mode_of(flags));
  if (!opened && (flags & SQLITE_OPEN_READWRITE) != 0) {
    disk->failed(opened.error());
    flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    opened = disk->vfs().open(name, OpenMode::read);
  }
  if (!opened) {
    if (!disk->error()) disk->failed(opened.error());
    return SQLITE_CANTOPEN;
  }
  constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  const bool is_new_journal = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kJournals) != 0;
  auto* const handle = reinterpret_cast<Handle*>(file);
  handle->open = new OpenFile{*disk, name, std::move(*opened), is_new_journal};
  handle->base.pMethods = &kMethods;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int x_delete(sqlite3_vfs* /*vfs*/, const char* name, int sync_directory) noexcept {
  SqliteDisk* const disk = SqliteCall::disk();
  if (disk == nullptr || disk->killed()) return SQLITE_IOERR_DELETE;
  if (const auto done = disk->vfs().unlink(name); !done) {
    if (is_missing(done.error())) return SQLITE_IOERR_DELETE_NOENT;
    return failed(*disk, done.error(), SQLITE_IOERR_DELETE);
  }
  if (sync_directory == 0) return SQLITE_OK;
  const auto done = disk->vfs().sync_dir(kv::parent_path(name));
  return done ? SQLITE_OK : failed(*disk, done.error(), SQLITE_IOERR_DIR_FSYNC);
}

int x_access(sqlite3_vfs* /*vfs*/, const char* name, int flags, int* answer) noexcept {
  SqliteDisk* const disk = SqliteCall::disk();
  if (disk == nullptr || disk->killed()) return SQLITE_IOERR_ACCESS;
  *answer = 0;
  const auto file = disk->vfs().open(name, flags == SQLITE_ACCESS_READWRITE ? OpenMode::read_write : OpenMode::read);
  if (!file) return is_missing(file.error()) ? SQLITE_OK : failed(*disk, file.error(), SQLITE_IOERR_ACCESS);
  const auto size = (*file)->size();
  if (!size) return failed(*disk, size.error(), SQLITE_IOERR_ACCESS);
  *answer = flags != SQLITE_ACCESS_EXISTS || *size > 0 ? 1 : 0;
  return SQLITE_OK;
}

int x_full_pathname(sqlite3_vfs* /*vfs*/, const char* name, int room, char* full) noexcept {
  const std::string_view path(name);
  if (path.size() >= static_cast<std::size_t>(room)) return SQLITE_CANTOPEN;
  path.copy(full, path.size());
  full[path.size()] = '\0';
  return SQLITE_OK;
}

int x_randomness(sqlite3_vfs* /*vfs*/, int size, char* into) noexcept {
  SqliteDisk* const disk = SqliteCall::disk();
  if (disk == nullptr) {
    sqlite3_vfs* const native = sqlite3_vfs_find("unix");
    return native->xRandomness(native, size, into);
  }
  for (int done = 0; done < size; done += static_cast<int>(sizeof(std::uint64_t))) {
    const std::uint64_t number = disk->random().next();
    std::memcpy(into + done, &number, std::min(sizeof number, static_cast<std::size_t>(size - done)));
  }
  return size;
}

int x_sleep(sqlite3_vfs* /*vfs*/, int microseconds) noexcept { return microseconds; }

int x_current_time(sqlite3_vfs* /*vfs*/, double* days) noexcept {
  *days = static_cast<double>(kNow) / 86'400'000;
  return SQLITE_OK;
}

int x_current_time_int64(sqlite3_vfs* /*vfs*/, sqlite3_int64* milliseconds) noexcept {
  *milliseconds = kNow;
  return SQLITE_OK;
}

int x_get_last_error(sqlite3_vfs* /*vfs*/, int /*room*/, char* /*text*/) noexcept {
  const SqliteDisk* const disk = SqliteCall::disk();
  return disk != nullptr && disk->error() ? disk->error()->os_error : 0;
}

}  // namespace

int register_sqlite_vfs() {
  static sqlite3_vfs vfs{.iVersion = 2,
                         .szOsFile = static_cast<int>(sizeof(Handle)),
                         .mxPathname = 4'096,
                         .pNext = nullptr,
                         .zName = kSqliteVfs,
                         .pAppData = nullptr,
                         .xOpen = x_open,
                         .xDelete = x_delete,
                         .xAccess = x_access,
                         .xFullPathname = x_full_pathname,
                         .xDlOpen = nullptr,
                         .xDlError = nullptr,
                         .xDlSym = nullptr,
                         .xDlClose = nullptr,
                         .xRandomness = x_randomness,
                         .xSleep = x_sleep,
                         .xCurrentTime = x_current_time,
                         .xGetLastError = x_get_last_error,
                         .xCurrentTimeInt64 = x_current_time_int64};
  return sqlite3_vfs_register(&vfs, 1);
}

}  // namespace walbreaker
