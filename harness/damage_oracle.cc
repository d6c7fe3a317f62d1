#include "harness/damage_oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace walbreaker {

std::string_view to_string(Place place) {
  switch (place) {
    case Place::snapshot: return "snapshot";
    case Place::header: return "header";
    case Place::record: return "record";
    case Place::last_group: return "last_group";
    case Place::end: return "end";
    case Place::unwritten: return "unwritten";
    case Place::obsolete: return "obsolete";
    case Place::unknown: return "unknown";
  }
  return "unknown";
}

std::string_view to_string(DamageOutcome outcome) {
  switch (outcome) {
    case DamageOutcome::full: return "full";
    case DamageOutcome::full_reported: return "full_reported";
    case DamageOutcome::prefix_reported: return "prefix_reported";
    case DamageOutcome::cut_dropped: return "cut_dropped";
    case DamageOutcome::last_group_dropped: return "last_group_dropped";
    case DamageOutcome::prefix_dropped: return "prefix_dropped";
    case DamageOutcome::refused: return "refused";
    case DamageOutcome::lost_silently: return "lost_silently";
    case DamageOutcome::wrong: return "wrong";
  }
  return "unknown";
}

namespace {

using faultfs::OpKind;

std::uint64_t first_write(const ScenarioFile& file) {
  const auto write = std::ranges::find(file.recorded, OpKind::write, &RecordedOp::kind);
  return write == file.recorded.end() ? 0 : write->index;
}

bool follows(const ScenarioFile& later, const ScenarioFile& earlier) {
  return later.role == FileRole::log && first_write(later) > first_write(earlier);
}

bool is_last_log(const Scenario& scenario, const ScenarioFile& log) {
  return std::ranges::none_of(scenario.files, [&](const ScenarioFile& other) { return follows(other, log); });
}

// Whether a newer snapshot holds all that the file does: every snapshot but the newest, and every log with another one
// begun after it and before that snapshot.
bool is_obsolete(const Scenario& scenario, const ScenarioFile& file) {
  const auto begun_after = [](const ScenarioFile& other, const ScenarioFile& one) {
    return first_write(other) > first_write(one);
  };
  return std::ranges::any_of(scenario.files, [&](const ScenarioFile& other) {
    if (other.role != file.role || !begun_after(other, file)) return false;
    if (file.role == FileRole::snapshot) return true;
    return std::ranges::any_of(scenario.files, [&](const ScenarioFile& snapshot) {
      return snapshot.role == FileRole::snapshot && begun_after(snapshot, other);
    });
  });
}

// Whether a write put a record into a log: what an open, a compaction or a close writes is none.
bool is_record(const Scenario& scenario, const RecordedOp& op) {
  if (op.kind != OpKind::write || !is_of_command(op.tag)) return false;
  const auto& commands = scenario.timeline.history().commands;
  return commands_before(op.tag) < commands.size() && writes_data(commands[commands_before(op.tag)].kind);
}

// Whether some bytes that the write wrote are harmed.
bool harms(const HarmedBytes& harmed, const RecordedOp& op) {
  return op.kind == OpKind::write && op.end() > harmed.bytes.begin && op.offset < harmed.bytes.end;
}

// `p`: the lowest command that has bytes at or after the harm, in this log or in one that follows.
std::size_t surviving_commands(const Scenario& scenario, const ScenarioFile& log, std::uint64_t offset) {
  std::size_t lowest = scenario.timeline.full();
  for (const ScenarioFile& file : scenario.files) {
    const bool later = follows(file, log);
    if (&file != &log && !later) continue;
    for (const RecordedOp& op : file.recorded) {
      const bool lies_behind = op.kind == OpKind::write && (later || op.end() > offset);
      if (lies_behind) lowest = std::min(lowest, commands_before(op.tag));
    }
  }
  return lowest;
}

// The command whose record begins the last commit group: since the last sync that a further record followed, none has
// proved that the group was durable.
std::optional<std::size_t> last_group_begin(const Scenario& scenario, const ScenarioFile& log) {
  std::optional<std::size_t> begin;
  bool synced = true;
  for (const RecordedOp& op : log.recorded) {
    if (is_record(scenario, op) && synced) begin = commands_before(op.tag);
    if (is_record(scenario, op)) synced = false;
    if (op.kind == OpKind::sync) synced = true;
  }
  return begin;
}

Place place_of(const Scenario& scenario, const ScenarioFile& log, std::uint64_t at) {
  const auto holds_it = [at](const RecordedOp& op) {
    return op.kind == OpKind::write && op.offset <= at && at < op.end();
  };
  const auto op = std::ranges::find_if(log.recorded, holds_it);
  if (op == log.recorded.end()) return Place::unwritten;
  if (!is_record(scenario, *op)) {
    const bool record_before =
        std::any_of(log.recorded.begin(), op, [&](const RecordedOp& r) { return is_record(scenario, r); });
    const bool end_of_closed =
        scenario.closed && op->tag == tag_after_commands(scenario.timeline.full()) && op->offset > 0;
    return record_before || end_of_closed ? Place::end : Place::header;
  }
  const bool in_last_group = is_last_log(scenario, log) && commands_before(op->tag) >= last_group_begin(scenario, log);
  return in_last_group ? Place::last_group : Place::record;
}

// The commands whose records lie in the harmed bytes, in the order of the writes.
std::vector<std::size_t> harmed_records(const Scenario& scenario, const ScenarioFile& file, const HarmedBytes& harmed) {
  std::vector<std::size_t> commands;
  for (const RecordedOp& op : file.recorded) {
    if (harms(harmed, op) && is_record(scenario, op)) commands.push_back(commands_before(op.tag));
  }
  const auto repeated = std::ranges::unique(commands);
  commands.erase(repeated.begin(), repeated.end());
  return commands;
}

PrefixSet only(std::size_t prefix) { return PrefixSet({{prefix, prefix}}); }

PrefixSet full_or(std::size_t full, std::size_t prefix) {
  if (prefix == full) return only(full);
  return PrefixSet({{prefix, prefix}, {full, full}});
}

// Without a report.
PrefixSet unreported_of_log(const Scenario& scenario, const ScenarioFile& log, const HarmedBytes& harmed,
                            std::size_t p) {
  const std::size_t full = scenario.timeline.full();
  if (scenario.closed || !is_last_log(scenario, log)) return only(full);
  if (harmed.cut) return full_or(full, p);
  const auto records = harmed_records(scenario, log, harmed);
  if (harmed.gone || records.size() > 1) return PrefixSet({{surviving_commands(scenario, log, 0), full}});
  const bool last_group = records.size() == 1 && records.front() >= last_group_begin(scenario, log);
  return last_group ? full_or(full, p) : only(full);
}

Harm harm_of_log(const Scenario& scenario, const ScenarioFile& log, const HarmedBytes& harmed) {
  const bool live = std::ranges::any_of(log.recorded, [&](const RecordedOp& op) { return harms(harmed, op); });
  const std::size_t full = scenario.timeline.full();
  const std::size_t p = live ? surviving_commands(scenario, log, harmed.bytes.begin) : full;
  return {place_of(scenario, log, harmed.bytes.begin),
          {unreported_of_log(scenario, log, harmed, p), PrefixRange{p, p}, true}};
}

// Of the lowest command of which any byte is harmed, whoever else's are.
std::size_t first_harmed_command(const Scenario& scenario, const ScenarioFile& file, const HarmedBytes& harmed) {
  std::size_t lowest = scenario.timeline.full();
  for (const RecordedOp& op : file.recorded) {
    if (harms(harmed, op)) lowest = std::min(lowest, commands_before(op.tag));
  }
  return lowest;
}

bool is_last_written(const Scenario& scenario, std::size_t command) {
  return std::ranges::all_of(scenario.files, [&](const ScenarioFile& file) {
    return std::ranges::all_of(file.recorded, [&](const RecordedOp& op) {
      return !is_record(scenario, op) || commands_before(op.tag) <= command;
    });
  });
}

// The last command that wrote data to the file, which has a record.
std::size_t last_record(const Scenario& scenario, const ScenarioFile& file) {
  std::size_t last = 0;
  for (const RecordedOp& op : file.recorded) {
    if (is_record(scenario, op)) last = std::max(last, commands_before(op.tag));
  }
  return last;
}

Harm harm_of_unknown(const Scenario& scenario, const ScenarioFile& file, const HarmedBytes& harmed) {
  const std::size_t full = scenario.timeline.full();
  const std::size_t p = first_harmed_command(scenario, file, harmed);
  const auto records = harmed_records(scenario, file, harmed);
  const bool others = std::ranges::any_of(
      file.recorded, [&](const RecordedOp& op) { return harms(harmed, op) && !is_record(scenario, op); });
  const bool one_record = records.size() == 1 && !others && !harmed.cut && !harmed.gone;
  Harm harm{Place::unknown, {only(full), PrefixRange{0, full}, true}};
  if (one_record) {
    harm.allowed.reported = PrefixRange{p, p};
    const bool last_group =
        records.front() >= last_group_begin(scenario, file) && is_last_written(scenario, last_record(scenario, file));
    if (!scenario.closed && last_group) harm.allowed.unreported = full_or(full, p);
  } else if (!scenario.closed && p < full) {
    harm.allowed.unreported = PrefixSet({{p, full}});
  }
  return harm;
}

Harm exactly(const Scenario& scenario, const ScenarioFile* file, const HarmedBytes& harmed) {
  const std::size_t full = scenario.timeline.full();
  const PrefixRange all{full, full};
  if (file == nullptr) return {Place::obsolete, {only(full), all, true}};
  if (file->role == FileRole::unknown) return harm_of_unknown(scenario, *file, harmed);
  const bool obsolete = is_obsolete(scenario, *file);
  if (file->role == FileRole::log && obsolete) return {Place::obsolete, {only(full), all, true}};
  if (file->role == FileRole::log) return harm_of_log(scenario, *file, harmed);
  return {obsolete ? Place::obsolete : Place::snapshot, {only(full), std::nullopt, true}};
}

}  // namespace

