// For tests: a Vfs that lets a function decide what becomes of each operation that changes the disk below, or syncs.
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/op.h"

namespace faultfs {

enum class Meddling {
  pass,     // it is carried out
  fail,     // it is not, and answers io_error with EIO
  swallow,  // it is not, and answers ok; for all but creates and writes
  excuse,   // it is carried out, and answers ok even if it failed; for all but creates and writes
};

using Meddler = std::function<Meddling(const Op&)>;

class MeddlingVfs final : public kv::Vfs {
 public:
  explicit MeddlingVfs(kv::Vfs& inner) : inner_(inner) {}

  // Asked for every operation from now on; an empty one lets all pass.
  void meddle(Meddler meddler) { *meddler_ = std::move(meddler); }

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override {
    const bool creates = mode == kv::OpenMode::create_new ||
                         (mode == kv::OpenMode::create && !inner_.open(path, kv::OpenMode::read).has_value());
    if (creates && ask({.kind = OpKind::create, .path = path, .to = {}}) == Meddling::fail) {
      return kv::fail_errno(EIO, "create " + path);
    }
    auto file = inner_.open(path, mode);
    if (!file) return file;
    return std::make_unique<MeddlingFile>(std::move(*file), meddler_, path);
  }
  kv::Result<void> rename(const std::string& from, const std::string& to) override {
    return around({.kind = OpKind::rename, .path = from, .to = to}, [&] { return inner_.rename(from, to); });
  }
  kv::Result<void> unlink(const std::string& path) override {
    return around({.kind = OpKind::unlink, .path = path, .to = {}}, [&] { return inner_.unlink(path); });
  }
  kv::Result<void> make_dir(const std::string& path) override {
    return around({.kind = OpKind::make_dir, .path = path, .to = {}}, [&] { return inner_.make_dir(path); });
  }
  kv::Result<std::vector<std::string>> list(const std::string& path) override { return inner_.list(path); }
  kv::Result<void> sync_dir(const std::string& path) override {
    return around({.kind = OpKind::sync_dir, .path = path, .to = {}}, [&] { return inner_.sync_dir(path); });
  }
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override {
    return inner_.lock(path, mode);
  }

 private:
  using SharedMeddler = std::shared_ptr<Meddler>;

  static Meddling ask_of(const Meddler& meddler, const Op& op) { return meddler ? meddler(op) : Meddling::pass; }

  template <class Call>
  static kv::Result<void> around(const Meddler& meddler, const Op& op, Call call) {
    switch (ask_of(meddler, op)) {
      case Meddling::pass: return call();
      case Meddling::swallow: return {};
      case Meddling::excuse: (void)call(); return {};
      case Meddling::fail: break;
    }
    return kv::fail_errno(EIO, std::string(to_string(op.kind)) + ' ' + op.path);
  }

  [[nodiscard]] Meddling ask(const Op& op) const { return ask_of(*meddler_, op); }

  template <class Call>
  kv::Result<void> around(const Op& op, Call call) {
    return around(*meddler_, op, call);
  }

  class MeddlingFile final : public kv::File {
   public:
    MeddlingFile(std::unique_ptr<kv::File> inner, SharedMeddler meddler, std::string path)
        : inner_(std::move(inner)), meddler_(std::move(meddler)), path_(std::move(path)) {}

    kv::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      return inner_->read_at(offset, into);
    }
    kv::Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
      const Op op{.kind = OpKind::write, .path = path_, .to = {}, .offset = offset, .length = bytes.size()};
      if (ask_of(*meddler_, op) == Meddling::fail) return kv::fail_errno(EIO, "write " + path_);
      return inner_->write_at(offset, bytes);
    }
    kv::Result<void> truncate(std::uint64_t size) override {
      return around(*meddler_, {.kind = OpKind::truncate, .path = path_, .to = {}, .length = size},
                    [&] { return inner_->truncate(size); });
    }
    kv::Result<void> allocate(std::uint64_t size) override {
      return around(*meddler_, {.kind = OpKind::allocate, .path = path_, .to = {}, .length = size},
                    [&] { return inner_->allocate(size); });
    }
    kv::Result<void> sync() override {
      return around(*meddler_, {.kind = OpKind::sync, .path = path_, .to = {}}, [&] { return inner_->sync(); });
    }
    kv::Result<std::uint64_t> size() override { return inner_->size(); }

   private:
    std::unique_ptr<kv::File> inner_;
    SharedMeddler meddler_;
    std::string path_;
  };

  kv::Vfs& inner_;
  SharedMeddler meddler_ = std::make_shared<Meddler>();
};

}  // namespace faultfs
