#include "harness/engines/rocksdb_file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

namespace walbreaker {

namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(RocksDbFileSystem& system, std::unique_ptr<kv::File> file) : system_(system), file_(std::move(file)) {}

  IOStatus Read(std::size_t size, const IOOptions& /*options*/, Slice* result, char* scratch,
                IODebugContext* /*context*/) override {
    const auto read = kv::read_full(*file_, offset_, {scratch, size});
    if (!read) return system_.to_status(read.error());
    offset_ += *read;
    *result = Slice(scratch, *read);
    return IOStatus::OK();
  }

  IOStatus Skip(std::uint64_t size) override {
    offset_ += size;
    return IOStatus::OK();
  }

 private:
  RocksDbFileSystem& system_;
  std::unique_ptr<kv::File> file_;
  std::uint64_t offset_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(RocksDbFileSystem& system, std::unique_ptr<kv::File> file)
      : system_(system), file_(std::move(file)) {}

  IOStatus Read(std::uint64_t offset, std::size_t size, const IOOptions& /*options*/, Slice* result, char* scratch,
                IODebugContext* /*context*/) const override {
    const auto read = kv::read_full(*file_, offset, {scratch, size});
    if (!read) return system_.to_status(read.error());
    *result = Slice(scratch, *read);
    return IOStatus::OK();
  }

 private:
  RocksDbFileSystem& system_;
  std::unique_ptr<kv::File> file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(RocksDbFileSystem& system, std::string path, std::unique_ptr<kv::File> file, std::uint64_t size)
      : system_(system), path_(std::move(path)), file_(std::move(file)), offset_(size) {}

  using rocksdb::FSWritableFile::Append;

  // Goes on behind what was written of an attempt that failed, as a file descriptor does.
  IOStatus Append(const Slice& data, const IOOptions& /*options*/, IODebugContext* /*context*/) override {
    return system_.change([&](kv::Vfs& /*vfs*/) -> kv::Result<void> {
      std::string_view bytes(data.data(), data.size());
      while (!bytes.empty()) {
        const std::size_t written = TRY(file_->write_at(offset_, bytes));
        if (written == 0) return kv::fail_errno(ENOSPC, "write " + path_);
        offset_ += written;
        bytes.remove_prefix(written);
      }
      return {};
    });
  }

  IOStatus Truncate(std::uint64_t size, const IOOptions& /*options*/, IODebugContext* /*context*/) override {
    return system_.change([&](kv::Vfs& /*vfs*/) -> kv::Result<void> {
      TRY(file_->truncate(size));
      offset_ = size;
      return {};
    });
  }

  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*context*/) override {
    file_.reset();
    return IOStatus::OK();
  }

  IOStatus Flush(const IOOptions& /*options*/, IODebugContext* /*context*/) override { return IOStatus::OK(); }

  IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*context*/) override {
    return system_.change([&](kv::Vfs& /*vfs*/) { return file_->sync(); });
  }

  [[nodiscard]] bool IsSyncThreadSafe() const override { return true; }

  std::uint64_t GetFileSize(const IOOptions& /*options*/, IODebugContext* /*context*/) override { return offset_; }

 private:
  RocksDbFileSystem& system_;
  std::string path_;
  std::unique_ptr<kv::File> file_;
  std::uint64_t offset_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(RocksDbFileSystem& system, std::string path) : system_(system), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions& /*options*/, IODebugContext* /*context*/) override {
    return system_.change([&](kv::Vfs& vfs) { return vfs.sync_dir(path_); });
  }

  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*context*/) override { return IOStatus::OK(); }

 private:
  RocksDbFileSystem& system_;
  std::string path_;
};

class FileLock final : public rocksdb::FileLock {
 public:
  explicit FileLock(std::unique_ptr<kv::FileLock> lock) : lock_(std::move(lock)) {}

 private:
  std::unique_ptr<kv::FileLock> lock_;
};

}  // namespace

kv::Error RocksDbFileSystem::to_error(const rocksdb::Status& status) const {
  std::string text = status.ToString();
  if (status.IsCorruption()) return {kv::ErrorCode::corrupted, 0, std::move(text)};
  const auto passed_on =
      std::ranges::find_if(errors_, [&](const auto& entry) { return text.find(entry.first) != std::string::npos; });
  if (passed_on != errors_.end()) return passed_on->second;
  const bool asked_wrongly = status.IsInvalidArgument() || status.IsNotSupported();
  return {asked_wrongly ? kv::ErrorCode::invalid_argument : kv::ErrorCode::io_error, 0, std::move(text)};
}

IOStatus RocksDbFileSystem::to_status(const kv::Error& error) {
  const std::string text = error.description();
  errors_.try_emplace(text, error);
  return error.os_error == ENOENT ? IOStatus::PathNotFound(text) : IOStatus::IOError(text);
}

IOStatus RocksDbFileSystem::answer(const kv::Result<void>& result) {
  return result ? IOStatus::OK() : to_status(result.error());
}

