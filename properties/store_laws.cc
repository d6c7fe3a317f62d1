// The law of the store: whatever is done to it, it shows what a model of what it promises allows.
//
// RapidCheck's rc::state draws commands and calamities one after the other and shrinks a list of them that breaks the
// law. The model is what an application knows: what it was told, and what it has read since.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "faultfs/enumerate.h"
#include "faultfs/faulty_vfs.h"
#include "properties/damage_model.h"
#include "properties/law.h"
#include "properties/store_model.h"

namespace walbreaker::properties {
namespace {

using Worlds = std::set<Contents>;

// What may be read now, after a kill, and after a power cut.
struct Knowledge {
  Contents shown;
  Worlds after_kill{{}};
  Worlds after_power_cut{{}};
  std::set<Contents> history{{}};  // all that was ever shown, or may have been

  // An open has shown it, and made it durable.
  void settle(const Contents& contents) {
    shown = contents;
    after_kill = after_power_cut = {contents};
    history.insert(contents);
  }
  void ack(const Command& command, bool is_durable) {
    properties::apply(command, shown);
    after_kill = {shown};
    if (is_durable) after_power_cut.clear();
    after_power_cut.insert(shown);
    history.insert(shown);
  }
  // A command was answered with an error: it happened, or it did not.
  void maybe(const Command& command) {
    Contents with = shown;
    properties::apply(command, with);
    for (Worlds* worlds : {&after_kill, &after_power_cut, &history}) worlds->insert(with);
  }
};

// What rc::state plans with: enough to draw removes of keys that are there.
struct Plan {
  Contents expected;
};

std::map<std::string, std::uint64_t>& counts() {
  static std::map<std::string, std::uint64_t> all;
  return all;
}

// A store on a disk, and what is known of it.
class Subject {
 public:
  explicit Subject(kv::SyncPolicy sync) : sync_(sync) { start(faultfs::Image()); }

  [[nodiscard]] kv::Store& store() { return *store_; }
  [[nodiscard]] bool is_poisoned() const { return store_->status() != kv::ErrorCode::ok; }

  void issue(const Command& command) {
    const bool poisoned = is_poisoned();
    const auto answer = properties::issue(*store_, command);
    judge(command, answer, poisoned, false);
  }

  void issue_under(const Command& command, const faultfs::Fault& fault) {
    const bool poisoned = is_poisoned();
    vfs_->replace_plan({{fault}});
    const auto answer = properties::issue(*store_, command);
    const bool fired = vfs_->fired() > 0;
    vfs_->replace_plan({});
    if (fired) ++counts()["faults"];
    judge(command, answer, poisoned, fired && fault.kind != faultfs::FaultKind::short_write);
  }

  void close_and_reopen() {
    const bool poisoned = is_poisoned();
    const auto closed = store_->close();
    RC_ASSERT(poisoned || closed.has_value());
    reopen(disk_->image(), closed ? Worlds{known_.shown} : known_.after_kill);
  }

  void kill_and_reopen() {
    disk_->kill();
    reopen(disk_->image(), known_.after_kill);
  }

  void cut_power_and_reopen(const faultfs::DiskModel& model, std::uint64_t seed) {
    const Contents before = known_.shown;
    reopen(a_crash_state(model, seed), known_.after_power_cut);
    if (known_.shown != before) ++counts()["power cuts that dropped something"];
  }

  // One harm to a copy of the disk, closed or not; the store goes on without it.
  void harm_a_copy(bool closed) {
    if (closed && is_poisoned()) return;
    if (closed) RC_ASSERT(store_->close().has_value());
    faultfs::SimDisk copy(with_any_damage(disk_->image()));
    const auto found = kv::Store::open(copy, "db", options_with_seed(77));
    const bool reported = !found || (*found)->status() != kv::ErrorCode::ok;
    ++counts()[reported ? "damage reported" : "damage not reported"];
    if (found) RC_ASSERT(known_.history.contains(scan_all(**found)));
    if (closed && !reported) RC_ASSERT(scan_all(**found) == known_.shown);
    if (closed) reopen(disk_->image(), {known_.shown});
  }

  void check() const {
    const Contents contents = scan_all(*store_);
    RC_ASSERT(contents == known_.shown);
    for (const auto& [key, value] : contents) RC_ASSERT(store_->get(key).value() == value);
    RC_ASSERT(store_->stats().keys == contents.size());
  }

 private:
  void judge(const Command& command, const kv::Result<void>& answer, bool poisoned, bool may_fail) {
    if (poisoned) {
      RC_ASSERT(!answer.has_value());
      ++counts()["refused by a poisoned store"];
      return;
    }
    const bool is_missing = command.verb == Verb::remove && !known_.shown.contains(command.key);
    if (is_missing) {
      RC_ASSERT(!answer.has_value());
      RC_ASSERT(answer.error().code == kv::ErrorCode::not_found);
    } else if (answer) {
      const bool syncs = command.verb == Verb::sync || command.verb == Verb::compact;
      known_.ack(command, syncs || sync_ == kv::SyncPolicy::on_commit);
    } else {
      if (!may_fail) RC_FAIL(answer.error().message());
      known_.maybe(command);
    }
  }

