#include "faultfs/fate_group.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/assert.h"

namespace faultfs {

namespace {

// How many pairs kept < filled there are, with at most n filled.
constexpr std::uint32_t pairs(std::uint32_t n) { return n * (n + 1) / 2; }

}  // namespace

std::uint32_t FateGroup::alternatives() const {
  const std::uint32_t n = size();
  if (certain) return 1;
  return n + 1 + (zeros ? pairs(n) : 0) + (garbage ? n : 0) + (stale ? n : 0) + (harmed ? n : 0);
}

GroupFate FateGroup::fate(std::uint32_t alternative) const {
  const std::uint32_t n = size();
  if (alternative <= n) return {alternative, alternative, PieceFate::dropped};
  std::uint32_t rest = alternative - n - 1;
  if (zeros) {
    if (rest < pairs(n)) {
      std::uint32_t kept = 0;
      for (; rest >= n - kept; ++kept) rest -= n - kept;
      return {kept, kept + 1 + rest, PieceFate::zeros};
    }
    rest -= pairs(n);
  }
  for (const auto& [allowed, fill] : {std::pair{garbage, PieceFate::garbage}, std::pair{stale, PieceFate::stale}}) {
    if (!allowed) continue;
    if (rest < n) return {0, rest + 1, fill};
    rest -= n;
  }
  WB_ASSERT(harmed && rest < n);
  return {rest, rest + 1, PieceFate::harmed};
}

std::optional<std::uint32_t> FateGroup::alternative(const GroupFate& wanted) const {
  for (std::uint32_t i = first(); i < first() + alternatives(); ++i) {
    if (fate(i) == wanted) return i;
  }
  return std::nullopt;
}

std::vector<std::vector<std::uint32_t>> pending_sectors(const FileState& file, std::uint32_t sector_bytes) {
  std::vector<std::vector<std::uint32_t>> sectors;
  std::map<std::uint64_t, std::size_t> open;  // by the number of the sector: its place in `sectors`
  for (std::uint32_t i = 0; i < file.pending.size(); ++i) {
    const Piece& piece = file.pending[i];
    if (piece.kind == OpKind::truncate) {
      open.erase(open.lower_bound((piece.new_size + sector_bytes - 1) / sector_bytes), open.end());
    }
    if (piece.kind != OpKind::write) continue;
    const auto [at, is_new] = open.try_emplace(piece.offset / sector_bytes, sectors.size());
    if (is_new) sectors.emplace_back();
    sectors[at->second].push_back(i);
  }
  return sectors;
}

namespace {

// Makes the groups of one disk.
class Grouping {
 public:
  explicit Grouping(const DiskState& disk) : disk_(disk), model_(disk.model()) {}

  std::vector<FateGroup> run() && {
    if (model_.survival != Survival::chosen) return {};
    std::uint32_t number = 0;
    for (const auto& [id, file] : disk_.files()) {
      group_file(number, file);
      ++number;
    }
    group_names();
    if (model_.data_order == DataOrder::in_order) merge_data();
    return std::move(groups_);
  }

 private:
  static Member member(std::uint32_t number, const FileState& file, std::uint32_t index) {
    const Piece& piece = file.pending[index];
    return {piece.op, piece.part, number, index};
  }

  void group_file(std::uint32_t number, const FileState& file) {
    if (file.pending.empty()) return;
    const bool ordered = model_.size_before_data == SizeBeforeData::none;
    FateGroup growth{.harmed = model_.harms_shared_sectors};
    for (std::uint32_t i = 0; i < file.pending.size(); ++i) {
      const Piece& piece = file.pending[i];
      if (piece.kind == OpKind::write && !(ordered && piece.grows)) continue;
      if (!ordered) groups_.push_back({.members = {member(number, file, i)}});
      if (ordered) growth.members.push_back(member(number, file, i));
    }
    if (!growth.members.empty()) groups_.push_back(std::move(growth));
    for (const auto& sector : pending_sectors(file, model_.sector_bytes)) group_sector(number, file, sector);
  }

  void group_sector(std::uint32_t number, const FileState& file, const std::vector<std::uint32_t>& sector) {
    FateGroup group;
    const bool ordered = model_.size_before_data == SizeBeforeData::none;
    bool grows = false;
    for (const std::uint32_t i : sector) {
      if (ordered && file.pending[i].grows) continue;  // in the group of what makes the file grow
      grows = grows || file.pending[i].grows;
      group.members.push_back(member(number, file, i));
    }
    if (group.members.empty()) return;
    const Piece& first = file.pending[group.members.front().index];
    const bool wild = model_.size_before_data == SizeBeforeData::zeros_garbage_stale && first.past_end;
    group.zeros = !ordered && grows;
    group.garbage = wild;
    group.stale = wild && disk_.deleted_bytes(first.offset) != nullptr;
    group.harmed = model_.harms_shared_sectors;
    groups_.push_back(std::move(group));
  }

  void group_names() {
    if (model_.directory_order == DirectoryOrder::lost) return;
    FateGroup journal;
    const auto& changes = disk_.pending_names();
    for (std::uint32_t i = 0; i < changes.size(); ++i) {
      if (changes[i].durable) continue;
      const Member change{changes[i].op, 0, kNames, i};
      if (model_.directory_order == DirectoryOrder::any) groups_.push_back({.members = {change}});
      if (model_.directory_order == DirectoryOrder::in_order) journal.members.push_back(change);
    }
    if (!journal.members.empty()) groups_.push_back(std::move(journal));
  }

  // One group of all that is pending of files.
  void merge_data() {
    FateGroup merged{.harmed = model_.harms_shared_sectors};
    for (const FateGroup& group : groups_) {
      if (group.members.front().file != kNames) {
        merged.members.insert(merged.members.end(), group.members.begin(), group.members.end());
      }
    }
    if (merged.members.empty()) return;
    std::erase_if(groups_, [](const FateGroup& group) { return group.members.front().file != kNames; });
    std::ranges::sort(merged.members, [](const Member& a, const Member& b) {
      return std::pair(a.op, a.part) < std::pair(b.op, b.part);
    });
    groups_.push_back(std::move(merged));
  }

  const DiskState& disk_;
  const DiskModel& model_;
  std::vector<FateGroup> groups_;
};

}  // namespace

std::vector<FateGroup> group_pending(const DiskState& disk) { return Grouping(disk).run(); }

}  // namespace faultfs
