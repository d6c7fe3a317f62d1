#include "harness/exported_vfs.h"

#include <cerrno>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/plugin_error.h"

// The handles, which a plugin knows by their addresses alone.
struct walbreaker_file {
  std::unique_ptr<kv::File> file;
};

struct walbreaker_lock {
  std::unique_ptr<kv::FileLock> lock;
};

namespace walbreaker {

using kv::ErrorCode;
using kv::Result;

// The functions that a plugin calls, and behind them what they work on.
struct ExportedVfs::Table : walbreaker_vfs {
  explicit Table(kv::Vfs& vfs);

  kv::Vfs& inner;
  std::mutex mutex;  // over all that follows, and every call of `inner`
  bool is_cut_off = false;
  std::map<walbreaker_file*, std::unique_ptr<walbreaker_file>> files;
  std::map<walbreaker_lock*, std::unique_ptr<walbreaker_lock>> locks;
};

namespace {

constexpr const char* kNull = "a pointer that must not be null is";

int invalid(walbreaker_error* error, const char* text) {
  return to_plugin_error({ErrorCode::invalid_argument, 0, text}, error);
}

template <class... Pointers>
bool any_null(Pointers... pointers) {
  return ((pointers == nullptr) || ...);
}

// Does the work, alone, and tells its error. No exception gets into the plugin.
template <class Table, class Work>
int carry_out(Table& table, walbreaker_error* error, Work work) {
  try {
    const std::lock_guard lock(table.mutex);
    if (table.is_cut_off) return to_plugin_error({ErrorCode::io_error, EBADF, "the process was killed"}, error);
    const Result<void> result = work();
    return result ? WALBREAKER_OK : to_plugin_error(result.error(), error);
  } catch (const std::bad_alloc&) {
    return to_plugin_error({ErrorCode::no_memory, 0, {}}, error);
  }
}

// The same, on an open file.
template <class Table, class Work>
int carry_out_on(Table& table, walbreaker_file* handle, walbreaker_error* error, Work work) {
  bool is_open = true;
  const int answer = carry_out(table, error, [&]() -> Result<void> {
    is_open = table.files.contains(handle);
    if (!is_open) return kv::fail(ErrorCode::invalid_argument, "a file that is not open");
    return work(*handle->file);
  });
  return is_open ? answer : WALBREAKER_NOT_OPEN;
}

template <class Handles, class Handle>
Handle* keep(Handles& handles, std::unique_ptr<Handle> made) {
  Handle* const handle = made.get();
  handles.emplace(handle, std::move(made));
  return handle;
}

std::optional<kv::OpenMode> open_mode(int mode) {
  switch (mode) {
    case WALBREAKER_OPEN_READ: return kv::OpenMode::read;
    case WALBREAKER_OPEN_READ_WRITE: return kv::OpenMode::read_write;
    case WALBREAKER_OPEN_CREATE: return kv::OpenMode::create;
    case WALBREAKER_OPEN_CREATE_NEW: return kv::OpenMode::create_new;
    default: return std::nullopt;
  }
}

std::optional<kv::LockMode> lock_mode(int mode) {
  switch (mode) {
    case WALBREAKER_LOCK_SHARED: return kv::LockMode::shared;
    case WALBREAKER_LOCK_EXCLUSIVE: return kv::LockMode::exclusive;
    default: return std::nullopt;
  }
}

// The functions of walbreaker_vfs, in its order. `Table` is ExportedVfs::Table, which only ExportedVfs can name.
template <class Table>
struct Calls {
  // A plugin passes on what as_c() gave it, which is not constant.
  static Table& of(const walbreaker_vfs* vfs) { return const_cast<Table&>(static_cast<const Table&>(*vfs)); }

  static int open(const walbreaker_vfs* vfs, const char* path, int mode, walbreaker_file** file,
                  walbreaker_error* error) {
    if (any_null(vfs, path, file)) return invalid(error, kNull);
    const auto how = open_mode(mode);
    if (!how) return invalid(error, "open: there is no such mode");
    return carry_out(of(vfs), error, [&]() -> Result<void> {
      auto opened = TRY(of(vfs).inner.open(path, *how));
      *file = keep(of(vfs).files, std::make_unique<walbreaker_file>(std::move(opened)));
      return {};
    });
  }

  static int read_at(const walbreaker_vfs* vfs, walbreaker_file* file, std::uint64_t offset, void* into,
                     std::size_t size, std::size_t* done, walbreaker_error* error) {
    if (any_null(vfs, file, done) || (into == nullptr && size > 0)) return invalid(error, kNull);
    return carry_out_on(of(vfs), file, error, [&](kv::File& open) -> Result<void> {
      *done = TRY(open.read_at(offset, {static_cast<char*>(into), size}));
      return {};
    });
  }

  static int write_at(const walbreaker_vfs* vfs, walbreaker_file* file, std::uint64_t offset, const void* bytes,
                      std::size_t size, std::size_t* done, walbreaker_error* error) {
    if (any_null(vfs, file, done) || (bytes == nullptr && size > 0)) return invalid(error, kNull);
    return carry_out_on(of(vfs), file, error, [&](kv::File& open) -> Result<void> {
      *done = TRY(open.write_at(offset, {static_cast<const char*>(bytes), size}));
      return {};
    });
  }

