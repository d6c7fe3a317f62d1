#include "faultfs/faulty_vfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "faultfs/sim_disk.h"

namespace faultfs {
namespace {

using kv::ErrorCode;
using kv::OpenMode;
using testing::ElementsAre;

// The bytes of a file, read without the faults.
std::string contents(kv::Vfs& disk, const std::string& path) {
  const auto file = disk.open(path, OpenMode::read);
  if (!file) return "missing";
  std::string bytes(100, '?');
  bytes.resize(kv::read_full(**file, 0, bytes).value());
  return bytes;
}

// Up to `size` bytes that one read gets, or the error's message.
std::string read_once(kv::File& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '?');
  const auto count = file.read_at(offset, bytes);
  if (!count) return count.error().message();
  bytes.resize(*count);
  return bytes;
}

template <class T>
kv::Error error_of(const kv::Result<T>& result) {
  return result ? kv::Error{.code = ErrorCode::ok} : result.error();
}

// A disk with the file "a", and the same disk with one fault.
class OneFault : public testing::Test {
 protected:
  void SetUp() override {
    const auto file = disk_.open("a", OpenMode::create_new);
    ASSERT_TRUE(file && kv::write_all(**file, 0, "0123456789"));
  }

  void plan(const Fault& fault, FaultyVfs::Hooks hooks = {}) {
    vfs_ = std::make_unique<FaultyVfs>(disk_, FaultPlan{{fault}}, std::move(hooks));
    file_ = vfs_->open("a", OpenMode::read_write).value_or(nullptr);
  }

  [[nodiscard]] std::string on_disk() { return contents(disk_, "a"); }