  // Some state of this moment.
  [[nodiscard]] faultfs::Image a_crash_state(const faultfs::DiskModel& model, std::uint64_t seed) const {
    const faultfs::Trace& trace = disk_->trace();
    const faultfs::Budget budget{.states_per_point = 8, .cuts_per_write = 0, .states_per_cut = 2, .seed = seed};
    std::vector<faultfs::Image> images;
    enumerate(trace, model, budget, trace.ops.size(), trace.ops.size() + 1, [&](faultfs::Candidate& candidate) {
      images.push_back(candidate.image());
      return true;
    });
    return images.at(seed % images.size());
  }

  void reopen(const faultfs::Image& image, const Worlds& allowed) {
    start(image);
    const auto verdict = store_->report().verdict;
    RC_ASSERT(verdict == kv::Verdict::clean || verdict == kv::Verdict::torn_tail || verdict == kv::Verdict::new_store);
    const Contents contents = scan_all(*store_);
    RC_ASSERT(allowed.contains(contents));
    known_.settle(contents);
  }

  void start(const faultfs::Image& image) {
    store_.reset();
    vfs_.reset();
    disk_ = std::make_unique<faultfs::SimDisk>(image);
    vfs_ = std::make_unique<faultfs::FaultyVfs>(
        *disk_, faultfs::FaultPlan(),
        faultfs::FaultyVfs::Hooks{.before_sync = [this](faultfs::SyncFault fault) { disk_->arrange(fault); },
                                  .kill = {}});
    kv::Options options = options_with_seed(++lives_);
    options.sync = sync_;
    options.compact_after_operations = 12;
    store_ = open_store(*vfs_, options);
  }

  kv::SyncPolicy sync_;
  std::unique_ptr<faultfs::SimDisk> disk_;
  std::unique_ptr<faultfs::FaultyVfs> vfs_;
  std::unique_ptr<kv::Store> store_;
  std::uint64_t lives_ = 0;
  Knowledge known_;
};

using Step = rc::state::Command<Plan, Subject>;

struct Issue : Step {
  properties::Command command = *any_command();

  explicit Issue(const Plan& plan) {
    if (command.verb != Verb::remove || plan.expected.empty()) return;
    const bool of_a_known_key = *rc::gen::arbitrary<bool>();
    if (of_a_known_key) command.key = (*rc::gen::elementOf(plan.expected)).first;
  }
  void apply(Plan& plan) const override { properties::apply(command, plan.expected); }
  void run(const Plan& /*plan*/, Subject& subject) const override {
    subject.issue(command);
    subject.check();
  }
  void show(std::ostream& out) const override { out << command; }
};

// A command during which the disk fails once, or from then on.
struct IssueUnderFault : Step {
  properties::Command command = *any_command();
  faultfs::Fault fault;

  IssueUnderFault() {
    fault.kind = *rc::gen::element(faultfs::FaultKind::write_error, faultfs::FaultKind::sync_error,
                                   faultfs::FaultKind::no_space, faultfs::FaultKind::short_write);
    fault.at = *rc::gen::inRange<std::uint64_t>(0, 6);
    fault.lasting = *rc::gen::element(faultfs::Lasting::once, faultfs::Lasting::for_ever);
    if (fault.kind != faultfs::FaultKind::sync_error) fault.amount = *rc::gen::inRange<std::uint64_t>(1, 60);
  }
  void run(const Plan& /*plan*/, Subject& subject) const override {
    subject.issue_under(command, fault);
    subject.check();
  }
  void show(std::ostream& out) const override { out << command << ", while " << to_text(fault); }
};

struct CloseAndReopen : Step {
  void run(const Plan& /*plan*/, Subject& subject) const override {
    subject.close_and_reopen();
    subject.check();
  }
  void show(std::ostream& out) const override { out << "close, and open again"; }
};

struct KillAndReopen : Step {
  void run(const Plan& /*plan*/, Subject& subject) const override {
    subject.kill_and_reopen();
    subject.check();
  }
  void show(std::ostream& out) const override { out << "kill, and open again"; }
};

struct CutPowerAndReopen : Step {
  faultfs::DiskModel model = (*rc::gen::elementOf(faultfs::named_models())).model;
  std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 1'000);

  void run(const Plan& /*plan*/, Subject& subject) const override {
    subject.cut_power_and_reopen(model, seed);
    subject.check();
  }
  void show(std::ostream& out) const override { out << "cut the power, " << to_text(model) << ", state " << seed; }
};

struct HarmACopy : Step {
  bool closed = *rc::gen::arbitrary<bool>();

  void run(const Plan& /*plan*/, Subject& subject) const override {
    subject.harm_a_copy(closed);
    subject.check();
  }
  void show(std::ostream& out) const override {
    out << (closed ? "close, harm a copy of the disk, and open again" : "harm a copy of the disk");
  }
};

TEST(Store, ShowsWhatAModelOfItsPromiseAllowsWhateverIsDoneToIt) {
  counts().clear();
  check_law(100, [] {
    Subject subject(*rc::gen::element(kv::SyncPolicy::on_commit, kv::SyncPolicy::on_request));
    // Half of all steps are commands that nothing happens to.
    rc::state::check(Plan(), subject,
                     rc::state::gen::execOneOfWithArgs<Issue, Issue, Issue, Issue, Issue, IssueUnderFault,
                                                       CloseAndReopen, KillAndReopen, CutPowerAndReopen, HarmACopy>());
  });
  for (const char* what : {"faults", "refused by a poisoned store", "power cuts that dropped something",
                           "damage reported", "damage not reported"}) {
    EXPECT_GT(counts()[what], 10U) << what;
  }
}

}  // namespace
}  // namespace walbreaker::properties
