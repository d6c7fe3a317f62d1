#include "engine/store.h"

#include <fmt/format.h>

#include <cerrno>
#include <new>
#include <random>

#include "engine/file_name.h"
#include "engine/log_record.h"
#include "engine/recovery.h"

namespace kv {
namespace {

std::uint64_t operating_system_entropy() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

Result<void> check_sizes(std::string_view key, std::string_view value) {
  if (key.size() > kMaxKeyBytes) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a key of {} bytes, and {} is the limit", key.size(), kMaxKeyBytes));
  }
  if (value.size() > kMaxValueBytes) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a value of {} bytes, and {} is the limit", value.size(), kMaxValueBytes));
  }
  return {};
}

Result<void> check_sizes(const Batch& batch) {
  for (const auto& operation : batch.operations()) TRY(check_sizes(operation.key, operation.value));
  if (encoded_bytes(batch) <= kMaxBatchBytes) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("a batch of {} bytes, and {} is the limit", encoded_bytes(batch), kMaxBatchBytes));
}

// Short enough to need no memory of its own.
std::unexpected<Error> out_of_memory() { return fail(ErrorCode::no_memory, "out of memory"); }

// Running out of memory is the one operating error that the language throws; making the text of another error may do so
// too.
template <class Call>
auto without_exceptions(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  }
}

std::unexpected<Error> no_store_in(const std::string& directory) {
  return fail(ErrorCode::io_error, fmt::format("no store in {}", directory), ENOENT);
}

}  // namespace

// --- opening ---

Store::Store(Vfs& vfs, std::string directory, const Options& options)
    : vfs_(vfs), directory_(std::move(directory)), options_(options), read_only_(options.access == Access::read_only) {
  if (!options_.entropy) options_.entropy = operating_system_entropy;
}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Vfs& vfs, const std::string& path, const Options& options) {
  return without_exceptions([&]() -> Result<std::unique_ptr<Store>> {
    std::unique_ptr<Store> store(new Store(vfs, path, options));
    TRY(store->open_directory());
    return store;
  });
}

Result<void> Store::open_directory() {
  const Inventory found = TRY(find_or_make_directory());
  TRY(look_before_creating_the_lock(found));
  const Inventory inventory = TRY(lock_and_list(found));

  Recovery recovery = recover(vfs_, directory_, inventory);
  report_ = std::move(recovery.report);
  TRY(judge_report());
  contents_ = std::move(recovery.contents);
  store_id_ = recovery.store_id;
  last_seq_ = report_.last_seq;
  // What is left of a damaged store is served as it is, and never written over: it is all the evidence there is.
  if (report_.verdict == Verdict::corrupted) read_only_ = true;
  adopt_files(inventory);
  return read_only_ ? Result<void>{} : begin_writing();
}

Result<Inventory> Store::find_or_make_directory() {
  auto inventory = take_inventory(vfs_, directory_);
  const bool create = !read_only_ && options_.create_if_missing;
  if (inventory) {
    if (inventory->holds_no_store() && !create) return no_store_in(directory_);
    return inventory;
  }
  if (inventory.error().os_error != ENOENT || !create) return inventory;
  TRY(vfs_.make_dir(directory_));
  return Inventory{};
}

// A directory with our files and no LOCK is a copy, or files put there by hand. Where it cannot be opened for writing,
// not even a LOCK is left in it.
Result<void> Store::look_before_creating_the_lock(const Inventory& inventory) {
  if (read_only_) return {};
  (void)TRY(next_generation(inventory.highest_generation));
  if (inventory.has_lock || !inventory.holds_state()) return {};
  report_ = recover(vfs_, directory_, inventory).report;
  if (report_.verdict == Verdict::corrupted) read_only_ = true;
  return judge_report();
}

Result<Inventory> Store::lock_and_list(const Inventory& before) {
  if (read_only_ && !before.has_lock) return before;
  const LockMode mode = read_only_ ? LockMode::shared : LockMode::exclusive;
  lock_ = TRY(vfs_.lock(path_of(kLockName), mode));
  // Somebody may have written between the listing and the lock.
  return take_inventory(vfs_, directory_);
}

