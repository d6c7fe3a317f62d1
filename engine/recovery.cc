#include "engine/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/file_header.h"
#include "engine/file_name.h"
#include "engine/file_window.h"
#include "engine/snapshot_reader.h"
#include "engine/wal_reader.h"

namespace kv {
namespace {

// A log that no row has called dead: its header, or what is wrong with it.
struct Log {
  Generation generation = 0;
  std::unique_ptr<File> file;
  std::uint64_t size = 0;
  std::optional<FileHeader> header;
  std::optional<Defect> defect;

  [[nodiscard]] std::string name() const { return log_name(generation); }
};

class Recoverer {
 public:
  Recoverer(Vfs& vfs, const std::string& directory, const Inventory& inventory)
      : vfs_(vfs), directory_(directory), inventory_(inventory) {}

  Recovery run() {
    decide();
    finish();
    return std::move(result_);
  }

 private:
  // Each step returns false where nothing more can be learned: a read failed, or a newer program wrote the files.
  void decide() {
    if (!load_newest_snapshot() || !open_logs()) return;
    if (!snapshot_) return judge_without_snapshot();
    build_chain();
    if (!replay_chain()) return;
    if (!judge_logs_beside_the_chain()) return;
    judge_damaged_snapshots();
  }

  bool load_newest_snapshot();
  Checked<FileHeader> load_snapshot(Generation generation);
  bool open_logs();
  bool open_log(Generation generation);
  void build_chain();
  bool replay_chain();
  bool note_missing_log();
  bool base_fits(const Log& log);
  std::optional<Defect> apply(const Record& record);
  bool judge_tail(Log& log, WalReader& reader, WalReader::Step step);
  bool judge_followed_end(const Log& log, const WalReader& reader, const Log& follower);
  bool judge_logs_beside_the_chain();
  bool judge_unreadable(Log& log);
  bool judge_void(Log& log);
  void judge_damaged_snapshots();
  void judge_without_snapshot();
  void finish();

  // Notes a row. Returns whether the walk may go on: it may not behind a read error or an unknown version.
  bool note(Row row, std::string file, std::uint64_t offset, std::string proof, int os_error = 0);
  bool note(const std::string& file, const Defect& defect, Row row_if_damaged);
  bool note_failed_read(const Log& log, std::uint64_t offset, const Error& error) {
    return note(Row::read_failed, log.name(), offset, error.context, error.os_error);
  }
  void refuse() { report().servable = false; }

  Report& report() { return result_.report; }
  [[nodiscard]] bool in_chain(Generation generation) const {
    return std::any_of(chain_.begin(), chain_.end(), [&](const Log* log) { return log->generation == generation; });
  }
  [[nodiscard]] bool found_corruption() const {
    return std::ranges::any_of(result_.report.findings,
                               [](const Finding& finding) { return info(finding.row).verdict == Verdict::corrupted; });
  }
  [[nodiscard]] bool has_snapshot_file(Generation generation) const {
    return std::binary_search(inventory_.snapshots.begin(), inventory_.snapshots.end(), generation);
  }

  Vfs& vfs_;
  const std::string& directory_;
  const Inventory& inventory_;
  Recovery result_;

