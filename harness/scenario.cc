#include "harness/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "engine/assert.h"
#include "faultfs/disk_state.h"
#include "faultfs/enumerate.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/oracle.h"
#include "harness/possible_contents.h"
#include "harness/random.h"

namespace walbreaker {

namespace {

using faultfs::MarkKind;
using faultfs::OpIndex;
using faultfs::OpKind;

using Step = std::expected<void, NoScenario>;

std::unexpected<NoScenario> baseline(std::string text) {
  return std::unexpected(NoScenario{{ViolationKind::baseline, std::move(text)}});
}

std::unexpected<NoScenario> does_not_suit(std::string text) {
  return std::unexpected(NoScenario{{ViolationKind::baseline, std::move(text)}, true});
}

// Says who issued each operation of a trace, in their order.
class Tagger {
 public:
  explicit Tagger(const faultfs::Trace& trace) : mark_(trace.marks.begin()), end_(trace.marks.end()) {}

  Tag at(OpIndex op) {
    for (; mark_ != end_ && mark_->at <= op; ++mark_) {
      if (mark_->kind == MarkKind::issued) tag_ = tag_of_command(mark_->command);
      const bool answered = mark_->kind == MarkKind::acked || mark_->kind == MarkKind::failed;
      if (answered) tag_ = tag_after_commands(mark_->command + 1);
    }
    return tag_;
  }

 private:
  std::vector<faultfs::Mark>::const_iterator mark_;
  std::vector<faultfs::Mark>::const_iterator end_;
  Tag tag_ = tag_after_commands(0);
};

using RecordedByName = std::map<std::string, std::vector<RecordedOp>>;

// The writes and syncs of every file, by the name that it has after the first `ops` operations, or had last: a crash
// may bring back a file that was removed.
RecordedByName recorded_by_name(const faultfs::Trace& trace, OpIndex ops) {
  faultfs::Names names;
  std::map<std::string, faultfs::FileId> last;
  std::map<faultfs::FileId, std::vector<RecordedOp>> of_files;
  Tagger tagger(trace);
  for (OpIndex i = 0; i < ops; ++i) {
    const faultfs::TraceOp& op = trace.ops[i];
    names.apply({.op = i, .kind = op.kind, .file = op.file, .path = op.path, .to = op.to});
    for (const auto& [name, file] : names.files) last[name] = file;
    const Tag tag = tagger.at(i);
    if (op.kind == OpKind::write || op.kind == OpKind::sync) {
      of_files[op.file].push_back({op.kind, i, op.offset, op.length, tag});
    }
  }
  RecordedByName by_name;
  for (const auto& [name, file] : last) by_name[name] = of_files[file];
  return by_name;
}

// Plays a subject through a script.
class Player {
 public:
  Player(ScenarioKind kind, const Subject& subject, Script script)
      : subject_(subject),
        scenario_{kind, false, {}, {}, Timeline(History{}), promise_of(subject, script.settings), std::move(script)},
        entropy_(scenario_.script.entropy) {
    history_.epoch = scenario_.script.epoch;
  }

  std::expected<Scenario, NoScenario> run() && {
    TRY(play());
    scenario_.image = disk_->image();
    OpIndex ops = disk_->trace().ops.size();
    if (scenario_.kind == ScenarioKind::power_cut) {
      ops = TRY(cut_power());
      TRY(keep_what_survived(scenario_.image));
      // Commands that the cut took are not the past of what it left: then there is no older moment.
      if (history_.commands.size() < older_moment(scenario_.script)) scenario_.older = scenario_.image;
    }
    TRY(add_files(recorded_by_name(disk_->trace(), ops)));
    scenario_.timeline = Timeline(std::move(history_));
    TRY(check());
    return std::move(scenario_);
  }

