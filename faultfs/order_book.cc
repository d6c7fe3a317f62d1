#include "faultfs/order_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/assert.h"
#include "engine/vfs.h"
#include "faultfs/path.h"

namespace faultfs {
namespace {

// "db/wal-12.log" -> "db/wal-#.log": what all generations of a file have in common. Directories keep their digits: two
// stores are two stores.
std::string family(std::string_view name) {
  const std::size_t base = name.rfind('/') + 1;  // 0 where there is no slash
  std::string result(name.substr(0, base));
  for (const char c : name.substr(base)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) result += c;
    if (digit && !result.ends_with('#')) result += '#';
  }
  return result;
}

bool same_family(const OrderFile& a, const OrderFile& b) { return family(a.name) == family(b.name); }

// "snapshot-2.tmp", "000005.dbtmp": a file that does not count before it is renamed.
bool is_temporary(std::string_view name) { return name.ends_with("tmp"); }

bool later(std::optional<OpIndex> a, std::optional<OpIndex> b) { return a && (!b || *a > *b); }

bool has_unsynced_bytes(const OrderFile& file) { return later(file.changed, file.synced); }

// Whether `file` may hold, in a newer form, what `removed` held: it was written after it, and is of its kind or was put
// in place since.
bool is_successor(const OrderFile& file, const OrderFile& removed) {
  return file.holds_bytes && !file.holds_no_data && later(file.changed, removed.changed) &&
         (file.put_in_place || same_family(file, removed));
}

std::string during(std::optional<std::uint64_t> command) {
  return command ? fmt::format(" (in command {})", *command) : std::string();
}

// The call that is missing, where a name is not durable; `when` says where it belongs.
std::string name_advice(const std::string& path, const PendingName& name, const std::string& when) {
  if (name.doubtful_since) {
    return fmt::format("The sync_dir in operation {} failed, and a later one does not bring the name back.",
                       *name.doubtful_since);
  }
  return fmt::format("Call sync_dir on {} {}.", kv::parent_path(path), when);
}

std::vector<OpIndex> operations_of(const PendingName& name) {
  std::vector<OpIndex> operations{name.given_by};
  if (name.doubtful_since) operations.push_back(*name.doubtful_since);
  return operations;
}

}  // namespace

// --- looks ---

bool OrderBook::knows(const std::string& path) const { return files_.contains(normal_path(path)); }

OrderFilePtr OrderBook::find(const std::string& path, bool holds_bytes) {
  OrderFilePtr& file = files_[normal_path(path)];
  if (file) return file;
  file = std::make_shared<OrderFile>();
  file->path = path;
  file->name = normal_path(path);
  file->had_durable_name = true;
  file->holds_bytes = file->holds_durable_bytes = holds_bytes;
  file->holds_no_data = rules_.holds_no_data && rules_.holds_no_data(path);
  return file;
}

std::vector<OrderFilePtr> OrderBook::files_in(std::string_view directory) const {
  std::vector<OrderFilePtr> files;
  for (const auto& [name, file] : files_) {
    if (directory_of(name) == directory) files.push_back(file);
  }
  return files;
}

std::optional<OrderBook::MissingName> OrderBook::missing_name(const OrderFile& file) const {
  if (file.pending_name) return MissingName{file.path, *file.pending_name};
  for (std::string_view above = directory_of(file.name); !above.empty(); above = directory_of(above)) {
    const auto it = pending_directories_.find(std::string(above));
    if (it != pending_directories_.end()) return MissingName{it->second.path, it->second.pending_name};
  }
  return std::nullopt;
}

// --- operations ---

OrderFilePtr OrderBook::created(const std::string& path) {
  const OpIndex op = next_++;
  const std::string name = normal_path(path);
  // An unlink that answered with an error may have taken an older file away all the same.
  if (const auto older = files_.extract(name)) older.mapped()->linked = false;
  const OrderFilePtr file = find(path, false);
  file->had_durable_name = false;
  file->pending_name = PendingName{.given_by = op};
  touch(file, std::nullopt);
  return file;
}

void OrderBook::renamed(const std::string& from, const std::string& to) {
  const OpIndex op = next_++;
  const auto old_place = files_.find(normal_path(from));
  WB_ASSERT(old_place != files_.end());
  const OrderFilePtr file = old_place->second;
  judge_rename(*file, to, op);
  // A file that had a durable name before, and no temporary one, is set aside or used again: it counted already.
  file->put_in_place = !file->had_durable_name || is_temporary(file->name);
  const std::string deed = fmt::format("renames {} over", file->path);
  file->path = to;
  file->name = normal_path(to);
  file->pending_name = PendingName{.given_by = op};
  touch(file, std::nullopt);

  files_.erase(old_place);
  const OrderFilePtr replaced = std::exchange(files_[file->name], file);
  if (!replaced) return;
  replaced->linked = false;
  // A rename that puts the successor in its place leaves one of the two, whatever the power cut does.
  if (!is_successor(*file, *replaced)) judge_removal(*replaced, deed, op);
}

