#include "faultfs/file_space.h"

#include <algorithm>
#include <limits>
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
  if (model.survival != Survival::chosen) return;
  for (auto& sector : pending_sectors(file, model.sector_bytes)) {
    const auto group = [&](std::uint32_t piece) { return owners_[piece]->group; };
    if (std::ranges::adjacent_find(sector, std::ranges::not_equal_to(), group) != sector.end()) {
      shared_sectors_.push_back(std::move(sector));
    }
  }
}

std::string FileSpace::fates(const Choice& choice) const {
  const bool all = disk_.model().survival == Survival::all;
  std::string letters(owners_.size(), static_cast<char>(all ? PieceFate::kept : PieceFate::dropped));
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    if (!owners_[i]) continue;
    letters[i] = static_cast<char>(groups_[owners_[i]->group].fate(choice[owners_[i]->group]).of(owners_[i]->member));
  }
  if (!shared_sectors_.empty()) settle_shared_sectors(letters);
  return letters;
}

// A sector that a file grew into, and that was written again: of its writes that do not make the file grow, those
// before one that survives survive with it, and those after one that does not lie past the end and do not show.
void FileSpace::settle_shared_sectors(std::string& fates) const {
  constexpr char kKept = static_cast<char>(PieceFate::kept);
  for (const auto& sector : shared_sectors_) {
    const auto grows = [&](std::uint32_t piece) { return file_.pending[piece].grows; };
    const auto dropped = [&](std::uint32_t piece) { return grows(piece) && fates[piece] != kKept; };
    const auto first_dropped = std::ranges::find_if(sector, dropped);
    auto last_kept = sector.begin();  // the place after it
    for (auto piece = sector.begin(); piece != first_dropped; ++piece) {
      if (grows(*piece)) last_kept = piece + 1;
    }
    for (auto piece = sector.begin(); piece != last_kept; ++piece) fates[*piece] = kKept;
    for (auto piece = first_dropped; piece != sector.end(); ++piece) {
      fates[*piece] = static_cast<char>(PieceFate::dropped);
    }
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
    case PieceFate::zeros: bytes.resize(std::max(bytes.size(), piece.end())); break;
    case PieceFate::garbage: write_past_size(garbage(piece.op, piece.offset, piece.bytes.size())); break;
    case PieceFate::stale:
      if (const FileBytes* deleted = disk_.deleted_bytes(piece.offset)) {
        write_past_size(deleted->substr(piece.offset, piece.bytes.size()));
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
