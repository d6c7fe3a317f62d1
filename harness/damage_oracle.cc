#include "harness/damage_oracle.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/assert.h"

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

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::full: return "full";
    case Outcome::full_reported: return "full_reported";
    case Outcome::prefix_reported: return "prefix_reported";
    case Outcome::cut_dropped: return "cut_dropped";
    case Outcome::last_group_dropped: return "last_group_dropped";
    case Outcome::refused: return "refused";
    case Outcome::lost_silently: return "lost_silently";
    case Outcome::wrong: return "wrong";
  }
  return "unknown";
}

namespace {

using faultfs::DamageKind;
using faultfs::OpKind;

const ScenarioFile& file_of(const Scenario& scenario, const std::string& name) {
  const auto file = std::ranges::find(scenario.files, name, &ScenarioFile::name);
  WB_ASSERT(file != scenario.files.end());
  return *file;
}

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
  return writes_data(scenario.timeline.history().commands.at(commands_before(op.tag)).kind);
}

// The live bytes of a log that are harmed: of a flip the one, of a cut all from there on.
bool harms(const faultfs::Damage& damage, const RecordedOp& op) {
  const std::uint64_t at = damage.first_harmed_byte();
  return op.kind == OpKind::write && op.end() > at && (damage.kind == DamageKind::truncate || op.offset <= at);
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

Place place_of(const Scenario& scenario, const ScenarioFile& log, const faultfs::Damage& damage) {
  const std::uint64_t at = damage.first_harmed_byte();
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

PrefixSet full_or(std::size_t full, std::optional<std::size_t> prefix) {
  std::vector<PrefixRange> ranges;
  if (prefix && *prefix < full) ranges.push_back({*prefix, *prefix});
  ranges.push_back({full, full});
  return PrefixSet(std::move(ranges));
}

Harm harm_of_log(const Scenario& scenario, const ScenarioFile& log, const faultfs::Damage& damage) {
  const std::size_t full = scenario.timeline.full();
  if (is_obsolete(scenario, log)) return {Place::obsolete, {full_or(full, std::nullopt), full, true}};
  const Place place = place_of(scenario, log, damage);
  const bool harmed = std::ranges::any_of(log.recorded, [&](const RecordedOp& op) { return harms(damage, op); });
  const std::size_t p = harmed ? surviving_commands(scenario, log, damage.first_harmed_byte()) : full;
  const bool crash_may_explain = !scenario.closed && is_last_log(scenario, log) &&
                                 (damage.kind == DamageKind::truncate || place == Place::last_group);
  return {place, {full_or(full, crash_may_explain ? std::optional(p) : std::nullopt), p, true}};
}

}  // namespace

Harm harm_of(const Scenario& scenario, const faultfs::Damage& damage) {
  const ScenarioFile& file = file_of(scenario, damage.file);
  if (file.role == FileRole::log) return harm_of_log(scenario, file, damage);
  if (file.role == FileRole::unknown) {
    const std::size_t full = scenario.timeline.full();
    return {Place::unknown, {full_or(full, std::nullopt), full, true}};
  }
  const Place place = is_obsolete(scenario, file) ? Place::obsolete : Place::snapshot;
  return {place, {full_or(scenario.timeline.full(), std::nullopt), std::nullopt, true}};
}

Outcome outcome_of(const Scenario& scenario, const faultfs::Damage& damage, Answer answer, const Judgement& judgement) {
  if (judgement.wrong)
    return judgement.wrong->kind == ViolationKind::silent_loss ? Outcome::lost_silently : Outcome::wrong;
  if (answer == Answer::refused) return Outcome::refused;
  WB_ASSERT(judgement.prefix.has_value());
  const bool full = *judgement.prefix == scenario.timeline.full();
  if (answer == Answer::damaged) return full ? Outcome::full_reported : Outcome::prefix_reported;
  if (full) return Outcome::full;
  return damage.kind == DamageKind::truncate ? Outcome::cut_dropped : Outcome::last_group_dropped;
}

}  // namespace walbreaker
