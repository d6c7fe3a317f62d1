// The example driver of SQLite. It needs Python alone, with the sqlite3 module of its standard library.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/posix_vfs.h"
#include "harness/driver_test_util.h"
#include "harness/kill_campaign.h"
#include "harness/work_directory.h"

namespace walbreaker {
namespace {

using testing::IsEmpty;

std::unique_ptr<DriverSubject> must_make() {
  auto driver = make_driver(std::string("python3 ") + WALBREAKER_SQLITE_DRIVER);
  EXPECT_TRUE(driver) << driver.error().message();
  return std::move(*driver);
}

TEST(SqliteDriver, AnswersEveryCommand) {
  const auto driver = must_make();
  kv::PosixVfs vfs;
  for (const std::string mode : {"delete", "wal"}) {
    const auto directory = WorkDirectory::make("").value();
    const OpenRequest request{.settings = {{"journal_mode", mode}, {"check", "1"}}};
    auto opened = driver->open(vfs, directory->path() + "/db", request);
    ASSERT_TRUE(opened) << opened.error().message();
    Session& session = *opened->session;
    ASSERT_TRUE(session.put("a", "1"));
    ASSERT_TRUE(session.put("", ""));
    kv::Batch batch;
    batch.put("b", "2");
    batch.remove("a");
    ASSERT_TRUE(session.batch(batch));
    EXPECT_EQ(session.del("a"), false);
    EXPECT_EQ(session.get("b").value(), "2");
    EXPECT_EQ(session.get("a").value(), std::nullopt);
    EXPECT_TRUE(session.sync());
    EXPECT_TRUE(session.compact());
    EXPECT_EQ(session.scan(), (Listing{{"", ""}, {"b", "2"}}));
    EXPECT_TRUE(session.close());
  }
  const auto refused = driver->open(vfs, "/nowhere", {.settings = {{"journal_mode", "memory"}}});
  EXPECT_FALSE(refused);
}

TEST(SqliteDriver, KeepsWhatWasAckedWhenItIsKilled) {
  const auto driver = must_make();
  KillCampaign campaign(KillMode::planned, *driver, {.seed = 1});
  ASSERT_FALSE(campaign.set_up());
  Tally tally = campaign.prepare();
  tally.add(campaign.run({0, 10}));
  EXPECT_THAT(tally.violations, IsEmpty());
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
}

}  // namespace
}  // namespace walbreaker
