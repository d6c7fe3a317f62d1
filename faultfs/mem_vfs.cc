#include "faultfs/mem_vfs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "engine/assert.h"

namespace faultfs {

namespace {

// What a name stands for. An open file keeps its node when the name goes.
struct Node {
  std::shared_ptr<std::string> bytes = std::make_shared<std::string>();
  bool shared = false;  // with an image: to be copied before it is changed
  std::vector<RecordedOp> recorded;
  int shared_locks = 0;
  bool exclusive_lock = false;

  std::string& writable() {
    if (shared) bytes = std::make_shared<std::string>(*bytes);
    shared = false;
    return *bytes;
  }
};

using NodePtr = std::shared_ptr<Node>;

// "/db//wal" -> "db/wal", "." -> "": paths that mean the same are spelled the same.
std::string normal(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") {
      if (!result.empty()) result += '/';
      result += part;
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return result;
}

std::string_view parent(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string context(OpKind kind, const std::string& path) {
  std::string text(to_string(kind));
  text += ' ';
  text += path;
  return text;
}

}  // namespace

struct MemVfs::Disk {
  std::map<std::string, NodePtr> files;
  std::set<std::string> directories;
  Predicate fails;
  Tag tag = 0;
  std::uint64_t recorded = 0;

  [[nodiscard]] NodePtr find(const std::string& name) const {
    const auto it = files.find(name);
    return it == files.end() ? nullptr : it->second;
  }
  [[nodiscard]] bool is_directory(std::string_view name) const {
    return name.empty() || directories.contains(std::string(name));
  }
  [[nodiscard]] bool exists(const std::string& name) const { return is_directory(name) || files.contains(name); }

  // 0, or why nothing can be created under this name.
  [[nodiscard]] int parent_errno(std::string_view name) const {
    const std::string_view above = parent(name);
    if (is_directory(above)) return 0;
    return files.contains(std::string(above)) ? ENOTDIR : ENOENT;
  }

  // 0, or EIO where the caller asked for a failure.
  [[nodiscard]] int injected(const Op& op) const { return fails && fails(op) ? EIO : 0; }

  void record(Node& node, OpKind kind, std::uint64_t offset, std::uint64_t length) {
    node.recorded.push_back({kind, recorded++, offset, length, tag});
  }
};

namespace {

class MemLock final : public kv::FileLock {
 public:
  MemLock(NodePtr node, kv::LockMode mode) : node_(std::move(node)), mode_(mode) {
    if (mode_ == kv::LockMode::shared) ++node_->shared_locks;
    if (mode_ == kv::LockMode::exclusive) node_->exclusive_lock = true;
  }
  ~MemLock() override {
    if (mode_ == kv::LockMode::shared) --node_->shared_locks;
    if (mode_ == kv::LockMode::exclusive) node_->exclusive_lock = false;
  }

 private:
  NodePtr node_;
  kv::LockMode mode_;
};

// `Disk` is MemVfs::Disk, which only MemVfs can name.
template <class Disk>
class MemFile final : public kv::File {
 public:
  MemFile(std::shared_ptr<Disk> disk, NodePtr node, std::string path, bool writable)
      : disk_(std::move(disk)), node_(std::move(node)), path_(std::move(path)), writable_(writable) {}

  kv::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    const std::string& bytes = *node_->bytes;
    if (offset >= bytes.size()) return 0;
    const std::size_t count = std::min<std::size_t>(into.size(), bytes.size() - offset);
    std::memcpy(into.data(), bytes.data() + offset, count);
    return count;
  }

  kv::Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    TRY(begin({.kind = OpKind::write, .path = path_, .to = {}, .offset = offset, .length = bytes.size()}));
    std::string& content = node_->writable();
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
    content.replace(offset, bytes.size(), bytes);
    disk_->record(*node_, OpKind::write, offset, bytes.size());
    return bytes.size();
  }

  kv::Result<void> truncate(std::uint64_t size) override {
    TRY(begin({.kind = OpKind::truncate, .path = path_, .to = {}, .length = size}));
    node_->writable().resize(size);
    return {};
  }

  kv::Result<void> allocate(std::uint64_t size) override {
    TRY(begin({.kind = OpKind::allocate, .path = path_, .to = {}, .length = size}));
    if (node_->bytes->size() < size) node_->writable().resize(size);
    return {};
  }

  kv::Result<void> sync() override {
    const int error = disk_->injected({.kind = OpKind::sync, .path = path_, .to = {}});
    if (error != 0) return kv::fail_errno(error, context(OpKind::sync, path_));
    disk_->record(*node_, OpKind::sync, 0, 0);
    return {};
  }

  kv::Result<std::uint64_t> size() override { return node_->bytes->size(); }

 private:
  kv::Result<void> begin(const Op& op) const {
    const int error = writable_ ? disk_->injected(op) : EBADF;
    if (error != 0) return kv::fail_errno(error, context(op.kind, path_));
    return {};
  }

  std::shared_ptr<Disk> disk_;
  NodePtr node_;
  std::string path_;
  bool writable_;
};

}  // namespace

MemVfs::MemVfs(const Image& image) : disk_(std::make_shared<Disk>()) {
  disk_->directories = image.directories;
  for (const auto& [path, bytes] : image.files) {
    const NodePtr node = disk_->files[path] = std::make_shared<Node>();
    node->bytes = std::const_pointer_cast<std::string>(bytes);  // never written through: `shared` sees to a copy
    node->shared = true;
  }
}

