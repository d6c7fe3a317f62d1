// For the tests of the order check: a client that is written down as a script of small verbs, in the directory "db".
//
//   create("db/wal-1.log");   // the file stays open
//   sync_dir();
//   issue(1);
//   write("db/wal-1.log");
//   ack(1);                   // no sync before: flagged
//   EXPECT_THAT(flagged(), ElementsAre("ack_before_durable"));
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faultfs/meddling_vfs_test_util.h"
#include "faultfs/order_check_vfs.h"
#include "faultfs/sim_disk.h"

namespace faultfs {

class OrderCheck : public testing::Test {
 protected:
  // --- verbs: each is one operation, but for those that say so ---

  void create(const std::string& path) { hold(path, kv::OpenMode::create_new); }
  void open(const std::string& path) { hold(path, kv::OpenMode::create); }  // an operation only where it is missing
  void write(const std::string& path) { ASSERT_TRUE(kv::write_all(file(path), end_++, "x")); }
  void truncate(const std::string& path, std::uint64_t size) { ASSERT_TRUE(file(path).truncate(size)); }
  void allocate(const std::string& path, std::uint64_t size) { ASSERT_TRUE(file(path).allocate(size)); }
  void sync(const std::string& path) { ASSERT_TRUE(file(path).sync()); }
  void sync_dir(const std::string& path = "db") { ASSERT_TRUE(vfs_.sync_dir(path)); }
  void rename(const std::string& from, const std::string& to) {
    ASSERT_TRUE(vfs_.rename(from, to));
    auto held = files_.extract(from);
    if (held.empty()) return;
    held.key() = to;
    files_.erase(to);
    files_.insert(std::move(held));
  }
  void unlink(const std::string& path) {
    ASSERT_TRUE(vfs_.unlink(path));
    files_.erase(path);
  }
  void make_dir(const std::string& path) { ASSERT_TRUE(vfs_.make_dir(path)); }

  // Three operations: create, write, sync.
  void make(const std::string& path) {
    create(path);
    write(path);
    sync(path);
  }
  // Write and sync, and a create before them where the file is missing.
  void extend(const std::string& path) {
    open(path);
    write(path);
    sync(path);
  }

  void issue(std::uint64_t command) { vfs_.issued(command); }
  void ack(std::uint64_t command) { vfs_.acknowledged(command); }

  // A new process on the same disk.
  void restart() {
    files_.clear();
    vfs_.restarted();
  }

  // Every operation of this kind fails from now on; none does any more.
  void fail_every(OpKind kind) {
    meddled_.meddle([kind](const Op& op) { return op.kind == kind ? Meddling::fail : Meddling::pass; });
  }
  void fail_none() { meddled_.meddle({}); }

  [[nodiscard]] kv::File& file(const std::string& path) { return *files_.at(path); }

  // --- what came of it ---

  [[nodiscard]] std::vector<std::string_view> flagged() const {
    std::vector<std::string_view> names;
    for (const OrderFinding& finding : vfs_.findings()) names.push_back(info(finding.kind).name);
    return names;
  }
  // The only finding.
  [[nodiscard]] OrderFinding finding() const {
    const auto findings = vfs_.findings();
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? OrderFinding{} : findings.front();
  }

  // A disk with a directory and a store of one log and one snapshot.
  static Image old_store() {
    const FileBytes bytes("old");
    return {.files = {{"db/wal-1.log", bytes}, {"db/snapshot-1.dat", bytes}}, .directories = {"db"}};
  }

  SimDisk disk_{old_store()};
  MeddlingVfs meddled_{disk_};
  OrderCheckVfs vfs_{meddled_, {.durable_on_ack = true, .holds_no_data = [](std::string_view path) {
                                  return path.starts_with("db/LOG");
                                }}};

 private:
  void hold(const std::string& path, kv::OpenMode mode) {
    auto opened = vfs_.open(path, mode);
    ASSERT_TRUE(opened) << opened.error().message();
    files_[path] = std::move(*opened);
  }

  std::map<std::string, std::unique_ptr<kv::File>> files_;
  std::uint64_t end_ = 100;  // no two writes are at the same offset
};

}  // namespace faultfs