void OrderBook::unlinked(const std::string& path) {
  const OpIndex op = next_++;
  const auto place = files_.find(normal_path(path));
  WB_ASSERT(place != files_.end());
  const OrderFilePtr file = place->second;
  files_.erase(place);
  file->linked = false;
  judge_removal(*file, "unlinks", op);
}

void OrderBook::made_dir(const std::string& path) {
  pending_directories_[normal_path(path)] = {path, {.given_by = next_++}};
}

void OrderBook::synced_dir(const std::string& path, bool succeeded) {
  const OpIndex op = next_++;
  const std::string directory = normal_path(path);
  // Returns whether the name is durable now.
  const auto settle = [&](PendingName& name) {
    if (!succeeded && !name.doubtful_since) name.doubtful_since = op;
    return succeeded && !name.doubtful_since;
  };
  for (const OrderFilePtr& file : files_in(directory)) {
    if (!file->pending_name || !settle(*file->pending_name)) continue;
    file->pending_name.reset();
    file->had_durable_name = true;
  }
  for (auto it = pending_directories_.begin(); it != pending_directories_.end();) {
    const bool durable = directory_of(it->first) == directory && settle(it->second.pending_name);
    it = durable ? pending_directories_.erase(it) : std::next(it);
  }
}

void OrderBook::changed(const OrderFilePtr& file, OpKind kind, std::uint64_t new_size) {
  const OpIndex op = next_++;
  const bool starts_afresh = kind == OpKind::truncate && new_size == 0;
  if (starts_afresh) file->failed_sync.reset();  // nothing of what the failed sync was for is left
  judge_use(*file, kind == OpKind::write ? "writes to" : "changes the size of", op);
  file->changed = op;
  file->holds_bytes = !starts_afresh;
  touch(file, op);
}

void OrderBook::synced(const OrderFilePtr& file, bool succeeded) {
  const OpIndex op = next_++;
  judge_use(*file, "syncs", op);
  if (succeeded) {
    file->synced = op;
    file->holds_durable_bytes = file->holds_bytes;
  } else if (!file->failed_sync) {
    file->failed_sync = op;
  }
}

// --- marks ---

OrderBook::UnderWay* OrderBook::under_way() {
  const auto it = std::ranges::find(under_way_, std::this_thread::get_id(), &UnderWay::thread);
  return it == under_way_.end() ? nullptr : &*it;
}

void OrderBook::issued(std::uint64_t command) {
  const auto thread = std::this_thread::get_id();
  std::erase_if(under_way_, [&](const UnderWay& other) { return other.thread == thread; });
  under_way_.push_back({thread, command, {}});
}

void OrderBook::acknowledged(std::uint64_t command) {
  const auto it = std::ranges::find(under_way_, command, &UnderWay::command);
  WB_ASSERT(it != under_way_.end());
  const UnderWay done = std::move(*it);
  under_way_.erase(it);
  if (!rules_.durable_on_ack) return;
  for (const Touch& touch : done.touched) judge_ack(command, touch);
}

void OrderBook::restarted() {
  under_way_.clear();
  for (auto& [name, file] : files_) {
    file->failed_sync.reset();
    if (file->pending_name) file->pending_name->doubtful_since.reset();
  }
  for (auto& [name, directory] : pending_directories_) directory.pending_name.doubtful_since.reset();
}

void OrderBook::touch(const OrderFilePtr& file, std::optional<OpIndex> changed) {
  UnderWay* const command = under_way();
  if (!command || file->holds_no_data) return;
  auto it = std::ranges::find(command->touched, file, &Touch::file);
  if (it == command->touched.end()) {
    // What a command makes after its own data is durable is upkeep, a compaction: the data does not depend on it.
    const bool upkeep =
        !changed && std::ranges::any_of(command->touched, [&](const Touch& earlier) { return is_durable(earlier); });
    it = command->touched.insert(it, {file, std::nullopt, upkeep});
  }
  if (changed) it->changed = changed;
}

bool OrderBook::is_durable(const Touch& touch) const {
  return !touch.upkeep && touch.changed && later(touch.file->synced, touch.changed) && !missing_name(*touch.file);
}

// --- judging ---

