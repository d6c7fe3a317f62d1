#include "faultfs/file_space.h"

#include <algorithm>
#include <limits>
#include <ranges>
#include <string_view>
#include <utility>

#include "faultfs/mix.h"
#include "faultfs/sector_hash.h"

namespace faultfs {

FileSpace::FileSpace(DiskState& disk, FileState& file, std::uint32_t number, const std::vector<FateGroup>& groups)
    : disk_(disk), file_(file), groups_(groups), durable_(file.durable.freeze()), owners_(file.pending.size()) {
  for (std::uint32_t g = 0; g < groups.size(); ++g) {
    bool has_this_file = false;
    for (std::uint32_t m = 0; m < groups[g].size(); ++m) {
      const Member& member = groups[g].members[m];
      if (member.file != number) continue;
      owners_[member.index] = Owner{g, m};
      has_this_file = true;
    }
    if (has_this_file) own_groups_.push_back({g, {}});
  }

  const DiskModel& model = disk.model();
  first_touched_ = std::numeric_limits<std::uint64_t>::max();
  for (const Piece& piece : file.pending) {
    const bool writes = piece.kind == OpKind::write;
    first_touched_ = std::min(first_touched_, writes ? piece.offset : std::min(piece.new_size, durable_.size()));
    sectors_apart_ = sectors_apart_ && writes;
  }
  first_touched_ = first_touched_ / model.sector_bytes * model.sector_bytes;
  sectors_apart_ = sectors_apart_ && model.survival == Survival::chosen && model.data_order == DataOrder::any &&
                   model.size_before_data != SizeBeforeData::none && !model.harms_shared_sectors;
  const bool grows_in_order = model.survival == Survival::chosen && model.data_order == DataOrder::any &&
                              model.size_before_data == SizeBeforeData::none;
  if (grows_in_order) settled_sectors_ = pending_sectors(file, model.sector_bytes);
}

std::string FileSpace::fates(const Choice& choice) const {
  const bool all = disk_.model().survival == Survival::all;
  std::string letters(owners_.size(), static_cast<char>(all ? PieceFate::kept : PieceFate::dropped));
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    if (!owners_[i]) continue;
    const PieceFate fate = groups_[owners_[i]->group].fate(choice[owners_[i]->group]).of(owners_[i]->member);
    const bool harms_nothing = fate == PieceFate::harmed && file_.pending[i].kind != OpKind::write;
    letters[i] = static_cast<char>(harms_nothing ? PieceFate::dropped : fate);
  }
  if (!settled_sectors_.empty()) settle_sectors(letters);
  return letters;
}

// Where a file grows in order, the writes that make it grow are in a group of their own, and those that do not in the
// groups of their sectors. In a sector that has both, those before one that makes the file grow survive with it, and
// those after one that does not survive are gone with it. A write that does not make the file grow lies past its end,
// where it does not show, if what had made room for it does not survive.
void FileSpace::settle_sectors(std::string& fates) const {
  constexpr char kKept = static_cast<char>(PieceFate::kept);
  constexpr char kDropped = static_cast<char>(PieceFate::dropped);
  std::vector<std::size_t> sector_of(fates.size());
  for (std::size_t s = 0; s < settled_sectors_.size(); ++s) {
    bool kept = false;  // one after the piece that makes the file grow
    for (const std::uint32_t i : settled_sectors_[s] | std::views::reverse) {
      sector_of[i] = s;
      if (kept) fates[i] = kKept;
      kept = kept || (file_.pending[i].grows && fates[i] == kKept);
    }
  }
  std::vector<bool> ended(settled_sectors_.size());  // by sector: whether a piece of it is not kept
  std::uint64_t size = durable_.size();
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const Piece& piece = file_.pending[i];
    if (piece.kind != OpKind::write) {
      if (fates[i] == kKept) size = piece.kind == OpKind::truncate ? piece.new_size : std::max(size, piece.new_size);
      continue;
    }
    const bool shows = piece.grows || piece.end() <= size;
    if (ended[sector_of[i]] || (fates[i] == kKept && !shows)) fates[i] = kDropped;
    if (fates[i] == kKept) size = std::max(size, piece.end());
    ended[sector_of[i]] = ended[sector_of[i]] || fates[i] != kKept;
  }
}