Result<void> Store::judge_report() const {
  const auto refuse = [this] { return std::unexpected(to_error(report_.findings.front(), "open " + directory_)); };
  switch (report_.verdict) {
    case Verdict::io_error:
    case Verdict::unsupported_version: return refuse();
    case Verdict::corrupted:
      if (!report_.servable || options_.refuse_damaged) return refuse();
      return {};
    case Verdict::new_store:
      if (!read_only_ && !options_.create_if_missing) return no_store_in(directory_);
      return {};
    case Verdict::torn_tail:
    case Verdict::clean: return read_only_ ? Result<void>{} : has_seqs_left();
  }
  return fail(ErrorCode::internal, "a verdict without a case");
}

Result<void> Store::has_seqs_left() const {
  if (report_.last_seq <= kMaxSeq) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} ends with record {}, and there is none above {}", directory_, report_.last_seq, kMaxSeq));
}

void Store::adopt_files(const Inventory& inventory) {
  highest_generation_ = inventory.highest_generation;
  for (const Generation g : inventory.logs) files_.emplace_back(g, log_name(g));
  for (const Generation g : inventory.snapshots) files_.emplace_back(g, snapshot_name(g));
  for (const Generation g : inventory.own_temporaries) files_.emplace_back(g, temporary_name(g));
}

// Nothing is appended to a log that was found, and nothing that was found is served as durable: it may stand in the
// page cache only, and after a failed sync not even a second sync would tell. So all of it is written anew first.
Result<void> Store::begin_writing() {
  if (report_.verdict == Verdict::new_store) {
    store_id_ = options_.entropy();
    // The directory's own name, before there is anything in it to lose. Once a snapshot stands, nobody looks again.
    TRY(vfs_.sync_dir(parent_path(directory_)));
  }
  remove_files_before(TRY(start_generation(LogLink::void_until_snapshot)));
  return {};
}

// --- reading ---

Result<void> Store::readable() const {
  if (closed_) return fail(ErrorCode::invalid_argument, fmt::format("the store {} is closed", directory_));
  if (contents_incomplete_) return std::unexpected(*poison_);
  return {};
}

Result<std::string> Store::get(std::string_view key) const {
  return without_exceptions([&]() -> Result<std::string> {
    TRY(readable());
    const auto value = contents_.find(key);
    if (!value) return fail(ErrorCode::not_found, "no such key");
    return std::string(*value);
  });
}

Result<void> Store::scan(std::string_view from, std::optional<std::string_view> to, const Visitor& visit) const {
  return without_exceptions([&]() -> Result<void> {
    TRY(readable());
    for (auto cursor = contents_.lower_bound(from); cursor.valid(); cursor.next()) {
      if (to && cursor.key() >= *to) break;
      if (!visit(cursor.key(), cursor.value())) break;
    }
    return {};
  });
}

// --- writing ---

Result<void> Store::writable() const {
  if (closed_) return fail(ErrorCode::invalid_argument, fmt::format("the store {} is closed", directory_));
  if (read_only_) return fail(ErrorCode::read_only, fmt::format("the store {} is open read-only", directory_));
  if (poison_) return std::unexpected(*poison_);
  return {};
}

Result<void> Store::put(std::string_view key, std::string_view value) {
  return without_exceptions([&]() -> Result<void> {
    TRY(writable());
    TRY(check_sizes(key, value));
    encode_put(payload_, key, value);
    return commit(RecordKind::put, 1, [&] { contents_.put(key, value); });
  });
}

Result<void> Store::remove(std::string_view key) {
  return without_exceptions([&]() -> Result<void> {
    TRY(writable());
    TRY(check_sizes(key, {}));
    if (!contents_.find(key)) return fail(ErrorCode::not_found, "no such key");
    encode_remove(payload_, key);
    return commit(RecordKind::remove, 1, [&] { contents_.remove(key); });
  });
}

Result<void> Store::write(const Batch& batch) {
  return without_exceptions([&]() -> Result<void> {
    TRY(writable());
    TRY(check_sizes(batch));
    if (batch.empty()) return {};
    encode_batch(payload_, batch);
    return commit(RecordKind::batch, batch.size(), [&] { apply(batch); });
  });
}

