#include "faultfs/sim_disk.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "engine/assert.h"
#include "faultfs/disk_state.h"
#include "faultfs/path.h"
#include "faultfs/path_walk.h"

namespace faultfs {

namespace {

// What a name stands for. An open file keeps its node when the name goes.
struct Node {
  FileId id{};
  FileBuffer bytes;
  bool sync_failed_late = false;  // the next sync reports what the last one did not
  int shared_locks = 0;
  bool exclusive_lock = false;
};

using NodePtr = std::shared_ptr<Node>;

std::unexpected<kv::Error> failed(int error, OpKind kind, const std::string& path) {
  std::string context(to_string(kind));
  context += ' ';
  context += path;
  return kv::fail_errno(error, std::move(context));
}

}  // namespace

class SimDisk::Disk {
 public:
  Disk(const Image& image, FailedSync failed_sync, Tracing tracing)
      : failed_sync_(failed_sync), tracing_(tracing), directories_(image.directories) {
    WB_ASSERT(traces() || failed_sync != FailedSync::reverted);
    if (traces()) trace_.initial = image;
    for (const auto& [path, bytes] : image.files) add(path)->bytes = FileBuffer(bytes);
  }

  // --- names ---

  [[nodiscard]] NodePtr find(const std::string& name) const {
    const auto it = files_.find(name);
    return it == files_.end() ? nullptr : it->second;
  }

  [[nodiscard]] Walk walk(const std::string& path) const {
    // What is written as the disk has it needs no following: all above it is there.
    if (files_.contains(path)) return {.name = path, .kind = NameKind::file};
    if (directories_.contains(path)) return {.name = path, .kind = NameKind::directory};
    return faultfs::walk(path, [&](const std::string& name) {
      if (directories_.contains(name)) return NameKind::directory;
      return files_.contains(name) ? NameKind::file : NameKind::nothing;
    });
  }

  NodePtr find_or_create(const std::string& name) {
    if (NodePtr node = find(name)) return node;
    NodePtr node = add(name);
    if (traces()) record({.kind = OpKind::create, .file = node->id, .path = name});
    return node;
  }

  void rename(const std::string& from, const std::string& to) {
    const NodePtr node = find(from);
    if (traces()) record({.kind = OpKind::rename, .file = node->id, .path = from, .to = to});
    files_.erase(from);
    files_[to] = node;
  }

  void unlink(const std::string& name) {
    if (traces()) record({.kind = OpKind::unlink, .file = find(name)->id, .path = name});
    files_.erase(name);
  }

  void make_dir(const std::string& name) {
    if (traces()) record({.kind = OpKind::make_dir, .path = name});
    directories_.insert(name);
  }

  [[nodiscard]] std::vector<std::string> list(std::string_view directory) const {
    std::vector<std::string> names;
    const auto add_if_inside = [&](const std::string& name) {
      if (directory_of(name) == directory) names.push_back(name.substr(name.rfind('/') + 1));
    };
    for (const auto& file : files_) add_if_inside(file.first);
    std::ranges::for_each(directories_, add_if_inside);
    std::ranges::sort(names);
    return names;
  }

  [[nodiscard]] Image image() {
    Image image;
    image.directories = directories_;
    for (const auto& [name, node] : files_) image.files.emplace_hint(image.files.end(), name, node->bytes.freeze());
    return image;
  }

  // --- syncs ---

  kv::Result<void> sync(Node& node, const std::string& path) {
    const Outcome outcome = next_outcome(node.sync_failed_late);
    if (traces()) record({.kind = OpKind::sync, .file = node.id, .effect = outcome.effect, .failed = outcome.fails});
    if (outcome.effect == SyncEffect::reverted) node.bytes = FileBuffer(durable_bytes(trace_, node.id));
    if (outcome.fails) return failed(EIO, OpKind::sync, path);
    return {};
  }

  kv::Result<void> sync_dir(const std::string& name, const std::string& path) {
    Outcome outcome = next_outcome(directories_that_failed_late_[name]);
    // No file system is known to take names back while it runs.
    if (outcome.effect == SyncEffect::reverted) outcome.effect = SyncEffect::cleaned;
    if (traces()) record({.kind = OpKind::sync_dir, .path = name, .effect = outcome.effect, .failed = outcome.fails});
    if (outcome.fails) return failed(EIO, OpKind::sync_dir, path);
    return {};
  }

  void arrange(SyncFault fault) { next_sync_ = fault; }

  // --- the process ---

  [[nodiscard]] std::uint32_t process() const { return process_; }

  void kill() {
    ++process_;
    for (const auto& locked : locked_) {
      if (const NodePtr node = locked.lock()) {
        node->shared_locks = 0;
        node->exclusive_lock = false;
      }
    }
    locked_.clear();
  }

