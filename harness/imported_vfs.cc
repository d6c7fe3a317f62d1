#include "harness/imported_vfs.h"

#include <string_view>

#include "harness/plugin_error.h"

namespace walbreaker {

namespace {

using kv::Result;

// `ask` calls the vfs; `what` names the call where the error does not.
template <class Ask>
Result<void> ask_for(std::string_view what, Ask ask) {
  walbreaker_error error{};
  const int answer = ask(&error);
  if (answer == WALBREAKER_OK) return {};
  return std::unexpected(from_plugin_error(answer, error, what));
}

class ImportedFile final : public kv::File {
 public:
  ImportedFile(const walbreaker_vfs* vfs, walbreaker_file* file) : vfs_(vfs), file_(file) {}
  ~ImportedFile() override { vfs_->close_file(vfs_, file_); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::size_t done = 0;
    TRY(ask_for("read", [&](auto* error) {
      return vfs_->read_at(vfs_, file_, offset, into.data(), into.size(), &done, error);
    }));
    return done;
  }

  Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    std::size_t done = 0;
    TRY(ask_for("write", [&](auto* error) {
      return vfs_->write_at(vfs_, file_, offset, bytes.data(), bytes.size(), &done, error);
    }));
    return done;
  }

  Result<void> truncate(std::uint64_t size) override {
    return ask_for("truncate", [&](auto* error) { return vfs_->truncate(vfs_, file_, size, error); });
  }

  Result<void> allocate(std::uint64_t size) override {
    return ask_for("allocate", [&](auto* error) { return vfs_->allocate(vfs_, file_, size, error); });
  }

  Result<void> sync() override {
    return ask_for("sync", [&](auto* error) { return vfs_->sync(vfs_, file_, error); });
  }

  Result<std::uint64_t> size() override {
    std::uint64_t size = 0;
    TRY(ask_for("size", [&](auto* error) { return vfs_->size(vfs_, file_, &size, error); }));
    return size;
  }

 private:
  const walbreaker_vfs* vfs_;
  walbreaker_file* file_;
};

class ImportedLock final : public kv::FileLock {
 public:
  ImportedLock(const walbreaker_vfs* vfs, walbreaker_lock* lock) : vfs_(vfs), lock_(lock) {}
  ~ImportedLock() override { vfs_->unlock(vfs_, lock_); }

 private:
  const walbreaker_vfs* vfs_;
  walbreaker_lock* lock_;
};

int number_of(kv::OpenMode mode) {
  switch (mode) {
    case kv::OpenMode::read: return WALBREAKER_OPEN_READ;
    case kv::OpenMode::read_write: return WALBREAKER_OPEN_READ_WRITE;
    case kv::OpenMode::create: return WALBREAKER_OPEN_CREATE;
    case kv::OpenMode::create_new: return WALBREAKER_OPEN_CREATE_NEW;
  }
  return -1;
}

int number_of(kv::LockMode mode) {
  return mode == kv::LockMode::shared ? WALBREAKER_LOCK_SHARED : WALBREAKER_LOCK_EXCLUSIVE;
}

int add_name(void* context, const char* name) {
  static_cast<std::vector<std::string>*>(context)->emplace_back(name);
  return 1;
}

}  // namespace

Result<std::unique_ptr<kv::File>> ImportedVfs::open(const std::string& path, kv::OpenMode mode) {
  walbreaker_file* file = nullptr;
  TRY(ask_for("open", [&](auto* error) { return vfs_->open(vfs_, path.c_str(), number_of(mode), &file, error); }));
  return std::make_unique<ImportedFile>(vfs_, file);
}

Result<void> ImportedVfs::rename(const std::string& from, const std::string& to) {
  return ask_for("rename", [&](auto* error) { return vfs_->rename(vfs_, from.c_str(), to.c_str(), error); });
}

Result<void> ImportedVfs::unlink(const std::string& path) {
  return ask_for("unlink", [&](auto* error) { return vfs_->unlink(vfs_, path.c_str(), error); });
}

Result<void> ImportedVfs::make_dir(const std::string& path) {
  return ask_for("make_dir", [&](auto* error) { return vfs_->make_dir(vfs_, path.c_str(), error); });
}

Result<std::vector<std::string>> ImportedVfs::list(const std::string& path) {
  std::vector<std::string> names;
  TRY(ask_for("list", [&](auto* error) { return vfs_->list(vfs_, path.c_str(), add_name, &names, error); }));
  return names;
}

Result<void> ImportedVfs::sync_dir(const std::string& path) {
  return ask_for("sync_dir", [&](auto* error) { return vfs_->sync_dir(vfs_, path.c_str(), error); });
}

Result<std::unique_ptr<kv::FileLock>> ImportedVfs::lock(const std::string& path, kv::LockMode mode) {
  walbreaker_lock* lock = nullptr;
  TRY(ask_for("lock", [&](auto* error) { return vfs_->lock(vfs_, path.c_str(), number_of(mode), &lock, error); }));
  return std::make_unique<ImportedLock>(vfs_, lock);
}

}  // namespace walbreaker
