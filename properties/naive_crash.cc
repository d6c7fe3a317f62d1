#include "properties/naive_crash.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/text.h"
#include "faultfs/mix.h"

namespace walbreaker::properties {

using faultfs::DataOrder;
using faultfs::DirectoryOrder;
using faultfs::OpKind;
using faultfs::SizeBeforeData;
using faultfs::Survival;
using faultfs::SyncEffect;
using faultfs::TraceOp;

PlainDisk plain(const faultfs::Image& image) {
  PlainDisk disk;
  disk.directories = image.directories;
  for (const auto& [path, bytes] : image.files) disk.files[path] = bytes.to_string();
  return disk;
}

std::ostream& operator<<(std::ostream& out, const PlainDisk& disk) {
  out << '{';
  for (const std::string& path : disk.directories) out << ' ' << path << '/';
  for (const auto& [path, bytes] : disk.files) out << ' ' << path << "=\"" << kv::printable(bytes) << '"';
  return out << " }";
}

namespace {

std::string directory_of(const std::string& path) {
  return path.find('/') == std::string::npos ? "" : path.substr(0, path.rfind('/'));
}

bool concerns(const TraceOp& change, const std::string& directory) {
  return directory_of(change.path) == directory ||
         (change.kind == OpKind::rename && directory_of(change.to) == directory);
}

// Puts bytes where they belong, and makes the file as long as that takes.
void put(std::string& file, std::uint64_t offset, std::string_view bytes) {
  file.resize(std::max<std::uint64_t>(file.size(), offset + bytes.size()), '\0');
  file.replace(offset, bytes.size(), bytes);
}

}  // namespace

bool NaivePiece::is_of_names() const {
  return call.kind == OpKind::create || call.kind == OpKind::rename || call.kind == OpKind::unlink ||
         call.kind == OpKind::make_dir;
}

// --- following the trace ---

NaiveDisk::NaiveDisk(const faultfs::Trace& trace, const faultfs::DiskModel& model, const faultfs::CrashPoint& point)
    : model_(model), cut_short_(point.bytes > 0), first_directories_(trace.initial.directories) {
  std::uint32_t id = 0;
  for (const auto& [path, bytes] : trace.initial.files) {
    first_names_[path] = faultfs::FileId{id};
    files_[faultfs::FileId{id++}] = {bytes.to_string(), bytes.to_string(), {}};
  }
  live_names_ = first_names_;
  for (faultfs::OpIndex op = 0; op < point.ops; ++op) step(trace.ops[op], trace.ops[op].length);
  if (cut_short_) step(trace.ops[point.ops], point.bytes);
}

void NaiveDisk::step(const TraceOp& op, std::uint64_t length) {
  if (op.kind == OpKind::write || op.kind == OpKind::truncate || op.kind == OpKind::allocate) change_file(op, length);
  if (op.kind == OpKind::sync) sync(op);
  if (op.kind == OpKind::sync_dir) sync_dir(op);
  if (NaivePiece{.call = op}.is_of_names()) change_names(op);
  ++next_;
}

void NaiveDisk::change_file(const TraceOp& op, std::uint64_t length) {
  File& file = files_[op.file];
  const std::uint64_t sector_bytes = model_.sector_bytes;
  if (op.kind != OpKind::write) {
    pending_.push_back({.op = next_, .call = op, .changes_size = true});
    const std::uint64_t sectors = (file.live.size() + length) / sector_bytes + 1;
    // A sector is cut off where none of its bytes is left.
    for (std::uint64_t s = 0; op.kind == OpKind::truncate && s < sectors; ++s) {
      if (s * sector_bytes >= length) ++file.lives[s];
    }
    if (op.kind == OpKind::truncate || length > file.live.size()) file.live.resize(length, '\0');
    return;
  }
  const std::uint64_t size_before = file.live.size();
  for (std::uint64_t i = 0; i < length; ++i) {
    const std::uint64_t at = op.offset + i;
    if (i == 0 || at % sector_bytes == 0) {
      pending_.push_back({.op = next_,
                          .call = op,
                          .offset = at,
                          .sector_life = file.lives[at / sector_bytes],
                          .lies_beyond = at / sector_bytes * sector_bytes >= file.durable.size()});
    }
    NaivePiece& piece = pending_.back();
    piece.bytes += op.data()[i];
    piece.changes_size = at >= size_before;
    put(file.live, at, op.data().substr(i, 1));
  }
}

void NaiveDisk::change_names(const TraceOp& op) {
  pending_.push_back({.op = next_, .call = op});
  const std::string& taken = op.kind == OpKind::rename ? op.to : op.path;
  if (op.kind == OpKind::rename || op.kind == OpKind::unlink) {
    if (live_names_.contains(taken)) deleted_.push_back(files_[live_names_[taken]].live);
    live_names_.erase(taken);
  }
  if (op.kind == OpKind::rename) live_names_.erase(op.path);
  if (op.kind == OpKind::rename || op.kind == OpKind::create) live_names_[taken] = op.file;
  if (op.kind == OpKind::create) files_[op.file];
}

void NaiveDisk::sync(const TraceOp& op) {
  File& file = files_[op.file];
  const auto is_of_file = [&](const NaivePiece& p) { return !p.is_of_names() && p.call.file == op.file; };
  if (op.effect == SyncEffect::cleaned) {
    for (NaivePiece& piece : pending_) piece.taken_for_written |= piece.writes() && is_of_file(piece);
  }
  if (op.effect == SyncEffect::reverted) {
    file.live = file.durable;
    std::erase_if(pending_, is_of_file);
  }
  if (op.effect != SyncEffect::durable) return;
  sync_durably(op.file);
  if (!model_.sync_names_file) return;
  const auto created = std::ranges::find_if(
      pending_, [&](const NaivePiece& p) { return p.call.kind == OpKind::create && p.call.file == op.file; });
  if (created == pending_.end()) return;
  created->certain = true;
  if (model_.directory_order == DirectoryOrder::in_order) {
    std::for_each(pending_.begin(), created, [](NaivePiece& piece) { piece.certain |= piece.is_of_names(); });
  }
}

// The page cache goes to the disk, but for the sectors that a failed sync took for written and nothing wrote since.
void NaiveDisk::sync_durably(faultfs::FileId id) {
  File& file = files_[id];
  const auto is_of_file = [&](const NaivePiece& p) { return !p.is_of_names() && p.call.file == id; };
  std::set<std::uint64_t> fresh;
  std::string on_disk = file.durable;  // without the bytes of the pending writes
  for (const NaivePiece& piece : pending_) {
    if (!is_of_file(piece)) continue;
    if (piece.writes() && !piece.taken_for_written) fresh.insert(sector_of(piece));
    if (piece.changes_size || piece.writes()) {
      const std::uint64_t size = piece.writes() ? piece.end() : piece.call.length;
      const bool sets = piece.call.kind == OpKind::truncate;
      if (piece.changes_size && (sets || size > on_disk.size())) on_disk.resize(size, '\0');
    }
  }
  for (const std::uint64_t sector : fresh) {
    const std::uint64_t begin = sector * model_.sector_bytes;
    if (begin < file.live.size()) put(on_disk, begin, std::string_view(file.live).substr(begin, model_.sector_bytes));
  }
  file.durable = on_disk;

  std::vector<NaivePiece> left;
  for (NaivePiece& piece : pending_) {
    if (is_of_file(piece) && piece.call.kind == OpKind::truncate) {  // cuts what was written before
      for (NaivePiece& old : left) {
        if (!is_of_file(old)) continue;
        old.bytes.resize(piece.call.length <= old.offset
                             ? 0
                             : std::min<std::uint64_t>(old.bytes.size(), piece.call.length - old.offset));
      }
    }
    const bool stays = piece.writes() && piece.taken_for_written && !fresh.contains(sector_of(piece));
    if (is_of_file(piece) && !stays) continue;
    if (is_of_file(piece)) piece.changes_size = false;
    left.push_back(piece);
  }
  std::erase_if(left, [](const NaivePiece& piece) { return piece.writes() && piece.bytes.empty(); });
  pending_ = std::move(left);
}

void NaiveDisk::sync_dir(const TraceOp& op) {
  const bool journal = model_.directory_order == DirectoryOrder::in_order;
  const auto is_of_directory = [&](const NaivePiece& p) { return p.is_of_names() && concerns(p.call, op.path); };
  if (op.effect == SyncEffect::cleaned && !journal) {
    for (NaivePiece& piece : pending_) piece.taken_for_written |= is_of_directory(piece);
  }
  if (op.effect != SyncEffect::durable) return;
  for (auto piece = pending_.begin(); piece != pending_.end(); ++piece) {
    if (!is_of_directory(*piece) || (piece->taken_for_written && !journal)) continue;
    piece->certain = true;
    for (auto earlier = pending_.begin(); journal && earlier != piece; ++earlier) {
      earlier->certain |= earlier->is_of_names();
    }
  }
}

// --- the rules ---

bool NaiveDisk::same_sector(const NaivePiece& a, const NaivePiece& b) const {
  return a.writes() && b.writes() && a.call.file == b.call.file && sector_of(a) == sector_of(b) &&
         a.sector_life == b.sector_life;
}

// The fates of the earlier pieces in the sector of the piece whose turn it is.
std::string NaiveDisk::fates_in_sector(const std::string& fates) const {
  std::string result;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    if (same_sector(pending_[i], pending_[fates.size()])) result += fates[i];
  }
  return result;
}

