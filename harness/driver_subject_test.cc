#include "harness/driver_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "faultfs/sim_disk.h"
#include "harness/campaigns.h"
#include "harness/damage_campaign.h"
#include "harness/driver_test_util.h"
#include "harness/incident.h"
#include "harness/observation.h"
#include "harness/reference_subject.h"

namespace walbreaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Kind = Incident::Kind;

std::unique_ptr<DriverSubject> must_make(const std::string& command,
                                         std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  auto driver = make_driver(command, timeout);
  EXPECT_TRUE(driver) << driver.error().message();
  return std::move(*driver);
}

const DriverSubject& reference_driver() {
  static const std::unique_ptr<DriverSubject> kDriver = must_make(WALBREAKER_REFERENCE_DRIVER);
  return *kDriver;
}

std::unique_ptr<Session> must_open(const Subject& subject, kv::Vfs& vfs, const OpenRequest& request = {}) {
  auto opened = subject.open(vfs, "db", request);
  EXPECT_TRUE(opened) << opened.error().message();
  return std::move(opened->session);
}

TEST(DriverSubject, IsWhoItSaysItIs) {
  const DriverSubject& driver = reference_driver();
  EXPECT_EQ(driver.name(), "reference");
  EXPECT_EQ(driver.found_by(), "driver:" WALBREAKER_REFERENCE_DRIVER);
  EXPECT_EQ(promised(driver, {}, "on_damage"), "exact_prefix");
  EXPECT_EQ(promised(driver, {}, "power"), "on_ack");
  EXPECT_EQ(promised(driver, {{"sync", "on_request"}}, "power"), "on_sync");
  EXPECT_EQ(driver.capabilities(), Capabilities{});
  EXPECT_TRUE(driver.is_process());
  EXPECT_EQ(as_driver(driver), &driver);
  EXPECT_EQ(as_driver(ReferenceSubject()), nullptr);
}

TEST(DriverSubject, WhatWasAckedIsOnTheDiskThatItWasGiven) {
  faultfs::SimDisk disk;
  auto session = must_open(reference_driver(), disk);
  ASSERT_TRUE(session->put("k", "v"));
  ASSERT_TRUE(session->put("gone", "v"));
  EXPECT_TRUE(*session->del("gone"));
  EXPECT_FALSE(*session->del("gone"));
  session.reset();  // a kill
  session = must_open(ReferenceSubject(), disk);
  EXPECT_THAT(*session->scan(), ElementsAre(Pair("k", "v")));
}

TEST(DriverSubject, WhatItWritesIsWrittenDuringTheCommand) {
  faultfs::SimDisk disk;
  const auto session = must_open(reference_driver(), disk);
  const auto before = disk.trace().ops.size();
  ASSERT_TRUE(session->put("k", "v"));
  const auto& ops = disk.trace().ops;
  ASSERT_EQ(ops.size(), before + 2);
  EXPECT_EQ(ops[before].kind, faultfs::OpKind::write);
  EXPECT_THAT(std::string(ops[before].data()), HasSubstr("k"));
  EXPECT_EQ(ops[before + 1].kind, faultfs::OpKind::sync);  // which power=on_ack promises
}

TEST(DriverSubject, ADropKeepsWhatACloseWouldWriteFromTheDisk) {
  const auto driver = must_make(shell_driver("close", "echo late > $dir/late; echo ok"));
  faultfs::SimDisk disk;
  must_open(*driver, disk).reset();
  EXPECT_FALSE(disk.image().files.contains("db/late"));
  const auto session = must_open(*driver, disk);
  ASSERT_TRUE(session->close());
  EXPECT_TRUE(disk.image().files.contains("db/late"));
}

TEST(DriverSubject, AReadThatWritesIsSeenAtTheLatestWhenTheSessionIsDropped) {
  const auto driver = must_make(shell_driver("get", "echo x > $dir/cache; echo missing"));
  faultfs::SimDisk disk;
  auto session = must_open(*driver, disk);
  ASSERT_TRUE(session->get("k"));
  session.reset();
  EXPECT_TRUE(disk.image().files.contains("db/cache"));
}