std::optional<HarmedBytes> HarmedBytes::between(const faultfs::Image& before, const faultfs::Image& after,
                                                const std::string& file) {
  const auto was = before.files.find(file);
  const auto is = after.files.find(file);
  if (was == before.files.end() && is == after.files.end()) return std::nullopt;
  if (was == before.files.end()) return HarmedBytes{file, {0, is->second.size()}};
  if (is == after.files.end()) return HarmedBytes{file, {0, was->second.size()}, false, true};
  const auto changed = difference(was->second, is->second);
  if (!changed) return std::nullopt;
  return HarmedBytes{file, *changed, changed->begin == is->second.size() && is->second.size() < was->second.size()};
}

Harm harm_of(const Scenario& scenario, const HarmedBytes& harmed) {
  const auto file = std::ranges::find(scenario.files, harmed.file, &ScenarioFile::name);
  Harm harm = exactly(scenario, file == scenario.files.end() ? nullptr : &*file, harmed);
  const PrefixRange any{0, scenario.timeline.full()};
  if (scenario.promise.on_damage <= OnDamage::detect) harm.allowed.reported = any;
  if (scenario.promise.on_damage <= OnDamage::prefix) harm.allowed.unreported = PrefixSet({any});
  harm.cut = harmed.cut;
  return harm;
}

