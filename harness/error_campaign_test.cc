#include "harness/error_campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faultfs/fault_plan.h"
#include "harness/reference_subject.h"
#include "harness/run_case.h"
#include "harness/toy_subject_test_util.h"
#include "harness/without_syncs_test_util.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// What an engine makes of the disk's answers, or a session of the engine's.
enum class Careless {
  no,
  takes_failed_writes_for_done,
  takes_short_writes_for_whole,
  takes_failed_syncs_for_done,
  retries_failed_syncs,
  takes_short_reads_for_the_end,
  takes_failed_reads_for_the_end,
  answers_ok_after_errors,
  shows_commands_before_they_are_logged,
};

class CarelessFile final : public kv::File {
 public:
  CarelessFile(std::unique_ptr<kv::File> inner, Careless how) : inner_(std::move(inner)), how_(how) {}

  kv::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (how_ == Careless::takes_short_reads_for_the_end && offset == end_) return 0;
    const auto count = inner_->read_at(offset, into);
    if (count && *count < into.size()) end_ = offset + *count;
    if (!count && how_ == Careless::takes_failed_reads_for_the_end) return 0;
    return count;
  }
  kv::Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    const auto count = inner_->write_at(offset, bytes);
    if (!count && how_ == Careless::takes_failed_writes_for_done) return bytes.size();
    if (count && how_ == Careless::takes_short_writes_for_whole) return bytes.size();
    return count;
  }
  kv::Result<void> truncate(std::uint64_t size) override { return inner_->truncate(size); }
  kv::Result<void> allocate(std::uint64_t size) override { return inner_->allocate(size); }
  kv::Result<void> sync() override {
    const auto synced = inner_->sync();
    if (!synced && how_ == Careless::takes_failed_syncs_for_done) return {};
    if (!synced && how_ == Careless::retries_failed_syncs) return inner_->sync();
    return synced;
  }
  kv::Result<std::uint64_t> size() override { return inner_->size(); }

 private:
  std::unique_ptr<kv::File> inner_;
  Careless how_;
  std::optional<std::uint64_t> end_;
};

class CarelessVfs final : public kv::Vfs {
 public:
  CarelessVfs(kv::Vfs& inner, Careless how) : inner_(inner), how_(how) {}

  kv::Result<std::unique_ptr<kv::File>> open(const std::string& path, kv::OpenMode mode) override {
    auto file = TRY(inner_.open(path, mode));
    return std::make_unique<CarelessFile>(std::move(file), how_);
  }
  kv::Result<void> rename(const std::string& from, const std::string& to) override { return inner_.rename(from, to); }
  kv::Result<void> unlink(const std::string& path) override { return inner_.unlink(path); }
  kv::Result<void> make_dir(const std::string& path) override { return inner_.make_dir(path); }
  kv::Result<std::vector<std::string>> list(const std::string& path) override { return inner_.list(path); }
  kv::Result<void> sync_dir(const std::string& path) override { return inner_.sync_dir(path); }
  kv::Result<std::unique_ptr<kv::FileLock>> lock(const std::string& path, kv::LockMode mode) override {
    return inner_.lock(path, mode);
  }

 private:
  kv::Vfs& inner_;
  Careless how_;
};

// A session of the reference on a careless disk of its own, and careless itself.
class CarelessSession final : public Session {
 public:
  CarelessSession(std::unique_ptr<kv::Vfs> disk, std::unique_ptr<Session> inner, Careless how)
      : disk_(std::move(disk)), inner_(std::move(inner)), how_(how) {
    if (const auto listing = inner_->scan()) shown_ = Contents(listing->begin(), listing->end());
  }

  kv::Result<void> put(const std::string& key, const std::string& value) override {
    shown_[key] = value;
    return excused(inner_->put(key, value));
  }
  kv::Result<bool> del(const std::string& key) override {
    shown_.erase(key);
    return inner_->del(key);
  }
  kv::Result<void> batch(const kv::Batch& batch) override {
    apply_to(shown_, {CommandKind::batch, batch});
    return excused(inner_->batch(batch));
  }
  kv::Result<std::optional<std::string>> get(const std::string& key) override {
    if (!shows_early()) return inner_->get(key);
    const auto it = shown_.find(key);
    return it == shown_.end() ? std::nullopt : std::optional(it->second);
  }
  kv::Result<Listing> scan() override {
    if (!shows_early()) return inner_->scan();
    return Listing(shown_.begin(), shown_.end());
  }
  kv::Result<void> sync() override { return inner_->sync(); }
  kv::Result<void> compact() override { return inner_->compact(); }
  kv::Result<void> close() override { return inner_->close(); }