TEST(DriverSubject, AnErrorIsTheDriversOwn) {
  faultfs::SimDisk disk;
  const auto session = must_open(reference_driver(), disk);
  const auto second = reference_driver().open(disk, "db", {.settings = {{"color", "blue"}}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, kv::ErrorCode::invalid_argument);
  EXPECT_THAT(second.error().context, HasSubstr("color"));
  EXPECT_FALSE(reference_driver().take_incident());
}

TEST(DriverSubject, LacksWhatItAnswersUnsupportedTo) {
  EXPECT_FALSE(must_make(shell_driver("batch", "echo err unsupported"))->capabilities().batch);
  EXPECT_FALSE(must_make(shell_driver("compact", "echo err unsupported never"))->capabilities().compact);
  EXPECT_TRUE(must_make(shell_driver("compact", "echo err io_error"))->capabilities().compact);
  const auto driver =
      must_make(shell_driver("open", "case $rest in *read_only*) echo err unsupported;; *) echo ok clean;; esac"));
  EXPECT_FALSE(driver->capabilities().read_only);
}

TEST(DriverSubject, OneThatCannotBeUsedSaysWhy) {
  const auto error = [](const std::string& command, int timeout_ms = 60'000) {
    const auto driver = make_driver(command, std::chrono::milliseconds(timeout_ms));
    return driver ? std::string("none") : driver.error().message();
  };
  EXPECT_THAT(error("/no/such/program"), HasSubstr("no such program"));
  EXPECT_THAT(error("true"), HasSubstr("ended with code 0; asked \"hello 1\""));
  EXPECT_THAT(error("sleep 1000", 20), HasSubstr("gave no whole line"));
  EXPECT_THAT(error(shell_driver("hello", "echo hello yourself")), HasSubstr("got \"hello yourself\""));
  EXPECT_THAT(error(shell_driver("hello", "echo ok me kill=maybe")), HasSubstr("expected on_ack, on_sync or never"));
  EXPECT_THAT(error(shell_driver("hello", "echo ok me color=blue")), HasSubstr("there is no such key"));
  EXPECT_THAT(error(shell_driver("hello", "echo ok me kill=on_ack kill=never")), HasSubstr("promised twice"));
}

struct Misbehaviour {
  const char* verb;
  const char* action;
  Kind kind;
  const char* text;
};

const std::array kMisbehaviours{
    Misbehaviour{"get", "exit 1", Kind::died, "ended with code 1"},
    Misbehaviour{"get", "kill -SEGV $$", Kind::died, "signal 11"},
    Misbehaviour{"get", "printf 'ok 6'; exit 0", Kind::died, "it had written \"ok 6\""},
    Misbehaviour{"get", "sleep 1000", Kind::hung, "no whole line within"},
    Misbehaviour{"get", "printf 'ok 6'; sleep 1000", Kind::hung, "it had written \"ok 6\""},
    Misbehaviour{"get", "echo ok 6B", Kind::protocol, "got \"ok 6B\""},
    Misbehaviour{"get", "echo", Kind::protocol, "got \"\""},
    Misbehaviour{"get", "exec >&-; sleep 1000", Kind::protocol, "closed its output"},
    Misbehaviour{"get", "exec yes ok", Kind::protocol, "got \"ok\""},
    Misbehaviour{"put", "printf 'ok\\nok\\n'", Kind::protocol, "more than one answer"},
    Misbehaviour{"scan", "printf 'ok 1\\n61 62\\n63 64\\n'", Kind::protocol, "more than one answer"},
    Misbehaviour{"scan", "printf 'ok 2\\n61 62\\n'; sleep 1000", Kind::hung, "no whole line within"},
    Misbehaviour{"scan", "printf 'ok 2\\n61 62\\nend\\n'", Kind::protocol, "got \"end\""},
    Misbehaviour{"scan", "exec yes 'ok 16777216'", Kind::protocol, "of the scan"},
    Misbehaviour{"scan", "echo ok 99999999999", Kind::protocol, "with N up to"},
};

TEST(DriverSubject, WhateverItDoesInsteadOfAnsweringIsTold) {
  for (const Misbehaviour& m : kMisbehaviours) {
    SCOPED_TRACE(m.action);
    // Those that go on without an answer are waited for, so not for long; the others get the time of a busy machine.
    const bool goes_on = std::string_view(m.action).contains("sleep");
    const auto driver = must_make(shell_driver(m.verb, m.action), std::chrono::seconds(goes_on ? 1 : 60));
    faultfs::SimDisk disk;
    auto session = must_open(*driver, disk);
    bool failed = !session->put("k", "v");
    failed = !session->scan() || failed;
    failed = !session->get("k") || failed;
    EXPECT_TRUE(failed);
    EXPECT_FALSE(session->get("k"));  // it is gone
    session.reset();
    const auto incident = driver->take_incident();
    ASSERT_TRUE(incident);
    EXPECT_EQ(incident->kind, m.kind) << incident->text;
    EXPECT_THAT(incident->text, HasSubstr(m.text));
    EXPECT_FALSE(driver->take_incident());
    must_open(*driver, disk);  // of another process
  }
}

TEST(DriverSubject, AnIncidentIsTheThreadsThatMetIt) {
  const auto driver = must_make(shell_driver("get", "exit 1"));
  std::thread([&] {
    faultfs::SimDisk disk;
    EXPECT_FALSE(must_open(*driver, disk)->get("k"));
    EXPECT_TRUE(driver->take_incident());
  }).join();
  EXPECT_FALSE(driver->take_incident());
}

TEST(DriverSubject, OneThatDiesOverTheStoreHasChangedIt) {
  const auto driver = must_make(shell_driver("put", "echo x > $dir/half; exit 1"));
  faultfs::SimDisk disk;
  EXPECT_FALSE(must_open(*driver, disk)->put("k", "v"));
  EXPECT_TRUE(disk.image().files.contains("db/half"));
}

TEST(DriverSubject, ServesSeveralThreadsAndSessionsAtOnce) {
  std::array<std::thread, 3> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([] {
      faultfs::SimDisk a;
      faultfs::SimDisk b;
      const auto in_a = must_open(reference_driver(), a);
      const auto in_b = must_open(reference_driver(), b);
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(in_a->put(std::to_string(i), "a"));
        EXPECT_TRUE(in_b->put(std::to_string(i), "b"));
      }
      EXPECT_EQ(in_a->scan()->front().second, "a");
      EXPECT_EQ(in_b->scan()->front().second, "b");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(DriverSubject, AForkHasProcessesOfItsOwn) {
  faultfs::SimDisk disk;
  must_open(reference_driver(), disk).reset();  // a process is idle now
  const pid_t child = ::fork();
  if (child == 0) {
    faultfs::SimDisk other;
    const bool good = must_open(reference_driver(), other)->put("k", "of the fork").has_value();
    ::_exit(good ? 0 : 1);
  }
  const auto session = must_open(reference_driver(), disk);
  EXPECT_TRUE(session->put("k", "v"));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(*session->scan(), ElementsAre(Pair("k", "v")));
}

TEST(DriverSubject, LeavesNothingBehind) {
  const std::string directory = testing::TempDir() + "walbreaker_driver_test";
  std::filesystem::create_directory(directory);
  {
    const auto driver = *DriverSubject::make({WALBREAKER_REFERENCE_DRIVER, directory});
    faultfs::SimDisk disk;
    must_open(*driver, disk).reset();
    EXPECT_FALSE(std::filesystem::is_empty(directory));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory));
  std::filesystem::remove(directory);
}

// ---- Campaigns

Tally damage(DamageCampaignKind kind, const Subject& subject, std::uint64_t cases) {
  DamageCampaign campaign(kind, subject, {.seed = 1, .scenarios = {}});
  Tally tally = campaign.prepare();
  if (tally.violations.empty() && !tally.trouble) tally.add(campaign.run({0, cases}));
  return tally;
}

TEST(DriverSubject, TheReferenceBehindAPipePassesAsItDoesInProcess) {
  for (const auto kind : {DamageCampaignKind::truncate, DamageCampaignKind::bitflip}) {
    const Tally in_process = damage(kind, ReferenceSubject(), 64);
    const Tally behind_a_pipe = damage(kind, reference_driver(), 64);
    for (const Tally* tally : {&in_process, &behind_a_pipe}) {
      EXPECT_FALSE(tally->trouble) << *tally->trouble;
      EXPECT_EQ(tally->violating_cases, 0U) << tally->violations.front().summary;
      EXPECT_EQ(tally->fired, 64U);
    }
  }
}

TEST(DriverSubject, DyingHangingAndGarbageAreThreeVerdicts) {
  const auto run = [](const std::string& action) {
    return damage(DamageCampaignKind::bitflip, *must_make(shell_driver("scan", action)), 1);
  };
  const Tally died = run("exit 3");
  ASSERT_FALSE(died.violations.empty());
  EXPECT_EQ(died.violations.front().kind, ViolationKind::died);
  EXPECT_THAT(died.violations.front().summary, HasSubstr("ended with code 3; asked \"scan\""));
  const Tally garbage = run("echo what");
  EXPECT_TRUE(garbage.violations.empty());
  ASSERT_TRUE(garbage.trouble);
  EXPECT_THAT(*garbage.trouble, HasSubstr("got \"what\""));
}

TEST(DriverSubject, CampaignsThatNeedTheSimulatedDiskAreInconclusive) {
  for (const char* name : {"power", "errors"}) {
    const auto campaign = make_campaign(name, reference_driver(), {});
    EXPECT_EQ(campaign->name(), name);
    EXPECT_EQ(campaign->prepare().trouble,
              std::string(name) + " needs the simulated disk, and reference runs on a real directory");
    EXPECT_EQ(campaign->total_cases(), 0U);
  }
}

}  // namespace
}  // namespace walbreaker
