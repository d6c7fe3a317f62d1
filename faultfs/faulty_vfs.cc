#include "faultfs/faulty_vfs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/assert.h"

namespace faultfs {

namespace {

// The fault that befalls an operation.
struct Strike {
  FaultKind kind;
  std::uint64_t amount = 0;
};

// A fault of the plan, and what has become of it.
struct Planned {
  Fault fault;
  std::uint64_t counted = 0;  // operations
  std::uint64_t fired = 0;

  // Counts the next operation. Whether the fault is due at it.
  bool is_due() {
    const std::uint64_t index = counted++;
    return index == fault.at || (index > fault.at && fault.lasting == Lasting::for_ever);
  }

  Strike strike() {
    const bool nothing_done = info(fault.kind).amount == Amount::after && fired > 0;
    ++fired;
    return {fault.kind, nothing_done ? 0 : fault.amount};
  }
};

std::string name_of(const Op& op) {
  std::string name(to_string(op.kind));
  name += ' ';
  name += op.path;
  if (!op.to.empty()) name += " to " + op.to;
  return name;
}

std::unexpected<kv::Error> fail_dead() { return kv::fail(kv::ErrorCode::io_error, "the process was killed", EIO); }

}  // namespace

// Counts operations and decides what befalls them.
class FaultState {
 public:
  FaultState(FaultPlan plan, FaultyVfs::Hooks hooks) : hooks_(std::move(hooks)) { replace_plan(std::move(plan)); }

  void replace_plan(FaultPlan plan) {
    faults_.clear();
    for (Fault& fault : plan.faults) {
      WB_ASSERT(check(fault));
      faults_.push_back({.fault = std::move(fault)});
    }
  }

  [[nodiscard]] const std::vector<Planned>& faults() const { return faults_; }
  [[nodiscard]] const std::array<std::uint64_t, kOpKinds.size()>& operations() const { return operations_; }
  [[nodiscard]] bool is_dead() const { return dead_; }

  [[nodiscard]] kv::Result<void> alive() const {
    if (dead_) return fail_dead();
    return {};
  }

  // Counts an operation. Returns the fault that befalls it.
  std::optional<Strike> meet(const Op& op) {
    ++operations_.at(static_cast<std::size_t>(op.kind));
    std::optional<Strike> strike;
    for (Planned& planned : faults_) {
      if (!counts(planned.fault, op)) continue;
      if (planned.is_due() && !strike) strike = planned.strike();
    }
    return strike;
  }

  // What an operation answers that fails, or that the process dies at, when so much of it is done.
  std::unexpected<kv::Error> end(FaultKind fault, const Op& op, std::uint64_t done) {
    if (fault != FaultKind::kill) {
      return kv::fail_errno(fault == FaultKind::no_space ? ENOSPC : EIO, name_of(op));
    }
    dead_ = true;
    if (hooks_.kill) hooks_.kill({op, done});
    return fail_dead();
  }

  // Around any call but a read, a write and a sync: what befalls these is an error or a kill.
  template <class Call>
  std::invoke_result_t<Call> around(const Op& op, Call call) {
    TRY(alive());
    const auto strike = meet(op);
    if (!strike) return call();
    bool done = strike->amount % 2 == 1;
    if (done) {
      auto answer = call();
      done = answer.has_value();
      // A process dies though the disk refuses its last operation; any other fault has nothing to add to that.
      if (!done && strike->kind != FaultKind::kill) return answer;
    }
    return end(strike->kind, op, done ? 1 : 0);
  }

  template <class Sync>
  kv::Result<void> around_sync(const Op& op, Sync sync) {
    TRY(alive());
    const auto strike = meet(op);
    if (!strike) return sync();
    const bool lies = strike->kind == FaultKind::lying_sync;
    if (hooks_.before_sync) {
      hooks_.before_sync(lies ? SyncFault::lies : SyncFault::fails);
      return sync();
    }
    if (lies) return {};
    return end(strike->kind, op, 0);
  }

 private:
  std::vector<Planned> faults_;
  FaultyVfs::Hooks hooks_;
  std::array<std::uint64_t, kOpKinds.size()> operations_{};
  bool dead_ = false;
};

namespace {

class FaultyFile final : public kv::File {
 public:
  FaultyFile(std::unique_ptr<kv::File> inner, std::shared_ptr<FaultState> state, std::string path)
      : inner_(std::move(inner)), state_(std::move(state)), path_(std::move(path)) {}

  // What can befall a read depends on how much it gets, so the disk below reads first. A caller that looks behind what
  // it was given finds zeros, and not the bytes after all.
  kv::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    TRY(state_->alive());
    const auto count = inner_->read_at(offset, into);
    const Op op{.kind = OpKind::read, .path = path_, .to = {}, .offset = offset, .length = count.value_or(0)};
    const auto strike = state_->meet(op);
    if (!strike || !count) return count;
    if (strike->kind == FaultKind::bit_flip) {
      const std::uint64_t bit = strike->amount % (std::uint64_t{8} * *count);
      into[bit / 8] = static_cast<char>(into[bit / 8] ^ (1 << (bit % 8)));
      return count;
    }
    const std::size_t left = strike->kind == FaultKind::short_read ? strike->amount : 0;
    std::ranges::fill(into.first(*count).subspan(left), '\0');
    if (strike->kind == FaultKind::short_read) return left;
    return state_->end(strike->kind, op, 0);
  }