 private:
  [[nodiscard]] bool shows_early() const { return how_ == Careless::shows_commands_before_they_are_logged; }
  [[nodiscard]] kv::Result<void> excused(kv::Result<void> result) const {
    if (how_ == Careless::answers_ok_after_errors) return {};
    return result;
  }

  std::unique_ptr<kv::Vfs> disk_;
  std::unique_ptr<Session> inner_;
  Careless how_;
  Contents shown_;  // with every command, whatever was answered to it
};

class CarelessSubject final : public Subject {
 public:
  explicit CarelessSubject(Careless how) : how_(how) {}

  [[nodiscard]] std::string_view name() const override { return "careless"; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override {
    return reference_.promise(settings);
  }
  [[nodiscard]] std::vector<Settings> ways() const override { return reference_.ways(); }
  [[nodiscard]] FileRole role_of(std::string_view name) const override { return reference_.role_of(name); }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override {
    auto disk = std::make_unique<CarelessVfs>(vfs, how_);
    auto opened = TRY(reference_.open(*disk, directory, request));
    opened.session = std::make_unique<CarelessSession>(std::move(disk), std::move(opened.session), how_);
    return opened;
  }

 private:
  ReferenceSubject reference_;
  Careless how_;
};

// `until`: ends it after a unit.
Tally run_units(
    const Subject& subject, std::uint64_t units, std::uint64_t seed = 1,
    std::optional<faultfs::DiskModel> model = std::nullopt,
    const std::function<bool(const Tally&)>& until = [](const Tally&) { return false; }) {
  ErrorCampaign campaign(subject, {.seed = seed, .model = std::move(model)});
  Tally tally = campaign.prepare();
  for (std::uint64_t unit = 0; unit < units && !until(tally); ++unit) {
    tally.add(campaign.run({unit * campaign.cases_per_unit(), (unit + 1) * campaign.cases_per_unit()}));
  }
  return tally;
}

TEST(ErrorCampaign, PassesTheReference) {
  const Tally tally = run_units(ReferenceSubject(), 4);
  EXPECT_EQ(tally.cases, 4U * 1'024);
  EXPECT_GT(tally.fired, tally.cases * 9 / 10);
  EXPECT_THAT(tally.violations, IsEmpty()) << tally.violations.front().summary;
}

TEST(ErrorCampaign, PassesTheReferenceInsideOfWhatPlantsMistakes) {
  const Tally tally = run_units(CarelessSubject(Careless::no), 2);
  EXPECT_THAT(tally.violations, IsEmpty()) << tally.violations.front().summary;
}

TEST(ErrorCampaign, FiresEachOfItsFaultsInOpensAndInCommands) {
  const Tally tally = run_units(ReferenceSubject(), 4);
  const auto count = [&](const char* group, const char* name) {
    const auto found = tally.counts.find({group, name});
    return found == tally.counts.end() ? 0 : found->second;
  };
  for (const char* kind : {"read_error", "write_error", "sync_error", "no_space", "short_write", "short_read"}) {
    EXPECT_GT(count("fired", kind), 10U) << kind;
    EXPECT_GE(count("planned", kind), count("fired", kind)) << kind;
  }
  for (const char* step : {"an open", "a close", "put", "batch", "compact"})
    EXPECT_GT(count("fired in", step), 10U) << step;
  for (const char* judged : {"opened again", "opened again after a failed open", "after a power cut"}) {
    EXPECT_GT(count("judged", judged), 100U) << judged;
  }
  EXPECT_GT(count("reads by who met the fault", "answered"), 100U);
  EXPECT_EQ(count("reads by who met the fault", "refused"), 0U);
  // The run that goes past the last operation.
  EXPECT_LT(tally.fired, tally.cases);
}

TEST(ErrorCampaign, CutsThePowerUnderTheModelThatItIsGiven) {
  const WithoutSyncs subject("lying_sync sync at 0 for_ever of wal-*.log");
  EXPECT_GT(run_units(subject, 1).violating_cases, 0U);
  const Tally killed = run_units(subject, 1, 1, *faultfs::parse_disk_model("process_kill"));
  EXPECT_EQ(killed.violating_cases, 0U) << "a kill leaves all that was written";
  EXPECT_EQ(killed.cases, 1'024U);
}

TEST(ErrorCampaign, ComesToTheSameFromTheSameSeed) {
  const CarelessSubject subject(Careless::retries_failed_syncs);
  const Tally once = run_units(subject, 2, 5);
  const Tally again = run_units(subject, 2, 5);
  EXPECT_EQ(once.counts, again.counts);
  EXPECT_EQ(once.violating_cases, again.violating_cases);
  ASSERT_FALSE(once.violations.empty());
  EXPECT_EQ(once.violations.front().summary, again.violations.front().summary);
}

struct Planted {
  std::string_view name;
  Careless how;
  std::set<ViolationKind> kinds;  // it has to be found by one of these
  std::string_view fault;         // and under this one
};

std::ostream& operator<<(std::ostream& out, const Planted& row) { return out << row.name; }

class PlantedMistake : public testing::TestWithParam<Planted> {};

TEST_P(PlantedMistake, IsFound) {
  const auto is_found = [](const Tally& tally) {
    return std::ranges::any_of(tally.violations, [](const Violation& v) { return GetParam().kinds.contains(v.kind); });
  };
  const Tally tally = run_units(CarelessSubject(GetParam().how), 8, 1, std::nullopt, is_found);
  EXPECT_TRUE(is_found(tally));
  for (const Violation& violation : tally.violations) {
    EXPECT_NE(violation.kind, ViolationKind::baseline);
    const auto c = parse_case(violation.case_text);
    ASSERT_TRUE(c) << c.error().message();
    const CaseResult again = run_case(CarelessSubject(GetParam().how), *c);
    ASSERT_TRUE(again.wrong) << violation.case_text << again.text;
    EXPECT_EQ(info(again.wrong->kind).name, info(violation.kind).name) << violation.case_text;
    EXPECT_THAT(violation.summary, HasSubstr(std::string(GetParam().fault))) << "only this fault shows it";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, PlantedMistake,
    testing::Values(
        Planted{"failed_writes_taken_for_done",
                Careless::takes_failed_writes_for_done,
                {ViolationKind::lost_ack},
                " any at "},
        Planted{"short_writes_taken_for_whole",
                Careless::takes_short_writes_for_whole,
                {ViolationKind::lost_ack},
                "short_write"},
        Planted{"failed_syncs_taken_for_done",
                Careless::takes_failed_syncs_for_done,
                {ViolationKind::lost_ack},
                "sync_error"},
        Planted{"retried_syncs", Careless::retries_failed_syncs, {ViolationKind::lost_ack}, "sync_error"},
        Planted{"short_reads_taken_for_the_end",
                Careless::takes_short_reads_for_the_end,
                {ViolationKind::lost_ack, ViolationKind::false_damage},
                "short_read"},
        Planted{"failed_reads_taken_for_the_end",
                Careless::takes_failed_reads_for_the_end,
                {ViolationKind::lost_ack, ViolationKind::false_damage},
                "read_error"},
        Planted{"ok_after_errors", Careless::answers_ok_after_errors, {ViolationKind::wrong_result}, " any at "},
        Planted{"commands_shown_before_they_are_logged",
                Careless::shows_commands_before_they_are_logged,
                {ViolationKind::wrong_result},
                " any at "}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ErrorCampaign, AViolationTellsTheFaultWhereItFiredWhatFailedAndTheStateAfterThePowerCut) {
  const Tally tally = run_units(CarelessSubject(Careless::retries_failed_syncs), 2);
  const auto after_a_cut = std::ranges::find_if(
      tally.violations, [](const Violation& violation) { return violation.where.ends_with("power cut"); });
  ASSERT_NE(after_a_cut, tally.violations.end());
  EXPECT_THAT(after_a_cut->summary,
              AllOf(HasSubstr("fault     sync_error any at "), HasSubstr("fired     "), HasSubstr("model     "),
                    HasSubstr("crash     after "), HasSubstr("got       ")));
}

TEST(ErrorCampaign, ReportsASubjectThatIsWrongWithNoFaultAsABaseline) {
  // The toy stores its log in a directory that it expects to be there.
  const Tally tally = run_units(toy(ToyBug::none), 1);
  ASSERT_EQ(tally.violations.size(), 1U);
  EXPECT_EQ(tally.violations.front().kind, ViolationKind::baseline);
}

}  // namespace
}  // namespace walbreaker
