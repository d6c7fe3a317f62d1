// Both directions of the C ABI's disk at once: an ImportedVfs on an ExportedVfs cannot be told from what is below.
#include "harness/exported_vfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "faultfs/meddling_vfs_test_util.h"
#include "faultfs/sim_disk.h"
#include "harness/imported_vfs.h"
#include "harness/plugin_error.h"
#include "harness/random.h"

namespace walbreaker {
namespace {

using kv::ErrorCode;
using kv::Result;

std::string told(const Result<void>& result) { return result ? "ok" : result.error().message(); }

template <class T>
std::string told(const Result<T>& result, const std::string& value) {
  return result ? value : result.error().message();
}

// Makes one call that the numbers choose, and tells what came of it.
class Caller {
 public:
  explicit Caller(kv::Vfs& vfs) : vfs_(vfs) {}

  std::string call(Random& random) {
    const std::string a = path(random);
    const std::string b = path(random);
    const std::uint64_t n = random.below(600);
    const auto which = random.below(16);
    if (which < 8 && !file_) return open(a, random);
    switch (which) {
      case 0: return open(a, random);
      case 1: return read(n);
      case 2:
      case 3: {
        const auto done = file_->write_at(n, std::string(random.below(300), 'x'));
        return told(done, fmt::format("{} written", done.value_or(0)));
      }
      case 4: return told(file_->truncate(n));
      case 5: return told(file_->allocate(n));
      case 6: return told(file_->sync());
      case 7: return told(file_->size(), fmt::format("{} bytes", file_->size().value_or(0)));
      case 8: file_.reset(); return "closed";
      case 9: return told(vfs_.rename(a, b));
      case 10: return told(vfs_.unlink(a));
      case 11: return told(vfs_.make_dir(a));
      case 12: return list(random.one_in(2) ? a : "/");
      case 13: return told(vfs_.sync_dir(random.one_in(2) ? a : "/"));
      case 14: return lock(a, random.one_in(2) ? kv::LockMode::shared : kv::LockMode::exclusive);
      default: locks_.clear(); return "unlocked";
    }
  }

 private:
  static std::string path(Random& random) {
    constexpr std::array<const char*, 7> kPaths{"a", "b", "d", "d/a", "d/b", "missing/a", "/"};
    return kPaths.at(random.below(kPaths.size()));
  }

  std::string open(const std::string& at, Random& random) {
    constexpr std::array kModes{kv::OpenMode::read, kv::OpenMode::read_write, kv::OpenMode::create,
                                kv::OpenMode::create_new};
    auto opened = vfs_.open(at, kModes.at(random.below(kModes.size())));
    if (!opened) return opened.error().message();
    file_ = std::move(*opened);
    return "opened";
  }

  std::string read(std::uint64_t offset) {
    std::string into(400, '?');
    const auto done = file_->read_at(offset, into);
    return told(done, into);
  }

  std::string list(const std::string& at) {
    const auto names = vfs_.list(at);
    std::string all;
    for (const std::string& name : names.value_or(std::vector<std::string>{})) all += name + ' ';
    return told(names, all);
  }

  std::string lock(const std::string& at, kv::LockMode mode) {
    auto held = vfs_.lock(at, mode);
    if (!held) return held.error().message();
    locks_.push_back(std::move(*held));
    return "locked";
  }

  kv::Vfs& vfs_;
  std::unique_ptr<kv::File> file_;
  std::vector<std::unique_ptr<kv::FileLock>> locks_;
};

TEST(ExportedVfs, AnswersWhatTheDiskBelowAnswersWhateverIsAsked) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    faultfs::SimDisk plain_disk;
    faultfs::SimDisk exported_disk;
    const ExportedVfs exported(exported_disk);
    ImportedVfs imported(exported.as_c());
    Caller plain(plain_disk);
    Caller through(imported);
    Random a(seed);
    Random b(seed);
    for (int i = 0; i < 300; ++i) ASSERT_EQ(plain.call(a), through.call(b)) << "seed " << seed << ", call " << i;
    EXPECT_TRUE(plain_disk.image() == exported_disk.image());
    EXPECT_EQ(plain_disk.trace().ops.size(), exported_disk.trace().ops.size());
  }
}

// A disk whose every call fails alike, once it has given one file.
class RefusingVfs final : public kv::Vfs {
 public:
  explicit RefusingVfs(ErrorCode code) : error_{code, ENOSPC, "refused"} {}
  Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode) override {
    if (path == "given") return std::make_unique<RefusingFile>(error_);
    return std::unexpected(error_);
  }
  Result<void> rename(const std::string&, const std::string&) override { return std::unexpected(error_); }
  Result<void> unlink(const std::string&) override { return std::unexpected(error_); }
  Result<void> make_dir(const std::string&) override { return std::unexpected(error_); }
  Result<std::vector<std::string>> list(const std::string&) override { return std::unexpected(error_); }
  Result<void> sync_dir(const std::string&) override { return std::unexpected(error_); }
  Result<std::unique_ptr<kv::FileLock>> lock(const std::string&, kv::LockMode) override {
    return std::unexpected(error_);
  }

 private:
  class RefusingFile final : public kv::File {
   public:
    explicit RefusingFile(kv::Error error) : error_(std::move(error)) {}
    Result<std::size_t> read_at(std::uint64_t, std::span<char>) override { return std::unexpected(error_); }
    Result<std::size_t> write_at(std::uint64_t, std::string_view) override { return std::unexpected(error_); }
    Result<void> truncate(std::uint64_t) override { return std::unexpected(error_); }
    Result<void> allocate(std::uint64_t) override { return std::unexpected(error_); }
    Result<void> sync() override { return std::unexpected(error_); }
    Result<std::uint64_t> size() override { return std::unexpected(error_); }

   private:
    kv::Error error_;
  };

  kv::Error error_;
};

