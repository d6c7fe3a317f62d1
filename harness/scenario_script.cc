// Draws the scripts of scenarios: commands until the contents, or what was written, come to the size that is wanted.
#include <algorithm>
#include <utility>

#include "engine/assert.h"
#include "harness/scenario.h"
#include "harness/workload.h"

namespace walbreaker {

std::string_view to_string(ScenarioKind kind) {
  const auto& row = kScenarios.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row.name;
}

bool suits(ScenarioKind kind, const Subject& subject) {
  switch (kind) {
    case ScenarioKind::two_generations:
    case ScenarioKind::obsolete_snapshot:
    case ScenarioKind::ten_generations:
    case ScenarioKind::three_logs:
    case ScenarioKind::discarded_tail: return subject.capabilities().compact && !subject.is_process();
    default: return true;
  }
}

Settings scenario_settings(ScenarioKind kind) {
  Settings settings{{"compact_after_operations", "0"}, {"compact_after_bytes", "0"}};
  const bool on_request = kind == ScenarioKind::sync_on_request || kind == ScenarioKind::discarded_tail;
  if (on_request) settings["sync"] = "on_request";
  return settings;
}

std::size_t older_moment(const Script& script) { return script.commands.size() * 3 / 4; }

namespace {

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

bool takes_large_values(const Promise& promise) { return promise.values == Domain::bytes && !promise.max_value; }

// A value has about 60 bytes, or a number with its key 12 of them: room to spare for the size that is wanted.
WorkloadShape shape_for(ScenarioKind kind, const ScenarioSize& size, const Promise& promise) {
  WorkloadShape shape;
  const bool short_values = !takes_large_values(promise);
  shape.cold_keys = static_cast<std::uint32_t>(size.snapshot_bytes / (short_values ? 4 : 40));
  shape.large_value = size.snapshot_bytes > (32 << 10) ? 9'000 : 700;  // beyond two sectors, where there is room
  shape.equal_sizes = kind == ScenarioKind::equal_records;
  return shape;
}

faultfs::FaultPlan fails_always(faultfs::OpKind kind, const std::string& pattern = "*") {
  return {
      {{.kind = faultfs::FaultKind::write_error, .op = kind, .path = pattern, .lasting = faultfs::Lasting::for_ever}}};
}

class Author {
 public:
  Author(ScenarioKind kind, const Subject& subject, std::uint64_t seed, const ScenarioSize& size)
      : size_(size),
        can_compact_(subject.capabilities().compact),
        takes_large_values_(takes_large_values(promise_of(subject, scenario_settings(kind)))),
        random_(Random(seed).split(static_cast<std::uint64_t>(kind))),
        workload_(random_.split(0), script_.epoch,
                  within(shape_for(kind, size, promise_of(subject, scenario_settings(kind))), subject.capabilities(),
                         promise_of(subject, scenario_settings(kind)))) {
    script_.settings = scenario_settings(kind);
    script_.entropy = random_.next();
  }

  Script write(ScenarioKind kind) && {
    switch (kind) {
      case ScenarioKind::fresh: break;
      case ScenarioKind::closed: closed(); break;
      case ScenarioKind::mid_flight: snapshot_and_log_with_a_large_value(); break;
      case ScenarioKind::power_cut:
      case ScenarioKind::equal_records: snapshot_and_log(); break;
      case ScenarioKind::two_generations: logs(2); break;
      case ScenarioKind::three_logs: logs(3); break;
      case ScenarioKind::sync_on_request: commit_groups(); break;
      case ScenarioKind::discarded_tail: tail_and_another(); break;
      case ScenarioKind::obsolete_snapshot: two_snapshots(); break;
      case ScenarioKind::ten_generations: generations(); break;
    }
    return std::move(script_);
  }

 private:
  void closed() {
    fill_contents(size_.snapshot_bytes);
    script_.closed = true;
  }

  void snapshot_and_log() {
    fill_contents(size_.snapshot_bytes);
    compact();
    fill_log(size_.log_bytes);
  }

  void snapshot_and_log_with_a_large_value() {
    snapshot_and_log();
    issue_large();
    fill_log(size_.log_bytes / 16);
  }

