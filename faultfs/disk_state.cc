#include "faultfs/disk_state.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "engine/assert.h"
#include "faultfs/path.h"
#include "faultfs/sector_hash.h"

namespace faultfs {

namespace {

// What a truncation leaves of pieces that came before it.
void cut_pieces(std::vector<Piece>& pieces, std::uint64_t size) {
  std::erase_if(pieces, [&](const Piece& piece) { return piece.offset >= size; });
  for (Piece& piece : pieces) {
    piece.bytes = piece.bytes.substr(0, size - piece.offset);
    piece.new_size = std::min(piece.new_size, size);
  }
}

bool touches(const NameChange& change, std::string_view directory) {
  return directory_of(change.path) == directory ||
         (change.kind == OpKind::rename && directory_of(change.to) == directory);
}

}  // namespace

void do_piece(const Piece& piece, FileBuffer& bytes) {
  switch (piece.kind) {
    case OpKind::write: bytes.write(piece.offset, piece.bytes); break;
    case OpKind::truncate: bytes.resize(piece.new_size); break;
    case OpKind::allocate: bytes.resize(std::max(bytes.size(), piece.new_size)); break;
    default: break;
  }
}

void Names::apply(const NameChange& change) {
  const auto forget = [&](const std::string& path) {
    const auto it = files.find(path);
    if (it != files.end() && it->second == change.file) files.erase(it);
  };
  switch (change.kind) {
    case OpKind::create: files[change.path] = change.file; break;
    case OpKind::unlink: forget(change.path); break;
    case OpKind::make_dir:
      files.erase(change.path);  // its unlink was dropped, and the later change has the name
      directories.insert(change.path);
      break;
    case OpKind::rename:
      forget(change.path);
      files[change.to] = change.file;
      break;
    default: break;
  }
}

DiskState::DiskState(const Image& initial, const DiskModel& model) : model_(&model) {
  std::uint32_t id = 0;
  for (const auto& [path, bytes] : initial.files) {
    names_.files[path] = FileId{id};
    FileState& state = files_[FileId{id++}];
    state.durable = FileBuffer(bytes);
    state.durable_hash = hash_sectors(bytes, 0, bytes.size(), model.sector_bytes);
    state.live_size = bytes.size();
  }
  names_.directories = initial.directories;
  live_names_ = names_;
}

DiskState DiskState::fork() {
  DiskState copy;
  copy.model_ = model_;
  copy.next_ = next_;
  for (auto& [id, state] : files_) {
    copy.files_.emplace_hint(
        copy.files_.end(), id,
        FileState{FileBuffer(state.durable.freeze()), state.durable_hash, state.pending, state.live_size});
  }
  copy.names_ = names_;
  copy.pending_names_ = pending_names_;
  copy.live_names_ = live_names_;
  copy.deleted_ = deleted_;
  return copy;
}

FileState& DiskState::file(FileId id) {
  const auto it = files_.find(id);
  WB_ASSERT(it != files_.end());
  return it->second;
}

const FileBytes* DiskState::deleted_bytes(std::uint64_t offset) const {
  const std::uint64_t sector_begin = offset / model_->sector_bytes * model_->sector_bytes;
  for (const FileBytes& bytes : deleted_ | std::views::reverse) {
    if (bytes.size() > sector_begin) return &bytes;
  }
  return nullptr;
}

void DiskState::step(const TraceOp& op, std::uint64_t length) {
  switch (op.kind) {
    case OpKind::write:
    case OpKind::truncate:
    case OpKind::allocate: change_file(op, length); break;
    case OpKind::create:
    case OpKind::rename:
    case OpKind::unlink:
    case OpKind::make_dir: change_name(op); break;
    case OpKind::sync: sync(op); break;
    case OpKind::sync_dir: sync_dir(op); break;
    default: break;
  }
  ++next_;
}

void DiskState::change_file(const TraceOp& op, std::uint64_t length) {
  const auto it = files_.find(op.file);
  if (it == files_.end()) return;  // its names are gone for ever
  FileState& file = it->second;
  if (op.kind != OpKind::write) {
    file.pending.push_back({.op = next_, .kind = op.kind, .new_size = length});
    file.live_size = op.kind == OpKind::truncate ? length : std::max(file.live_size, length);
    return;
  }
  const std::uint64_t old_size = file.live_size;
  const std::uint64_t sector = model_->sector_bytes;
  const std::uint64_t end = op.offset + length;
  std::uint32_t part = 0;
  for (std::uint64_t at = op.offset; at < end;) {
    const std::uint64_t next = std::min(end, (at / sector + 1) * sector);
    file.live_size = std::max(file.live_size, next);
    file.pending.push_back({.op = next_,
                            .part = part++,
                            .offset = at,
                            .bytes = op.data().substr(at - op.offset, next - at),
                            .new_size = file.live_size,
                            .grows = next > old_size,
                            .past_end = at / sector * sector >= file.durable.size()});
    at = next;
  }
}

void DiskState::change_name(const TraceOp& op) {
  const NameChange change{.op = next_, .kind = op.kind, .file = op.file, .path = op.path, .to = op.to};
  if (op.kind == OpKind::create) files_.try_emplace(op.file);
  std::vector<FileId> nameless;
  const auto loses_its_name = [&](const std::string& path) {
    const auto it = live_names_.files.find(path);
    if (it != live_names_.files.end()) nameless.push_back(it->second);
  };
  if (op.kind == OpKind::rename) loses_its_name(op.to);
  if (op.kind == OpKind::unlink) loses_its_name(op.path);
  live_names_.apply(change);
  pending_names_.push_back(change);
  for (const FileId file : nameless) forget_file(file);
}

// Keeps what a deleted file's sectors may show later.
void DiskState::forget_file(FileId id) {
  const auto it = files_.find(id);
  if (it == files_.end()) return;
  FileBuffer bytes(it->second.durable.freeze());
  for (const Piece& piece : it->second.pending) do_piece(piece, bytes);
  // Where this one has bytes, no earlier one is seen again.
  std::erase_if(deleted_, [&](const FileBytes& earlier) { return earlier.size() <= bytes.size(); });
  if (bytes.size() > 0) deleted_.push_back(bytes.freeze());
}

void DiskState::sync(const TraceOp& op) {
  const auto it = files_.find(op.file);
  if (it == files_.end()) return;
  FileState& file = it->second;
  switch (op.effect) {
    case SyncEffect::durable:
      make_durable(file);
      if (model_->sync_names_file) make_creation_durable(op.file);
      break;
    case SyncEffect::nothing: break;
    case SyncEffect::cleaned:
      for (Piece& piece : file.pending) piece.detached = piece.kind == OpKind::write;
      break;
    case SyncEffect::reverted:
      file.pending.clear();
      file.live_size = file.durable.size();
      break;
  }
}

// All but the detached pieces; and those too where the page cache writes their sector for another's sake.
void DiskState::make_durable(FileState& file) {
  const auto sector_of = [&](const Piece& piece) { return piece.offset / model_->sector_bytes; };
  std::set<std::uint64_t> written_sectors;
  for (const Piece& piece : file.pending) {
    if (piece.kind == OpKind::write && !piece.detached) written_sectors.insert(sector_of(piece));
  }
  std::vector<Piece> left;
  for (Piece& piece : file.pending) {
    if (piece.detached && !written_sectors.contains(sector_of(piece))) {
      // The size is no page of the file: this sync writes it, and no later one does it again.
      if (piece.grows) file.durable.resize(std::max(file.durable.size(), piece.end()));
      piece.grows = false;
      left.push_back(piece);
      continue;
    }
    make_durable(file, piece);
    if (piece.kind == OpKind::truncate) cut_pieces(left, piece.new_size);
  }
  file.pending = std::move(left);
}

void DiskState::make_durable(FileState& file, const Piece& piece) {
  const std::uint64_t begin =
      piece.kind == OpKind::write ? piece.offset : std::min(piece.new_size, file.durable.size());
  const std::uint64_t end = piece.kind == OpKind::write ? piece.end() : file.durable.size();
  file.durable_hash ^= hash_sectors(file.durable.view(), begin, end, model_->sector_bytes);
  do_piece(piece, file.durable);
  file.durable_hash ^= hash_sectors(file.durable.view(), begin, end, model_->sector_bytes);
}

void DiskState::sync_dir(const TraceOp& op) {
  const auto concerns = [&](const NameChange& change) { return touches(change, op.path); };
  const bool in_order = model_->directory_order == DirectoryOrder::in_order;
  if (op.effect == SyncEffect::cleaned && !in_order) {
    for (NameChange& change : pending_names_ | std::views::filter(concerns)) change.detached = true;
  }
  if (op.effect != SyncEffect::durable) return;
  if (in_order) {
    const auto last = std::ranges::find_if(pending_names_ | std::views::reverse, concerns);
    for (NameChange& change : std::ranges::subrange(pending_names_.begin(), last.base())) change.durable = true;
  } else {
    for (NameChange& change : pending_names_ | std::views::filter(concerns)) change.durable |= !change.detached;
  }
  settle_names();
}

void DiskState::make_creation_durable(FileId file) {
  const auto creates = [&](const NameChange& c) { return c.kind == OpKind::create && c.file == file; };
  const auto created = std::ranges::find_if(pending_names_, creates);
  if (created == pending_names_.end()) return;
  const auto first = model_->directory_order == DirectoryOrder::in_order ? pending_names_.begin() : created;
  for (NameChange& change : std::ranges::subrange(first, created + 1)) change.durable = true;
  settle_names();
}

// Does the durable changes that wait for none before them, and lets go of files that nothing can name again.
void DiskState::settle_names() {
  const auto first_pending = std::ranges::find_if(pending_names_, [](const NameChange& c) { return !c.durable; });
  for (const NameChange& change : std::ranges::subrange(pending_names_.begin(), first_pending)) names_.apply(change);
  pending_names_.erase(pending_names_.begin(), first_pending);

  std::set<FileId> named;
  for (const Names* names : {&names_, &live_names_}) {
    for (const auto& [path, file] : names->files) named.insert(file);
  }
  for (const NameChange& change : pending_names_) named.insert(change.file);
  std::erase_if(files_, [&](const auto& entry) { return !named.contains(entry.first); });
}

FileBytes durable_bytes(const Trace& trace, FileId file) {
  const DiskModel model;
  DiskState state(trace.initial, model);
  // Without syncs of directories nothing lets go of a file that has no name but is open.
  for (const TraceOp& op : trace.ops) {
    if (op.kind != OpKind::sync_dir) state.step(op);
  }
  return state.file(file).durable.freeze();
}

}  // namespace faultfs
