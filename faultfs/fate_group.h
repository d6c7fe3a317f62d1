// Groups of pending operations whose fates depend on each other, and on nothing else.
//
// The pieces of one sector are such a group: a sector is written as the page cache holds it at one moment, so a prefix
// of them survives. So are the writes that make a file grow, where its size covers only what is on the disk; and all
// the changes of names, where one journal takes them in order. A truncation, or a change of names where each is on its
// own, is a group of one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "faultfs/crash_state.h"
#include "faultfs/disk_state.h"

namespace faultfs {

// One pending piece of a file, or one pending change of names.
struct Member {
  OpIndex op = 0;
  std::uint32_t part = 0;   // Piece::part
  std::uint32_t file = 0;   // the place of the file in DiskState::files(); kNames for a change of names
  std::uint32_t index = 0;  // its place among what is pending of that file, or among the changes of names

  bool operator==(const Member&) const = default;
};

inline constexpr std::uint32_t kNames = ~std::uint32_t{0};

// The fates of a group: so many of its members are kept, those after them up to `filled` have the fate `fill`, and the
// others are dropped.
struct GroupFate {
  std::uint32_t kept = 0;
  std::uint32_t filled = 0;
  PieceFate fill = PieceFate::dropped;

  [[nodiscard]] PieceFate of(std::uint32_t member) const {
    if (member < kept) return PieceFate::kept;
    return member < filled ? fill : PieceFate::dropped;
  }
  bool operator==(const GroupFate&) const = default;
};

// What may become of a group is a list of alternatives: with n members, alternative i <= n keeps the first i of them,
// and those above n are the rarer fates that the flags allow.
struct FateGroup {
  std::vector<Member> members;  // in the order of the trace
  bool zeros = false;           // after those kept, the size of some more may survive without their bytes
  bool garbage = false;         // where none is kept, the bytes of the first ones may be garbage ...
  bool stale = false;           // ... or a deleted file's
  bool harmed = false;          // the first one not kept, where it is a write, may turn its sector to garbage
  bool certain = false;         // only the alternative that keeps all of it is a state of this crash point

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(members.size()); }
  // Those that are states of this crash point begin with `first`, and there are so many of them.
  [[nodiscard]] std::uint32_t first() const { return certain ? size() : 0; }
  [[nodiscard]] std::uint32_t alternatives() const;
  [[nodiscard]] GroupFate fate(std::uint32_t alternative) const;

  // The inverse; nothing where the group allows no such fate.
  [[nodiscard]] std::optional<std::uint32_t> alternative(const GroupFate& fate) const;
};

// The groups of everything that is pending, under the model of `disk`. Empty where nothing is left to choose.
[[nodiscard]] std::vector<FateGroup> group_pending(const DiskState& disk);

// The sectors of a file that have pending writes, each with those writes in order; they are numbers of pieces.
// What was written to a sector before it was cut off, whole, is a sector of its own here.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> pending_sectors(const FileState& file,
                                                                      std::uint32_t sector_bytes);

}  // namespace faultfs
