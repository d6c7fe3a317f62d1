#include "faultfs/provenance.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/assert.h"
#include "faultfs/crash_space.h"
#include "faultfs/disk_state.h"

namespace faultfs {

std::string_view to_string(Origin origin) {
  const OriginInfo& row = kOrigins.at(static_cast<std::size_t>(origin));
  WB_ASSERT(row.origin == origin);
  return row.name;
}

std::optional<OriginRange> Provenance::at(const std::string& path, std::uint64_t offset) const {
  const auto file = files.find(path);
  if (file == files.end()) return std::nullopt;
  const auto range = std::ranges::upper_bound(file->second, offset, {}, &OriginRange::end);
  return range == file->second.end() ? std::nullopt : std::optional(*range);
}

namespace {

// The origins of a file's bytes: what FileBuffer is for the bytes themselves.
class Origins {
 public:
  struct From {
    Origin origin = Origin::nobody;
    std::optional<OpIndex> op;

    bool operator==(const From&) const = default;
  };

  Origins() = default;
  explicit Origins(std::uint64_t size_of_first_image) { put(0, size_of_first_image, {Origin::first_image, {}}); }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  void put(std::uint64_t begin, std::uint64_t end, const From& from) {
    if (begin >= end) return;
    resize(std::max(size_, end));
    split(begin);
    split(end);
    runs_.erase(runs_.lower_bound(begin), runs_.lower_bound(end));
    runs_[begin] = from;
  }

  void resize(std::uint64_t size) {
    if (size > size_) runs_[size_] = {};
    runs_.erase(runs_.lower_bound(size), runs_.end());
    size_ = size;
  }

  [[nodiscard]] std::vector<OriginRange> ranges(const Trace& trace) const {
    std::vector<OriginRange> ranges;
    for (auto run = runs_.begin(); run != runs_.end(); ++run) {
      const auto& [begin, from] = *run;
      const std::uint64_t end = std::next(run) == runs_.end() ? size_ : std::next(run)->first;
      if (!ranges.empty() && ranges.back().origin == from.origin && ranges.back().op == from.op) {
        ranges.back().length += end - begin;
      } else {
        ranges.push_back(
            {begin, end - begin, from.origin, from.op, from.op ? command_at(trace, *from.op) : std::nullopt});
      }
    }
    return ranges;
  }

 private:
  // Makes a run begin at `offset`, if that is in the file.
  void split(std::uint64_t offset) {
    if (offset >= size_) return;
    const auto after = runs_.upper_bound(offset);
    runs_[offset] = std::prev(after)->second;
  }

  std::map<std::uint64_t, From> runs_;  // by where each begins; it ends where the next one does
  std::uint64_t size_ = 0;
};

// What do_piece of disk_state.h does to the bytes.
void do_piece(const Piece& piece, Origins& origins) {
  switch (piece.kind) {
    case OpKind::write: origins.put(piece.offset, piece.end(), {Origin::written, piece.op}); break;
    case OpKind::truncate: origins.resize(piece.new_size); break;
    case OpKind::allocate: origins.resize(std::max(origins.size(), piece.new_size)); break;
    default: break;
  }
}

// Follows a trace as DiskState does, and knows of each file whose the bytes are.
class Follower {
 public:
  // The trace and the model outlive it.
  Follower(const Trace& trace, const DiskModel& model) : trace_(trace), disk_(trace.initial, model) {
    std::uint32_t id = 0;
    for (const auto& [path, bytes] : trace.initial.files) {
      live_names_.files[path] = FileId{id};
      live_[FileId{id}] = durable_[FileId{id}] = Origins(bytes.size());
      ++id;
    }
  }

  // Does the next operation; of a write only the first `length` bytes.
  void step(std::uint64_t length) {
    const OpIndex index = disk_.ops_done();
    const TraceOp& op = trace_.ops[index];
    if (op.kind == OpKind::sync && disk_.files().contains(op.file)) {
      const std::vector<Piece> pending = disk_.file(op.file).pending;
      disk_.step(op, length);
      settle(op, pending);
      return;
    }
    disk_.step(op, length);
    live_names_.apply({.op = index, .kind = op.kind, .file = op.file, .path = op.path, .to = op.to});
    Origins& origins = live_[op.file];
    if (op.kind == OpKind::write) origins.put(op.offset, op.offset + length, {Origin::written, index});
    if (op.kind == OpKind::truncate) origins.resize(length);
    if (op.kind == OpKind::allocate) origins.resize(std::max(origins.size(), length));
  }
  void step() { step(trace_.ops[disk_.ops_done()].length); }

  [[nodiscard]] DiskState& disk() { return disk_; }
  [[nodiscard]] const Names& live_names() const { return live_names_; }
  [[nodiscard]] Origins live(FileId file) { return live_[file]; }
  [[nodiscard]] Origins durable(FileId file) { return durable_[file]; }

