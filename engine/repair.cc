#include "engine/repair.h"

#include "engine/file_name.h"
#include "engine/file_window.h"
#include "engine/store.h"

namespace kv {
namespace {

constexpr std::uint64_t kCopyBytes = std::uint64_t{256} << 10;

// A copy and not a new name: the damaged files have to stay in place until the new generation stands, and are dead from
// that moment on, so that a crash in between would lose them to the next open.
Result<void> copy_file(Vfs& vfs, const std::string& from, const std::string& to) {
  const auto source = TRY(vfs.open(from, OpenMode::read));
  const auto copy = TRY(vfs.open(to, OpenMode::create));
  TRY(copy->truncate(0));  // what a repair that was killed has left there
  FileWindow window(*source, TRY(source->size()));
  for (std::uint64_t offset = 0; offset < window.size();) {
    const std::string_view bytes = TRY(window.view(offset, kCopyBytes));
    TRY(write_all(*copy, offset, bytes));
    offset += bytes.size();
  }
  return copy->sync();
}

}  // namespace

Result<RepairResult> repair(Vfs& vfs, const std::string& path, const Options& options) {
  Options writing = options;
  writing.access = Access::read_write;
  writing.create_if_missing = false;
  writing.refuse_damaged = false;

  // An undamaged store is looked at read-only first: a read-write open would replace its files.
  auto found = TRY(verify(vfs, path));
  if (found.verdict != Verdict::corrupted && found.servable) return RepairResult{.found = std::move(found)};

  // A damaged one opens read-only. Opening it creates no LOCK, so that one may have to be made here.
  auto store = TRY(Store::open(vfs, path, writing));
  if (store->report().verdict != Verdict::corrupted) return RepairResult{.found = store->report()};
  TRY(store->has_seqs_left());
  if (!store->lock_) store->lock_ = TRY(vfs.lock(store->path_of(kLockName), LockMode::exclusive));

  RepairResult result{.found = store->report()};
  for (const auto& [generation, name] : store->files_) {
    if (parse_file_name(name).kind == FileKind::temporary) continue;
    TRY(copy_file(vfs, store->path_of(name), store->path_of(set_aside_name(name))));
    result.set_aside.push_back(set_aside_name(name));
  }
  TRY(vfs.sync_dir(path));
  result.generation = TRY(store->start_generation(LogLink::void_until_snapshot));
  store->remove_files_before(result.generation);
  store->read_only_ = false;
  TRY(store->close());
  return result;
}

}  // namespace kv