  void locked(const NodePtr& node) { locked_.push_back(node); }

  // --- the trace ---

  [[nodiscard]] bool traces() const { return tracing_ == Tracing::on; }
  void record(TraceOp op) { trace_.ops.push_back(std::move(op)); }
  void mark(Mark mark) {
    if (traces()) trace_.marks.push_back(mark);
  }
  [[nodiscard]] const Trace& trace() const { return trace_; }

 private:
  struct Outcome {
    SyncEffect effect = SyncEffect::durable;
    bool fails = false;
  };

  NodePtr add(const std::string& name) {
    const NodePtr node = files_[name] = std::make_shared<Node>();
    node->id = FileId{next_id_++};
    return node;
  }

  Outcome next_outcome(bool& failed_late) {
    const std::optional<SyncFault> arranged = std::exchange(next_sync_, std::nullopt);
    if (std::exchange(failed_late, false)) return {SyncEffect::cleaned, true};
    if (!arranged) return {};
    if (*arranged == SyncFault::lies) return {SyncEffect::nothing, false};
    switch (failed_sync_) {
      case FailedSync::stays_pending: return {SyncEffect::nothing, true};
      case FailedSync::clean_readable: return {SyncEffect::cleaned, true};
      case FailedSync::reverted: return {SyncEffect::reverted, true};
      case FailedSync::reported_late: break;
    }
    failed_late = true;
    return {SyncEffect::nothing, false};
  }

  FailedSync failed_sync_;
  Tracing tracing_;
  std::map<std::string, NodePtr> files_;
  std::set<std::string> directories_;
  std::map<std::string, bool> directories_that_failed_late_;
  std::vector<std::weak_ptr<Node>> locked_;
  std::optional<SyncFault> next_sync_;
  std::uint32_t next_id_ = 0;
  std::uint32_t process_ = 0;
  Trace trace_;
};

namespace {

// `Disk` is SimDisk::Disk, which only SimDisk can name.
template <class Disk>
class SimLock final : public kv::FileLock {
 public:
  SimLock(std::shared_ptr<Disk> disk, NodePtr node, kv::LockMode mode)
      : disk_(std::move(disk)), process_(disk_->process()), node_(std::move(node)), mode_(mode) {
    disk_->locked(node_);
    if (mode_ == kv::LockMode::shared) ++node_->shared_locks;
    if (mode_ == kv::LockMode::exclusive) node_->exclusive_lock = true;
  }
  ~SimLock() override {
    if (process_ != disk_->process()) return;  // the kill released it, and somebody else may hold the file now
    if (mode_ == kv::LockMode::shared) --node_->shared_locks;
    if (mode_ == kv::LockMode::exclusive) node_->exclusive_lock = false;
  }

 private:
  std::shared_ptr<Disk> disk_;
  std::uint32_t process_;
  NodePtr node_;
  kv::LockMode mode_;
};

template <class Disk>
class SimFile final : public kv::File {
 public:
  SimFile(std::shared_ptr<Disk> disk, NodePtr node, std::string path, bool writable)
      : disk_(std::move(disk)),
        process_(disk_->process()),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable) {}

  kv::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    TRY(check(OpKind::read, offset, into.size(), 0));
    return node_->bytes.view().read(offset, into);
  }

  kv::Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    TRY(check(OpKind::write, offset, bytes.size(), writable_ ? 0 : EBADF));
    if (bytes.empty()) return 0;
    TRY(check_size(OpKind::write, offset + bytes.size()));
    node_->bytes.write(offset, bytes);
    if (!disk_->traces()) return bytes.size();
    disk_->record({.kind = OpKind::write,
                   .file = node_->id,
                   .offset = offset,
                   .length = bytes.size(),
                   .bytes = std::make_shared<const std::string>(bytes)});
    return bytes.size();
  }

  kv::Result<void> truncate(std::uint64_t size) override {
    TRY(check(OpKind::truncate, size, 0, writable_ ? 0 : EINVAL));
    TRY(check_size(OpKind::truncate, size));
    if (size == node_->bytes.size()) return {};
    node_->bytes.resize(size);
    if (disk_->traces()) disk_->record({.kind = OpKind::truncate, .file = node_->id, .length = size});
    return {};
  }

  kv::Result<void> allocate(std::uint64_t size) override {
    TRY(check(OpKind::allocate, size, 0, writable_ || size == 0 ? 0 : EBADF));
    TRY(check_size(OpKind::allocate, size));
    if (size <= node_->bytes.size()) return {};
    node_->bytes.resize(size);
    if (disk_->traces()) disk_->record({.kind = OpKind::allocate, .file = node_->id, .length = size});
    return {};
  }

  kv::Result<void> sync() override {
    TRY(check(OpKind::sync, 0, 0, 0));
    return disk_->sync(*node_, path_);
  }

  kv::Result<std::uint64_t> size() override {
    TRY(check(OpKind::size, 0, 0, 0));
    return node_->bytes.size();
  }

 private:
  // EBADF for a file of a process that was killed, then invalid_argument for a place that no offset can name, then
  // `error`.
  [[nodiscard]] kv::Result<void> check(OpKind kind, std::uint64_t offset, std::uint64_t length, int error) const {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
    if (process_ != disk_->process()) return kv::fail_errno(EBADF, path_ + ": its process was killed");
    if (offset > kLargest || length > kLargest - offset) {
      return kv::fail(kv::ErrorCode::invalid_argument, path_ + ": past the largest offset");
    }
    if (error != 0) return failed(error, kind, path_);
    return {};
  }

  [[nodiscard]] kv::Result<void> check_size(OpKind kind, std::uint64_t size) const {
    if (size > kMaxFileBytes) return failed(EFBIG, kind, path_);
    return {};
  }

  std::shared_ptr<Disk> disk_;
  std::uint32_t process_;
  NodePtr node_;
  std::string path_;
  bool writable_;
};

}  // namespace

