#include "harness/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "engine/assert.h"
#include "faultfs/disk_state.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/oracle.h"
#include "harness/workload.h"

namespace walbreaker {

std::string_view to_string(ScenarioKind kind) {
  const auto& row = kScenarios.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row.name;
}

bool suits(ScenarioKind kind, const Subject& subject) {
  const bool about_compaction = kind == ScenarioKind::two_generations || kind == ScenarioKind::obsolete_snapshot;
  return !about_compaction || (subject.capabilities().compact && !subject.is_process());
}

Settings scenario_settings(ScenarioKind kind) {
  Settings settings{{"compact_after_operations", "0"}, {"compact_after_bytes", "0"}};
  if (kind == ScenarioKind::sync_on_request) settings["sync"] = "on_request";
  return settings;
}

namespace {

using Step = std::expected<void, Wrong>;

std::unexpected<Wrong> baseline(std::string text) {
  return std::unexpected(Wrong{ViolationKind::baseline, std::move(text)});
}

std::uint64_t bytes_of(const Contents& contents) {
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : contents) bytes += key.size() + value.size();
  return bytes;
}

std::uint64_t bytes_of(const Command& command) {
  std::uint64_t bytes = 0;
  for (const auto& write : command.writes.operations()) bytes += write.key.size() + write.value.size();
  return bytes;
}

WorkloadShape shape_for(const ScenarioSize& size) {
  WorkloadShape shape;
  shape.cold_keys = static_cast<std::uint32_t>(size.snapshot_bytes / 40);  // a value has about 60 bytes: room to spare
  shape.large_value = size.snapshot_bytes > (32 << 10) ? 9'000 : 700;      // beyond two sectors, where there is room
  return shape;
}

faultfs::Fault fails_always(faultfs::OpKind kind, std::string pattern) {
  return {.kind = faultfs::FaultKind::write_error,
          .op = kind,
          .path = std::move(pattern),
          .lasting = faultfs::Lasting::for_ever};
}

// Says who issued each operation of a trace, in their order.
class Tagger {
 public:
  explicit Tagger(const faultfs::Trace& trace) : mark_(trace.marks.begin()), end_(trace.marks.end()) {}

  Tag at(faultfs::OpIndex op) {
    for (; mark_ != end_ && mark_->at <= op; ++mark_) {
      if (mark_->kind == faultfs::MarkKind::issued) tag_ = tag_of_command(mark_->command);
      const bool answered = mark_->kind == faultfs::MarkKind::acked || mark_->kind == faultfs::MarkKind::failed;
      if (answered) tag_ = tag_after_commands(mark_->command + 1);
    }
    return tag_;
  }

 private:
  std::vector<faultfs::Mark>::const_iterator mark_;
  std::vector<faultfs::Mark>::const_iterator end_;
  Tag tag_ = tag_after_commands(0);
};

// What a file is whose name does not tell: one that a command which writes data wrote to is a log.
FileRole role_by_writer(const std::vector<RecordedOp>& recorded, const History& history) {
  const bool is_log = std::ranges::any_of(recorded, [&](const RecordedOp& op) {
    return op.kind == faultfs::OpKind::write && is_of_command(op.tag) &&
           writes_data(history.commands.at(commands_before(op.tag)).kind);
  });
  return is_log ? FileRole::log : FileRole::unknown;
}

// The writes and syncs of every file, by the name that it has at the end of the trace.
std::map<std::string, std::vector<RecordedOp>> recorded_by_name(const faultfs::Trace& trace) {
  faultfs::Names names;
  std::map<faultfs::FileId, std::vector<RecordedOp>> of_files;
  Tagger tagger(trace);
  for (faultfs::OpIndex i = 0; i < trace.ops.size(); ++i) {
    const faultfs::TraceOp& op = trace.ops[i];
    names.apply({.op = i, .kind = op.kind, .file = op.file, .path = op.path, .to = op.to});
    const bool writes = op.kind == faultfs::OpKind::write;
    const bool syncs = op.kind == faultfs::OpKind::sync;
    if (writes || syncs) of_files[op.file].push_back({op.kind, i, op.offset, op.length, tagger.at(i)});
  }
  std::map<std::string, std::vector<RecordedOp>> by_name;
  for (const auto& [name, file] : names.files) by_name[name] = of_files[file];
  return by_name;
}

// Plays a subject through a history.
class Author {
 public:
  Author(ScenarioKind kind, const Subject& subject, std::uint64_t seed, const ScenarioSize& size)
      : kind_(kind),
        subject_(subject),
        random_(Random(seed).split(static_cast<std::uint64_t>(kind))),
        workload_(random_.split(0), 1, within(shape_for(size), subject.capabilities())) {
    history_.epoch = 1;
  }

  Step open() {
    disk_.mark(faultfs::MarkKind::opened, 0);
    auto opened = subject_.open(faulty_disk_, kScenarioDirectory,
                                {.settings = scenario_settings(kind_), .entropy = random_.next()});
    if (!opened) return baseline(fmt::format("the first open failed: {}", opened.error().message()));
    session_ = std::move(opened->session);
    return {};
  }

  Step issue(Command command) {
    disk_.mark(faultfs::MarkKind::issued, history_.commands.size());
    const auto answer = perform(*session_, command);
    if (!answer) return baseline(fmt::format("{} failed: {}", to_string(command.kind), answer.error().message()));
    const bool missing =
        command.kind == CommandKind::del && !contents_.contains(command.writes.operations().front().key);
    if (missing != (*answer == CommandAnswer::missing))
      return baseline("a del answered wrongly whether there was such a key");
    disk_.mark(faultfs::MarkKind::acked, history_.commands.size());
    record(std::move(command));
    return {};
  }

