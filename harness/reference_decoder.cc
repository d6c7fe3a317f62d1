#include "harness/reference_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/assert.h"
#include "faultfs/path.h"
#include "harness/reference_format.h"

namespace walbreaker {

using Verdict = DecodedStore::Verdict;
using reference::FileKind;
using reference::FileName;
using reference::HeaderState;
using reference::Link;
using reference::Seal;

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::clean: return "clean";
    case Verdict::torn: return "torn";
    case Verdict::damaged: return "damaged";
    case Verdict::refused: return "refused";
    case Verdict::new_store: return "new_store";
    case Verdict::unsupported: return "unsupported";
  }
  return "unknown";
}

namespace {

using Generation = std::uint64_t;

struct Log {
  std::string name;
  std::string bytes;
  reference::ParsedHeader header;
  bool is_in_use = true;     // unless a crash at its creation left it
  bool is_in_chain = false;  // as far as headers say

  [[nodiscard]] bool is_good() const { return header.state == HeaderState::good; }
};

// Views into the file that it stands in.
struct Write {
  std::string_view key;
  std::string_view value;
  bool is_put;  // else a remove
};

// One recovery, step by step as FORMAT.md numbers them.
class Recovery {
 public:
  Recovery(const faultfs::Image& image, std::string_view directory) {
    const std::string normal = faultfs::normal_path(directory);
    const std::string prefix = normal.empty() ? normal : normal + "/";
    for (auto it = image.files.lower_bound(prefix); it != image.files.end() && it->first.starts_with(prefix); ++it) {
      const auto name = reference::parse_name(std::string_view(it->first).substr(prefix.size()));
      if (name) (name->kind == FileKind::log ? log_files_ : snapshot_files_)[name->generation] = &it->second;
    }
  }

  DecodedStore run() && {
    if (choose_snapshot() && read_logs()) {
      for (auto& [generation, log] : logs_) judge_alone(generation, log);
      if (store_.snapshot) {
        replay_chain();
      } else {
        judge_without_snapshot();
      }
      judge_links();
      judge_damaged_snapshots();
    }
    conclude();
    return std::move(store_);
  }

 private:
  void find(DecodedRow row, std::string file, std::uint64_t offset, std::string text) {
    store_.findings.push_back({row, std::move(file), offset, std::move(text)});
  }

  void refuse(DecodedRow row, std::string file, std::uint64_t offset, std::string text) {
    nothing_is_served_ = true;
    find(row, std::move(file), offset, std::move(text));
  }

  static std::string snapshot_name(Generation generation) { return fmt::format("snapshot-{}.dat", generation); }
  static std::string log_name(Generation generation) { return fmt::format("wal-{}.log", generation); }

  // --- step 2: the snapshot ---

  // False: the walk ends there.
  bool choose_snapshot() {
    for (auto it = snapshot_files_.rbegin(); it != snapshot_files_.rend() && !store_.snapshot; ++it) {
      const Generation generation = it->first;
      snapshot_bytes_ = it->second->to_string();
      const auto header = reference::parse_header(snapshot_bytes_, {FileKind::snapshot, generation});
      if (header.state == HeaderState::other_version) {
        refuse(DecodedRow::unknown_version, snapshot_name(generation), 8, std::string(header.why));
        return false;
      }
      reference::Entries entries;
      std::optional<reference::Fault> fault = reference::Fault{0, header.why};
      if (header.state == HeaderState::good) fault = reference::read_snapshot(snapshot_bytes_, header.fields, entries);
      if (fault) {
        damaged_snapshots_[generation] = *fault;
      } else {
        take_snapshot(header.fields, entries);
      }
    }
    return true;
  }

  void take_snapshot(const reference::Header& header, const reference::Entries& entries) {
    store_.snapshot = header.generation;
    store_id_ = header.store_id;
    last_seq_ = header.base_seq;
    for (const auto& [key, value] : entries) writes_.push_back({key, value, true});
  }

  // --- step 3: the headers of the logs ---