// Of the earlier changes of files; or only of those that changed the size of this one.
bool NaiveDisk::all_kept_before(const std::string& fates, bool of_this_file_only) const {
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const NaivePiece& earlier = pending_[i];
    if (earlier.is_of_names()) continue;
    const bool counts =
        !of_this_file_only || (earlier.call.file == pending_[fates.size()].call.file && earlier.changes_size);
    if (counts && fates[i] != 'k') return false;
  }
  return true;
}

std::uint64_t NaiveDisk::size_after(const std::string& fates) const {
  const faultfs::FileId id = pending_[fates.size()].call.file;
  std::string file = files_.at(id).durable;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    if (!pending_[i].is_of_names() && pending_[i].call.file == id) do_piece(pending_[i], fates[i], file);
  }
  return file.size();
}

const std::string* NaiveDisk::deleted_in_sector(const NaivePiece& piece) const {
  const std::uint64_t begin = sector_of(piece) * model_.sector_bytes;
  for (auto file = deleted_.rbegin(); file != deleted_.rend(); ++file) {
    if (file->size() > begin) return &*file;
  }
  return nullptr;
}

bool NaiveDisk::allows_name(const std::string& fates, char fate) const {
  const NaivePiece& piece = pending_[fates.size()];
  if (piece.certain || model_.survival == Survival::all) return fate == 'k';
  if (fate == 'd') return true;
  if (fate != 'k' || model_.survival == Survival::none) return false;
  switch (model_.directory_order) {
    case DirectoryOrder::any: return true;
    case DirectoryOrder::lost: return false;
    case DirectoryOrder::in_order: break;
  }
  for (std::size_t i = 0; i < fates.size(); ++i) {
    if (pending_[i].is_of_names() && fates[i] != 'k') return false;
  }
  return true;
}