MemVfs::~MemVfs() = default;

Image MemVfs::image() const {
  Image image;
  image.directories = disk_->directories;
  for (const auto& [path, node] : disk_->files) {
    node->shared = true;
    image.files[path] = node->bytes;
  }
  return image;
}

void MemVfs::set_tag(Tag tag) { disk_->tag = tag; }

std::vector<RecordedOp> MemVfs::recorded(const std::string& path) const {
  const NodePtr node = disk_->find(normal(path));
  return node ? node->recorded : std::vector<RecordedOp>();
}

void MemVfs::fail_where(Predicate fails) { disk_->fails = std::move(fails); }

kv::Result<std::unique_ptr<kv::File>> MemVfs::open(const std::string& path, kv::OpenMode mode) {
  const std::string name = normal(path);
  const bool may_create = mode == kv::OpenMode::create || mode == kv::OpenMode::create_new;
  NodePtr node = disk_->find(name);
  if (!node && may_create) {
    int error = disk_->is_directory(name) ? EISDIR : disk_->parent_errno(name);
    if (error == 0) error = disk_->injected({.kind = OpKind::create, .path = path, .to = {}});
    if (error != 0) return kv::fail_errno(error, context(OpKind::create, path));
    node = disk_->files[name] = std::make_shared<Node>();
  } else if (mode == kv::OpenMode::create_new) {
    return kv::fail_errno(EEXIST, context(OpKind::create, path));
  }
  if (!node) return kv::fail_errno(disk_->is_directory(name) ? EISDIR : ENOENT, "open " + path);
  return std::make_unique<MemFile<Disk>>(disk_, node, path, mode != kv::OpenMode::read);
}

kv::Result<void> MemVfs::rename(const std::string& from, const std::string& to) {
  const std::string old_name = normal(from);
  const std::string new_name = normal(to);
  int error = disk_->parent_errno(new_name);
  if (disk_->is_directory(new_name)) error = EISDIR;
  if (!disk_->files.contains(old_name)) error = disk_->is_directory(old_name) ? EINVAL : ENOENT;
  if (error == 0) error = disk_->injected({.kind = OpKind::rename, .path = from, .to = to});
  if (error != 0) return kv::fail_errno(error, context(OpKind::rename, from) + " to " + to);
  if (old_name == new_name) return {};
  disk_->files[new_name] = disk_->find(old_name);
  disk_->files.erase(old_name);
  return {};
}

kv::Result<void> MemVfs::unlink(const std::string& path) {
  const std::string name = normal(path);
  int error = 0;
  if (!disk_->files.contains(name)) error = disk_->is_directory(name) ? EISDIR : ENOENT;
  if (error == 0) error = disk_->injected({.kind = OpKind::unlink, .path = path, .to = {}});
  if (error != 0) return kv::fail_errno(error, context(OpKind::unlink, path));
  disk_->files.erase(name);
  return {};
}

kv::Result<void> MemVfs::make_dir(const std::string& path) {
  const std::string name = normal(path);
  int error = disk_->exists(name) ? EEXIST : disk_->parent_errno(name);
  if (error == 0) error = disk_->injected({.kind = OpKind::make_dir, .path = path, .to = {}});
  if (error != 0) return kv::fail_errno(error, context(OpKind::make_dir, path));
  disk_->directories.insert(name);
  return {};
}

kv::Result<std::vector<std::string>> MemVfs::list(const std::string& path) {
  const std::string directory = normal(path);
  if (!disk_->is_directory(directory)) {
    return kv::fail_errno(disk_->files.contains(directory) ? ENOTDIR : ENOENT, "list " + path);
  }
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && parent(name) == directory) names.push_back(name.substr(name.rfind('/') + 1));
  };
  for (const auto& file : disk_->files) add(file.first);
  for (const std::string& name : disk_->directories) add(name);
  std::ranges::sort(names);
  return names;
}

kv::Result<void> MemVfs::sync_dir(const std::string& path) {
  const std::string name = normal(path);
  int error = 0;
  if (!disk_->is_directory(name)) error = disk_->files.contains(name) ? ENOTDIR : ENOENT;
  if (error == 0) error = disk_->injected({.kind = OpKind::sync_dir, .path = path, .to = {}});
  if (error != 0) return kv::fail_errno(error, context(OpKind::sync_dir, path));
  return {};
}

kv::Result<std::unique_ptr<kv::FileLock>> MemVfs::lock(const std::string& path, kv::LockMode mode) {
  const std::string name = normal(path);
  NodePtr node = disk_->find(name);
  if (!node) {
    int error = disk_->is_directory(name) ? EISDIR : disk_->parent_errno(name);
    if (error == 0 && mode == kv::LockMode::shared) error = ENOENT;
    if (error != 0) return kv::fail_errno(error, "lock " + path);
    node = disk_->files[name] = std::make_shared<Node>();
  }
  const bool excluded = node->exclusive_lock || (mode == kv::LockMode::exclusive && node->shared_locks > 0);
  if (excluded) return kv::fail(kv::ErrorCode::locked, "lock " + path);
  return std::make_unique<MemLock>(node, mode);
}

}  // namespace faultfs