  void logs(std::uint64_t count) {
    fill_contents(size_.snapshot_bytes / 2);
    compact();
    fill_log(size_.log_bytes / count);
    for (std::uint64_t i = 1; i < count; ++i) {
      compact(fails_always(faultfs::OpKind::rename));
      fill_log(size_.log_bytes / count);
    }
  }

  void commit_groups() {
    fill_contents(size_.snapshot_bytes / 2);
    compact();
    constexpr std::uint64_t kGroups = 8;
    for (std::uint64_t group = 0; group < kGroups; ++group) {
      if (group > 0) issue({CommandKind::sync, {}});
      fill_log(size_.log_bytes / kGroups);
    }
  }

  // The compaction makes all durable in front of the tail, so that what comes in its place begins at the same record.
  // The cut is at three quarters.
  void tail_and_another() {
    fill_contents(size_.snapshot_bytes / 2);
    compact();
    for (int i = 0; i < 8; ++i) issue_next();
    for (std::size_t left = script_.commands.size() / 3; left > 0; --left) issue_next();
    while (older_moment(script_) * 4 < script_.commands.size() * 3) issue_next();
  }

  // The log before goes: with it, the older snapshot would be as good as the newer one, and nothing to be wrong about.
  // Where snapshots have other names, all is removed, and this is one more store with a snapshot and a log.
  void two_snapshots() {
    fill_contents(size_.snapshot_bytes / 2);
    compact();
    fill_log(size_.log_bytes / 4);
    compact(fails_always(faultfs::OpKind::unlink, "*snapshot*"));
    fill_log(size_.log_bytes / 4);
  }

  // A store that begins at 1, and goes on by one at each compaction and each opening, is at 9 then.
  void generations() {
    constexpr std::uint64_t kSteps = 8;
    for (std::uint64_t step = 0; step < kSteps; ++step) {
      fill_log(size_.log_bytes / (2 * kSteps));
      if (step % 3 == 2) script_.restarts[script_.commands.size()] = Restart::kill;
      if (step % 3 != 2) compact();
    }
    fill_log(size_.log_bytes / 4);
    compact(fails_always(faultfs::OpKind::rename));
    fill_log(size_.log_bytes / 4);
  }

  void issue(Command command) {
    apply_to(contents_, command);
    script_.commands.push_back(std::move(command));
  }

  void compact(faultfs::FaultPlan faults = {}) {
    if (!can_compact_) return;
    if (!faults.faults.empty()) script_.faults[script_.commands.size()] = std::move(faults);
    issue({CommandKind::compact, {}});
  }

  // Commands until the contents have that many bytes. Where numbers are short, keys run out before that.
  void fill_contents(std::uint64_t bytes) {
    for (std::uint64_t written = 0; bytes_of(contents_) < bytes && written < 8 * bytes;) written += issue_next();
  }

  // Commands until so many bytes were written by them.
  void fill_log(std::uint64_t bytes) {
    for (std::uint64_t written = 0; written < bytes;) written += issue_next();
  }

  std::uint64_t issue_next() {
    Command command = workload_.next();
    const std::uint64_t bytes = bytes_of(command);
    issue(std::move(command));
    return bytes;
  }

  // A put whose value is larger than a page and than most buffers, where the subject takes such values.
  void issue_large() {
    constexpr std::size_t kLarge = 5'000;
    if (!takes_large_values_) return;
    Command command = workload_.next();
    while (command.kind != CommandKind::put) command = workload_.next();
    const auto& write = command.writes.operations().front();
    std::string value = write.value;
    Random bytes = random_.split(1);
    while (value.size() < kLarge) value.push_back(static_cast<char>(bytes.below(256)));
    Command large{CommandKind::put, {}};
    large.writes.put(write.key, std::move(value));
    issue(std::move(large));
  }

  ScenarioSize size_;
  bool can_compact_;
  bool takes_large_values_;
  Random random_;
  Script script_;
  Workload workload_;
  Contents contents_;
};

}  // namespace

Script draw_scenario_script(ScenarioKind kind, const Subject& subject, std::uint64_t seed, const ScenarioSize& size) {
  return Author(kind, subject, seed, size).write(kind);
}

}  // namespace walbreaker