  SimDisk disk_;
  std::unique_ptr<FaultyVfs> vfs_;
  std::unique_ptr<kv::File> file_;
};

// Calls each operation once, in the order of OpKind. Returns what each answered.
std::map<OpKind, kv::Error> each_operation(kv::Vfs& vfs) {
  std::map<OpKind, kv::Error> errors;
  const auto note = [&](OpKind kind, const auto& result) { errors[kind] = error_of(result); };
  std::string buffer(4, '?');
  auto file = vfs.open("new", OpenMode::create_new);
  note(OpKind::create, file);
  if (!file) file = vfs.open("a", OpenMode::read_write);
  if (file) {
    note(OpKind::write, (*file)->write_at(0, "text"));
    note(OpKind::truncate, (*file)->truncate(3));
    note(OpKind::allocate, (*file)->allocate(9));
    note(OpKind::sync, (*file)->sync());
    note(OpKind::read, (*file)->read_at(0, buffer));
    note(OpKind::size, (*file)->size());
  }
  note(OpKind::make_dir, vfs.make_dir("dir"));
  note(OpKind::open, vfs.open("a", OpenMode::read));
  note(OpKind::rename, vfs.rename("a", "b"));
  note(OpKind::unlink, vfs.unlink("b"));
  note(OpKind::sync_dir, vfs.sync_dir("."));
  note(OpKind::list, vfs.list("."));
  note(OpKind::lock, vfs.lock("LOCK", kv::LockMode::exclusive));
  return errors;
}

TEST_F(OneFault, WhereNoneIsPlannedPassesAndCountsEverything) {
  FaultyVfs vfs(disk_);
  for (const auto& [kind, error] : each_operation(vfs)) EXPECT_EQ(error.code, ErrorCode::ok) << to_string(kind);
  for (const OpKindInfo& row : kOpKinds) EXPECT_EQ(vfs.operations(row.kind), 1U) << row.name;
  EXPECT_EQ(vfs.operations(), kOpKinds.size());
  EXPECT_EQ(contents(disk_, "new"), std::string("tex\0\0\0\0\0\0", 9));
  EXPECT_EQ(contents(disk_, "b"), "missing");
}

// --- errors ---

TEST_F(OneFault, OfAnErrorHitsExactlyTheOperationsOfItsRow) {
  for (const FaultKind kind :
       {FaultKind::read_error, FaultKind::write_error, FaultKind::sync_error, FaultKind::no_space}) {
    for (const OpKindInfo& row : kOpKinds) {
      if (!hits(kind, row.kind)) continue;
      SimDisk disk(disk_.image());
      FaultyVfs vfs(disk, {{{.kind = kind, .op = row.kind}}});
      const ErrorCode expected = kind == FaultKind::no_space ? ErrorCode::no_space : ErrorCode::io_error;
      EXPECT_EQ(each_operation(vfs).at(row.kind).code, expected) << info(kind).name << ' ' << row.name;
      EXPECT_EQ(vfs.fired(), 1U) << info(kind).name << ' ' << row.name;
    }
  }
}

TEST_F(OneFault, OfAnErrorSaysEIOAndTheOperation) {
  plan({.kind = FaultKind::write_error});
  EXPECT_EQ(error_of(vfs_->rename("a", "b")).message(), "io_error: rename a to b: Input/output error");
  EXPECT_EQ(on_disk(), "0123456789");
  plan({.kind = FaultKind::read_error, .op = OpKind::list});
  EXPECT_EQ(error_of(vfs_->list(".")).message(), "io_error: list .: Input/output error");
  plan({.kind = FaultKind::sync_error});
  EXPECT_EQ(error_of(file_->sync()).message(), "io_error: sync a: Input/output error");
}

TEST_F(OneFault, OfNoSpaceSaysENOSPC) {
  plan({.kind = FaultKind::no_space});
  const kv::Error error = error_of(file_->write_at(0, "abc"));
  EXPECT_EQ(error.code, ErrorCode::no_space);
  EXPECT_EQ(error.os_error, ENOSPC);
  EXPECT_EQ(on_disk(), "0123456789");
}

TEST_F(OneFault, ThatFailsAWriteMayLeaveSomeOfItsBytes) {
  for (const FaultKind kind : {FaultKind::write_error, FaultKind::no_space}) {
    plan({.kind = kind, .amount = 2});
    EXPECT_NE(error_of(file_->write_at(0, "abc")).code, ErrorCode::ok);
    EXPECT_EQ(on_disk(), "ab23456789");
    ASSERT_TRUE(file_->write_at(0, "01"));
  }
}

TEST_F(OneFault, ThatFailsAnotherChangeMayHaveMadeIt) {
  plan({.kind = FaultKind::write_error, .amount = 1});
  EXPECT_EQ(error_of(vfs_->rename("a", "b")).code, ErrorCode::io_error);
  EXPECT_EQ(contents(disk_, "b"), "0123456789");
}

TEST_F(OneFault, ThatFailsForEverLeavesBytesOfItsFirstWriteOnly) {
  plan({.kind = FaultKind::no_space, .lasting = Lasting::for_ever, .amount = 2});
  EXPECT_EQ(error_of(file_->write_at(0, "abc")).code, ErrorCode::no_space);
  EXPECT_EQ(error_of(file_->write_at(5, "xyz")).code, ErrorCode::no_space);
  EXPECT_EQ(on_disk(), "ab23456789");
}

TEST_F(OneFault, ThatFailsAReadGivesNothingAway) {
  plan({.kind = FaultKind::read_error, .op = OpKind::read});
  std::string bytes(4, '?');
  EXPECT_EQ(error_of(file_->read_at(0, bytes)).message(), "io_error: read a: Input/output error");
  EXPECT_EQ(bytes, std::string(4, '\0'));
  EXPECT_EQ(read_once(*file_, 0, 4), "0123");
}

TEST_F(OneFault, DoesNotHideAnErrorOfTheDiskBelow) {
  plan({.kind = FaultKind::write_error, .op = OpKind::rename, .amount = 1});
  EXPECT_EQ(error_of(vfs_->rename("missing", "b")).os_error, ENOENT);
}

// --- answers that are right, but short ---

TEST_F(OneFault, OfAShortWriteWritesSoManyBytesAndSaysSo) {
  plan({.kind = FaultKind::short_write, .amount = 3});
  EXPECT_EQ(file_->write_at(1, "abcdef"), 3U);
  EXPECT_EQ(on_disk(), "0abc456789");
  EXPECT_EQ(file_->write_at(1, "ABCDEF"), 6U);
}

TEST_F(OneFault, OfAShortWriteForEverIsBridgedByWriteAll) {
  plan({.kind = FaultKind::short_write, .lasting = Lasting::for_ever, .amount = 3});
  EXPECT_TRUE(kv::write_all(*file_, 0, "abcdefgh"));
  EXPECT_EQ(on_disk(), "abcdefgh89");
  EXPECT_EQ(vfs_->fired(), 2U);  // the third write has two bytes, and is whole
}

TEST_F(OneFault, OfAShortWriteOfNoBytesIsAFullDiskToWriteAll) {
  plan({.kind = FaultKind::short_write});
  EXPECT_EQ(error_of(kv::write_all(*file_, 0, "abc")).code, ErrorCode::no_space);
  EXPECT_EQ(on_disk(), "0123456789");
}

TEST_F(OneFault, OfAShortReadReadsSoManyBytesAndGivesNoMoreAway) {
  plan({.kind = FaultKind::short_read, .amount = 3});
  std::string bytes(6, '?');
  EXPECT_EQ(file_->read_at(2, bytes), 3U);
  EXPECT_EQ(bytes, std::string("234\0\0\0", 6));
  EXPECT_EQ(read_once(*file_, 2, 6), "234567");
}

TEST_F(OneFault, OfAShortReadCountsNoReadThatTheEndOfTheFileCutsAsShort) {
  plan({.kind = FaultKind::short_read, .amount = 3});
  EXPECT_EQ(read_once(*file_, 8, 100), "89");
  EXPECT_EQ(vfs_->fired(), 0U);
}

// --- answers that lie ---

TEST_F(OneFault, OfALyingSyncAnswersOk) {
  plan({.kind = FaultKind::lying_sync});
  EXPECT_TRUE(file_->sync());
  EXPECT_EQ(vfs_->fired(), 1U);
}

TEST_F(OneFault, OfALostWriteAnswersOkAndWritesNothing) {
  plan({.kind = FaultKind::lost_write});
  EXPECT_EQ(file_->write_at(8, "abcdef"), 6U);
  EXPECT_EQ(on_disk(), "0123456789");
  EXPECT_EQ(file_->write_at(0, "x"), 1U);
  EXPECT_EQ(on_disk(), "x123456789");
}

TEST_F(OneFault, OfAMisdirectedWriteLandsAtAnotherOffset) {
  plan({.kind = FaultKind::misdirected_write, .amount = 4});
  EXPECT_EQ(file_->write_at(1, "ab"), 2U);
  EXPECT_EQ(on_disk(), "01234ab789");
  plan({.kind = FaultKind::misdirected_write, .amount = std::uint64_t{0} - 4});
  EXPECT_EQ(file_->write_at(8, "xy"), 2U);
  EXPECT_EQ(on_disk(), "0123xyb789");
}

TEST_F(OneFault, OfABitFlipInvertsOneBitOfWhatIsReadAndNoneOnTheDisk) {
  plan({.kind = FaultKind::bit_flip, .amount = 8 + 6});
  EXPECT_EQ(read_once(*file_, 0, 3), "0q2");  // '1' is 0x31, with bit 6 inverted 0x71
  EXPECT_EQ(read_once(*file_, 0, 3), "012");
  plan({.kind = FaultKind::bit_flip, .amount = 3 * 8 + 1});
  EXPECT_EQ(read_once(*file_, 0, 3), "212");  // of 24 bits, bit 25 is bit 1
  EXPECT_EQ(on_disk(), "0123456789");
}

TEST_F(OneFault, OfABitFlipWaitsForAReadThatGetsABit) {
  plan({.kind = FaultKind::bit_flip});
  EXPECT_EQ(read_once(*file_, 10, 3), "");
  EXPECT_EQ(vfs_->fired(), 0U);
  EXPECT_EQ(read_once(*file_, 9, 3), "8");
}

// --- syncs that the disk below knows of ---

// A disk that writes down its syncs.
class SyncedFile final : public kv::File {
 public:
  explicit SyncedFile(std::vector<std::string>& calls) : calls_(calls) {}