  std::optional<FileHeader> snapshot_;              // the chosen one
  std::map<Generation, Defect> damaged_snapshots_;  // all newer than the chosen one
  std::map<Generation, Log> logs_;                  // those that are not dead
  std::vector<Log*> chain_;                         // from the chosen snapshot's log along the follows links
  std::vector<OperationView> operations_;           // reused
};

bool Recoverer::note(Row row, std::string file, std::uint64_t offset, std::string proof, int os_error) {
  report().findings.push_back({row, std::move(file), offset, std::move(proof), os_error});
  if (row != Row::read_failed && row != Row::unknown_version) return true;
  refuse();
  return false;
}

bool Recoverer::note(const std::string& file, const Defect& defect, Row row_if_damaged) {
  Row row = Row::read_failed;
  if (defect.code == ErrorCode::corrupted) row = row_if_damaged;
  if (defect.code == ErrorCode::unsupported_version) row = Row::unknown_version;
  return note(row, file, defect.offset, defect.reason, defect.os_error);
}

// --- the snapshot ---

bool Recoverer::load_newest_snapshot() {
  for (auto generation = inventory_.snapshots.rbegin(); generation != inventory_.snapshots.rend(); ++generation) {
    auto header = load_snapshot(*generation);
    if (header) {
      snapshot_ = *header;
      result_.store_id = header->store_id;
      report().snapshot_generation = *generation;
      report().snapshot_seq = report().last_seq = header->base_seq;
      report().live_files.push_back(snapshot_name(*generation));
      return true;
    }
    if (header.error().code != ErrorCode::corrupted) {
      return note(snapshot_name(*generation), header.error(), Row::newest_snapshot_damaged);
    }
    damaged_snapshots_.emplace(*generation, header.error());
  }
  return true;
}

Checked<FileHeader> Recoverer::load_snapshot(Generation generation) {
  result_.contents.clear();
  auto file = TRY(vfs_.open(join_path(directory_, snapshot_name(generation)), OpenMode::read));
  return read_snapshot(*file, generation,
                       [&](const SnapshotEntry& entry) { result_.contents.put(entry.key, entry.value); });
}

// --- the logs ---

bool Recoverer::open_logs() {
  const Generation oldest_live = snapshot_ ? snapshot_->generation : 0;
  for (const Generation generation : inventory_.logs) {
    if (generation >= oldest_live && !open_log(generation)) return false;
  }
  return true;
}

bool Recoverer::open_log(Generation generation) {
  Log& log = logs_[generation];
  log.generation = generation;
  auto file = vfs_.open(join_path(directory_, log.name()), OpenMode::read);
  if (!file) return note(log.name(), file.error(), Row::read_failed);
  log.file = std::move(*file);
  const auto size = log.file->size();
  if (!size) return note(log.name(), size.error(), Row::read_failed);
  log.size = *size;

  auto header = read_file_header(*log.file, FileType::log, generation);
  if (header && snapshot_ && header->store_id != snapshot_->store_id) {
    header = damaged(0, "the log belongs to another store than the snapshot");
  }
  if (header) {
    log.header = *header;
    return true;
  }
  log.defect = header.error();
  return log.defect->code == ErrorCode::corrupted || note(log.name(), *log.defect, Row::header_damaged);
}

// Only links and names are looked at here; whether the logs fit together is found in replaying them.
void Recoverer::build_chain() {
  const auto first = logs_.find(snapshot_->generation);
  if (first == logs_.end() || !first->second.header) return;
  chain_.push_back(&first->second);
  for (auto& [generation, log] : logs_) {
    if (log.header && log.header->link == LogLink::follows && log.header->predecessor == chain_.back()->generation) {
      chain_.push_back(&log);
    }
  }
}

bool Recoverer::replay_chain() {
  if (!logs_.contains(snapshot_->generation)) return note_missing_log();
  for (std::size_t i = 0; i < chain_.size(); ++i) {
    Log& log = *chain_[i];
    if (!base_fits(log)) return true;
    report().live_files.push_back(log.name());

    WalReader reader(*log.file, log.size, *log.header);
    auto step = reader.next();
    for (; step && *step == WalReader::Step::record; step = reader.next()) {
      if (const auto defect = apply(reader.record())) return note(log.name(), *defect, Row::unknown_version);
    }
    report().stopped_in = log.name();
    report().stopped_at = reader.offset();
    if (!step) return note_failed_read(log, reader.offset(), step.error());

    const bool last = i + 1 == chain_.size();
    if (last) return judge_tail(log, reader, *step);
    if (!judge_followed_end(log, reader, *chain_[i + 1])) return true;
  }
  return true;
}

// Where there is a newer log, this snapshot may be a dead one whose log has been unlinked already, and the newest
// snapshot is what is gone: then this one's contents are too old to be served.
bool Recoverer::note_missing_log() {
  if (!logs_.empty()) refuse();
  return note(
      Row::log_missing, snapshot_name(snapshot_->generation), 0,
      fmt::format("{} does not exist, and it was durable before this snapshot was", log_name(snapshot_->generation)));
}

bool Recoverer::base_fits(const Log& log) {
  if (log.header->base_seq == report().last_seq) return true;
  note(Row::log_ends_elsewhere, log.name(), 0,
       fmt::format("this log goes on behind record {}, and record {} is the last one before it", log.header->base_seq,
                   report().last_seq));
  return false;
}

std::optional<Defect> Recoverer::apply(const Record& record) {
  const auto kind = static_cast<RecordKind>(record.header.kind);
  if (!decode_operations(kind, record.payload, operations_)) {
    return Defect(ErrorCode::unsupported_version, record.offset,
                  fmt::format("record {} verifies, and its kind {} or its payload is none that this program knows",
                              record.header.seq, record.header.kind));
  }
  for (const OperationView& operation : operations_) {
    if (operation.kind == Batch::Kind::put) {
      result_.contents.put(operation.key, operation.value);
    } else {
      result_.contents.remove(operation.key);
    }
  }
  report().last_seq = record.header.seq;
  ++report().records_replayed;
  return std::nullopt;
}

bool Recoverer::judge_tail(Log& log, WalReader& reader, WalReader::Step step) {
  if (step == WalReader::Step::end) {
    return note(Row::ends_cleanly, log.name(), reader.offset(),
                fmt::format("record {} is the last one", report().last_seq));
  }
  const auto witness = reader.witness();
  if (!witness) return note_failed_read(log, reader.offset(), witness.error());
  if (!*witness) return note(Row::tail_torn, log.name(), reader.offset(), reader.reason());
  const WalReader::FoundHeader& proof = **witness;
  return note(
      Row::durable_record_missing, log.name(), reader.offset(),
      fmt::format("{}; record {} at offset {} was written when record {} was durable, so record {} was lost",
                  reader.reason(), proof.header.seq, proof.offset, proof.header.durable_seq, reader.expected_seq()));
}

// A log that another one follows was synced whole before the other was made, so no crash explains a different end.
bool Recoverer::judge_followed_end(const Log& log, const WalReader& reader, const Log& follower) {
  if (reader.offset() == follower.header->predecessor_end) return true;
  note(Row::log_ends_elsewhere, log.name(), reader.offset(),
       fmt::format("the log ends here, and {} says that it ended at offset {}", follower.name(),
                   follower.header->predecessor_end));
  return false;
}

// --- what the chain does not explain ---

bool Recoverer::judge_logs_beside_the_chain() {
  for (auto& [generation, log] : logs_) {
    if (in_chain(generation)) continue;
    if (log.defect) {
      if (!judge_unreadable(log)) return false;
    } else if (log.header->link == LogLink::void_until_snapshot) {
      if (!judge_void(log)) return false;
    } else {
      refuse();
      note(Row::log_missing, log.name(), 0,
           fmt::format("this log follows {}, which is not there to be replayed", log_name(log.header->predecessor)));
    }
  }
  return true;
}

bool Recoverer::judge_unreadable(Log& log) {
  const auto only_zeros = FileWindow(*log.file, log.size).zeros_from(kFileHeaderBytes);
  if (!only_zeros) return note(log.name(), only_zeros.error(), Row::read_failed);
  const bool was_never_in_use = *only_zeros && !has_snapshot_file(log.generation);
  return note(was_never_in_use ? Row::log_unfinished : Row::header_damaged, log.name(), log.defect->offset,
              log.defect->reason);
}

bool Recoverer::judge_void(Log& log) {
  if (has_snapshot_file(log.generation)) {
    refuse();
    return note(Row::void_log_snapshot_damaged, log.name(), 0,
                fmt::format("this log counts only with {}, which does not verify", snapshot_name(log.generation)));
  }
  WalReader reader(*log.file, log.size, *log.header);
  const auto found = reader.search([](const WalReader::FoundHeader&) { return true; });
  if (!found) return note(log.name(), found.error(), Row::read_failed);
  if (!*found) {
    return note(Row::void_log_empty, log.name(), 0,
                fmt::format("{} was never finished", snapshot_name(log.generation)));
  }
  refuse();
  return note(
      Row::void_log_holds_records, log.name(), (*found)->offset,
      fmt::format("a record was written here, so {} was complete, and it is gone", snapshot_name(log.generation)));
}

void Recoverer::judge_damaged_snapshots() {
  const bool chain_is_complete = !found_corruption();
  for (const auto& [generation, defect] : damaged_snapshots_) {
    const bool replaced = chain_is_complete && in_chain(generation);
    if (!replaced) refuse();
    note(snapshot_name(generation), defect, replaced ? Row::snapshot_replaced : Row::newest_snapshot_damaged);
  }
}

void Recoverer::judge_without_snapshot() {
  for (const auto& [generation, defect] : damaged_snapshots_) {
    note(snapshot_name(generation), defect, Row::newest_snapshot_damaged);
  }
  if (!judge_logs_beside_the_chain()) return;
  for (const auto& [generation, log] : logs_) {
    if (log.header && log.header->base_seq != 0) {
      note(Row::no_state, log.name(), 0,
           fmt::format("this log goes on behind record {}, and no file holds what came before", log.header->base_seq));
    }
  }
  if (!found_corruption()) note(Row::nothing_stored, "", 0, "nothing was ever stored here");
}

// --- the verdict ---

void Recoverer::finish() {
  Report& r = report();
  // min_element takes the first of equals; rows that only note something come last.
  const auto decider = std::ranges::min_element(r.findings, {}, [](const Finding& finding) {
    const auto verdict = info(finding.row).verdict;
    return std::pair(!verdict, verdict.value_or(Verdict::clean));
  });
  std::rotate(r.findings.begin(), decider, std::next(decider));
  r.verdict = *info(r.findings.front().row).verdict;
  if (!snapshot_ && r.verdict == Verdict::corrupted) refuse();
  if (!r.servable) result_.contents.clear();
  r.highest_generation = inventory_.highest_generation;
  r.temporaries = inventory_.temporaries;
  r.unknown_files = inventory_.unknown;
  if (!snapshot_) return;
  for (const Generation g : inventory_.snapshots) {
    if (g < snapshot_->generation) r.dead_files.push_back(snapshot_name(g));
  }
  for (const Generation g : inventory_.logs) {
    if (g < snapshot_->generation) r.dead_files.push_back(log_name(g));
  }
}

}  // namespace

Recovery recover(Vfs& vfs, const std::string& directory, const Inventory& inventory) {
  return Recoverer(vfs, directory, inventory).run();
}

}  // namespace kv
