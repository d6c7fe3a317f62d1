#include "engine/memory_vfs.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kv {

std::vector<std::string> differences(const Image& before, const Image& after) {
  std::vector<std::string> found;
  for (const auto& [path, bytes] : before) {
    const auto now = after.find(path);
    if (now == after.end()) found.push_back(path + " is gone");
    if (now != after.end() && now->second != bytes) found.push_back(path + " differs");
  }
  for (const auto& [path, bytes] : after) {
    if (!before.contains(path)) found.push_back(path + " is new");
  }
  return found;
}

class MemoryVfs::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<Node> node, std::string path, bool writable)
      : node_(std::move(node)), path_(std::move(path)), writable_(writable) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (offset >= node_->bytes.size()) return 0;
    return node_->bytes.copy(into.data(), into.size(), offset);
  }

  Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    if (!writable_) return fail_errno(EBADF, "write " + path_);
    node_->bytes.resize(std::max<std::size_t>(node_->bytes.size(), offset + bytes.size()));
    node_->bytes.replace(offset, bytes.size(), bytes);
    return bytes.size();
  }

  Result<void> truncate(std::uint64_t size) override {
    if (!writable_) return fail_errno(EINVAL, "truncate " + path_);
    node_->bytes.resize(size);
    return {};
  }

  Result<void> allocate(std::uint64_t size) override {
    if (!writable_) return fail_errno(EBADF, "allocate " + path_);
    node_->bytes.resize(std::max<std::size_t>(node_->bytes.size(), size));
    return {};
  }

  Result<void> sync() override {
    node_->durable_bytes = node_->bytes;
    return {};
  }

  Result<std::uint64_t> size() override { return node_->bytes.size(); }

 private:
  std::shared_ptr<Node> node_;
  std::string path_;
  bool writable_;
};

class MemoryVfs::HeldLock final : public FileLock {
 public:
  HeldLock(std::shared_ptr<Node> node, LockMode mode) : node_(std::move(node)), mode_(mode) {
    if (mode_ == LockMode::exclusive) node_->exclusive_lock = true;
    if (mode_ == LockMode::shared) ++node_->shared_locks;
  }
  ~HeldLock() override {
    if (mode_ == LockMode::exclusive) node_->exclusive_lock = false;
    if (mode_ == LockMode::shared) --node_->shared_locks;
  }

 private:
  std::shared_ptr<Node> node_;
  LockMode mode_;
};

MemoryVfs::MemoryVfs(const Image& image) {
  for (const auto& [path, bytes] : image) {
    if (path.ends_with('/')) {
      add_directory(path.substr(0, path.size() - 1));
      continue;
    }
    add_directory(parent_path(path));
    names_[path] = std::make_shared<Node>(Node{.bytes = bytes, .durable_bytes = bytes});
  }
  durable_names_ = names_;
}

void MemoryVfs::add_directory(const std::string& path) {
  if (path == "." || path == "/" || names_.contains(path)) return;
  add_directory(parent_path(path));
  names_[path] = std::make_shared<Node>(Node{.is_directory = true});
}

std::unique_ptr<MemoryVfs> MemoryVfs::clone() const {
  std::map<const Node*, std::shared_ptr<Node>> copies;
  const auto copy_of = [&](const Names& names) {
    Names copied;
    for (const auto& [path, node] : names) {
      auto& copy = copies[node.get()];
      if (!copy) copy = std::make_shared<Node>(*node);
      copy->shared_locks = 0;
      copy->exclusive_lock = false;
      copied[path] = copy;
    }
    return copied;
  };
  auto disk = std::make_unique<MemoryVfs>();
  disk->names_ = copy_of(names_);
  disk->durable_names_ = copy_of(durable_names_);
  return disk;
}

Image MemoryVfs::image() const {
  Image image;
  for (const auto& [path, node] : names_) image[node->is_directory ? path + "/" : path] = node->bytes;
  return image;
}

Image MemoryVfs::durable_image() const {
  Image image;
  for (const auto& [path, node] : durable_names_) {
    const std::string parent = parent_path(path);
    const bool reachable = parent == "." || parent == "/" || image.contains(parent + "/");
    if (reachable) image[node->is_directory ? path + "/" : path] = node->durable_bytes;
  }
  return image;
}

std::shared_ptr<MemoryVfs::Node> MemoryVfs::find(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? nullptr : found->second;
}

Result<void> MemoryVfs::check_parent(const std::string& path) const {
  const std::string parent = parent_path(path);
  if (parent == "." || parent == "/") return {};
  const auto node = find(parent);
  if (!node) return fail_errno(ENOENT, "look up " + path);
  if (!node->is_directory) return fail_errno(ENOTDIR, "look up " + path);
  return {};
}

Result<std::unique_ptr<File>> MemoryVfs::open(const std::string& path, OpenMode mode) {
  TRY(check_parent(path));
  auto node = find(path);
  const bool creates = mode == OpenMode::create || mode == OpenMode::create_new;
  if (node && mode == OpenMode::create_new) return fail_errno(EEXIST, "open " + path);
  if (!node && !creates) return fail_errno(ENOENT, "open " + path);
  if (node && node->is_directory) return fail_errno(EISDIR, "open " + path);
  if (!node) node = names_[path] = std::make_shared<Node>();
  return std::make_unique<OpenFile>(std::move(node), path, mode != OpenMode::read);
}

Result<void> MemoryVfs::rename(const std::string& from, const std::string& to) {
  TRY(check_parent(to));
  auto node = find(from);
  if (!node) return fail_errno(ENOENT, "rename " + from + " to " + to);
  names_.erase(from);
  names_[to] = std::move(node);
  return {};
}

Result<void> MemoryVfs::unlink(const std::string& path) {
  if (names_.erase(path) == 0) return fail_errno(ENOENT, "unlink " + path);
  return {};
}

Result<void> MemoryVfs::make_dir(const std::string& path) {
  TRY(check_parent(path));
  if (find(path)) return fail_errno(EEXIST, "make_dir " + path);
  add_directory(path);
  return {};
}

Result<std::vector<std::string>> MemoryVfs::list(const std::string& path) {
  const auto directory = find(path);
  if (!directory) return fail_errno(ENOENT, "list " + path);
  if (!directory->is_directory) return fail_errno(ENOTDIR, "list " + path);
  std::vector<std::string> listed;
  for (const auto& [name, node] : names_) {
    if (parent_path(name) == path) listed.push_back(name.substr(path.size() + 1));
  }
  return listed;
}

Result<void> MemoryVfs::sync_dir(const std::string& path) {
  TRY(check_parent(path + "/any"));
  const auto is_in_it = [&](const auto& entry) { return parent_path(entry.first) == path; };
  std::erase_if(durable_names_, is_in_it);
  std::ranges::copy_if(names_, std::inserter(durable_names_, durable_names_.end()), is_in_it);
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryVfs::lock(const std::string& path, LockMode mode) {
  const bool exclusive = mode == LockMode::exclusive;
  TRY(open(path, exclusive ? OpenMode::create : OpenMode::read));
  auto node = find(path);
  if (node->exclusive_lock || (exclusive && node->shared_locks > 0)) {
    return fail(ErrorCode::locked, "lock " + path + ": held by another opener");
  }
  return std::make_unique<HeldLock>(std::move(node), mode);
}

}  // namespace kv