void OrderBook::judge_ack(std::uint64_t command, const Touch& touch) {
  const OrderFile& file = *touch.file;
  if (touch.upkeep || !file.linked || !file.holds_bytes) return;
  if (touch.changed && !later(file.synced, touch.changed)) {
    OrderFinding finding{.kind = OrderKind::ack_before_durable, .operations = {*touch.changed}, .paths = {file.path}};
    finding.command = command;
    if (file.failed_sync) finding.operations.push_back(*file.failed_sync);
    std::ranges::sort(finding.operations);
    const std::string failed =
        file.failed_sync ? fmt::format(" (the sync in operation {} failed)", *file.failed_sync) : std::string();
    finding.text = fmt::format(
        "command {} is acknowledged, but what operation {} changed in {} is not synced{}: a power cut can undo it. "
        "Call "
        "sync on the file after operation {} and before the acknowledgement.",
        command, *touch.changed, file.path, failed, *touch.changed);
    report(std::move(finding), "sync", file.name);
  }
  if (const auto missing = missing_name(file)) {
    OrderFinding finding{.kind = OrderKind::ack_before_durable,
                         .operations = operations_of(missing->pending_name),
                         .paths = {file.path}};
    finding.command = command;
    if (missing->path != file.path) finding.paths.push_back(missing->path);
    finding.text = fmt::format(
        "command {} is acknowledged, but the name {}, given by operation {}, is not durable: a power cut can take it, "
        "and what the command put into {} with it. {}",
        command, missing->path, missing->pending_name.given_by, file.path,
        name_advice(missing->path, missing->pending_name,
                    fmt::format("after operation {} and before the acknowledgement", missing->pending_name.given_by)));
    report(std::move(finding), "sync_dir", normal_path(missing->path));
  }
}

void OrderBook::judge_rename(const OrderFile& file, const std::string& to, OpIndex rename) {
  if (file.holds_no_data || !has_unsynced_bytes(file)) return;
  OrderFinding finding{
      .kind = OrderKind::rename_before_sync, .operations = {*file.changed, rename}, .paths = {file.path, to}};
  if (const UnderWay* command = under_way()) finding.command = command->command;
  finding.text = fmt::format(
      "operation {}{} renames {} to {}, but what operation {} changed in it is not synced: a power cut can leave the "
      "new "
      "name with missing contents. Call sync on the file before operation {}.",
      rename, during(finding.command), file.path, to, *file.changed, rename);
  report(std::move(finding), "sync", file.name);
}

// Whether another successor, whose name is durable, stands in for the pending one. Logs come one after the other, and
// any may do; for a file that is put in place only one of its own kind does.
bool OrderBook::is_covered(const OrderFile& removed, const OrderFile& pending) const {
  return std::ranges::any_of(files_in(directory_of(removed.name)), [&](const OrderFilePtr& file) {
    return is_successor(*file, removed) && !file->pending_name &&
           (!pending.put_in_place || same_family(*file, pending));
  });
}

void OrderBook::judge_removal(const OrderFile& removed, std::string_view deed, OpIndex removal) {
  const bool nothing_to_lose = !removed.had_durable_name || !removed.holds_durable_bytes || is_temporary(removed.name);
  if (nothing_to_lose || removed.holds_no_data) return;
  for (const OrderFilePtr& file : files_in(directory_of(removed.name))) {
    if (!file->pending_name || !is_successor(*file, removed) || is_covered(removed, *file)) continue;
    const PendingName& name = *file->pending_name;
    OrderFinding finding{
        .kind = OrderKind::unlink_too_early, .operations = operations_of(name), .paths = {removed.path, file->path}};
    finding.operations.push_back(removal);
    if (const UnderWay* command = under_way()) finding.command = command->command;
    finding.text = fmt::format(
        "operation {}{} {} {}, but the name of its successor {}, given by operation {}, is not durable: a power cut "
        "can "
        "leave neither. {}",
        removal, during(finding.command), deed, removed.path, file->path, name.given_by,
        name_advice(file->path, name,
                    fmt::format("after operation {} and before operation {}", name.given_by, removal)));
    report(std::move(finding), "sync_dir", file->name);
  }
}

void OrderBook::judge_use(const OrderFile& file, std::string_view deed, OpIndex use) {
  if (file.holds_no_data || !file.failed_sync) return;
  OrderFinding finding{
      .kind = OrderKind::write_after_failed_sync, .operations = {*file.failed_sync, use}, .paths = {file.path}};
  if (const UnderWay* command = under_way()) finding.command = command->command;
  finding.text = fmt::format(
      "operation {}{} {} {}, but the sync of it in operation {} failed: what was pending then may be lost, and no "
      "later "
      "sync brings it back or tells. Leave the file alone after operation {}, and write anew to another one.",
      use, during(finding.command), deed, file.path, *file.failed_sync, *file.failed_sync);
  report(std::move(finding), "", file.name);
}

void OrderBook::report(OrderFinding finding, std::string_view barrier, const std::string& lacking_name) {
  const std::string cause = fmt::format("{} {} {}", info(finding.kind).name, barrier, family(lacking_name));
  const auto [it, is_new] = causes_.emplace(cause, findings_.size());
  if (is_new) {
    findings_.push_back(std::move(finding));
  } else {
    ++findings_[it->second].repeats;
  }
}

}  // namespace faultfs