  kv::Result<std::size_t> read_at(std::uint64_t, std::span<char>) override { return 0; }
  kv::Result<std::size_t> write_at(std::uint64_t, std::string_view bytes) override { return bytes.size(); }
  kv::Result<void> truncate(std::uint64_t) override { return {}; }
  kv::Result<void> allocate(std::uint64_t) override { return {}; }
  kv::Result<void> sync() override {
    calls_.emplace_back("sync");
    return kv::fail(ErrorCode::io_error, "the disk's own answer");
  }
  kv::Result<std::uint64_t> size() override { return 0; }

 private:
  std::vector<std::string>& calls_;
};

class SyncedVfs final : public kv::Vfs {
 public:
  kv::Result<std::unique_ptr<kv::File>> open(const std::string&, OpenMode) override {
    return std::make_unique<SyncedFile>(calls);
  }
  kv::Result<void> rename(const std::string&, const std::string&) override { return {}; }
  kv::Result<void> unlink(const std::string&) override { return {}; }
  kv::Result<void> make_dir(const std::string&) override { return {}; }
  kv::Result<std::vector<std::string>> list(const std::string&) override { return {}; }
  kv::Result<void> sync_dir(const std::string&) override {
    calls.emplace_back("sync_dir");
    return {};
  }
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string&, kv::LockMode) override { return nullptr; }

  std::vector<std::string> calls;
};

TEST(SyncFaults, DoNotReachTheDiskThatHasNoHandInThem) {
  for (const FaultKind kind : {FaultKind::sync_error, FaultKind::lying_sync}) {
    SyncedVfs disk;
    FaultyVfs vfs(disk, {{{.kind = kind, .lasting = Lasting::for_ever}}});
    EXPECT_EQ((*vfs.open("a", OpenMode::create))->sync().has_value(), kind == FaultKind::lying_sync);
    EXPECT_EQ(vfs.sync_dir(".").has_value(), kind == FaultKind::lying_sync);
    EXPECT_THAT(disk.calls, ElementsAre());
    EXPECT_EQ(vfs.fired(), 2U);
  }
}

