#include "faultfs/crash_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "engine/assert.h"
#include "faultfs/mix.h"
#include "faultfs/path.h"

namespace faultfs {

CrashSpace::CrashSpace(DiskState& disk, const CrashPoint& point)
    : disk_(disk), point_(point), groups_(group_pending(disk)) {
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    for (std::uint32_t m = 0; m < groups_[g].size(); ++m) by_time_.push_back({groups_[g].members[m], g, m});
    if (groups_[g].members.front().file == kNames) name_groups_.push_back(g);
  }
  std::ranges::sort(by_time_, {}, [](const Timed& t) { return std::pair(t.member.op, t.member.part); });
  for (const auto& [id, file] : disk.files()) {
    const auto number = static_cast<std::uint32_t>(file_ids_.size());
    file_ids_.push_back(id);
    files_.push_back(std::make_unique<FileSpace>(disk, disk.file(id), number, groups_));
  }
  if (point.bytes > 0) keep_last_piece();
  all_dropped_.resize(groups_.size());
  std::ranges::transform(groups_, all_dropped_.begin(), &FateGroup::first);
  // What the last piece stands on is in the group of what makes its file grow.
  for (std::uint32_t g = 0; g < groups_.size() && !is_state(all_dropped_); ++g) {
    const std::uint32_t dropped = all_dropped_[g];
    while (!is_state(all_dropped_) && all_dropped_[g] < groups_[g].size()) ++all_dropped_[g];
    if (!is_state(all_dropped_)) all_dropped_[g] = dropped;
  }
  WB_ASSERT(is_state(all_dropped_));
}

// It is the last member of its group, so only the alternative that keeps all of that one keeps it.
void CrashSpace::keep_last_piece() {
  if (by_time_.empty() || by_time_.back().member.op != point_.ops) {
    // It is in a file that has no name any more, and a member of no group; what was to come before it is kept.
    for (FateGroup& group : groups_) {
      if (disk_.model().data_order == DataOrder::in_order && group.members.front().file != kNames) group.certain = true;
    }
    return;
  }
  const Timed& last = by_time_.back();
  groups_[last.group].certain = true;
  cut_file_ = files_[last.member.file].get();
}

bool CrashSpace::is_state(const Choice& choice) const {
  return cut_file_ == nullptr || cut_file_->fates(choice).back() == static_cast<char>(PieceFate::kept);
}

double CrashSpace::states() const {
  double product = 1;
  for (const FateGroup& group : groups_) product *= group.alternatives();
  return product;
}

Choice CrashSpace::all_kept() const {
  Choice choice(groups_.size());
  std::ranges::transform(groups_, choice.begin(), &FateGroup::size);
  return choice;
}

Choice CrashSpace::all_dropped() const { return all_dropped_; }

Choice CrashSpace::first_kept(std::size_t n) const {
  Choice choice(groups_.size(), 0);
  for (const Timed& timed : std::span(by_time_).first(n)) ++choice[timed.group];
  for (std::size_t g = 0; g < groups_.size(); ++g) choice[g] = std::max(choice[g], groups_[g].first());
  return choice;
}

void CrashSpace::keep(Choice& choice, std::size_t member) const {
  const Timed& timed = by_time_[member];
  choice[timed.group] = std::max(choice[timed.group], timed.place + 1);
}

std::vector<MemberRange> CrashSpace::writes_of_several_sectors() const {
  std::vector<MemberRange> ranges;
  for (std::size_t begin = 0, end = 0; begin < by_time_.size(); begin = end) {
    while (end < by_time_.size() && by_time_[end].member.op == by_time_[begin].member.op) ++end;
    if (end - begin > 1) ranges.push_back({begin, end});
  }
  return ranges;
}

