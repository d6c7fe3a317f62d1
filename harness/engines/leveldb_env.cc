#include "harness/engines/leveldb_env.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "engine/assert.h"

// What the linker's --wrap makes of LevelDB's waits: wrapped_wait is called in their place, and real_wait is the
// library's.
void real_wait(std::condition_variable* condition, std::unique_lock<std::mutex>& lock) __asm__(
    "__real__ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE");
void wrapped_wait(std::condition_variable* condition, std::unique_lock<std::mutex>& lock) __asm__(
    "__wrap__ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE");

namespace walbreaker {

namespace {

using leveldb::Slice;
using leveldb::Status;

constexpr std::size_t kWriteBufferBytes = 64 << 10;

thread_local LevelDbEnv* foreground = nullptr;

class SequentialFile final : public leveldb::SequentialFile {
 public:
  SequentialFile(LevelDbEnv& env, std::unique_ptr<kv::File> file) : env_(env), file_(std::move(file)) {}

  Status Read(std::size_t size, Slice* result, char* scratch) override {
    const bool goes_on = env_.care() == Care::more;
    const auto read =
        goes_on ? kv::read_full(*file_, offset_, {scratch, size}) : file_->read_at(offset_, {scratch, size});
    if (!read) return env_.to_status(read.error());
    offset_ += *read;
    *result = Slice(scratch, *read);
    return Status::OK();
  }

  Status Skip(std::uint64_t size) override {
    offset_ += size;
    return Status::OK();
  }

 private:
  LevelDbEnv& env_;
  std::unique_ptr<kv::File> file_;
  std::uint64_t offset_ = 0;
};

class RandomAccessFile final : public leveldb::RandomAccessFile {
 public:
  RandomAccessFile(LevelDbEnv& env, std::unique_ptr<kv::File> file) : env_(env), file_(std::move(file)) {}

  Status Read(std::uint64_t offset, std::size_t size, Slice* result, char* scratch) const override {
    const auto read = kv::read_full(*file_, offset, {scratch, size});
    if (!read) return env_.to_status(read.error());
    *result = Slice(scratch, *read);
    return Status::OK();
  }

 private:
  LevelDbEnv& env_;
  std::unique_ptr<kv::File> file_;
};

class WritableFile final : public leveldb::WritableFile {
 public:
  WritableFile(LevelDbEnv& env, std::string path, std::unique_ptr<kv::File> file, std::uint64_t size)
      : env_(env), path_(std::move(path)), file_(std::move(file)), offset_(size) {
    const std::string_view name = std::string_view(path_).substr(path_.rfind('/') + 1);
    is_manifest_ = name.starts_with("MANIFEST");
  }

  ~WritableFile() override {
    if (file_ != nullptr) Close();  // errors are dropped, as LevelDB's own file does
  }

  Status Append(const Slice& data) override {
    std::string_view bytes(data.data(), data.size());
    const std::size_t fits = std::min(bytes.size(), kWriteBufferBytes - buffer_.size());
    buffer_.append(bytes.substr(0, fits));
    bytes.remove_prefix(fits);
    if (bytes.empty()) return Status::OK();
    Status flushed = Flush();
    if (!flushed.ok()) return flushed;
    if (bytes.size() >= kWriteBufferBytes) return write(bytes);
    buffer_.append(bytes);
    return Status::OK();
  }

  Status Close() override {
    Status flushed = Flush();
    file_.reset();
    return flushed;
  }

  Status Flush() override {
    const Status written = write(buffer_);
    buffer_.clear();
    return written;
  }

  Status Sync() override {
    // The files that a MANIFEST names are there before what it says of them is.
    if (is_manifest_) {
      const Status synced = env_.sync_directory_of(path_);
      if (!synced.ok()) return synced;
    }
    Status flushed = Flush();
    if (!flushed.ok()) return flushed;
    const auto synced = file_->sync();
    if (!synced) return env_.to_status(synced.error());
    const bool sync_name = env_.care() == Care::more && !std::exchange(name_is_synced_, true);
    return sync_name ? env_.sync_directory_of(path_) : Status::OK();
  }

 private:
  // Goes on behind what was written of an attempt that failed, as a file descriptor does.
  Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto written = file_->write_at(offset_, bytes);
      if (!written) return env_.to_status(written.error());
      if (*written == 0) return env_.to_status({kv::ErrorCode::no_space, ENOSPC, "write " + path_});
      offset_ += *written;
      bytes.remove_prefix(*written);
    }
    return Status::OK();
  }

  LevelDbEnv& env_;
  std::string path_;
  std::unique_ptr<kv::File> file_;
  std::uint64_t offset_;
  std::string buffer_;
  bool is_manifest_ = false;
  bool name_is_synced_ = false;
};

class FileLock final : public leveldb::FileLock {
 public:
  explicit FileLock(std::unique_ptr<kv::FileLock> lock) : lock_(std::move(lock)) {}

 private:
  std::unique_ptr<kv::FileLock> lock_;
};

}  // namespace

LevelDbEnv::~LevelDbEnv() { WB_ASSERT(queue_.empty()); }

LevelDbEnv::Foreground::Foreground(LevelDbEnv& env) {
  WB_ASSERT(foreground == nullptr);
  foreground = &env;
}

LevelDbEnv::Foreground::~Foreground() { foreground = nullptr; }

void LevelDbEnv::run_background() {
  while (run_one_background()) continue;
}

bool LevelDbEnv::run_one_background() {
  if (queue_.empty()) return false;
  const Work work = queue_.front();
  queue_.pop_front();
  work.function(work.argument);
  return true;
}