  kv::Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    TRY(state_->alive());
    const Op op{.kind = OpKind::write, .path = path_, .to = {}, .offset = offset, .length = bytes.size()};
    const auto strike = state_->meet(op);
    if (!strike) return inner_->write_at(offset, bytes);
    if (strike->kind == FaultKind::lost_write) return bytes.size();
    if (strike->kind == FaultKind::misdirected_write) return inner_->write_at(offset + strike->amount, bytes);
    if (strike->kind == FaultKind::short_write) return write_first(strike->amount, offset, bytes);
    const auto done = write_first(strike->amount % (bytes.size() + 1), offset, bytes);
    if (!done && strike->kind != FaultKind::kill) return done;
    return state_->end(strike->kind, op, done.value_or(0));
  }

  kv::Result<void> truncate(std::uint64_t size) override {
    return state_->around({.kind = OpKind::truncate, .path = path_, .to = {}, .length = size},
                          [&] { return inner_->truncate(size); });
  }
  kv::Result<void> allocate(std::uint64_t size) override {
    return state_->around({.kind = OpKind::allocate, .path = path_, .to = {}, .length = size},
                          [&] { return inner_->allocate(size); });
  }
  kv::Result<void> sync() override {
    return state_->around_sync({.kind = OpKind::sync, .path = path_, .to = {}}, [&] { return inner_->sync(); });
  }
  kv::Result<std::uint64_t> size() override {
    return state_->around({.kind = OpKind::size, .path = path_, .to = {}}, [&] { return inner_->size(); });
  }

 private:
  // The first `count` of the bytes. None of them: no write at all.
  kv::Result<std::size_t> write_first(std::size_t count, std::uint64_t offset, std::string_view bytes) {
    if (count == 0) return 0;
    return inner_->write_at(offset, bytes.substr(0, count));
  }

  std::unique_ptr<kv::File> inner_;
  std::shared_ptr<FaultState> state_;
  std::string path_;
};

}  // namespace

FaultyVfs::FaultyVfs(kv::Vfs& inner, FaultPlan plan, Hooks hooks)
    : inner_(inner), state_(std::make_shared<FaultState>(std::move(plan), std::move(hooks))) {}

FaultyVfs::~FaultyVfs() = default;

void FaultyVfs::replace_plan(FaultPlan plan) { state_->replace_plan(std::move(plan)); }

std::vector<FaultCount> FaultyVfs::counts() const {
  std::vector<FaultCount> counts;
  for (const Planned& planned : state_->faults()) counts.push_back({.fired = planned.fired});
  return counts;
}

std::uint64_t FaultyVfs::fired() const {
  std::uint64_t sum = 0;
  for (const Planned& planned : state_->faults()) sum += planned.fired;
  return sum;
}

std::uint64_t FaultyVfs::operations() const {
  return std::accumulate(state_->operations().begin(), state_->operations().end(), std::uint64_t{0});
}

std::uint64_t FaultyVfs::operations(OpKind kind) const {
  return state_->operations().at(static_cast<std::size_t>(kind));
}

bool FaultyVfs::is_dead() const { return state_->is_dead(); }

bool FaultyVfs::exists(const std::string& path) { return inner_.open(path, kv::OpenMode::read).has_value(); }

kv::Result<std::unique_ptr<kv::File>> FaultyVfs::open(const std::string& path, kv::OpenMode mode) {
  TRY(state_->alive());
  const bool creates = mode == kv::OpenMode::create_new || (mode == kv::OpenMode::create && !exists(path));
  const Op op{.kind = creates ? OpKind::create : OpKind::open, .path = path, .to = {}};
  auto file = TRY(state_->around(op, [&] { return inner_.open(path, mode); }));
  return std::make_unique<FaultyFile>(std::move(file), state_, path);
}

kv::Result<void> FaultyVfs::rename(const std::string& from, const std::string& to) {
  return state_->around({.kind = OpKind::rename, .path = from, .to = to}, [&] { return inner_.rename(from, to); });
}

kv::Result<void> FaultyVfs::unlink(const std::string& path) {
  return state_->around({.kind = OpKind::unlink, .path = path, .to = {}}, [&] { return inner_.unlink(path); });
}

kv::Result<void> FaultyVfs::make_dir(const std::string& path) {
  return state_->around({.kind = OpKind::make_dir, .path = path, .to = {}}, [&] { return inner_.make_dir(path); });
}

kv::Result<std::vector<std::string>> FaultyVfs::list(const std::string& path) {
  return state_->around({.kind = OpKind::list, .path = path, .to = {}}, [&] { return inner_.list(path); });
}

kv::Result<void> FaultyVfs::sync_dir(const std::string& path) {
  return state_->around_sync({.kind = OpKind::sync_dir, .path = path, .to = {}}, [&] { return inner_.sync_dir(path); });
}

kv::Result<std::unique_ptr<kv::FileLock>> FaultyVfs::lock(const std::string& path, kv::LockMode mode) {
  return state_->around({.kind = OpKind::lock, .path = path, .to = {}}, [&] { return inner_.lock(path, mode); });
}

}  // namespace faultfs
