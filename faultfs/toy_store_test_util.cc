#include "faultfs/toy_store_test_util.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/assert.h"
#include "engine/bytes.h"
#include "engine/crc32c.h"
#include "faultfs/fault_plan.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/op.h"
#include "faultfs/sim_disk.h"

namespace faultfs {

namespace {

constexpr std::string_view kRoot = ".";

// The size of a record without its key and value: a checksum and two lengths.
constexpr std::size_t kRecordBytes = 4 + 1 + 1;

std::string record_of(const std::string& key, const std::string& value) {
  std::string rest;
  kv::append(rest, static_cast<std::uint8_t>(key.size()));
  kv::append(rest, static_cast<std::uint8_t>(value.size()));
  rest += key + value;
  std::string record;
  kv::append(record, kv::crc32c(rest));
  return record + rest;
}

std::string records_of(const Contents& contents) {
  std::string records;
  for (const auto& [key, value] : contents) records += record_of(key, value);
  return records;
}

// Puts the first record of `bytes` into the contents and returns its length: 0 where there is no whole one.
std::size_t read_record(std::string_view bytes, bool checks, Contents& contents) {
  if (bytes.size() < kRecordBytes) return 0;
  const std::size_t key_bytes = kv::load<std::uint8_t>(bytes, 4);
  const std::size_t value_bytes = kv::load<std::uint8_t>(bytes, 5);
  const std::size_t length = kRecordBytes + key_bytes + value_bytes;
  if (bytes.size() < length) return 0;
  if (checks && kv::load<std::uint32_t>(bytes, 0) != kv::crc32c(bytes.substr(4, length - 4))) return 0;
  contents[std::string(bytes.substr(kRecordBytes, key_bytes))] = bytes.substr(kRecordBytes + key_bytes, value_bytes);
  return length;
}

// Returns how many bytes the records took.
std::size_t read_records(std::string_view bytes, bool checks, Contents& contents) {
  std::size_t end = 0;
  for (std::size_t length = 1; length > 0; end += length) length = read_record(bytes.substr(end), checks, contents);
  return end;
}

kv::Result<std::string> read_all(kv::File& file) {
  std::string bytes(TRY(file.size()), '\0');
  bytes.resize(TRY(kv::read_full(file, 0, bytes)));
  return bytes;
}

class LogStore final : public ToyStore {
 public:
  LogStore(kv::Vfs& vfs, Defect defect) : vfs_(vfs), defect_(defect) {}

  kv::Result<void> recover() {
    file_ = TRY(vfs_.open("log", kv::OpenMode::create));
    if (defect_ != Defect::no_directory_sync) TRY(vfs_.sync_dir(std::string(kRoot)));
    const std::string bytes = TRY(read_all(*file_));
    end_ = read_records(bytes, defect_ != Defect::size_before_data, contents_);
    if (end_ == bytes.size()) return {};
    TRY(file_->truncate(end_));  // a torn tail, which must not follow what is appended next
    return file_->sync();
  }

 private:
  kv::Result<void> commit(std::string_view record, const Contents& /*next*/) override {
    TRY(kv::write_all(*file_, end_, record));
    if (defect_ != Defect::no_sync_before_ack) TRY(sync());
    end_ += record.size();
    return {};
  }

  kv::Result<void> sync() {
    auto synced = file_->sync();
    if (!synced && defect_ == Defect::retried_sync) synced = file_->sync();
    return synced;
  }

  kv::Vfs& vfs_;
  Defect defect_;
  std::unique_ptr<kv::File> file_;
  std::uint64_t end_ = 0;
};

// Writes a file whole and then gives it its name, which takes a sync_dir to be durable.
kv::Result<void> write_and_rename(kv::Vfs& vfs, const std::string& name, std::string_view bytes, bool syncs_first) {
  const auto file = TRY(vfs.open("tmp", kv::OpenMode::create_new));
  TRY(kv::write_all(*file, 0, bytes));
  if (syncs_first) TRY(file->sync());
  TRY(vfs.rename("tmp", name));
  if (!syncs_first) TRY(file->sync());
  return {};
}

// The names on the disk, once a "tmp" that nobody finished is gone.
kv::Result<std::vector<std::string>> list_without_tmp(kv::Vfs& vfs) {
  auto names = TRY(vfs.list(std::string(kRoot)));
  if (std::erase(names, "tmp") > 0) TRY(vfs.unlink("tmp"));
  return names;
}

class SnapshotStore final : public ToyStore {
 public:
  SnapshotStore(kv::Vfs& vfs, Defect defect) : vfs_(vfs), defect_(defect) {}

  kv::Result<void> recover() {
    const auto names = TRY(list_without_tmp(vfs_));
    for (const std::string& name : names) generation_ = std::max(generation_, generation_of(name));
    if (generation_ == 0) return {};
    const auto file = TRY(vfs_.open(name_of(generation_), kv::OpenMode::read));
    const std::string bytes = TRY(read_all(*file));
    if (read_records(bytes, true, contents_) == bytes.size()) return {};
    return kv::fail(kv::ErrorCode::corrupted, name_of(generation_));
  }

