// All crash states of one crash point, as the product of choices that do not depend on each other.
//
// Everything that is pending falls into groups (fate_group.h). A crash state is one alternative for each group, and the
// number of states is the product of theirs.
//
// The hash of a state is put together from hashes of sectors that are computed once, so that two states that give the
// same bytes are recognised before either of them is made. It serves within one CrashSpace only.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/result.h"
#include "faultfs/crash_state.h"
#include "faultfs/disk_state.h"
#include "faultfs/fate_group.h"
#include "faultfs/file_space.h"
#include "faultfs/image.h"

namespace faultfs {

// Some members that follow each other in the order of the trace.
struct MemberRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class CrashSpace {
 public:
  // The states of the moment that `disk` has come to; its last operation was a write cut short where `point.bytes` is
  // not 0, and then only those states count in which the last piece of it is kept: the others are states of other
  // points. The disk outlives this, and does not change.
  CrashSpace(DiskState& disk, const CrashPoint& point);
  CrashSpace(const CrashSpace&) = delete;
  CrashSpace& operator=(const CrashSpace&) = delete;
  ~CrashSpace() = default;

  [[nodiscard]] const std::vector<FateGroup>& groups() const { return groups_; }

  // How many choices there are; inexact above 2^53. All of them are states but at a write that was cut short, where a
  // choice that drops what this write stands on is none.
  [[nodiscard]] double states() const;

  [[nodiscard]] bool is_state(const Choice& choice) const;

  // Everything kept, and everything dropped that can be. Both are states.
  [[nodiscard]] Choice all_kept() const;
  [[nodiscard]] Choice all_dropped() const;

  // How many members the groups have, and the state that keeps the first n of them, in the order of the trace, and
  // drops the others.
  [[nodiscard]] std::size_t members() const { return by_time_.size(); }
  [[nodiscard]] Choice first_kept(std::size_t n) const;

  // Makes the choice keep a member too, and with it the ones of its group that come before it.
  void keep(Choice& choice, std::size_t member) const;

  [[nodiscard]] std::vector<MemberRange> writes_of_several_sectors() const;

  [[nodiscard]] CrashState state(const Choice& choice) const;

  // Errors: invalid_argument, as for apply in crash_state.h.
  kv::Result<Choice> choice(const CrashState& state) const;

  // Equal for two choices that give equal images, and but for a chance in 2^64 for no others.
  [[nodiscard]] std::uint64_t hash(const Choice& choice);

  // The disk. The reference is good until the next call.
  const Image& image(const Choice& choice);

 private:
  struct Visible {
    FileSpace* file;
    std::uint64_t name_hash;
    FileBytes* bytes;       // in the image
    std::uint64_t version;  // of the FileSpace, when it made them
  };
  // What the changes of names come to, for one choice among them.
  struct Namespace {
    Image image;
    std::vector<Visible> visible;
    std::uint64_t directories_hash = 0;
  };
  struct Timed {
    Member member;
    std::uint32_t group;
    std::uint32_t place;  // in the group
  };

  void keep_last_piece();
  [[nodiscard]] std::string letters(const Choice& choice) const;
  [[nodiscard]] kv::Result<std::string> letters_of(const CrashState& state) const;
  [[nodiscard]] Names names(const Choice& choice) const;
  [[nodiscard]] Namespace make_namespace(const Choice& choice);
  [[nodiscard]] Namespace& namespace_of(const Choice& choice);

  DiskState& disk_;
  CrashPoint point_;
  std::vector<FateGroup> groups_;
  std::vector<Timed> by_time_;
  std::vector<FileId> file_ids_;  // in the order of disk_.files()
  std::vector<std::unique_ptr<FileSpace>> files_;
  std::vector<std::uint32_t> name_groups_;  // those of changes of names
  const FileSpace* cut_file_ = nullptr;     // with the piece that every state keeps, its last one
  Choice all_dropped_;

  std::unordered_map<std::uint64_t, Namespace> namespaces_;  // by a hash of the choice among name_groups_
};

}  // namespace faultfs
