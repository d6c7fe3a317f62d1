// What is asked of LevelDB and of RocksDB alike, on the simulated disk.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/posix_test_util.h"
#include "faultfs/fault_plan.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/subject.h"

namespace walbreaker {

// A store that opens with nothing amiss.
inline std::unique_ptr<Session> must_open(const Subject& subject, kv::Vfs& vfs, const std::string& directory,
                                          const Settings& settings = {}, std::uint64_t entropy = 1) {
  auto opened = kv::must(subject.open(vfs, directory, {.settings = settings, .entropy = entropy}));
  EXPECT_EQ(opened.answer, OpenAnswer::clean);
  return std::move(opened.session);
}

// The error of a synced put on a disk with this fault plan, which fires.
inline kv::Error error_of_a_put(const Subject& subject, std::string_view plan) {
  faultfs::SimDisk disk;
  faultfs::FaultyVfs vfs(disk, *faultfs::parse_fault_plan(plan));
  const auto session = must_open(subject, vfs, "/db", {{"sync", "true"}});
  const auto written = session->put("a", "1");
  EXPECT_GT(vfs.fired(), 0U);
  return kv::error_of(written);
}

inline void expect_a_second_opener_is_refused(const Subject& subject) {
  faultfs::SimDisk disk;
  const auto session = must_open(subject, disk, "/db");
  const auto second = subject.open(disk, "/db", {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, kv::ErrorCode::locked);
}

// Each with one setting that is none: the error names it, and what is known, and the disk is not touched.
inline void expect_settings_are_refused(const Subject& subject, const std::vector<Settings>& each,
                                        const std::string& known) {
  faultfs::SimDisk disk;
  for (const Settings& settings : each) {
    const auto opened = subject.open(disk, "/db", {.settings = settings});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, kv::ErrorCode::invalid_argument);
    const auto& [name, value] = *settings.begin();
    EXPECT_THAT(opened.error().context,
                testing::AllOf(testing::HasSubstr(fmt::format("{}={}", name, value)), testing::HasSubstr(known)));
  }
  EXPECT_TRUE(disk.trace().ops.empty());
}

inline void expect_a_kill_reaches_the_disk_no_more(const Subject& subject) {
  faultfs::SimDisk disk;
  auto session = must_open(subject, disk, "/db", {{"background", "lazy"}, {"compact_after_operations", "1"}});
  kv::must(session->put("a", "1"));
  kv::must(session->put("b", "2"));  // begins a new log: the old one is to be written to a table
  const std::size_t operations = disk.trace().ops.size();
  session.reset();
  EXPECT_EQ(disk.trace().ops.size(), operations);
  EXPECT_EQ(must_open(subject, disk, "/db")->scan(), (Listing{{"a", "1"}, {"b", "2"}}));
}

}  // namespace walbreaker