 private:
  Step play() {
    const Script& script = scenario_.script;
    TRY(open());
    for (std::size_t i = 0; i < script.commands.size(); ++i) {
      if (const auto restart = script.restarts.find(i); restart != script.restarts.end()) {
        TRY(end_process(restart->second));
        TRY(open());
      }
      if (i == older_moment(script)) {
        scenario_.older = disk_->image();
        if (scenario_.kind == ScenarioKind::discarded_tail) TRY(discard_and_reopen());
      }
      TRY(issue(i));
    }
    scenario_.closed = script.closed;
    if (scenario_.closed) TRY(end_process(Restart::close));
    session_.reset();
    return {};
  }

  // Where a fault has fired, what follows may be how this subject deals with it.
  [[nodiscard]] std::unexpected<NoScenario> failed(std::string text) const {
    return faulted_ ? does_not_suit(std::move(text)) : baseline(std::move(text));
  }

  Step open() {
    auto opened = subject_.open(faulty_disk_, kScenarioDirectory,
                                {.settings = scenario_.script.settings, .entropy = entropy_.next()});
    if (!opened) return failed(fmt::format("the open failed: {}", opened.error().message()));
    session_ = std::move(opened->session);
    disk_->mark(MarkKind::opened, history_.commands.size());
    return {};
  }

  Step end_process(Restart restart) {
    if (restart == Restart::kill) {
      disk_->kill();
    } else {
      const auto closed = session_->close();
      if (!closed) return failed("close failed: " + closed.error().message());
      disk_->mark(MarkKind::closed, history_.commands.size());
    }
    session_.reset();
    return {};
  }

  Step issue(std::size_t index) {
    const Command& command = scenario_.script.commands[index];
    const auto faults = scenario_.script.faults.find(index);
    disk_->mark(MarkKind::issued, history_.commands.size());
    if (faults != scenario_.script.faults.end()) return issue_under(faults->second, command);
    const auto answer = perform(*session_, command);
    if (!answer) return failed(fmt::format("{} failed: {}", to_string(command.kind), answer.error().message()));
    const bool missing =
        command.kind == CommandKind::del && !contents_.contains(command.writes.operations().front().key);
    if (missing != (*answer == CommandAnswer::missing)) {
      return baseline("a del answered wrongly whether there was such a key");
    }
    disk_->mark(MarkKind::acked, history_.commands.size());
    record(command);
    return {};
  }

  // A compaction that cannot rename its snapshot has to fail, and one that cannot remove what it replaced has to go on.
  Step issue_under(const faultfs::FaultPlan& faults, const Command& command) {
    WB_ASSERT(!writes_data(command.kind));
    const bool has_to_fail = faults.faults.front().op == OpKind::rename;
    faulted_ = true;
    faulty_disk_.replace_plan(faults);
    const auto answer = perform(*session_, command);
    faulty_disk_.replace_plan({});
    if (has_to_fail && answer) return does_not_suit("a compaction succeeds where no file can be renamed");
    if (!has_to_fail && !answer) return does_not_suit("a compaction fails where no file can be removed");
    disk_->mark(answer ? MarkKind::acked : MarkKind::failed, history_.commands.size());
    record(command);
    return {};
  }

  void record(const Command& command) {
    apply_to(contents_, command);
    history_.commands.push_back(command);
    history_.acked = history_.commands.size();
  }

  // Makes the image one of a crash after the last write, and returns the operations done by then.
  std::expected<OpIndex, NoScenario> cut_power() {
    const faultfs::Trace& trace = disk_->trace();
    const auto last = std::ranges::find(trace.ops.rbegin(), trace.ops.rend(), OpKind::write, &faultfs::TraceOp::kind);
    if (last == trace.ops.rend()) return does_not_suit("it writes nothing");
    const auto ops = static_cast<OpIndex>(trace.ops.rend() - last);
    const auto model = faultfs::parse_disk_model("posix");
    WB_ASSERT(model);
    std::vector<faultfs::Image> images;
    faultfs::enumerate(trace, *model, {.states_per_point = 64, .cuts_per_write = 0}, ops, ops + 1,
                       [&](faultfs::Candidate& candidate) {
                         images.push_back(candidate.image());
                         return true;
                       });
    scenario_.image = images.at(Random(scenario_.script.entropy).split(1).below(images.size()));
    return ops;
  }