  bool read_logs() {
    const auto first = store_.snapshot ? log_files_.lower_bound(*store_.snapshot) : log_files_.begin();
    for (auto it = first; it != log_files_.end(); ++it) {
      Log log{.name = log_name(it->first), .bytes = it->second->to_string(), .header = {}};
      log.header = reference::parse_header(log.bytes, {FileKind::log, it->first});
      if (log.header.state == HeaderState::other_version) {
        refuse(DecodedRow::unknown_version, log.name, 8, std::string(log.header.why));
        return false;
      }
      if (log.is_good() && store_.snapshot && log.header.fields.store_id != store_id_) {
        log.header.state = HeaderState::damaged;
        log.header.why = "it is the header of another store";
      }
      logs_.emplace(it->first, std::move(log));
    }
    return true;
  }

  // The rows that one log matches by itself.
  void judge_alone(Generation generation, Log& log) {
    const bool has_snapshot = snapshot_files_.contains(generation);
    if (!log.is_good()) {
      const std::size_t behind = std::min<std::size_t>(log.bytes.size(), reference::kHeaderBytes);
      log.is_in_use = has_snapshot || !kv::all_zeros(std::string_view(log.bytes).substr(behind));
      find(log.is_in_use ? DecodedRow::header_damaged : DecodedRow::log_unfinished, log.name, 0,
           std::string(log.header.why));
    } else if (is_void(generation, log) && has_snapshot) {
      refuse(DecodedRow::void_log_snapshot_damaged, snapshot_name(generation), damaged_snapshots_.at(generation).offset,
             std::string(damaged_snapshots_.at(generation).what));
    } else if (is_void(generation, log)) {
      const auto record = reference::find_record_header(log.bytes, reference::kHeaderBytes, Seal(log.header.fields),
                                                        [](const auto&) { return true; });
      if (record) {
        refuse(DecodedRow::void_log_holds_records, log.name, record->offset,
               "a record, and the snapshot that it builds on is gone");
      } else {
        find(DecodedRow::void_log_empty, log.name, 0, "an open ended before its snapshot was complete");
      }
    }
  }

  // The log of an open whose snapshot is not there, or not to be trusted.
  [[nodiscard]] bool is_void(Generation generation, const Log& log) const {
    return log.header.fields.link == Link::void_until_snapshot && generation != store_.snapshot;
  }

  // --- step 4: the chain ---

  void replay_chain() {
    auto at = logs_.find(*store_.snapshot);
    if (at == logs_.end()) {
      find(DecodedRow::log_missing, log_name(*store_.snapshot), 0, "the log of the snapshot is not there");
      nothing_is_served_ = nothing_is_served_ || !logs_.empty();
      return;
    }
    for (; at != logs_.end() && at->second.is_good(); at = follower_of(at->first)) {
      at->second.is_in_chain = true;
      chain_.push_back(&at->second);
    }
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      if (!goes_on(*chain_[i]) || !replay(*chain_[i])) return;
      if (i + 1 == chain_.size()) return judge_end(*chain_[i]);
      if (!ends_where(*chain_[i + 1], *chain_[i])) return;
    }
  }

  // Row D, at the beginning of a log.
  bool goes_on(const Log& log) {
    const std::uint64_t base_seq = log.header.fields.base_seq;
    if (base_seq == last_seq_) return true;
    find(DecodedRow::log_ends_elsewhere, log.name, 40,
         fmt::format("it goes on behind record {}, and the last one before it is {}", base_seq, last_seq_));
    return false;
  }

  // Row D, at the end of a log that another one follows, and that was just replayed.
  bool ends_where(const Log& follower, const Log& log) {
    const DecodedReplay& replayed = store_.replays.back();
    const std::uint64_t stated = follower.header.fields.predecessor_end;
    if (replayed.end == stated) return true;
    find(DecodedRow::log_ends_elsewhere, log.name, replayed.end,
         fmt::format("{}, and {} says that it ends at {}", replayed.why_it_ended, follower.name, stated));
    return false;
  }