// Half a batch must never be seen: where memory runs out in the middle, nothing more is served.
void Store::apply(const Batch& batch) {
  contents_incomplete_ = true;
  for (const auto& operation : batch.operations()) {
    if (operation.kind == Batch::Kind::put) {
      contents_.put(operation.key, operation.value);
    } else {
      contents_.remove(operation.key);
    }
  }
  contents_incomplete_ = false;
}

// Never the tree before the log: what is visible is in the log, and with SyncPolicy::on_commit durable.
template <class Apply>
Result<void> Store::commit(RecordKind kind, std::uint64_t operation_count, Apply apply) {
  try {
    TRY(poisoning(log_->append(kind, payload_)));
    if (options_.sync == SyncPolicy::on_commit) TRY(poisoning(log_->sync()));
    apply();
  } catch (const std::bad_alloc&) {
    // The log may be ahead of the tree now. Another command behind that would make it a hole.
    return poisoning(Result<void>(out_of_memory()));
  }
  last_seq_ = log_->last_seq();
  log_operations_ += operation_count;
  compact_if_due();
  return {};
}

Result<void> Store::sync() {
  return without_exceptions([&]() -> Result<void> {
    TRY(writable());
    return poisoning(log_->sync());
  });
}

// --- compaction ---

Result<void> Store::compact() {
  return without_exceptions([&]() -> Result<void> {
    TRY(writable());
    return compact_now();
  });
}

// The command that made it due is durable and applied whatever becomes of the compaction, so it is not told. A failed
// write or sync has poisoned the store, and the next command says so.
void Store::compact_if_due() {
  const std::uint64_t log_bytes = log_->end() - kFileHeaderBytes;
  const bool many = options_.compact_after_operations != 0 && log_operations_ >= options_.compact_after_operations;
  const bool large = options_.compact_after_bytes != 0 && log_bytes >= options_.compact_after_bytes;
  if (!many && !large) return;
  auto compacted = compact_now();
  if (!compacted) compaction_problem_ = std::move(compacted).error();
}

// --- closing ---

Result<void> Store::close() {
  if (closed_) return {};
  auto closed = without_exceptions([&] { return close_cleanly(); });
  closed_ = true;
  log_.reset();
  lock_.reset();
  contents_.clear();
  return closed;
}

// The `close` record proves what came before it. Without it, nothing would tell a log that was cut from one that ends.
Result<void> Store::close_cleanly() {
  if (read_only_) return {};
  if (poison_) return std::unexpected(*poison_);
  TRY(log_->sync());
  const bool is_one_generation = snapshot_generation_ == log_->generation();
  if (last_seq_ != snapshot_seq_ || !is_one_generation) TRY(compact_now());
  TRY(log_->append(RecordKind::close, {}));
  return log_->sync();
}

// --- telling ---

ErrorCode Store::status() const {
  const auto found = problem();
  return found ? found->code : ErrorCode::ok;
}

std::optional<Error> Store::problem() const {
  if (poison_) return poison_;
  if (report_.verdict == Verdict::corrupted) return to_error(report_.findings.front(), directory_);
  return std::nullopt;
}

Stats Store::stats() const {
  Stats stats{.keys = contents_.size(),
              .content_bytes = contents_.content_bytes(),
              .last_seq = last_seq_,
              .log_operations = log_operations_,
              .compactions = compactions_};
  if (log_) {
    stats.generation = log_->generation();
    stats.durable_seq = log_->durable_seq();
    stats.log_bytes = log_->end() - kFileHeaderBytes;
  } else {
    stats.generation = report_.snapshot_generation;
  }
  return stats;
}

Result<Report> verify(Vfs& vfs, const std::string& path) {
  return without_exceptions([&]() -> Result<Report> {
    Inventory inventory = TRY(take_inventory(vfs, path));
    std::unique_ptr<FileLock> lock;
    if (inventory.has_lock) {
      lock = TRY(vfs.lock(join_path(path, kLockName), LockMode::shared));
      inventory = TRY(take_inventory(vfs, path));
    }
    return recover(vfs, path, inventory).report;
  });
}

}  // namespace kv
