#include "harness/reference_subject.h"

#include <gtest/gtest.h>

#include "faultfs/sim_disk.h"

namespace walbreaker {
namespace {

std::unique_ptr<Session> must_open(kv::Vfs& vfs, const OpenRequest& request, OpenAnswer expected = OpenAnswer::clean) {
  auto opened = ReferenceSubject().open(vfs, "/", request);
  EXPECT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->answer, expected);
  return std::move(opened->session);
}

TEST(ReferenceSubject, AnswersEveryCommand) {
  faultfs::SimDisk vfs;
  const auto session = must_open(vfs, {.entropy = 1});
  ASSERT_TRUE(session->put("a", "1"));
  kv::Batch batch;
  batch.put("b", "2");
  batch.put("c", "3");
  ASSERT_TRUE(session->batch(batch));
  EXPECT_EQ(session->del("c"), true);
  EXPECT_EQ(session->del("c"), false);
  EXPECT_EQ(session->get("a").value(), "1");
  EXPECT_EQ(session->get("c").value(), std::nullopt);
  EXPECT_EQ(session->scan(), (Listing{{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(session->sync());
  EXPECT_TRUE(session->compact());
  EXPECT_TRUE(session->close());
}

TEST(ReferenceSubject, AStoreThatWasDroppedOrClosedComesBackClean) {
  faultfs::SimDisk vfs;
  ASSERT_TRUE(must_open(vfs, {.entropy = 1})->put("a", "1"));
  const auto again = must_open(vfs, {.entropy = 2});
  EXPECT_EQ(again->scan(), (Listing{{"a", "1"}}));
  ASSERT_TRUE(again->close());
  EXPECT_EQ(must_open(vfs, {.read_only = true, .entropy = 3})->put("b", "2").error().code, kv::ErrorCode::read_only);
}

TEST(ReferenceSubject, TheSameEntropyGivesTheSameBytes) {
  faultfs::SimDisk a;
  faultfs::SimDisk b;
  faultfs::SimDisk c;
  must_open(a, {.entropy = 1});
  must_open(b, {.entropy = 1});
  must_open(c, {.entropy = 2});
  EXPECT_TRUE(a.image() == b.image());
  EXPECT_FALSE(a.image() == c.image());
}

TEST(ReferenceSubject, RefusesSettingsThatItDoesNotKnow) {
  faultfs::SimDisk vfs;
  const ReferenceSubject subject;
  for (const Settings& settings :
       {Settings{{"colour", "red"}}, Settings{{"sync", "never"}}, Settings{{"compact_after_operations", "many"}}}) {
    const auto opened = subject.open(vfs, "/", {.settings = settings});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, kv::ErrorCode::invalid_argument);
  }
  must_open(vfs,
            {.settings = {{"sync", "on_request"}, {"compact_after_operations", "3"}, {"compact_after_bytes", "0"}}});
}

TEST(ReferenceSubject, KnowsItsFilesByName) {
  const ReferenceSubject subject;
  EXPECT_EQ(subject.role_of("wal-12.log"), FileRole::log);
  EXPECT_EQ(subject.role_of("snapshot-12.dat"), FileRole::snapshot);
  EXPECT_EQ(subject.role_of("snapshot-12.dat.tmp"), FileRole::other);
  EXPECT_EQ(subject.role_of("LOCK"), FileRole::other);
}

}  // namespace
}  // namespace walbreaker
