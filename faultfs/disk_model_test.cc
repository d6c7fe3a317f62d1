#include "faultfs/disk_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace faultfs {
namespace {

using testing::ElementsAre;

DiskModel model_named(std::string_view name) {
  const auto model = parse_disk_model(name);
  EXPECT_TRUE(model) << name;
  return *model;
}

TEST(DiskModel, TheNamedOnesGoFromTheOneThatAllowsLeastToTheOneThatAllowsMost) {
  std::vector<std::string> names;
  for (const NamedModel& named : named_models()) {
    names.push_back(named.model.name);
    EXPECT_FALSE(named.meaning.empty());
  }
  EXPECT_THAT(names, ElementsAre("process_kill", "synced_only", "ordered", "posix"));
}

TEST(DiskModel, ANamedOneIsItsName) {
  for (const NamedModel& named : named_models()) {
    EXPECT_EQ(to_text(named.model), named.model.name);
    EXPECT_EQ(parse_disk_model(named.model.name), named.model);
  }
}

// The table in MODEL.md, "The named models, by field".
TEST(DiskModel, TheNamedOnesPromiseWhatTheTableSays) {
  EXPECT_EQ(model_named("process_kill").survival, Survival::all);
  EXPECT_EQ(model_named("synced_only").survival, Survival::none);
  EXPECT_FALSE(model_named("synced_only").sync_names_file);

  const DiskModel ordered = model_named("ordered");
  const DiskModel posix = model_named("posix");
  EXPECT_EQ(ordered.size_before_data, SizeBeforeData::none);
  EXPECT_EQ(posix.size_before_data, SizeBeforeData::zeros_garbage_stale);
  EXPECT_EQ(ordered.directory_order, DirectoryOrder::in_order);
  EXPECT_EQ(posix.directory_order, DirectoryOrder::any);
  EXPECT_TRUE(ordered.sync_names_file);
  EXPECT_FALSE(posix.sync_names_file);
  for (const DiskModel& model : {ordered, posix}) {
    EXPECT_EQ(model.survival, Survival::chosen);
    EXPECT_EQ(model.sector_bytes, 512U);
    EXPECT_EQ(model.data_order, DataOrder::any);
    EXPECT_FALSE(model.harms_shared_sectors);
    EXPECT_EQ(model.failed_sync, FailedSync::clean_readable);
  }
}

TEST(DiskModel, EveryFieldGoesThroughTextAndBack) {
  struct Case {
    std::string_view text;
    std::function<void(DiskModel&)> change;  // to posix
  };
  const std::vector<Case> cases{
      {"survival=all", [](DiskModel& m) { m.survival = Survival::all; }},
      {"survival=none", [](DiskModel& m) { m.survival = Survival::none; }},
      {"sector_bytes=1", [](DiskModel& m) { m.sector_bytes = 1; }},
      {"sector_bytes=65536", [](DiskModel& m) { m.sector_bytes = 65'536; }},
      {"data_order=in_order", [](DiskModel& m) { m.data_order = DataOrder::in_order; }},
      {"size_before_data=none", [](DiskModel& m) { m.size_before_data = SizeBeforeData::none; }},
      {"size_before_data=zeros", [](DiskModel& m) { m.size_before_data = SizeBeforeData::zeros; }},
      {"harms_shared_sectors=true", [](DiskModel& m) { m.harms_shared_sectors = true; }},
      {"directory_order=in_order", [](DiskModel& m) { m.directory_order = DirectoryOrder::in_order; }},
      {"directory_order=lost", [](DiskModel& m) { m.directory_order = DirectoryOrder::lost; }},
      {"sync_names_file=true", [](DiskModel& m) { m.sync_names_file = true; }},
      {"failed_sync=stays_pending", [](DiskModel& m) { m.failed_sync = FailedSync::stays_pending; }},
      {"failed_sync=reverted", [](DiskModel& m) { m.failed_sync = FailedSync::reverted; }},
      {"failed_sync=reported_late", [](DiskModel& m) { m.failed_sync = FailedSync::reported_late; }},
  };
  for (const Case& c : cases) {
    DiskModel model = model_named("posix");
    c.change(model);
    EXPECT_EQ(to_text(model), "posix " + std::string(c.text));
    EXPECT_EQ(parse_disk_model(to_text(model)), model) << c.text;
  }
}

TEST(DiskModel, WritesOnlyWhatDiffersFromTheNamedModelInTheOrderOfTheFields) {
  const auto model = parse_disk_model("  ordered failed_sync=reverted  sync_names_file=true sector_bytes=4096 ");
  ASSERT_TRUE(model);
  EXPECT_EQ(to_text(*model), "ordered sector_bytes=4096 failed_sync=reverted");
}

TEST(DiskModel, ALaterWordOverridesAnEarlierOne) {
  EXPECT_EQ(parse_disk_model("posix sector_bytes=1024 sector_bytes=512"), model_named("posix"));
}

TEST(DiskModel, OneWithoutAKnownNameIsWrittenAsPosixAndWhatDiffers) {
  const DiskModel model{.name = "mine", .data_order = DataOrder::in_order};
  EXPECT_EQ(to_text(model), "posix data_order=in_order");
}

TEST(DiskModel, SaysWhichWordIsWrongAndWhatWasExpected) {
  struct Case {
    std::string_view text, reason;
  };
  constexpr std::string_view kSectorReason = "expected a power of two from 1 to 65536";
  const std::vector<Case> cases{
      {"", "\"\" is no disk model: expected one of process_kill, synced_only, ordered, posix"},
      {"ext4", "\"ext4\" is no disk model: expected one of process_kill, synced_only, ordered, posix"},
      {"sector_bytes=512", "\"sector_bytes=512\" is no disk model"},
      {"posix sectors=1", "\"sectors=1\" is no FIELD=VALUE"},
      {"posix sector_bytes", "\"sector_bytes\" is no FIELD=VALUE"},
      {"posix name=x", "\"name=x\" is no FIELD=VALUE"},
      {"posix sector_bytes=", kSectorReason},
      {"posix sector_bytes=0", kSectorReason},
      {"posix sector_bytes=3", kSectorReason},
      {"posix sector_bytes=131072", kSectorReason},
      {"posix sector_bytes=512k", kSectorReason},
      {"posix survival=some", "\"survival=some\": expected one of all, none, chosen"},
      {"posix data_order=lost", "expected one of any, in_order"},
      {"posix size_before_data=garbage", "expected one of none, zeros, zeros_garbage_stale"},
      {"posix directory_order=none", "expected one of in_order, any, lost"},
      {"posix harms_shared_sectors=yes", "expected one of false, true"},
      {"posix sync_names_file=1", "expected one of false, true"},
      {"posix failed_sync=", "expected one of stays_pending, clean_readable, reverted, reported_late"},
  };
  for (const Case& c : cases) {
    const auto model = parse_disk_model(c.text);
    ASSERT_FALSE(model) << c.text;
    EXPECT_EQ(model.error().code, kv::ErrorCode::invalid_argument);
    EXPECT_THAT(model.error().context, testing::HasSubstr(std::string(c.reason))) << c.text;
  }
}

}  // namespace
}  // namespace faultfs