  // Cuts the power where all that is pending goes, and goes on with what is left.
  Step discard_and_reopen() {
    session_.reset();
    const auto model = faultfs::parse_disk_model("synced_only");
    WB_ASSERT(model);
    const faultfs::CrashState all_dropped{.point = {.ops = disk_->trace().ops.size()}, .fates = {}};
    const auto left = faultfs::apply(all_dropped, disk_->trace(), *model);
    WB_ASSERT(left.has_value());
    TRY(keep_what_survived(*left));
    contents_.clear();
    for (const Command& command : history_.commands) apply_to(contents_, command);
    disk_.emplace(*left);
    // What the open writes comes after those commands.
    if (!history_.commands.empty()) disk_->mark(MarkKind::acked, history_.commands.size() - 1);
    return open();
  }

  // The commands that the crash left are those of the scenario.
  Step keep_what_survived(const faultfs::Image& left) {
    const PossibleContents possible(history_, scenario_.promise);
    const Observation observation = observe_image(left);
    const PrefixRange any{0, history_.commands.size()};
    if (scenario_.promise.order != Order::prefix) return does_not_suit("it does not promise that a prefix survives");
    if (auto wrong = possible.judge(observation, any)) {
      return std::unexpected(NoScenario{{wrong->kind, "after a power cut alone: " + wrong->text}});
    }
    history_.commands.resize(*possible.matches(observation.listing, any));
    history_.acked = history_.commands.size();
    return {};
  }

  [[nodiscard]] Observation observe_image(const faultfs::Image& image) const {
    faultfs::SimDisk disk(image);
    return observe(subject_, disk, kScenarioDirectory, {.settings = scenario_.script.settings});
  }

  Step add_files(const RecordedByName& recorded) {
    for (const auto& [name, bytes] : scenario_.image.files) {
      const FileRole role = subject_.role_of(name);
      if (role == FileRole::other) continue;
      ScenarioFile file{name, role, bytes.size(), {}};
      const auto writes = recorded.find(name);
      if (writes == recorded.end()) return does_not_suit("it goes on with files that a power cut has left");
      for (const RecordedOp& op : writes->second) {
        const bool survived = !is_of_command(op.tag) || commands_before(op.tag) < history_.commands.size();
        if (survived && op.offset < bytes.size()) file.recorded.push_back(op);
      }
      scenario_.files.push_back(std::move(file));
    }
    return {};
  }

  // The image, not harmed, gives everything back.
  [[nodiscard]] Step check() const {
    const Timeline& timeline = scenario_.timeline;
    const auto judgement = judge(timeline, allowed_without_fault(timeline.history()), observe_image(scenario_.image));
    if (judgement.wrong) return baseline(judgement.wrong->text);
    return {};
  }

  const Subject& subject_;
  Scenario scenario_;
  Random entropy_;
  std::optional<faultfs::SimDisk> disk_{std::in_place};  // another one after a power cut
  faultfs::FaultyVfs faulty_disk_{*disk_};
  std::unique_ptr<Session> session_;
  History history_;
  Contents contents_;
  bool faulted_ = false;
};

}  // namespace

std::expected<Scenario, NoScenario> play_scenario(ScenarioKind kind, const Subject& subject, Script script) {
  return Player(kind, subject, std::move(script)).run();
}

std::expected<Scenario, NoScenario> make_scenario(ScenarioKind kind, const Subject& subject, std::uint64_t seed,
                                                  const ScenarioSize& size) {
  return play_scenario(kind, subject, draw_scenario_script(kind, subject, seed, size));
}

}  // namespace walbreaker
