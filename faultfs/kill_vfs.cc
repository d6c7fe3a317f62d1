#include "faultfs/kill_vfs.h"

#include <csignal>
#include <cstdlib>
#include <string_view>
#include <type_traits>
#include <utility>

#include <unistd.h>

namespace faultfs {

// Counts operations, and carries out the plan.
class KillVfs::Executioner {
 public:
  Executioner(std::optional<KillPlan> plan, Announce announce) : plan_(plan), announce_(std::move(announce)) {}

  [[nodiscard]] std::uint64_t operations() const { return operations_; }

  // Calls `operation`, or dies at it.
  template <class Operation>
  std::invoke_result_t<Operation> around(const Op& op, Operation operation) {
    if (!falls_here()) return operation();
    const bool done = plan_->draw % 2 == 1;
    if (done) TRY(operation());
    die({op, done ? std::uint64_t{1} : std::uint64_t{0}});
  }

  kv::Result<std::size_t> around_write(kv::File& file, const std::string& path, std::uint64_t offset,
                                       std::string_view bytes) {
    if (!falls_here()) return file.write_at(offset, bytes);
    const std::size_t part = plan_->draw % (bytes.size() + 1);
    TRY(kv::write_all(file, offset, bytes.substr(0, part)));
    die({{.kind = OpKind::write, .path = path, .to = {}, .offset = offset, .length = bytes.size()}, part});
  }

 private:
  bool falls_here() { return operations_++ == (plan_ ? plan_->at : kNever); }

  [[noreturn]] void die(const Kill& kill) const {
    if (announce_) announce_(kill);
    ::kill(::getpid(), SIGKILL);
    std::abort();  // not reached: a process cannot outlive its own SIGKILL
  }

  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  std::optional<KillPlan> plan_;
  Announce announce_;
  std::uint64_t operations_ = 0;
};

namespace {

template <class Executioner>
class KillFile final : public kv::File {
 public:
  KillFile(std::unique_ptr<kv::File> inner, std::shared_ptr<Executioner> executioner, std::string path)
      : inner_(std::move(inner)), executioner_(std::move(executioner)), path_(std::move(path)) {}

  kv::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    return inner_->read_at(offset, into);
  }
  kv::Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    return executioner_->around_write(*inner_, path_, offset, bytes);
  }
  kv::Result<void> truncate(std::uint64_t size) override {
    return executioner_->around({.kind = OpKind::truncate, .path = path_, .to = {}, .length = size},
                                [&] { return inner_->truncate(size); });
  }
  kv::Result<void> allocate(std::uint64_t size) override {
    return executioner_->around({.kind = OpKind::allocate, .path = path_, .to = {}, .length = size},
                                [&] { return inner_->allocate(size); });
  }
  kv::Result<void> sync() override { return inner_->sync(); }
  kv::Result<std::uint64_t> size() override { return inner_->size(); }

 private:
  std::unique_ptr<kv::File> inner_;
  std::shared_ptr<Executioner> executioner_;
  std::string path_;
};

}  // namespace

KillVfs::KillVfs(kv::Vfs& inner, std::optional<KillPlan> plan, Announce announce)
    : inner_(inner), executioner_(std::make_shared<Executioner>(plan, std::move(announce))) {}

KillVfs::~KillVfs() = default;

std::uint64_t KillVfs::operations() const { return executioner_->operations(); }

kv::Result<std::unique_ptr<kv::File>> KillVfs::open(const std::string& path, kv::OpenMode mode) {
  const auto open_inner = [&] { return inner_.open(path, mode); };
  const bool changes = mode == kv::OpenMode::create_new || (mode == kv::OpenMode::create && !exists(path));
  auto file =
      TRY(changes ? executioner_->around({.kind = OpKind::create, .path = path, .to = {}}, open_inner) : open_inner());
  return std::make_unique<KillFile<Executioner>>(std::move(file), executioner_, path);
}

bool KillVfs::exists(const std::string& path) { return inner_.open(path, kv::OpenMode::read).has_value(); }

kv::Result<void> KillVfs::rename(const std::string& from, const std::string& to) {
  return executioner_->around({.kind = OpKind::rename, .path = from, .to = to},
                              [&] { return inner_.rename(from, to); });
}

kv::Result<void> KillVfs::unlink(const std::string& path) {
  return executioner_->around({.kind = OpKind::unlink, .path = path, .to = {}}, [&] { return inner_.unlink(path); });
}

kv::Result<void> KillVfs::make_dir(const std::string& path) {
  return executioner_->around({.kind = OpKind::make_dir, .path = path, .to = {}},
                              [&] { return inner_.make_dir(path); });
}

kv::Result<std::vector<std::string>> KillVfs::list(const std::string& path) { return inner_.list(path); }

kv::Result<void> KillVfs::sync_dir(const std::string& path) { return inner_.sync_dir(path); }

kv::Result<std::unique_ptr<kv::FileLock>> KillVfs::lock(const std::string& path, kv::LockMode mode) {
  return inner_.lock(path, mode);
}

}  // namespace faultfs