 private:
  static std::string name_of(std::uint64_t generation) { return fmt::format("snapshot-{}", generation); }

  static std::uint64_t generation_of(std::string_view name) {
    std::uint64_t generation = 0;
    const std::string_view digits = name.substr(name.find('-') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), generation);
    return generation;
  }

  kv::Result<void> commit(std::string_view /*record*/, const Contents& next) override {
    const bool early = defect_ == Defect::unlink_before_durable;
    TRY(write_and_rename(vfs_, name_of(generation_ + 1), records_of(next), defect_ != Defect::rename_before_sync));
    if (early) TRY(unlink_predecessor());
    TRY(vfs_.sync_dir(std::string(kRoot)));
    if (!early) TRY(unlink_predecessor());
    ++generation_;
    return {};
  }

  kv::Result<void> unlink_predecessor() {
    if (generation_ == 0) return {};
    return vfs_.unlink(name_of(generation_));
  }

  kv::Vfs& vfs_;
  Defect defect_;
  std::uint64_t generation_ = 0;  // of the snapshot that holds the contents; 0: there is none
};

class HeaderStore final : public ToyStore {
 public:
  HeaderStore(kv::Vfs& vfs, Defect defect) : vfs_(vfs), defect_(defect) {}

  kv::Result<void> recover() {
    const auto names = TRY(list_without_tmp(vfs_));
    if (names.empty()) TRY(write_and_rename(vfs_, "header", header_, true));
    TRY(vfs_.sync_dir(std::string(kRoot)));
    file_ = TRY(vfs_.open("header", kv::OpenMode::read_write));
    header_ = TRY(read_all(*file_));
    if (header_.size() != kHeaderBytes || header_[kSelector] > 1) return kv::fail(kv::ErrorCode::corrupted, "header");
    (void)read_records(std::string_view(header_).substr(slot(header_[kSelector]), kSlotBytes), true, contents_);
    return {};
  }

 private:
  static constexpr std::size_t kSlotBytes = 256;
  static constexpr std::size_t kSelector = 2 * kSlotBytes;
  static constexpr std::size_t kHeaderBytes = kSelector + 1;
  static_assert(kSelector == 512, "both slots lie in the first small sector, and the selector in the second one");

  static std::size_t slot(char selector) { return selector == 0 ? 0 : kSlotBytes; }

  // The slot that does not count is filled, and then made to count. The defect trusts that a write lands from its
  // first byte on, so that a new selector proves a new slot.
  kv::Result<void> commit(std::string_view /*record*/, const Contents& next) override {
    const char selector = header_[kSelector] == 0 ? 1 : 0;
    std::string records = records_of(next);
    WB_ASSERT(records.size() <= kSlotBytes);
    records.resize(kSlotBytes);
    header_.replace(slot(selector), kSlotBytes, records);
    header_[kSelector] = selector;
    const std::string_view header = header_;
    if (defect_ != Defect::torn_header) {
      TRY(kv::write_all(*file_, slot(selector), header.substr(slot(selector), kSlotBytes)));
      TRY(file_->sync());
      TRY(kv::write_all(*file_, kSelector, header.substr(kSelector)));
    } else {
      TRY(kv::write_all(*file_, 0, header));
    }
    return file_->sync();
  }

  kv::Vfs& vfs_;
  Defect defect_;
  std::string header_ = std::string(kHeaderBytes, '\0');
  std::unique_ptr<kv::File> file_;
};

template <class Store>
kv::Result<std::unique_ptr<ToyStore>> open_as(kv::Vfs& vfs, Defect defect) {
  auto store = std::make_unique<Store>(vfs, defect);
  TRY(store->recover());
  return store;
}

// Each prefix has contents of its own. Records are long enough for the log to reach into a second sector.
const std::vector<std::pair<std::string, std::string>>& workload() {
  static const std::vector<std::pair<std::string, std::string>> kPuts{
      {"apple", std::string(100, 'a')}, {"plum", std::string(100, 'b')},  {"apple", std::string(100, 'c')},
      {"plum", std::string(100, 'd')},  {"apple", std::string(100, 'e')},
  };
  return kPuts;
}

Contents contents_after(std::uint64_t commands) {
  Contents contents;
  for (std::uint64_t i = 0; i < commands; ++i) contents[workload()[i].first] = workload()[i].second;
  return contents;
}

// How many commands had such a mark when so many operations were done.
std::uint64_t marked(const Trace& trace, MarkKind kind, OpIndex ops) {
  std::uint64_t commands = 0;
  for (const Mark& mark : trace.marks) {
    if (mark.kind == kind && mark.at <= ops) commands = mark.command + 1;
  }
  return commands;
}

void run_workload(SimDisk& disk, kv::Vfs& vfs, const Scenario& scenario) {
  const auto store = open_toy_store(vfs, scenario.layout, scenario.defect);
  if (!store) return;
  for (std::uint64_t i = 0; i < workload().size(); ++i) {
    const auto& [key, value] = workload()[i];
    disk.mark(MarkKind::issued, i);
    const bool done = (*store)->put(key, value).has_value();
    disk.mark(done ? MarkKind::acked : MarkKind::failed, i);
    if (!done) return;
  }
}

std::string pieces_text(const std::string& pieces) {
  if (pieces == "k") return "kept";
  if (pieces == "d") return "dropped";
  if (pieces == "g") return "trashed";
  return "torn " + pieces;
}

}  // namespace