  [[nodiscard]] std::map<Generation, Log>::iterator follower_of(Generation generation) {
    return std::ranges::find_if(logs_, [&](const auto& other) {
      const Log& log = other.second;
      return log.is_good() && log.header.fields.link == Link::follows && log.header.fields.predecessor == generation;
    });
  }

  // False: a record of another program's; the walk ends there.
  bool replay(const Log& log) {
    const Seal seal(log.header.fields);
    DecodedReplay replayed{log.name, 0, reference::kHeaderBytes, 0, {}};
    bool is_known = true;
    while (is_known) {
      const auto record = next_record(log, seal, replayed);
      if (!record) break;
      is_known = reference::for_each_write(
          record->kind, reference::payload_of(log.bytes, *record),
          [&](auto write, auto key, auto value) { writes_.push_back({key, value, write == kv::Batch::Kind::put}); });
      if (!is_known) break;
      last_seq_ = record->seq;
      replayed.end = record->end;
      ++replayed.records;
    }
    replayed.next_seq = last_seq_ + 1;
    if (!is_known) {
      replayed.why_it_ended = "a record of an unknown kind, or a payload that makes no sense, behind a good checksum";
      refuse(DecodedRow::unknown_version, log.name, replayed.end, std::string(replayed.why_it_ended));
    }
    store_.replays.push_back(std::move(replayed));
    return is_known;
  }

  // The record at the end of what was replayed; nothing, and why, where it is bad.
  std::optional<reference::RecordHeader> next_record(const Log& log, const Seal& seal, DecodedReplay& replayed) const {
    const auto record = reference::read_record_header(log.bytes, replayed.end, seal);
    if (!record) {
      const std::string_view left = std::string_view(log.bytes).substr(static_cast<std::size_t>(replayed.end));
      replayed.why_it_ended = left.empty()          ? "the file ends there"
                              : kv::all_zeros(left) ? "only zeros come after it"
                                                    : "no record header verifies there";
    } else if (record->end > log.bytes.size()) {
      replayed.why_it_ended = "a record reaches past the end of the file";
    } else if (!reference::payload_verifies(log.bytes, *record, seal)) {
      replayed.why_it_ended = "the checksum of a record's payload is wrong";
    } else if (record->seq != last_seq_ + 1) {
      replayed.why_it_ended = "a record has not the next seq";
    } else {
      return record;
    }
    return std::nullopt;
  }

  // Rows C, L and M: how the last log ends.
  void judge_end(const Log& log) {
    const DecodedReplay& replayed = store_.replays.back();
    if (kv::all_zeros(std::string_view(log.bytes).substr(static_cast<std::size_t>(replayed.end)))) {
      return find(DecodedRow::ends_cleanly, log.name, replayed.end, std::string(replayed.why_it_ended));
    }
    const std::uint64_t expected = replayed.next_seq;
    const auto proves_a_loss = [&](const reference::RecordHeader& later) {
      const std::uint64_t room = (later.offset - replayed.end) / reference::kRecordHeaderBytes;
      return later.seq > expected && later.seq - expected <= room && later.durable_seq >= expected;
    };
    const auto witness = reference::find_record_header(log.bytes, replayed.end + reference::kRecordAlignment,
                                                       Seal(log.header.fields), proves_a_loss);
    if (!witness) return find(DecodedRow::tail_torn, log.name, replayed.end, std::string(replayed.why_it_ended));
    find(DecodedRow::durable_record_missing, log.name, replayed.end,
         fmt::format("{}, and record {} at offset {} says that record {} was durable", replayed.why_it_ended,
                     witness->seq, witness->offset, expected));
  }

  // --- step 5: the verdict ---