 private:
  // After a sync. What was pending and is so no more is durable, unless it was taken back; of what a failed sync took
  // for written, and this one passed over, the size is.
  void settle(const TraceOp& op, const std::vector<Piece>& was_pending) {
    Origins& durable = durable_[op.file];
    if (op.effect == SyncEffect::reverted) live_[op.file] = durable;
    if (op.effect != SyncEffect::durable) return;
    const std::vector<Piece>& pending = disk_.file(op.file).pending;
    for (const Piece& piece : was_pending) {
      const bool passed_over = std::ranges::any_of(
          pending, [&](const Piece& left) { return left.op == piece.op && left.part == piece.part; });
      if (passed_over) {
        durable.resize(std::max(durable.size(), piece.new_size));
      } else {
        do_piece(piece, durable);
      }
    }
  }

  const Trace& trace_;
  DiskState disk_;
  Names live_names_;
  std::map<FileId, Origins> live_;  // what a running process sees
  std::map<FileId, Origins> durable_;
};

// What becomes of everything that is pending, as a complete crash state says.
class Fates {
 public:
  Fates(const CrashState& state, const DiskModel& model)
      : unnamed_(model.survival == Survival::all ? PieceFate::kept : PieceFate::dropped) {
    for (const Fate& fate : state.fates) of_ops_[fate.op] = fate.pieces;
  }

  // Of the n-th piece of an operation, among those that are pending.
  [[nodiscard]] PieceFate of(OpIndex op, std::size_t n) const {
    const auto pieces = of_ops_.find(op);
    if (pieces == of_ops_.end()) return unnamed_;
    return static_cast<PieceFate>(pieces->second.size() == 1 ? pieces->second.front() : pieces->second.at(n));
  }

 private:
  std::map<OpIndex, std::string> of_ops_;
  PieceFate unnamed_;  // of what the model leaves no choice
};

// What FileSpace does to the bytes.
void meet_fate(const Piece& piece, PieceFate fate, const DiskState& disk, Origins& origins) {
  const std::uint64_t old_size = origins.size();
  switch (fate) {
    case PieceFate::dropped: break;
    case PieceFate::kept: do_piece(piece, origins); break;
    case PieceFate::zeros: origins.put(std::max(old_size, piece.offset), piece.end(), {Origin::zeros, piece.op}); break;
    case PieceFate::garbage: origins.put(piece.offset, piece.end(), {Origin::garbage, piece.op}); break;
    case PieceFate::stale: {
      // A deleted file that ends here leaves zeros after its end, where the file had no bytes yet.
      const FileBytes* deleted = disk.deleted_bytes(piece.offset);
      if (deleted == nullptr) break;
      origins.put(std::max(old_size, piece.offset), piece.end(), {Origin::zeros, piece.op});
      origins.put(piece.offset, std::min(piece.end(), deleted->size()), {Origin::stale, piece.op});
      break;
    }
    case PieceFate::harmed: {
      const std::uint64_t sector = disk.model().sector_bytes;
      const std::uint64_t begin = piece.offset / sector * sector;
      origins.put(begin, std::min(begin + sector, old_size), {Origin::harmed, piece.op});
      break;
    }
  }
}

Origins after_crash(Origins origins, FileId file, const Fates& fates, DiskState& disk) {
  std::map<OpIndex, std::size_t> seen;  // pieces of each operation
  for (const Piece& piece : disk.file(file).pending) {
    meet_fate(piece, fates.of(piece.op, seen[piece.op]++), disk, origins);
  }
  return origins;
}

Names names_after_crash(const Fates& fates, const DiskState& disk) {
  Names names = disk.names();
  for (const NameChange& change : disk.pending_names()) {
    if (change.durable || fates.of(change.op, 0) == PieceFate::kept) names.apply(change);
  }
  return names;
}

}  // namespace

Provenance provenance_of(const Trace& trace) {
  const DiskModel model;  // what a sync that reverts goes back to is durable under any
  Follower follower(trace, model);
  for (std::size_t i = 0; i < trace.ops.size(); ++i) follower.step();
  Provenance provenance;
  for (const auto& [path, file] : follower.live_names().files) {
    provenance.files[path] = follower.live(file).ranges(trace);
  }
  return provenance;
}

kv::Result<Provenance> provenance_of(const CrashState& state, const Trace& trace, const DiskModel& model) {
  const Image image = TRY(apply(state, trace, model));  // refuses what does not fit, and knows what can be reached
  Follower follower(trace, model);
  for (OpIndex i = 0; i < state.point.ops; ++i) follower.step();
  if (state.point.bytes > 0) follower.step(state.point.bytes);

  DiskState& disk = follower.disk();
  CrashSpace space(disk, state.point);
  const Choice choice = TRY(space.choice(state));
  const Fates fates(space.state(choice), model);
  Provenance provenance;
  for (const auto& [path, file] : names_after_crash(fates, disk).files) {
    if (!image.files.contains(path)) continue;
    const Origins origins = after_crash(follower.durable(file), file, fates, disk);
    WB_ASSERT(origins.size() == image.files.at(path).size());
    provenance.files[path] = origins.ranges(trace);
  }
  return provenance;
}

}  // namespace faultfs