  Step compact() {
    if (!subject_.capabilities().compact) return {};
    return issue({CommandKind::compact, {}});
  }

  // Commands until the contents have that many bytes.
  Step fill_contents(std::uint64_t bytes) {
    while (bytes_of(contents_) < bytes) TRY(issue(workload_.next()));
    return {};
  }

  // Commands until so many bytes were written by them.
  Step fill_log(std::uint64_t bytes) {
    for (std::uint64_t written = 0; written < bytes;) {
      Command command = workload_.next();
      written += bytes_of(command);
      TRY(issue(std::move(command)));
    }
    return {};
  }

  // A compaction that cannot rename its snapshot: its error is the one answer of a scenario that is not ok.
  Step fail_compaction() {
    disk_.mark(faultfs::MarkKind::issued, history_.commands.size());
    faulty_disk_.replace_plan({{fails_always(faultfs::OpKind::rename, "*")}});
    const auto compacted = session_->compact();
    faulty_disk_.replace_plan({});
    if (compacted) return baseline("a compaction answered ok though its rename failed");
    disk_.mark(faultfs::MarkKind::failed, history_.commands.size());
    record({CommandKind::compact, {}});
    return {};
  }

  // A compaction that replaces the snapshot before it, and cannot remove that one.
  Step compact_leaving_a_snapshot() {
    faultfs::FaultPlan plan;
    for (const auto& [name, bytes] : disk_.image().files) {
      if (subject_.role_of(name) != FileRole::snapshot) continue;
      plan.faults.push_back(fails_always(faultfs::OpKind::unlink, faultfs::pattern_of(name)));
    }
    faulty_disk_.replace_plan(std::move(plan));
    const Step compacted = issue({CommandKind::compact, {}});
    faulty_disk_.replace_plan({});
    return compacted;
  }

  Step close() {
    if (const auto closed = session_->close(); !closed) return baseline("close failed: " + closed.error().message());
    return {};
  }

  Scenario finish(bool closed) && {
    session_.reset();
    Scenario scenario{kind_, closed, disk_.image(), {}, Timeline(std::move(history_))};
    const auto recorded = recorded_by_name(disk_.trace());
    for (const auto& [name, bytes] : scenario.image.files) {
      FileRole role = subject_.role_of(name);
      if (role == FileRole::unknown) role = role_by_writer(recorded.at(name), scenario.timeline.history());
      if (role == FileRole::other) continue;
      scenario.files.push_back({name, role, bytes.size(), recorded.at(name)});
    }
    return scenario;
  }

 private:
  void record(Command command) {
    apply_to(contents_, command);
    history_.commands.push_back(std::move(command));
    history_.acked = history_.commands.size();
  }

  ScenarioKind kind_;
  const Subject& subject_;
  Random random_;
  Workload workload_;
  faultfs::SimDisk disk_;
  faultfs::FaultyVfs faulty_disk_{disk_};
  std::unique_ptr<Session> session_;
  History history_;
  Contents contents_;
};

Step snapshot_and_log(Author& author, const ScenarioSize& size) {
  TRY(author.fill_contents(size.snapshot_bytes));
  TRY(author.compact());
  return author.fill_log(size.log_bytes);
}

Step two_logs(Author& author, const ScenarioSize& size) {
  TRY(author.fill_contents(size.snapshot_bytes / 2));
  TRY(author.compact());
  TRY(author.fill_log(size.log_bytes / 2));
  TRY(author.fail_compaction());
  return author.fill_log(size.log_bytes / 2);
}

Step commit_groups(Author& author, const ScenarioSize& size) {
  TRY(author.fill_contents(size.snapshot_bytes / 2));
  TRY(author.compact());
  constexpr int kGroups = 8;
  for (int group = 0; group < kGroups; ++group) {
    if (group > 0) TRY(author.issue({CommandKind::sync, {}}));
    TRY(author.fill_log(size.log_bytes / kGroups));
  }
  return {};
}

Step two_snapshots(Author& author, const ScenarioSize& size) {
  TRY(author.fill_contents(size.snapshot_bytes / 2));
  TRY(author.compact());
  TRY(author.fill_log(size.log_bytes / 4));
  TRY(author.compact_leaving_a_snapshot());
  return author.fill_log(size.log_bytes / 4);
}

Step play(ScenarioKind kind, Author& author, const ScenarioSize& size) {
  switch (kind) {
    case ScenarioKind::fresh: return {};
    case ScenarioKind::closed: TRY(author.fill_contents(size.snapshot_bytes)); return author.close();
    case ScenarioKind::mid_flight: return snapshot_and_log(author, size);
    case ScenarioKind::two_generations: return two_logs(author, size);
    case ScenarioKind::sync_on_request: return commit_groups(author, size);
    case ScenarioKind::obsolete_snapshot: return two_snapshots(author, size);
  }
  return baseline("no such scenario");
}

// The image, not harmed, gives everything back.
Step check(const Scenario& scenario, const Subject& subject) {
  faultfs::SimDisk disk(scenario.image);
  const auto observation = observe(subject, disk, kScenarioDirectory, {.settings = scenario_settings(scenario.kind)});
  const auto judgement = judge(scenario.timeline, allowed_without_fault(scenario.timeline.history()), observation);
  if (judgement.wrong) return baseline(judgement.wrong->text);
  return {};
}

}  // namespace

std::expected<Scenario, Wrong> make_scenario(ScenarioKind kind, const Subject& subject, std::uint64_t seed,
                                             const ScenarioSize& size) {
  Author author(kind, subject, seed, size);
  TRY(author.open());
  TRY(play(kind, author, size));
  Scenario scenario = std::move(author).finish(kind == ScenarioKind::closed);
  TRY(check(scenario, subject));
  return scenario;
}

}  // namespace walbreaker