  void judge_without_snapshot() {
    if (!snapshot_files_.empty()) return;
    bool is_new = true;
    for (const auto& [generation, log] : logs_) {
      if (!log.is_good()) {
        is_new = is_new && !log.is_in_use;
        continue;
      }
      if (log.header.fields.base_seq > 0) {
        refuse(DecodedRow::no_state, log.name, 40,
               fmt::format("it goes on behind record {}, and there is no snapshot", log.header.fields.base_seq));
        is_new = false;
      }
      is_new = is_new && log.header.fields.link == Link::void_until_snapshot;
    }
    if (is_new) find(DecodedRow::nothing_stored, "", 0, "nothing was ever stored");
  }

  // Row H for logs that follow: the chain has to lead there.
  void judge_links() {
    for (const auto& [generation, log] : logs_) {
      if (!log.is_good() || log.is_in_chain || log.header.fields.link != Link::follows) continue;
      refuse(DecodedRow::log_missing, log.name, 48,
             fmt::format("it follows {}, which is not there to be replayed", log_name(log.header.fields.predecessor)));
    }
  }

  // Rows I and P. What a snapshot held is what the chain holds, if it is complete.
  void judge_damaged_snapshots() {
    const bool is_complete = std::ranges::none_of(store_.findings, [](const DecodedFinding& finding) {
      return info(finding.row).verdict == RowVerdict::corrupted;
    });
    for (const auto& [generation, fault] : damaged_snapshots_) {
      const auto log = logs_.find(generation);
      if (is_complete && log != logs_.end() && log->second.is_in_chain) {
        find(DecodedRow::snapshot_replaced, snapshot_name(generation), fault.offset, std::string(fault.what));
      } else {
        refuse(DecodedRow::newest_snapshot_damaged, snapshot_name(generation), fault.offset, std::string(fault.what));
      }
    }
  }

  void conclude() {
    WB_ASSERT(!store_.findings.empty());
    const auto verdict = [](const DecodedFinding& finding) { return info(finding.row).verdict; };
    const DecodedFinding& decides = *std::ranges::min_element(store_.findings, {}, verdict);
    store_.verdict = verdict_of(verdict(decides));
    store_.reason = decides.message();
    if (store_.verdict != Verdict::refused && store_.verdict != Verdict::unsupported) serve();
  }

  // The contents after all that was written: the last write of each key. A map is made only now, and of those alone:
  // to keep one while the logs are replayed would take most of the time that all of this takes.
  void serve() {
    std::ranges::stable_sort(writes_, {}, &Write::key);
    for (std::size_t i = 0; i < writes_.size(); ++i) {
      const auto& [key, value, is_put] = writes_[i];
      const bool is_last = i + 1 == writes_.size() || writes_[i + 1].key != key;
      if (is_last && is_put) store_.contents.emplace_hint(store_.contents.end(), key, value);
    }
  }

  [[nodiscard]] Verdict verdict_of(RowVerdict row) const {
    switch (row) {
      case RowVerdict::unsupported_version: return Verdict::unsupported;
      case RowVerdict::corrupted: return nothing_is_served_ || !store_.snapshot ? Verdict::refused : Verdict::damaged;
      case RowVerdict::new_store: return Verdict::new_store;
      case RowVerdict::torn_tail: return Verdict::torn;
      case RowVerdict::clean: return Verdict::clean;
      case RowVerdict::noted: break;
    }
    WB_ASSERT(false);  // every walk meets a row that decides
    return Verdict::refused;
  }

  std::map<Generation, const faultfs::FileBytes*> log_files_;
  std::map<Generation, const faultfs::FileBytes*> snapshot_files_;
  std::map<Generation, reference::Fault> damaged_snapshots_;  // newer than the chosen one
  std::map<Generation, Log> logs_;                            // those that are not dead
  std::vector<const Log*> chain_;
  std::string snapshot_bytes_;  // of the chosen one
  std::vector<Write> writes_;   // the entries of the snapshot, and what was replayed
  std::uint64_t store_id_ = 0;
  std::uint64_t last_seq_ = 0;
  bool nothing_is_served_ = false;
  DecodedStore store_;
};

}  // namespace

DecodedStore decode_reference_store(const faultfs::Image& image, std::string_view directory) {
  return Recovery(image, directory).run();
}

}  // namespace walbreaker
