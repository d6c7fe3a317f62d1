#include "harness/configured_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/sim_disk.h"
#include "harness/promise.h"
#include "harness/reference_subject.h"
#include "harness/subjects.h"

namespace walbreaker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ReferenceSubject kReference;

std::shared_ptr<const ConfiguredSubject> configured(Settings settings, std::vector<PromiseTerm> promise) {
  auto subject = ConfiguredSubject::make(kReference, std::move(settings), std::move(promise));
  EXPECT_TRUE(subject) << subject.error().message();
  return *subject;
}

TEST(ConfiguredSubject, IsTheInnerOneWhereNothingIsConfigured) {
  const auto subject = configured({}, {});
  EXPECT_EQ(subject->name(), "reference");
  EXPECT_EQ(subject->found_by(), "reference");
  EXPECT_EQ(subject->ways(), kReference.ways());
  EXPECT_EQ(subject->capabilities(), kReference.capabilities());
  EXPECT_EQ(subject->role_of("wal-1.log"), FileRole::log);
  EXPECT_EQ(promise_of(*subject, {}), promise_of(kReference, {}));
}

TEST(ConfiguredSubject, OpensWithItsSettingsWhateverWasAskedFor) {
  faultfs::SimDisk disk;
  const auto subject = configured({{"sync", "weekly"}}, {});
  const auto opened = subject->open(disk, "store", {.settings = {{"sync", "on_commit"}}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, kv::ErrorCode::invalid_argument);
  EXPECT_THAT(opened.error().context, HasSubstr("sync=weekly"));
  EXPECT_TRUE(configured({{"sync", "on_request"}}, {})->open(disk, "store", {}));
}

TEST(ConfiguredSubject, HasTheWaysThatItsSettingsLeaveEachOnce) {
  EXPECT_THAT(configured({{"compact_after_operations", "3"}}, {})->ways(),
              ElementsAre(Settings{{"compact_after_operations", "3"}},
                          Settings{{"compact_after_operations", "3"}, {"sync", "on_request"}}));
}

TEST(ConfiguredSubject, PromisesWhatItsSettingsMakeTheInnerOnePromise) {
  EXPECT_EQ(promise_of(*configured({{"sync", "on_request"}}, {}), {}).power, Survives::on_sync);
  EXPECT_EQ(promise_of(*configured({{"sync", "on_request"}}, {}), {{"sync", "on_commit"}}).power, Survives::on_sync);
}

TEST(ConfiguredSubject, PromisesTheTermsThatReplaceTheInnerOnes) {
  const auto subject = configured({}, {{"on_damage", "detect"}, {"max_key", "16"}});
  Promise expected = promise_of(kReference, {});
  expected.on_damage = OnDamage::detect;
  expected.max_key = 16;
  EXPECT_EQ(promise_of(*subject, {}), expected);
}

TEST(ConfiguredSubject, RefusesTermsThatNoPromiseHas) {
  const std::vector<std::vector<PromiseTerm>> table{
      {{"fly", "on_ack"}}, {{"power", "sometimes"}}, {{"power", "on_ack"}, {"power", "on_sync"}}};
  for (const auto& terms : table) EXPECT_FALSE(ConfiguredSubject::make(kReference, {}, terms));
  EXPECT_FALSE(ConfiguredSubject::make(kReference, {{"sync", "a\nset b=c"}}, {}));
}

// The campaign `kill` opens the store in another process, and the settings have to get there.
TEST(ConfiguredSubject, IsFoundAgainByItsText) {
  const auto subject = configured({{"sync", "on_request"}, {"compact_after_operations", "3"}}, {{"kill", "on_sync"}});
  EXPECT_EQ(subject->found_by(),
            "reference\nset compact_after_operations=3\nset sync=on_request\npromise kill=on_sync");
  const Subject* found = find_subject_or_plugin(subject->found_by());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->found_by(), subject->found_by());
  EXPECT_EQ(found->ways(), subject->ways());
  EXPECT_EQ(promise_of(*found, {}), promise_of(*subject, {}));
  EXPECT_EQ(find_subject_or_plugin(subject->found_by()), found);
}

TEST(ConfiguredSubject, IsNotFoundByATextThatItDoesNotSay) {
  for (const char* text : {"nobody\nset a=b", "reference\n", "reference\nset", "reference\nset a", "reference\nfly a=b",
                           "reference\n\nset a=b", "reference\npromise a=b", "\nset a=b", "\n"}) {
    EXPECT_EQ(find_subject_or_plugin(text), nullptr) << text;
  }
}

TEST(ConfiguredSubject, IsTriedWithItsSettingsBeforeARun) {
  EXPECT_TRUE(try_settings(*configured({{"sync", "on_request"}}, {})));
  EXPECT_THAT(try_settings(*configured({{"colour", "red"}}, {})).error().context, HasSubstr("colour=red"));
}

}  // namespace
}  // namespace walbreaker