// The fate of each member, by time.
std::string CrashSpace::letters(const Choice& choice) const {
  std::string letters;
  std::map<std::uint32_t, std::string> of_files;
  for (const auto& [member, group, place] : by_time_) {
    if (member.file == kNames) {
      letters += static_cast<char>(groups_[group].fate(choice[group]).of(place));
      continue;
    }
    const auto [fates, is_new] = of_files.try_emplace(member.file);
    if (is_new) fates->second = files_[member.file]->fates(choice);
    letters += fates->second[member.index];
  }
  return letters;
}

namespace {

// One letter for all where all are the same and may be written so.
std::string shortest(std::string pieces) {
  constexpr std::string_view kForAll = "kdg";
  const bool same = pieces.find_first_not_of(pieces.front()) == std::string::npos;
  if (same && kForAll.find(pieces.front()) != std::string_view::npos) pieces.resize(1);
  return pieces;
}

}  // namespace

CrashState CrashSpace::state(const Choice& choice) const {
  CrashState state{point_, {}};
  const std::string letters = this->letters(choice);
  for (std::size_t i = 0; i < by_time_.size(); ++i) {
    const OpIndex op = by_time_[i].member.op;
    if (state.fates.empty() || state.fates.back().op != op) state.fates.push_back({op, {}});
    state.fates.back().pieces += letters[i];
  }
  for (Fate& fate : state.fates) fate.pieces = shortest(std::move(fate.pieces));
  return state;
}

kv::Result<std::string> CrashSpace::letters_of(const CrashState& state) const {
  std::string letters(by_time_.size(), static_cast<char>(PieceFate::dropped));
  for (const Fate& fate : state.fates) {
    const auto members = std::ranges::equal_range(by_time_, fate.op, {}, [](const Timed& t) { return t.member.op; });
    if (members.empty()) {
      return kv::fail(kv::ErrorCode::invalid_argument,
                      fmt::format("{}: operation {} is not pending there", to_text(point_), fate.op));
    }
    const bool for_all = fate.pieces.size() == 1;
    if (!for_all && fate.pieces.size() != members.size()) {
      return kv::fail(kv::ErrorCode::invalid_argument,
                      fmt::format("{}: operation {} touches {} sectors, and {} fates are given", to_text(point_),
                                  fate.op, members.size(), fate.pieces.size()));
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
      letters[static_cast<std::size_t>(members.begin() - by_time_.begin()) + i] = fate.pieces[for_all ? 0 : i];
    }
  }
  return letters;
}

kv::Result<Choice> CrashSpace::choice(const CrashState& state) const {
  const std::string wanted = TRY(letters_of(state));
  std::vector<std::string> of_groups(groups_.size());
  for (std::size_t i = 0; i < by_time_.size(); ++i) of_groups[by_time_[i].group] += wanted[i];

  Choice choice = all_dropped();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::string& letters = of_groups[g];
    const std::size_t kept = std::min(letters.find_first_not_of('k'), letters.size());
    const char fill = kept < letters.size() ? letters[kept] : 'd';
    const std::size_t filled = fill == 'd' ? kept : std::min(letters.find_first_not_of(fill, kept), letters.size());
    const auto alternative = groups_[g].alternative(
        {static_cast<std::uint32_t>(kept), static_cast<std::uint32_t>(filled), static_cast<PieceFate>(fill)});
    if (alternative) choice[g] = *alternative;
  }
  // What no alternative says comes out differently.
  const std::string got = letters(choice);
  const auto [differs, other] = std::ranges::mismatch(wanted, got);
  if (differs == wanted.end() && is_state(choice)) return choice;
  if (differs == wanted.end()) {
    return kv::fail(
        kv::ErrorCode::invalid_argument,
        fmt::format("{}: a write that was cut short is kept there, and so is what it stands on", to_text(point_)));
  }
  const Member& member = by_time_[static_cast<std::size_t>(differs - wanted.begin())].member;
  return kv::fail(kv::ErrorCode::invalid_argument,
                  fmt::format("{}: the disk model {} does not allow the fate '{}' of part {} of operation {} together "
                              "with the other fates",
                              to_text(point_), disk_.model().name, *differs, member.part, member.op));
}