bool NaiveDisk::allows_write(const std::string& fates, char fate) const {
  const NaivePiece& piece = pending_[fates.size()];
  const std::string before = fates_in_sector(fates);
  const bool first = before.find_first_not_of('k') == std::string::npos;  // all of the sector so far is kept
  const bool appends = model_.size_before_data == SizeBeforeData::none && piece.changes_size;
  switch (fate) {
    case 'k':
      if (appends) return first && all_kept_before(fates, true);
      return first && (model_.size_before_data != SizeBeforeData::none || piece.end() <= size_after(fates));
    case 'h': return model_.harms_shared_sectors && first && (!appends || all_kept_before(fates, true));
    case 'z':
      return model_.size_before_data != SizeBeforeData::none &&
             before.find_first_not_of('z', std::min(before.find_first_not_of('k'), before.size())) == std::string::npos;
    default: break;
  }
  // g and s: a sector that holds nothing yet, from its first piece on.
  if (model_.size_before_data != SizeBeforeData::zeros_garbage_stale) return false;
  if (before.find_first_not_of(fate) != std::string::npos) return false;
  const NaivePiece& in_front =
      *std::ranges::find_if(pending_, [&](const NaivePiece& other) { return same_sector(other, piece); });
  return in_front.lies_beyond && (fate == 'g' || deleted_in_sector(piece) != nullptr);
}

