// LMDB on a kv::Vfs, beside LMDB on the file system (the driver).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>

#include "engine/posix_vfs.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/campaign_test_util.h"
#include "harness/configured_subject.h"
#include "harness/driver_test_util.h"
#include "harness/engines/lmdb_subject.h"
#include "harness/kill_campaign.h"
#include "harness/power_campaign.h"
#include "harness/work_directory.h"

namespace walbreaker {
namespace {

using kv::ErrorCode;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::unique_ptr<Session> must_open(const Subject& subject, kv::Vfs& vfs, const std::string& directory,
                                   const Settings& settings = {}) {
  auto opened = subject.open(vfs, directory, {.settings = settings});
  EXPECT_TRUE(opened) << opened.error().message();
  return opened ? std::move(opened->session) : nullptr;
}

void work(Session& session) {
  ASSERT_TRUE(session.put("a", "1"));
  ASSERT_TRUE(session.put("", std::string("\0\xff", 2)));
  kv::Batch batch;
  batch.put("b", std::string(20'000, 'b'));
  batch.put("c", "3");
  batch.remove("a");
  batch.remove("missing");
  ASSERT_TRUE(session.batch(batch));
  EXPECT_EQ(session.del("c"), true);
  EXPECT_EQ(session.del("c"), false);
  ASSERT_TRUE(session.sync());
  ASSERT_TRUE(session.put("ab", ""));
  EXPECT_EQ(session.get("ab").value(), "");
  EXPECT_EQ(session.get("a").value(), std::nullopt);
}

Listing worked() { return {{"", std::string("\0\xff", 2)}, {"ab", ""}, {"b", std::string(20'000, 'b')}}; }

TEST(Lmdb, AndItsOwnMappedFilesReadWhatTheOtherWrote) {
  const auto driver = make_driver(WALBREAKER_LMDB_DRIVER);
  ASSERT_TRUE(driver) << driver.error().message();
  const LmdbSubject shim;
  kv::PosixVfs vfs;
  for (const auto& [writer, reader] : {std::pair<const Subject&, const Subject&>{shim, **driver}, {**driver, shim}}) {
    const auto directory = WorkDirectory::make("").value();
    const std::string store = directory->path() + "/db";
    const auto writing = must_open(writer, vfs, store);
    work(*writing);
    EXPECT_EQ(writing->scan(), worked());
    ASSERT_TRUE(writing->close());
    const auto reading = must_open(reader, vfs, store);
    EXPECT_EQ(reading->scan(), worked());
    EXPECT_TRUE(reading->put("d", "4"));
    ASSERT_TRUE(reading->close());
    EXPECT_EQ(must_open(writer, vfs, store)->get("d").value(), "4");
  }
}

TEST(Lmdb, AKilledSessionWritesNothingMore) {
  faultfs::SimDisk disk;
  auto session = must_open(LmdbSubject(), disk, "db");
  work(*session);
  const faultfs::Image image = disk.image();
  session.reset();
  EXPECT_TRUE(disk.image() == image);
  EXPECT_EQ(must_open(LmdbSubject(), disk, "db")->scan(), worked());
}

TEST(Lmdb, DoesTheSameOperationsWhateverOtherThreadsDo) {
  const auto trace_of = [] {
    faultfs::SimDisk disk;
    work(*must_open(LmdbSubject(), disk, "db"));
    return faultfs::to_text(disk.trace());
  };
  const std::string alone = trace_of();
  std::vector<std::string> together(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& text : together) threads.emplace_back([&] { text = trace_of(); });
  }
  for (const std::string& text : together) EXPECT_EQ(text, alone);
}

TEST(Lmdb, PassesErrorsOfTheDiskOn) {
  faultfs::SimDisk disk;
  faultfs::FaultyVfs faulty(disk, {});
  const auto session = must_open(LmdbSubject(), faulty, "db");
  faulty.replace_plan(*faultfs::parse_fault_plan("write_error write at 0 once after 0 of *\n"));
  const auto failed = session->put("a", "1");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::io_error);
  EXPECT_EQ(failed.error().os_error, EIO);
  EXPECT_THAT(failed.error().context, HasSubstr("write db/data.mdb"));
  faulty.replace_plan(*faultfs::parse_fault_plan("no_space write at 0 once after 0 of *\n"));
  EXPECT_EQ(session->put("a", "1").error().code, ErrorCode::no_space);
  faulty.replace_plan({});
  EXPECT_TRUE(session->put("a", "2"));
  EXPECT_EQ(session->scan(), (Listing{{"a", "2"}}));
}

TEST(Lmdb, RefusesSettingsThatItDoesNotKnow) {
  faultfs::SimDisk disk;
  for (const Settings& settings : {Settings{{"colour", "red"}}, Settings{{"nosync", "1"}}}) {
    const auto opened = LmdbSubject().open(disk, "db", {.settings = settings});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(opened.error().context, HasSubstr(settings.begin()->first));
  }
}

Tally power(Settings settings, std::string_view model, std::uint64_t cases) {
  static const LmdbSubject kLmdb;
  const auto subject = *ConfiguredSubject::make(kLmdb, std::move(settings), {});
  PowerCampaign campaign(*subject, {.seed = 1, .model = *faultfs::parse_disk_model(model)});
  return campaign.run({0, cases});
}

TEST(LmdbCampaign, SafeSettingsSurviveAPowerCut) {
  for (const Settings& way : LmdbSubject().ways()) {
    const Tally tally = power(way, "posix", 2'000);
    EXPECT_THAT(tally.violations, IsEmpty()) << text_of(tally);
  }
}

// lmdb.h: "if the filesystem preserves write order and the MDB_WRITEMAP flag is not used, transactions exhibit ACI
// (atomicity, consistency, isolation) properties and only lose D (durability)".
TEST(LmdbCampaign, CommitsWithoutSyncsAreWholeWhereWritesStayInOrder) {
  const Tally tally = power({{"nosync", "true"}}, "ordered data_order=in_order", 2'000);
  EXPECT_THAT(tally.violations, IsEmpty()) << text_of(tally);
}

TEST(LmdbCampaign, ANewEnvironmentIsNotWhole) {
  EXPECT_THAT(power({{"make_aside", "false"}}, "ordered", 2'000).violations, Not(IsEmpty()));
}

TEST(LmdbCampaign, ANewEnvironmentHasNoDurableName) {
  EXPECT_THAT(power({{"sync_directory", "false"}}, "posix", 2'000).violations, Not(IsEmpty()));
}

// What it finds kills the process that opens it, so it takes the command, which has others for that.
TEST(LmdbCampaign, FindsThatNosyncCorrupts) {
  const auto directory = WorkDirectory::make("").value();
  const std::string command = fmt::format(
      "{} run --plugin {}/lmdb.so --set nosync=true --campaign power --model ordered --seed 1 --cases 60 "
      "--stop-after 1 --jobs 1 --out {} > {}/out.txt 2>&1",
      WALBREAKER_COMMAND, WALBREAKER_PLUGINS, directory->path(), directory->path());
  const int status = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST(LmdbDriver, KeepsWhatWasAckedWhenItIsKilled) {
  const auto driver = make_driver(WALBREAKER_LMDB_DRIVER);
  ASSERT_TRUE(driver) << driver.error().message();
  KillCampaign campaign(KillMode::planned, **driver, {.seed = 1});
  ASSERT_FALSE(campaign.set_up());
  Tally tally = campaign.prepare();
  tally.add(campaign.run({0, 20}));
  EXPECT_THAT(tally.violations, IsEmpty()) << text_of(tally);
  EXPECT_FALSE(tally.trouble) << *tally.trouble;
}

}  // namespace
}  // namespace walbreaker