namespace {

bool is_reachable(const Names& names, std::string_view path) {
  for (auto above = directory_of(path); !above.empty(); above = directory_of(above)) {
    if (!names.directories.contains(std::string(above))) return false;
  }
  return true;
}

}  // namespace

Names CrashSpace::names(const Choice& choice) const {
  const bool all = disk_.model().survival == Survival::all;
  std::vector<bool> kept(disk_.pending_names().size(), all);
  for (const std::uint32_t g : name_groups_) {
    const GroupFate fate = groups_[g].fate(choice[g]);
    for (std::uint32_t m = 0; m < fate.kept; ++m) kept[groups_[g].members[m].index] = true;
  }
  Names names = disk_.names();
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const NameChange& change = disk_.pending_names()[i];
    if (kept[i] || change.durable) names.apply(change);
  }
  return names;
}

CrashSpace::Namespace CrashSpace::make_namespace(const Choice& choice) {
  const Names names = this->names(choice);
  Namespace made;
  for (const std::string& path : names.directories) {
    if (!is_reachable(names, path)) continue;
    made.image.directories.insert(path);
    made.directories_hash += mix(~std::hash<std::string>()(path));  // not what an empty file of this name adds
  }
  for (const auto& [path, id] : names.files) {
    if (!is_reachable(names, path)) continue;
    const auto at = std::ranges::lower_bound(file_ids_, id);
    WB_ASSERT(at != file_ids_.end() && *at == id);
    FileSpace& file = *files_[static_cast<std::size_t>(at - file_ids_.begin())];
    made.visible.push_back({&file, std::hash<std::string>()(path), &made.image.files[path], 0});
  }
  return made;
}

CrashSpace::Namespace& CrashSpace::namespace_of(const Choice& choice) {
  std::uint64_t key = 0;
  for (const std::uint32_t g : name_groups_) key = mix(key ^ (choice[g] + 1));
  if (const auto known = namespaces_.find(key); known != namespaces_.end()) return known->second;
  constexpr std::size_t kMostKept = 256;
  if (namespaces_.size() == kMostKept) namespaces_.clear();
  return namespaces_.emplace(key, make_namespace(choice)).first->second;
}

std::uint64_t CrashSpace::hash(const Choice& choice) {
  const Namespace& names = namespace_of(choice);
  std::uint64_t hash = names.directories_hash;
  for (const Visible& file : names.visible) hash += mix(file.name_hash ^ file.file->hash(choice));
  return hash;
}

const Image& CrashSpace::image(const Choice& choice) {
  Namespace& names = namespace_of(choice);
  for (Visible& visible : names.visible) {
    const FileBytes& bytes = visible.file->bytes(choice);
    if (visible.version != visible.file->version()) *visible.bytes = bytes;
    visible.version = visible.file->version();
  }
  return names.image;
}

kv::Result<Image> apply(const CrashState& state, const Trace& trace, const DiskModel& model) {
  if (state.point.ops > trace.ops.size()) {
    return kv::fail(kv::ErrorCode::invalid_argument,
                    fmt::format("{}: the trace has only {} operations", to_text(state.point), trace.ops.size()));
  }
  DiskState disk(trace.initial, model);
  for (OpIndex op = 0; op < state.point.ops; ++op) disk.step(trace.ops[op]);
  if (state.point.bytes > 0) {
    const bool fits = state.point.ops < trace.ops.size() && trace.ops[state.point.ops].kind == OpKind::write &&
                      state.point.bytes < trace.ops[state.point.ops].length;
    if (!fits) {
      return kv::fail(kv::ErrorCode::invalid_argument,
                      fmt::format("{}: operation {} is no write of more bytes", to_text(state.point), state.point.ops));
    }
    disk.step(trace.ops[state.point.ops], state.point.bytes);
  }
  CrashSpace space(disk, state.point);
  const Choice choice = TRY(space.choice(state));
  return space.image(choice);
}

}  // namespace faultfs