bool NaiveDisk::allows(const std::string& fates, char fate) const {
  const NaivePiece& piece = pending_[fates.size()];
  if (piece.is_of_names()) return allows_name(fates, fate);
  if (model_.survival == Survival::all) return fate == 'k';
  if (fate == 'd') return true;
  if (model_.survival == Survival::none) return false;
  if (model_.data_order == DataOrder::in_order) {
    const bool may = fate == 'k' || (fate == 'h' && piece.writes() && model_.harms_shared_sectors);
    return may && all_kept_before(fates, false);
  }
  if (piece.writes()) return allows_write(fates, fate);
  return fate == 'k' && (model_.size_before_data != SizeBeforeData::none || all_kept_before(fates, true));
}

// --- the states ---

void NaiveDisk::do_piece(const NaivePiece& piece, char fate, std::string& file) const {
  if (fate == 'd') return;
  if (piece.call.kind == OpKind::truncate) return file.resize(piece.call.length, '\0');
  if (piece.call.kind == OpKind::allocate) {
    return file.resize(std::max<std::uint64_t>(file.size(), piece.call.length), '\0');
  }
  const std::uint64_t begin = sector_of(piece) * model_.sector_bytes;
  switch (fate) {
    case 'k': return put(file, piece.offset, piece.bytes);
    case 'g': return put(file, piece.offset, faultfs::garbage(piece.op, piece.offset, piece.bytes.size()));
    case 'z':
      if (piece.changes_size && file.size() < piece.end()) file.resize(piece.end(), '\0');
      return;
    case 's': {
      std::string old = *deleted_in_sector(piece);
      old.resize(std::max<std::uint64_t>(old.size(), piece.end()), '\0');
      return put(file, piece.offset, old.substr(piece.offset, piece.bytes.size()));
    }
    case 'h':
      if (begin < file.size()) {
        const std::uint64_t length = std::min<std::uint64_t>(model_.sector_bytes, file.size() - begin);
        put(file, begin, faultfs::garbage(piece.op, begin, length));
      }
      return;
    default: return;
  }
}

PlainDisk NaiveDisk::apply(const std::string& fates) const {
  std::map<faultfs::FileId, std::string> bytes;
  for (const auto& [id, file] : files_) bytes[id] = file.durable;
  std::map<std::string, faultfs::FileId> names = first_names_;
  std::set<std::string> directories = first_directories_;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const TraceOp& call = pending_[i].call;
    if (!pending_[i].is_of_names()) do_piece(pending_[i], fates[i], bytes[call.file]);
    if (!pending_[i].is_of_names() || fates[i] == 'd') continue;
    const auto old = names.find(call.path);
    const bool takes_away = call.kind == OpKind::rename || call.kind == OpKind::unlink;
    if (takes_away && old != names.end() && old->second == call.file) names.erase(old);
    if (call.kind == OpKind::create) names[call.path] = call.file;
    if (call.kind == OpKind::rename) names[call.to] = call.file;
    if (call.kind == OpKind::make_dir) directories.insert(call.path);
    if (call.kind == OpKind::make_dir) names.erase(call.path);  // the later one has the name
  }
  const auto is_reachable = [&](std::string path) {
    while (!(path = directory_of(path)).empty()) {
      if (!directories.contains(path)) return false;
    }
    return true;
  };
  PlainDisk disk;
  for (const std::string& path : directories) {
    if (is_reachable(path)) disk.directories.insert(path);
  }
  for (const auto& [path, id] : names) {
    if (is_reachable(path)) disk.files[path] = bytes[id];
  }
  return disk;
}

void NaiveDisk::try_fates(std::string& fates, std::set<PlainDisk>& images) const {
  if (fates.size() == pending_.size()) {
    for (const char fate : fates) ++fates_seen_[fate];
    images.insert(apply(fates));
    return;
  }
  const bool is_last = fates.size() + 1 == pending_.size();
  for (const char fate : std::string_view("kdzgsh")) {
    if (cut_short_ && is_last && fate != 'k') continue;
    if (!allows(fates, fate)) continue;
    fates += fate;
    try_fates(fates, images);
    fates.pop_back();
  }
}

std::set<PlainDisk> NaiveDisk::images() const {
  fates_seen_.clear();
  std::set<PlainDisk> images;
  std::string fates;
  try_fates(fates, images);
  return images;
}

PlainDisk NaiveDisk::page_cache() const { return apply(std::string(pending_.size(), 'k')); }

}  // namespace walbreaker::properties