void FileSpace::apply(const Piece& piece, PieceFate fate, FileBuffer& bytes) const {
  const auto write_past_size = [&](std::string_view filling) {
    bytes.resize(std::max(bytes.size(), piece.end()));
    bytes.write(piece.offset, filling);
  };
  switch (fate) {
    case PieceFate::dropped: break;
    case PieceFate::kept: do_piece(piece, bytes); break;
    case PieceFate::zeros:
      if (piece.grows) bytes.resize(std::max(bytes.size(), piece.end()));
      break;
    case PieceFate::garbage: write_past_size(garbage(piece.op, piece.offset, piece.bytes.size())); break;
    case PieceFate::stale:
      if (const FileBytes* deleted = disk_.deleted_bytes(piece.offset)) {
        std::string old = deleted->substr(piece.offset, piece.bytes.size());
        old.resize(piece.bytes.size(), '\0');  // its last sector is zeros past its end
        write_past_size(old);
      }
      break;
    case PieceFate::harmed: {
      const std::uint64_t sector = disk_.model().sector_bytes;
      const std::uint64_t begin = piece.offset / sector * sector;
      const std::uint64_t end = std::min(begin + sector, bytes.size());
      if (begin < end) bytes.write(begin, garbage(piece.op, begin, end - begin));
      break;
    }
  }
}

bool FileSpace::is_made(const Choice& choice) const {
  if (version_ == 0) return false;
  for (std::size_t i = 0; i < own_groups_.size(); ++i) {
    if (choice[own_groups_[i].group] != made_for_[i]) return false;
  }
  return true;
}

const FileBytes& FileSpace::bytes(const Choice& choice) {
  if (is_made(choice)) return made_;
  FileBuffer buffer(durable_);
  const std::string letters = fates(choice);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    apply(file_.pending[i], static_cast<PieceFate>(letters[i]), buffer);
  }
  made_ = buffer.freeze();
  made_for_.clear();
  for (const OwnGroup& own : own_groups_) made_for_.push_back(choice[own.group]);
  ++version_;
  return made_;
}

std::uint64_t FileSpace::hash(const Choice& choice) {
  if (own_groups_.empty()) return mix(file_.durable_hash ^ mix(durable_.size()));
  return sectors_apart_ ? hash_of_sectors(choice) : hash_of_bytes(choice);
}

const FileSpace::SectorVersion& FileSpace::sector_version(OwnGroup& own, std::uint32_t alternative) {
  const FateGroup& group = groups_[own.group];
  if (own.versions.empty()) own.versions.resize(group.first() + group.alternatives());
  auto& version = own.versions[alternative];
  if (version) return *version;

  // A file that holds nothing but this sector, in its place.
  const std::uint64_t sector = disk_.model().sector_bytes;
  const std::uint64_t begin = file_.pending[group.members.front().index].offset / sector * sector;
  FileBuffer buffer;
  buffer.write(begin, durable_.substr(begin, sector));
  const GroupFate fate = group.fate(alternative);
  for (std::uint32_t m = 0; m < fate.filled; ++m) apply(file_.pending[group.members[m].index], fate.of(m), buffer);
  const std::uint64_t hash_before = hash_sectors(durable_, begin, begin + sector, disk_.model().sector_bytes);
  const std::uint64_t hash_after = hash_sectors(buffer.view(), begin, begin + sector, disk_.model().sector_bytes);
  version = SectorVersion{hash_before ^ hash_after, buffer.size()};
  return *version;
}

std::uint64_t FileSpace::hash_of_sectors(const Choice& choice) {
  std::uint64_t hash = file_.durable_hash;
  std::uint64_t size = durable_.size();
  for (OwnGroup& own : own_groups_) {
    const SectorVersion& chosen = sector_version(own, choice[own.group]);
    hash ^= chosen.change;
    size = std::max(size, chosen.end);
  }
  return mix(hash ^ mix(size));
}

// Where operations on the whole file are pending, its bytes are made; once for each choice, as long as these can be
// numbered.
std::uint64_t FileSpace::hash_of_bytes(const Choice& choice) {
  std::uint64_t number = 0;
  std::uint64_t numbers = 1;
  bool numbered = true;
  for (const OwnGroup& own : own_groups_) {
    const std::uint64_t alternatives = groups_[own.group].alternatives();
    numbered = numbered && numbers <= std::numeric_limits<std::uint32_t>::max() / alternatives;
    number = number * alternatives + choice[own.group] - groups_[own.group].first();
    numbers *= alternatives;
  }
  if (numbered) {
    if (const auto known = hashes_.find(number); known != hashes_.end()) return known->second;
  }
  const FileBytes& made = bytes(choice);
  const std::uint32_t sector = disk_.model().sector_bytes;
  const std::uint64_t change = hash_sectors(durable_, first_touched_, durable_.size(), sector) ^
                               hash_sectors(made, first_touched_, made.size(), sector);
  const std::uint64_t hash = mix(file_.durable_hash ^ change ^ mix(made.size()));
  if (numbered) hashes_.emplace(number, hash);
  return hash;
}

}  // namespace faultfs
