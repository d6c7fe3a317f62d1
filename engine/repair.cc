#include "engine/repair.h"

#include <fmt/format.h>

#include "engine/file_name.h"
#include "engine/store.h"

namespace kv {

Result<RepairResult> repair(Vfs& vfs, const std::string& path, const Options& options) {
  Options writing = options;
  writing.access = Access::read_write;
  writing.create_if_missing = false;
  writing.refuse_damaged = false;

  // An undamaged store is looked at read-only first: a read-write open would replace its files.
  auto found = TRY(verify(vfs, path));
  if (found.verdict != Verdict::corrupted && found.servable) return RepairResult{.found = std::move(found)};

  // A damaged one opens read-only. Opening it creates no LOCK, so that one may have to be made.
  auto store = TRY(Store::open(vfs, path, writing));
  if (store->report().verdict != Verdict::corrupted) return RepairResult{.found = store->report()};
  if (!store->lock_) store->lock_ = TRY(vfs.lock(store->path_of(kLockName), LockMode::exclusive));

  RepairResult result{.found = store->report()};
  const auto damaged_files = store->files_;
  result.generation = TRY(store->start_generation(LogLink::void_until_snapshot));
  for (const auto& [generation, name] : damaged_files) {
    if (parse_file_name(name).kind == FileKind::temporary) continue;
    TRY(vfs.rename(store->path_of(name), store->path_of(set_aside_name(name))));
    result.set_aside.push_back(set_aside_name(name));
  }
  TRY(vfs.sync_dir(path));
  store->read_only_ = false;
  TRY(store->close());
  return result;
}

}  // namespace kv
