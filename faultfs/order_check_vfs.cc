#include "faultfs/order_check_vfs.h"

#include <mutex>
#include <utility>

#include "faultfs/path.h"

namespace faultfs {

// The mutex is held over the call on the disk below as well: the order in the book is the order on the disk.
struct OrderCheckVfs::Shared {
  explicit Shared(OrderRules rules) : book(std::move(rules)) {}
  std::mutex mutex;
  OrderBook book;
};

namespace {

// `Shared` is OrderCheckVfs::Shared, which only OrderCheckVfs can name.
template <class Shared>
class OrderCheckFile final : public kv::File {
 public:
  OrderCheckFile(std::unique_ptr<kv::File> inner, std::shared_ptr<Shared> shared, OrderFilePtr file)
      : inner_(std::move(inner)), shared_(std::move(shared)), file_(std::move(file)) {}

  kv::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    return inner_->read_at(offset, into);
  }

  kv::Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    const std::lock_guard guard(shared_->mutex);
    auto written = inner_->write_at(offset, bytes);
    if (written && *written > 0) shared_->book.changed(file_, OpKind::write, offset + *written);
    return written;
  }

  kv::Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard guard(shared_->mutex);
    return resize(OpKind::truncate, size, [&] { return inner_->truncate(size); });
  }

  kv::Result<void> allocate(std::uint64_t size) override {
    const std::lock_guard guard(shared_->mutex);
    return resize(OpKind::allocate, size, [&] { return inner_->allocate(size); });
  }

  kv::Result<void> sync() override {
    const std::lock_guard guard(shared_->mutex);
    auto synced = inner_->sync();
    shared_->book.synced(file_, synced.has_value());
    return synced;
  }

  kv::Result<std::uint64_t> size() override { return inner_->size(); }

 private:
  // A file that keeps its size has nothing new to lose.
  template <class Call>
  kv::Result<void> resize(OpKind kind, std::uint64_t new_size, Call call) {
    const auto before = inner_->size();
    auto done = call();
    const auto after = inner_->size();
    const bool same = before && after && *before == *after;
    if (done && !same) shared_->book.changed(file_, kind, new_size);
    return done;
  }

  std::unique_ptr<kv::File> inner_;
  std::shared_ptr<Shared> shared_;
  OrderFilePtr file_;
};

}  // namespace

OrderCheckVfs::OrderCheckVfs(kv::Vfs& inner, OrderRules rules)
    : inner_(inner), shared_(std::make_shared<Shared>(std::move(rules))) {}

OrderCheckVfs::~OrderCheckVfs() = default;

void OrderCheckVfs::issued(std::uint64_t command) {
  const std::lock_guard guard(shared_->mutex);
  shared_->book.issued(command);
}

void OrderCheckVfs::acknowledged(std::uint64_t command) {
  const std::lock_guard guard(shared_->mutex);
  shared_->book.acknowledged(command);
}

void OrderCheckVfs::restarted() {
  const std::lock_guard guard(shared_->mutex);
  shared_->book.restarted();
}

std::vector<OrderFinding> OrderCheckVfs::findings() const {
  const std::lock_guard guard(shared_->mutex);
  return shared_->book.findings();
}

OpIndex OrderCheckVfs::operations() const {
  const std::lock_guard guard(shared_->mutex);
  return shared_->book.operations();
}

// Whether there is such a file. The book knows it then.
bool OrderCheckVfs::look_for(const std::string& path) {
  const auto file = inner_.open(path, kv::OpenMode::read);
  if (!file) return false;
  const auto size = (*file)->size();
  shared_->book.find(path, !size || *size > 0);
  return true;
}

kv::Result<std::unique_ptr<kv::File>> OrderCheckVfs::open(const std::string& path, kv::OpenMode mode) {
  const std::lock_guard guard(shared_->mutex);
  const bool creates = mode == kv::OpenMode::create_new || (mode == kv::OpenMode::create && !look_for(path));
  auto file = inner_.open(path, mode);
  if (!file) return file;
  OrderFilePtr known;
  if (creates) {
    known = shared_->book.created(path);
  } else {
    const auto size = (*file)->size();
    known = shared_->book.find(path, !size || *size > 0);
  }
  return std::make_unique<OrderCheckFile<Shared>>(std::move(*file), shared_, std::move(known));
}

kv::Result<void> OrderCheckVfs::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(shared_->mutex);
  const bool is_file = shared_->book.knows(from) || look_for(from);
  if (!shared_->book.knows(to)) look_for(to);
  auto renamed = inner_.rename(from, to);
  if (renamed && is_file && normal_path(from) != normal_path(to)) shared_->book.renamed(from, to);
  return renamed;
}

kv::Result<void> OrderCheckVfs::unlink(const std::string& path) {
  const std::lock_guard guard(shared_->mutex);
  const bool is_file = shared_->book.knows(path) || look_for(path);
  auto unlinked = inner_.unlink(path);
  if (unlinked && is_file) shared_->book.unlinked(path);
  return unlinked;
}

kv::Result<void> OrderCheckVfs::make_dir(const std::string& path) {
  const std::lock_guard guard(shared_->mutex);
  auto made = inner_.make_dir(path);
  if (made) shared_->book.made_dir(path);
  return made;
}

kv::Result<std::vector<std::string>> OrderCheckVfs::list(const std::string& path) { return inner_.list(path); }

kv::Result<void> OrderCheckVfs::sync_dir(const std::string& path) {
  const std::lock_guard guard(shared_->mutex);
  auto synced = inner_.sync_dir(path);
  shared_->book.synced_dir(path, synced.has_value());
  return synced;
}

kv::Result<std::unique_ptr<kv::FileLock>> OrderCheckVfs::lock(const std::string& path, kv::LockMode mode) {
  const std::lock_guard guard(shared_->mutex);
  const bool creates = mode == kv::LockMode::exclusive && !look_for(path);
  auto lock = inner_.lock(path, mode);
  if (lock && creates) shared_->book.created(path);
  return lock;
}

}  // namespace faultfs