  static int truncate(const walbreaker_vfs* vfs, walbreaker_file* file, std::uint64_t size, walbreaker_error* error) {
    if (any_null(vfs, file)) return invalid(error, kNull);
    return carry_out_on(of(vfs), file, error, [&](kv::File& open) { return open.truncate(size); });
  }

  static int allocate(const walbreaker_vfs* vfs, walbreaker_file* file, std::uint64_t size, walbreaker_error* error) {
    if (any_null(vfs, file)) return invalid(error, kNull);
    return carry_out_on(of(vfs), file, error, [&](kv::File& open) { return open.allocate(size); });
  }

  static int sync(const walbreaker_vfs* vfs, walbreaker_file* file, walbreaker_error* error) {
    if (any_null(vfs, file)) return invalid(error, kNull);
    return carry_out_on(of(vfs), file, error, [&](kv::File& open) { return open.sync(); });
  }

  static int size(const walbreaker_vfs* vfs, walbreaker_file* file, std::uint64_t* size, walbreaker_error* error) {
    if (any_null(vfs, file, size)) return invalid(error, kNull);
    return carry_out_on(of(vfs), file, error, [&](kv::File& open) -> Result<void> {
      *size = TRY(open.size());
      return {};
    });
  }

  static void close_file(const walbreaker_vfs* vfs, walbreaker_file* file) {
    if (any_null(vfs, file)) return;
    const std::lock_guard lock(of(vfs).mutex);
    of(vfs).files.erase(file);
  }

  static int rename(const walbreaker_vfs* vfs, const char* from, const char* to, walbreaker_error* error) {
    if (any_null(vfs, from, to)) return invalid(error, kNull);
    return carry_out(of(vfs), error, [&] { return of(vfs).inner.rename(from, to); });
  }

  static int unlink(const walbreaker_vfs* vfs, const char* path, walbreaker_error* error) {
    if (any_null(vfs, path)) return invalid(error, kNull);
    return carry_out(of(vfs), error, [&] { return of(vfs).inner.unlink(path); });
  }

  static int make_dir(const walbreaker_vfs* vfs, const char* path, walbreaker_error* error) {
    if (any_null(vfs, path)) return invalid(error, kNull);
    return carry_out(of(vfs), error, [&] { return of(vfs).inner.make_dir(path); });
  }

  static int list(const walbreaker_vfs* vfs, const char* path, walbreaker_name_visitor visit, void* context,
                  walbreaker_error* error) {
    if (any_null(vfs, path, visit)) return invalid(error, kNull);
    std::vector<std::string> names;
    const int answer = carry_out(of(vfs), error, [&]() -> Result<void> {
      names = TRY(of(vfs).inner.list(path));
      return {};
    });
    if (answer != WALBREAKER_OK) return answer;
    for (const std::string& name : names) {  // the visitor may call the vfs
      if (visit(context, name.c_str()) == 0) break;
    }
    return WALBREAKER_OK;
  }

  static int sync_dir(const walbreaker_vfs* vfs, const char* path, walbreaker_error* error) {
    if (any_null(vfs, path)) return invalid(error, kNull);
    return carry_out(of(vfs), error, [&] { return of(vfs).inner.sync_dir(path); });
  }

  static int lock(const walbreaker_vfs* vfs, const char* path, int mode, walbreaker_lock** lock,
                  walbreaker_error* error) {
    if (any_null(vfs, path, lock)) return invalid(error, kNull);
    const auto how = lock_mode(mode);
    if (!how) return invalid(error, "lock: there is no such mode");
    return carry_out(of(vfs), error, [&]() -> Result<void> {
      auto held = TRY(of(vfs).inner.lock(path, *how));
      *lock = keep(of(vfs).locks, std::make_unique<walbreaker_lock>(std::move(held)));
      return {};
    });
  }

  static void unlock(const walbreaker_vfs* vfs, walbreaker_lock* lock) {
    if (any_null(vfs, lock)) return;
    const std::lock_guard guard(of(vfs).mutex);
    of(vfs).locks.erase(lock);
  }
};

}  // namespace

ExportedVfs::Table::Table(kv::Vfs& vfs)
    : walbreaker_vfs{.struct_size = sizeof(walbreaker_vfs),
                     .abi_version = WALBREAKER_ABI_VERSION,
                     .open = Calls<Table>::open,
                     .read_at = Calls<Table>::read_at,
                     .write_at = Calls<Table>::write_at,
                     .truncate = Calls<Table>::truncate,
                     .allocate = Calls<Table>::allocate,
                     .sync = Calls<Table>::sync,
                     .size = Calls<Table>::size,
                     .close_file = Calls<Table>::close_file,
                     .rename = Calls<Table>::rename,
                     .unlink = Calls<Table>::unlink,
                     .make_dir = Calls<Table>::make_dir,
                     .list = Calls<Table>::list,
                     .sync_dir = Calls<Table>::sync_dir,
                     .lock = Calls<Table>::lock,
                     .unlock = Calls<Table>::unlock},
      inner(vfs) {}

ExportedVfs::ExportedVfs(kv::Vfs& vfs) : table_(std::make_unique<Table>(vfs)) {}

ExportedVfs::~ExportedVfs() = default;

const walbreaker_vfs* ExportedVfs::as_c() const { return table_.get(); }

void ExportedVfs::cut_off() {
  const std::lock_guard lock(table_->mutex);
  table_->is_cut_off = true;
}

}  // namespace walbreaker