std::string_view to_string(Layout layout) {
  constexpr std::array<std::string_view, 3> kSpellings{"log", "snapshots", "header"};
  return kSpellings.at(static_cast<std::size_t>(layout));
}

std::string_view to_string(Defect defect) {
  constexpr std::array<std::string_view, 8> kSpellings{
      "none",         "no_sync_before_ack", "no_directory_sync",    "rename_before_sync", "size_before_data",
      "retried_sync", "torn_header",        "unlink_before_durable"};
  return kSpellings.at(static_cast<std::size_t>(defect));
}

kv::Result<void> ToyStore::put(const std::string& key, const std::string& value) {
  if (poisoned_) return kv::fail(kv::ErrorCode::io_error, "put: an earlier one failed");
  Contents next = contents_;
  next[key] = value;
  auto committed = commit(record_of(key, value), next);
  poisoned_ = !committed;
  if (committed) contents_ = std::move(next);
  return committed;
}

kv::Result<std::unique_ptr<ToyStore>> open_toy_store(kv::Vfs& vfs, Layout layout, Defect defect) {
  switch (layout) {
    case Layout::log: return open_as<LogStore>(vfs, defect);
    case Layout::snapshots: return open_as<SnapshotStore>(vfs, defect);
    case Layout::header: return open_as<HeaderStore>(vfs, defect);
  }
  return kv::fail(kv::ErrorCode::internal, "no such layout");
}

std::uint64_t workload_commands() { return workload().size(); }

std::uint64_t acked_commands(const Trace& trace) { return marked(trace, MarkKind::acked, trace.ops.size()); }

Trace record_workload(const Scenario& scenario, const DiskModel& model) {
  const auto plan = parse_fault_plan(scenario.faults);
  WB_ASSERT(plan.has_value());
  SimDisk disk({}, model.failed_sync);
  FaultyVfs vfs(disk, *plan, {.before_sync = [&](SyncFault fault) { disk.arrange(fault); }, .kill = {}});
  run_workload(disk, vfs, scenario);
  WB_ASSERT(vfs.fired() == plan->faults.size());
  return disk.trace();
}

std::optional<std::string> complaint(const Scenario& scenario, const Trace& trace, const CrashPoint& point,
                                     const Image& image) {
  SimDisk disk(image);
  const auto store = open_toy_store(disk, scenario.layout, scenario.defect);
  if (!store) return "cannot be opened: " + store.error().message();
  const std::uint64_t acked = marked(trace, MarkKind::acked, point.ops);
  const std::uint64_t issued = marked(trace, MarkKind::issued, point.ops);
  for (std::uint64_t commands = acked; commands <= issued; ++commands) {
    if ((*store)->contents() == contents_after(commands)) return std::nullopt;
  }
  return fmt::format("{} keys, which are the contents after none of {} to {} commands", (*store)->contents().size(),
                     acked, issued);
}

Survey survey_of(const Scenario& scenario, const DiskModel& model) {
  constexpr Budget kAll{.states_per_point = 1 << 20, .cuts_per_write = 16, .states_per_cut = 1 << 20, .seed = 0};
  Survey survey{.trace = record_workload(scenario, model), .coverage = {}, .judged = 0, .violations = {}};
  survey.coverage = enumerate(survey.trace, model, kAll, [&](Candidate& candidate) {
    ++survey.judged;
    auto wrong = complaint(scenario, survey.trace, candidate.point(), candidate.image());
    if (wrong) survey.violations.push_back({candidate.state(), candidate.image(), std::move(*wrong)});
    return true;
  });
  return survey;
}

std::string named_fates(const CrashState& state, const Trace& trace) {
  std::map<FileId, std::string> names;
  std::string text;
  auto fate = state.fates.begin();
  for (OpIndex i = 0; i < trace.ops.size() && fate != state.fates.end(); ++i) {
    const TraceOp& op = trace.ops[i];
    if (op.kind == OpKind::create) names[op.file] = op.path;
    if (fate->op == i) {
      const std::string to = op.kind == OpKind::rename ? " to " + op.to : "";
      text += fmt::format("{} {}{} {}, ", to_string(op.kind), names[op.file], to, pieces_text(fate->pieces));
      ++fate;
    }
    if (op.kind == OpKind::rename) names[op.file] = op.to;
  }
  return text.substr(0, text.size() - std::min<std::size_t>(text.size(), 2));
}

}  // namespace faultfs
