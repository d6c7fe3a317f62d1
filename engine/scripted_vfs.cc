#include "engine/scripted_vfs.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace kv {
namespace {

// The name without its directory.
std::string short_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::unexpected<Error> error_of(const Failure& failure, const std::string& operation) {
  if (failure.code == ErrorCode::no_memory) throw std::bad_alloc();
  return fail(failure.code, operation, failure.code == ErrorCode::no_space ? ENOSPC : EIO);
}

}  // namespace

std::optional<Failure> ScriptedVfs::befalls(Watch kind, const std::string& name) {
  if (kind != watch_) return std::nullopt;
  const std::size_t number = operations_.size();
  operations_.push_back(name);
  if (name == interruption_.first) std::exchange(interruption_.second, [] {})();
  if (!failure_ || !fails(number, name)) return std::nullopt;
  if (first_failed_) return Failure{.code = failure_->code};
  first_failed_ = number;
  return failure_;
}

bool ScriptedVfs::fails(std::size_t number, const std::string& name) const {
  if (first_failed_ && failure_->lasting == Lasting::once) return false;
  return failure_->named.empty() ? number >= failure_->at : name == failure_->named;
}

template <class Call>
auto ScriptedVfs::run(Watch kind, const std::string& name, Call call) -> decltype(call()) {
  const auto failure = befalls(kind, name);
  if (!failure) return call();
  if (failure->carried_out) (void)TRY(call());
  return error_of(*failure, name);
}

Result<std::size_t> ScriptedVfs::write(File& file, const std::string& name, std::uint64_t offset,
                                       std::string_view bytes) {
  const auto failure = befalls(Watch::changes, name);
  if (!failure) return file.write_at(offset, bytes.substr(0, longest_call_));
  const std::size_t arriving = failure->carried_out ? bytes.size() : failure->bytes_written;
  TRY(write_all(file, offset, bytes.substr(0, arriving)));
  return error_of(*failure, name);
}

class ScriptedVfs::ScriptedFile final : public File {
 public:
  ScriptedFile(ScriptedVfs& vfs, std::unique_ptr<File> base, std::string name)
      : vfs_(vfs), base_(std::move(base)), name_(std::move(name)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    const auto part = into.first(std::min(into.size(), vfs_.longest_call_));
    return vfs_.run(Watch::looks, "read " + name_, [&] { return base_->read_at(offset, part); });
  }
  Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    return vfs_.write(*base_, "write " + name_, offset, bytes);
  }
  Result<void> truncate(std::uint64_t size) override {
    return vfs_.run(Watch::changes, "truncate " + name_, [&] { return base_->truncate(size); });
  }
  Result<void> allocate(std::uint64_t size) override {
    return vfs_.run(Watch::changes, "allocate " + name_, [&] { return base_->allocate(size); });
  }
  Result<void> sync() override {
    return vfs_.run(Watch::changes, "sync " + name_, [&] { return base_->sync(); });
  }
  Result<std::uint64_t> size() override {
    return vfs_.run(Watch::looks, "size " + name_, [&] { return base_->size(); });
  }

 private:
  ScriptedVfs& vfs_;
  std::unique_ptr<File> base_;
  std::string name_;
};

Result<std::unique_ptr<File>> ScriptedVfs::open(const std::string& path, OpenMode mode) {
  const std::string name = short_name(path);
  const bool creates = mode == OpenMode::create || mode == OpenMode::create_new;
  const std::string operation = (creates ? "create " : "open ") + name;
  auto file = TRY(run(creates ? Watch::changes : Watch::looks, operation, [&] { return base_.open(path, mode); }));
  return std::make_unique<ScriptedFile>(*this, std::move(file), name);
}

Result<void> ScriptedVfs::rename(const std::string& from, const std::string& to) {
  return run(Watch::changes, "rename " + short_name(from) + " to " + short_name(to),
             [&] { return base_.rename(from, to); });
}

Result<void> ScriptedVfs::unlink(const std::string& path) {
  return run(Watch::changes, "unlink " + short_name(path), [&] { return base_.unlink(path); });
}

Result<void> ScriptedVfs::make_dir(const std::string& path) {
  return run(Watch::changes, "make_dir " + short_name(path), [&] { return base_.make_dir(path); });
}

Result<std::vector<std::string>> ScriptedVfs::list(const std::string& path) {
  return run(Watch::looks, "list " + short_name(path), [&] { return base_.list(path); });
}

Result<void> ScriptedVfs::sync_dir(const std::string& path) {
  return run(Watch::changes, "sync_dir " + short_name(path), [&] { return base_.sync_dir(path); });
}

// An exclusive lock makes the file it is on.
Result<std::unique_ptr<FileLock>> ScriptedVfs::lock(const std::string& path, LockMode mode) {
  const Watch kind = mode == LockMode::exclusive ? Watch::changes : Watch::looks;
  return run(kind, "lock " + short_name(path), [&] { return base_.lock(path, mode); });
}

}  // namespace kv