SimDisk::SimDisk(const Image& image, FailedSync failed_sync, Tracing tracing)
    : disk_(std::make_shared<Disk>(image, failed_sync, tracing)) {}

SimDisk::~SimDisk() = default;

Image SimDisk::image() const { return disk_->image(); }

const Trace& SimDisk::trace() const { return disk_->trace(); }

void SimDisk::mark(MarkKind kind, std::uint64_t command, std::uint32_t client) {
  disk_->mark({disk_->trace().ops.size(), kind, command, client});
}

void SimDisk::kill() {
  disk_->kill();
  const auto& marks = disk_->trace().marks;
  mark(MarkKind::killed, static_cast<std::uint64_t>(std::ranges::count(marks, MarkKind::issued, &Mark::kind)));
}

void SimDisk::arrange(SyncFault fault) { disk_->arrange(fault); }

kv::Result<std::unique_ptr<kv::File>> SimDisk::open(const std::string& path, kv::OpenMode mode) {
  const Walk at = disk_->walk(path);
  if (const int error = open_errno(at, mode); error != 0) return failed(error, OpKind::open, path);
  const NodePtr node = disk_->find_or_create(at.name);
  return std::make_unique<SimFile<Disk>>(disk_, node, path, mode != kv::OpenMode::read);
}

kv::Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  const Walk old_name = disk_->walk(from);
  const Walk new_name = disk_->walk(to);
  if (const int error = rename_errno(old_name, new_name); error != 0) {
    return failed(error, OpKind::rename, from + " to " + to);
  }
  if (old_name.name != new_name.name) disk_->rename(old_name.name, new_name.name);
  return {};
}

kv::Result<void> SimDisk::unlink(const std::string& path) {
  const Walk at = disk_->walk(path);
  if (const int error = unlink_errno(at); error != 0) return failed(error, OpKind::unlink, path);
  disk_->unlink(at.name);
  return {};
}

kv::Result<void> SimDisk::make_dir(const std::string& path) {
  const Walk at = disk_->walk(path);
  if (const int error = make_dir_errno(at); error != 0) return failed(error, OpKind::make_dir, path);
  disk_->make_dir(at.name);
  return {};
}

kv::Result<std::vector<std::string>> SimDisk::list(const std::string& path) {
  const Walk at = disk_->walk(path);
  if (const int error = list_errno(at); error != 0) return failed(error, OpKind::list, path);
  return disk_->list(at.name);
}

kv::Result<void> SimDisk::sync_dir(const std::string& path) {
  const Walk at = disk_->walk(path);
  if (const int error = list_errno(at); error != 0) return failed(error, OpKind::sync_dir, path);
  return disk_->sync_dir(at.name, path);
}

kv::Result<std::unique_ptr<kv::FileLock>> SimDisk::lock(const std::string& path, kv::LockMode mode) {
  const bool exclusive = mode == kv::LockMode::exclusive;
  const Walk at = disk_->walk(path);
  const int error = open_errno(at, exclusive ? kv::OpenMode::create : kv::OpenMode::read);
  if (error != 0) return failed(error, OpKind::lock, path);
  const NodePtr node = disk_->find_or_create(at.name);
  if (node->exclusive_lock || (exclusive && node->shared_locks > 0)) {
    return kv::fail(kv::ErrorCode::locked, "lock " + path + ": held by another opener");
  }
  return std::make_unique<SimLock<Disk>>(disk_, node, mode);
}

}  // namespace faultfs