IOStatus RocksDbFileSystem::NewSequentialFile(const std::string& path, const FileOptions& /*options*/,
                                              std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                              IODebugContext* /*context*/) {
  auto opened = vfs_.open(path, kv::OpenMode::read);
  if (!opened) return to_status(opened.error());
  *file = std::make_unique<SequentialFile>(*this, std::move(*opened));
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::NewRandomAccessFile(const std::string& path, const FileOptions& /*options*/,
                                                std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                                IODebugContext* /*context*/) {
  auto opened = vfs_.open(path, kv::OpenMode::read);
  if (!opened) return to_status(opened.error());
  *file = std::make_unique<RandomAccessFile>(*this, std::move(*opened));
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::NewWritableFile(const std::string& path, const FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) {
  const bool holds_options = path.find("/OPTIONS-") != std::string::npos;
  if (holds_options && options_files_ == OptionsFiles::refused) return IOStatus::NotSupported(path);
  IOStatus opened = ReopenWritableFile(path, options, file, context);
  if (!opened.ok() || (*file)->GetFileSize({}, nullptr) == 0) return opened;
  return (*file)->Truncate(0, {}, nullptr);
}

IOStatus RocksDbFileSystem::ReopenWritableFile(const std::string& path, const FileOptions& /*options*/,
                                               std::unique_ptr<rocksdb::FSWritableFile>* file,
                                               IODebugContext* /*context*/) {
  return change([&](kv::Vfs& vfs) -> kv::Result<void> {
    auto opened = TRY(vfs.open(path, kv::OpenMode::create));
    const std::uint64_t size = TRY(opened->size());
    *file = std::make_unique<WritableFile>(*this, path, std::move(opened), size);
    return {};
  });
}

IOStatus RocksDbFileSystem::NewDirectory(const std::string& path, const IOOptions& /*options*/,
                                         std::unique_ptr<rocksdb::FSDirectory>* directory,
                                         IODebugContext* /*context*/) {
  if (const auto listed = vfs_.list(path); !listed) return to_status(listed.error());
  *directory = std::make_unique<Directory>(*this, path);
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::FileExists(const std::string& path, const IOOptions& /*options*/,
                                       IODebugContext* /*context*/) {
  const auto opened = vfs_.open(path, kv::OpenMode::read);
  if (opened) return IOStatus::OK();
  return opened.error().os_error == ENOENT ? IOStatus::NotFound() : to_status(opened.error());
}

IOStatus RocksDbFileSystem::GetChildren(const std::string& directory, const IOOptions& /*options*/,
                                        std::vector<std::string>* names, IODebugContext* /*context*/) {
  names->clear();
  auto listed = vfs_.list(directory);
  if (!listed) return to_status(listed.error());
  *names = std::move(*listed);
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::DeleteFile(const std::string& path, const IOOptions& /*options*/,
                                       IODebugContext* /*context*/) {
  return change([&](kv::Vfs& vfs) { return vfs.unlink(path); });
}

IOStatus RocksDbFileSystem::CreateDir(const std::string& path, const IOOptions& /*options*/,
                                      IODebugContext* /*context*/) {
  return change([&](kv::Vfs& vfs) { return vfs.make_dir(path); });
}

IOStatus RocksDbFileSystem::CreateDirIfMissing(const std::string& path, const IOOptions& /*options*/,
                                               IODebugContext* /*context*/) {
  return change([&](kv::Vfs& vfs) -> kv::Result<void> {
    auto made = vfs.make_dir(path);
    const bool was_there = !made && made.error().os_error == EEXIST;
    return was_there ? kv::Result<void>{} : made;
  });
}

IOStatus RocksDbFileSystem::DeleteDir(const std::string& path, const IOOptions& /*options*/,
                                      IODebugContext* /*context*/) {
  return IOStatus::NotSupported("remove directory " + path);
}

IOStatus RocksDbFileSystem::GetFileSize(const std::string& path, const IOOptions& /*options*/, std::uint64_t* size,
                                        IODebugContext* /*context*/) {
  *size = 0;
  auto opened = vfs_.open(path, kv::OpenMode::read);
  if (!opened) return to_status(opened.error());
  const auto found = (*opened)->size();
  if (!found) return to_status(found.error());
  *size = *found;
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::GetFileModificationTime(const std::string& /*path*/, const IOOptions& /*options*/,
                                                    std::uint64_t* time, IODebugContext* /*context*/) {
  *time = 0;
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& /*options*/,
                                       IODebugContext* /*context*/) {
  return change([&](kv::Vfs& vfs) { return vfs.rename(from, to); });
}

IOStatus RocksDbFileSystem::LockFile(const std::string& path, const IOOptions& /*options*/, rocksdb::FileLock** lock,
                                     IODebugContext* /*context*/) {
  *lock = nullptr;
  auto locked = vfs_.lock(path, kv::LockMode::exclusive);
  if (!locked) return to_status(locked.error());
  *lock = new FileLock(std::move(*locked));
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::UnlockFile(rocksdb::FileLock* lock, const IOOptions& /*options*/,
                                       IODebugContext* /*context*/) {
  delete lock;
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::GetTestDirectory(const IOOptions& /*options*/, std::string* /*path*/,
                                             IODebugContext* /*context*/) {
  return IOStatus::NotSupported("test directory");
}

IOStatus RocksDbFileSystem::GetAbsolutePath(const std::string& path, const IOOptions& /*options*/,
                                            std::string* absolute, IODebugContext* /*context*/) {
  *absolute = path;
  return IOStatus::OK();
}

IOStatus RocksDbFileSystem::IsDirectory(const std::string& path, const IOOptions& /*options*/, bool* is_directory,
                                        IODebugContext* /*context*/) {
  *is_directory = vfs_.list(path).has_value();
  return IOStatus::OK();
}

}  // namespace walbreaker