TEST(ExportedVfs, PassesEveryErrorOfEveryCallThrough) {
  for (const ErrorCode code :
       {ErrorCode::internal, ErrorCode::io_error, ErrorCode::invalid_argument, ErrorCode::read_only, ErrorCode::locked,
        ErrorCode::corrupted, ErrorCode::unsupported_version, ErrorCode::no_memory, ErrorCode::no_space}) {
    RefusingVfs disk(code);
    const ExportedVfs exported(disk);
    ImportedVfs vfs(exported.as_c());
    const auto file = vfs.open("given", kv::OpenMode::create);
    ASSERT_TRUE(file);
    std::string into(4, ' ');
    const auto as_void = [](const auto& result) -> Result<void> {
      return result ? Result<void>{} : std::unexpected(result.error());
    };
    const std::vector<Result<void>> answers{as_void(vfs.open("a", kv::OpenMode::create)),
                                            vfs.rename("a", "b"),
                                            vfs.unlink("a"),
                                            vfs.make_dir("a"),
                                            as_void(vfs.list("a")),
                                            vfs.sync_dir("a"),
                                            as_void(vfs.lock("a", kv::LockMode::shared)),
                                            as_void((*file)->read_at(0, into)),
                                            as_void((*file)->write_at(0, into)),
                                            (*file)->truncate(1),
                                            (*file)->allocate(1),
                                            (*file)->sync(),
                                            as_void((*file)->size())};
    for (const auto& answer : answers) {
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().code, code);
      EXPECT_EQ(answer.error().os_error, ENOSPC);
      EXPECT_EQ(answer.error().context, "refused");
    }
  }
}

TEST(ExportedVfs, RefusesHandlesThatAreNotOpenAndPointersThatAreNull) {
  faultfs::SimDisk disk;
  const ExportedVfs exported(disk);
  const walbreaker_vfs* vfs = exported.as_c();
  walbreaker_error error{};
  walbreaker_file* file = nullptr;
  std::uint64_t size = 0;
  std::size_t done = 0;
  EXPECT_EQ(vfs->sync(vfs, nullptr, &error), WALBREAKER_INVALID_ARGUMENT);
  EXPECT_EQ(vfs->open(vfs, nullptr, WALBREAKER_OPEN_CREATE, &file, &error), WALBREAKER_INVALID_ARGUMENT);
  EXPECT_EQ(vfs->open(vfs, "a", WALBREAKER_OPEN_CREATE, nullptr, &error), WALBREAKER_INVALID_ARGUMENT);
  EXPECT_EQ(vfs->open(vfs, "a", 4, &file, &error), WALBREAKER_INVALID_ARGUMENT);
  EXPECT_EQ(vfs->list(vfs, "/", nullptr, nullptr, &error), WALBREAKER_INVALID_ARGUMENT);
  EXPECT_EQ(vfs->open(vfs, "missing", WALBREAKER_OPEN_READ, &file, nullptr), WALBREAKER_IO_ERROR);
  ASSERT_EQ(vfs->open(vfs, "a", WALBREAKER_OPEN_CREATE, &file, &error), WALBREAKER_OK);
  EXPECT_EQ(vfs->read_at(vfs, file, 0, nullptr, 1, &done, &error), WALBREAKER_INVALID_ARGUMENT);
  EXPECT_EQ(vfs->write_at(vfs, file, 0, nullptr, 0, &done, &error), WALBREAKER_OK);
  vfs->close_file(vfs, file);
  vfs->close_file(vfs, file);
  vfs->close_file(vfs, nullptr);
  vfs->unlock(vfs, nullptr);
  EXPECT_EQ(vfs->size(vfs, file, &size, &error), WALBREAKER_NOT_OPEN);
  EXPECT_EQ(text_of(error.text), "a file that is not open");
}

TEST(ExportedVfs, AListStopsWhereItsVisitorDoes) {
  faultfs::SimDisk disk;
  const ExportedVfs exported(disk);
  const walbreaker_vfs* vfs = exported.as_c();
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(disk.open(name, kv::OpenMode::create));
  std::vector<std::string> seen;
  const auto visit = [](void* context, const char* name) {
    auto& names = *static_cast<std::vector<std::string>*>(context);
    names.emplace_back(name);
    return names.size() < 2 ? 1 : 0;
  };
  EXPECT_EQ(vfs->list(vfs, "/", visit, &seen, nullptr), WALBREAKER_OK);
  EXPECT_THAT(seen, testing::ElementsAre("a", "b"));
}

TEST(ExportedVfs, IsSharedByThreadsThoughTheDiskBelowIsNot) {
  faultfs::SimDisk disk;
  const ExportedVfs exported(disk);
  const auto work = [&](const std::string& path) {
    ImportedVfs vfs(exported.as_c());
    const auto file = vfs.open(path, kv::OpenMode::create);
    for (std::uint64_t i = 0; i < 500; ++i) EXPECT_TRUE(kv::write_all(**file, i, "x") && (*file)->sync());
  };
  std::thread a(work, "a");
  std::thread b(work, "b");
  a.join();
  b.join();
  EXPECT_EQ(disk.trace().ops.size(), 2U * (1 + 2 * 500));
}

}  // namespace
}  // namespace walbreaker