void LevelDbEnv::Schedule(void (*work)(void*), void* argument) { queue_.push_back({work, argument}); }

kv::Error LevelDbEnv::to_error(const Status& status) const {
  const std::string text = status.ToString();
  if (status.IsCorruption()) return {kv::ErrorCode::corrupted, 0, text};
  if (status.IsInvalidArgument() || status.IsNotSupportedError()) return {kv::ErrorCode::invalid_argument, 0, text};
  const auto passed_on = std::ranges::find_if(errors_, [&](const auto& entry) { return text.ends_with(entry.first); });
  return passed_on == errors_.end() ? kv::Error{kv::ErrorCode::io_error, 0, text} : passed_on->second;
}

Status LevelDbEnv::to_status(const kv::Error& error) {
  const std::string text = error.description();
  errors_.try_emplace(text, error);
  return error.os_error == ENOENT ? Status::NotFound(text) : Status::IOError(text);
}

Status LevelDbEnv::answer(const kv::Result<void>& result) { return result ? Status::OK() : to_status(result.error()); }

Status LevelDbEnv::sync_directory_of(const std::string& path) { return answer(vfs_.sync_dir(kv::parent_path(path))); }

Status LevelDbEnv::NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) {
  *file = nullptr;
  auto opened = vfs_.open(path, kv::OpenMode::read);
  if (!opened) return to_status(opened.error());
  *file = new SequentialFile(*this, std::move(*opened));
  return Status::OK();
}

Status LevelDbEnv::NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) {
  *file = nullptr;
  auto opened = vfs_.open(path, kv::OpenMode::read);
  if (!opened) return to_status(opened.error());
  *file = new RandomAccessFile(*this, std::move(*opened));
  return Status::OK();
}

Status LevelDbEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  auto opened = vfs_.open(path, kv::OpenMode::create);
  if (!opened) return to_status(opened.error());
  const auto size = (*opened)->size();
  if (!size) return to_status(size.error());
  if (*size > 0) {
    if (const auto cut = (*opened)->truncate(0); !cut) return to_status(cut.error());
  }
  *file = new WritableFile(*this, path, std::move(*opened), 0);
  return Status::OK();
}

Status LevelDbEnv::NewAppendableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  auto opened = vfs_.open(path, kv::OpenMode::create);
  if (!opened) return to_status(opened.error());
  const auto size = (*opened)->size();
  if (!size) return to_status(size.error());
  *file = new WritableFile(*this, path, std::move(*opened), *size);
  return Status::OK();
}

bool LevelDbEnv::FileExists(const std::string& path) {
  const auto opened = vfs_.open(path, kv::OpenMode::read);
  return opened || (care_ == Care::more && opened.error().os_error != ENOENT);
}

Status LevelDbEnv::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  names->clear();
  auto listed = vfs_.list(directory);
  if (!listed) return to_status(listed.error());
  *names = std::move(*listed);
  return Status::OK();
}

Status LevelDbEnv::RemoveFile(const std::string& path) { return answer(vfs_.unlink(path)); }

Status LevelDbEnv::CreateDir(const std::string& path) {
  const auto made = vfs_.make_dir(path);
  if (!made) return to_status(made.error());
  return care_ == Care::more ? sync_directory_of(path) : Status::OK();
}

Status LevelDbEnv::RemoveDir(const std::string& path) { return Status::NotSupported("remove directory " + path); }

Status LevelDbEnv::GetFileSize(const std::string& path, std::uint64_t* size) {
  *size = 0;
  auto opened = vfs_.open(path, kv::OpenMode::read);
  if (!opened) return to_status(opened.error());
  const auto found = (*opened)->size();
  if (!found) return to_status(found.error());
  *size = *found;
  return Status::OK();
}

Status LevelDbEnv::RenameFile(const std::string& from, const std::string& to) {
  const auto renamed = vfs_.rename(from, to);
  if (!renamed) return to_status(renamed.error());
  return care_ == Care::more ? sync_directory_of(to) : Status::OK();
}

Status LevelDbEnv::LockFile(const std::string& path, leveldb::FileLock** lock) {
  *lock = nullptr;
  auto locked = vfs_.lock(path, kv::LockMode::exclusive);
  if (!locked) return to_status(locked.error());
  *lock = new FileLock(std::move(*locked));
  return Status::OK();
}

Status LevelDbEnv::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return Status::OK();
}

// LevelDB's library starts no thread but by Schedule, and its own Env alone has test directories and loggers.
void LevelDbEnv::StartThread(void (* /*work*/)(void*), void* /*argument*/) {
  constexpr bool kStartsNoThread = false;
  WB_ASSERT(kStartsNoThread);
}

Status LevelDbEnv::GetTestDirectory(std::string* /*path*/) { return Status::NotSupported("test directory"); }

Status LevelDbEnv::NewLogger(const std::string& path, leveldb::Logger** logger) {
  *logger = nullptr;
  return Status::NotSupported("logger " + path);
}

namespace {

// Whether there was work that the waiting one may have waited for.
bool work_while_waiting(std::unique_lock<std::mutex>& lock) {
  if (foreground == nullptr) return false;
  lock.unlock();
  const bool worked = foreground->run_one_background();
  lock.lock();
  return worked;
}

}  // namespace

}  // namespace walbreaker

void wrapped_wait(std::condition_variable* condition, std::unique_lock<std::mutex>& lock) {
  if (!walbreaker::work_while_waiting(lock)) real_wait(condition, lock);
}