TEST(SyncFaults, WithAHookAreToldAndThenTheDiskAnswersForItself) {
  for (const FaultKind kind : {FaultKind::sync_error, FaultKind::lying_sync}) {
    SyncedVfs disk;
    const auto hook = [&](SyncFault fault) { disk.calls.emplace_back(fault == SyncFault::fails ? "fails" : "lies"); };
    FaultyVfs vfs(disk, {{{.kind = kind, .at = 1, .lasting = Lasting::for_ever}}}, {.before_sync = hook, .kill = {}});
    const auto file = vfs.open("a", OpenMode::create);
    EXPECT_FALSE((*file)->sync());
    EXPECT_EQ(error_of((*file)->sync()).context, "the disk's own answer");
    EXPECT_TRUE(vfs.sync_dir("."));
    const std::string told = kind == FaultKind::sync_error ? "fails" : "lies";
    EXPECT_THAT(disk.calls, ElementsAre("sync", told, "sync", told, "sync_dir"));
    EXPECT_EQ(vfs.fired(), 2U);
  }
}

// --- when ---

TEST_F(OneFault, OnceStrikesTheOneOperationThatItIsPlannedFor) {
  plan({.kind = FaultKind::lost_write, .at = 1});
  for (const char* bytes : {"a", "b", "c"}) EXPECT_TRUE(file_->write_at(0, bytes));
  EXPECT_EQ(vfs_->fired(), 1U);
  EXPECT_EQ(on_disk(), "c123456789");
}

TEST_F(OneFault, ForEverStrikesThatOneAndAllThatFollow) {
  plan({.kind = FaultKind::lost_write, .at = 1, .lasting = Lasting::for_ever});
  for (const char* bytes : {"a", "b", "c"}) EXPECT_TRUE(file_->write_at(0, bytes));
  EXPECT_EQ(vfs_->fired(), 2U);
  EXPECT_EQ(on_disk(), "a123456789");
}

TEST_F(OneFault, CountsOnlyTheOperationsAndPathsThatItNames) {
  plan({.kind = FaultKind::write_error, .op = OpKind::write, .path = "b*", .at = 1});
  const auto b = vfs_->open("b1", OpenMode::create);
  ASSERT_TRUE(b);
  EXPECT_TRUE((*b)->write_at(0, "x"));
  EXPECT_TRUE(file_->write_at(0, "x"));
  EXPECT_TRUE((*b)->truncate(0));
  EXPECT_FALSE((*b)->write_at(0, "y"));
}

TEST_F(OneFault, CountsAnOpenAsACreateOnlyWhereTheFileIsMissing) {
  plan({.kind = FaultKind::write_error, .op = OpKind::create});
  EXPECT_TRUE(vfs_->open("a", OpenMode::create));
  EXPECT_FALSE(vfs_->open("b", OpenMode::create));
  EXPECT_EQ(contents(disk_, "b"), "missing");
  EXPECT_EQ(vfs_->operations(OpKind::create), 1U);
  EXPECT_EQ(vfs_->operations(OpKind::open), 2U);
}

TEST_F(OneFault, OfSeveralThatAreDueTheFirstStrikesAndTheOthersHaveCounted) {
  FaultyVfs vfs(disk_, {{{.kind = FaultKind::lost_write},
                         {.kind = FaultKind::write_error},
                         {.kind = FaultKind::write_error, .at = 1, .lasting = Lasting::for_ever}}});
  const auto file = vfs.open("a", OpenMode::read_write);
  EXPECT_TRUE((*file)->write_at(0, "x"));
  EXPECT_FALSE((*file)->write_at(0, "x"));
  const auto counts = vfs.counts();
  ASSERT_EQ(counts.size(), 3U);
  for (const FaultCount& count : counts) EXPECT_EQ(count.planned, 1U);
  EXPECT_EQ(counts[0].fired, 1U);
  EXPECT_EQ(counts[1].fired, 0U);
  EXPECT_EQ(counts[2].fired, 1U);
  EXPECT_EQ(vfs.fired(), 2U);
}

TEST_F(OneFault, StrikesFilesThatOutliveTheFaultyDisk) {
  plan({.kind = FaultKind::lost_write, .at = 1});
  vfs_.reset();
  EXPECT_TRUE(file_->write_at(0, "x"));
  EXPECT_TRUE(file_->write_at(0, "y"));
  EXPECT_EQ(on_disk(), "x123456789");
}

}  // namespace
}  // namespace faultfs
