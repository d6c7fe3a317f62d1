// For tests: a Vfs that writes down every operation on the disk below it by name, and fails the one it is told to.
//
//   ScriptedVfs vfs(disk);
//   vfs.fail({.at = 7, .lasting = Lasting::for_ever});
//   ... a store does its work ...
//   vfs.operations();  // "lock LOCK", "create wal-1.log", "write wal-1.log", "sync wal-1.log", "sync_dir store", ...
//
// A process that is killed is one whose operations fail for ever from some point on, and whose memory is thrown away.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/vfs.h"

namespace kv {

enum class Lasting { once, for_ever };

struct Failure {
  std::size_t at = 0;      // the number of the operation, from 0
  std::string named = {};  // instead: the first operation of this name, and for_ever all of that name, but no other
  Lasting lasting = Lasting::once;
  ErrorCode code = ErrorCode::io_error;  // no_memory: std::bad_alloc is thrown
  std::size_t bytes_written = 0;         // of the first one, if it is a write: the rest never arrives
  bool carried_out = false;              // the first one has its effect, and fails all the same
};

class ScriptedVfs final : public Vfs {
 public:
  // Which operations are numbered, written down and failed: those that change the disk, or those that look at it. The
  // others pass.
  enum class Watch { changes, looks };

  explicit ScriptedVfs(Vfs& base, Watch watch = Watch::changes) : base_(base), watch_(watch) {}

  // In place of any failure that was told before.
  void fail(const Failure& failure) {
    failure_ = failure;
    first_failed_.reset();
  }
  // Makes a call just before the first operation of this name: what another process does in between.
  void before(std::string operation, std::function<void()> call) {
    interruption_ = {std::move(operation), std::move(call)};
  }
  // No single read or write of more bytes than this succeeds as a whole.
  void shorten_calls_to(std::size_t bytes) { longest_call_ = bytes; }

  [[nodiscard]] const std::vector<std::string>& operations() const { return operations_; }
  [[nodiscard]] bool has_failed() const { return first_failed_.has_value(); }
  // The operation that failed first.
  [[nodiscard]] const std::string& failed_operation() const { return operations_.at(first_failed_.value()); }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> unlink(const std::string& path) override;
  Result<void> make_dir(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<void> sync_dir(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) override;

 private:
  class ScriptedFile;

  template <class Call>
  auto run(Watch kind, const std::string& name, Call call) -> decltype(call());
  Result<std::size_t> write(File& file, const std::string& name, std::uint64_t offset, std::string_view bytes);
  // Writes an operation down. Returns the failure that befalls it.
  std::optional<Failure> befalls(Watch kind, const std::string& name);
  [[nodiscard]] bool fails(std::size_t number, const std::string& name) const;

  Vfs& base_;
  const Watch watch_;
  std::optional<Failure> failure_;
  std::optional<std::size_t> first_failed_;
  std::pair<std::string, std::function<void()>> interruption_;
  std::size_t longest_call_ = ~std::size_t{0};
  std::vector<std::string> operations_;
};

}  // namespace kv