namespace {

bool may_refuse_a_read_with(kv::ErrorCode code) {
  return code == kv::ErrorCode::corrupted || code == kv::ErrorCode::unsupported_version ||
         code == kv::ErrorCode::io_error;
}

// What was served, of a store that refused some reads.
Judgement judge_partly(const PossibleContents& possible, const Allowed& allowed, const Observation& observation) {
  std::vector<PrefixRange> ranges = allowed.unreported.ranges();
  if (allowed.reported) ranges.push_back(*allowed.reported);
  for (const PrefixRange& range : ranges) {
    if (possible.matches(observation.partial, range)) return {};
  }
  return {Wrong{ViolationKind::wrong_value,
                fmt::format("{}; and what other reads answered are the contents after no number of commands that is "
                            "allowed",
                            observation.wrong->text)},
          std::nullopt};
}

}  // namespace

Judgement judge_damage(const PossibleContents& possible, const Allowed& allowed, const Observation& observation) {
  const bool refused_reads = observation.answer != Answer::refused && observation.wrong &&
                             observation.wrong->kind == ViolationKind::unrecoverable &&
                             may_refuse_a_read_with(observation.refusal);
  if (allowed.refusal && refused_reads) return judge_partly(possible, allowed, observation);
  return judge(possible, allowed, observation);
}

DamageOutcome outcome_of(const Scenario& scenario, const Harm& harm, Answer answer, const Judgement& judgement) {
  if (judgement.wrong) {
    return judgement.wrong->kind == ViolationKind::silent_loss ? DamageOutcome::lost_silently : DamageOutcome::wrong;
  }
  if (!judgement.prefix) return DamageOutcome::refused;
  const bool full = *judgement.prefix == scenario.timeline.full();
  if (answer == Answer::damaged) return full ? DamageOutcome::full_reported : DamageOutcome::prefix_reported;
  if (full) return DamageOutcome::full;
  if (harm.cut) return DamageOutcome::cut_dropped;
  return harm.place == Place::last_group ? DamageOutcome::last_group_dropped : DamageOutcome::prefix_dropped;
}

}  // namespace walbreaker
