// Violations: the ways in which a subject can be wrong. One table names them, in code, flags, files and reports.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "faultfs/image.h"

namespace walbreaker {

enum class ViolationKind {
  baseline,
  lost_ack,
  torn_batch,
  hole,
  resurrected_key,
  phantom_value,
  wrong_value,
  silent_loss,
  false_damage,
  unrecoverable,
  unstable_recovery,
  lost_after_recovery,
  wrong_result,
  double_open,
  changed_read_only,
  died,
  hung,
};

struct ViolationInfo {
  ViolationKind kind;
  std::string_view name;  // the enumerator's
  std::string_view meaning;
};

inline constexpr std::array<ViolationInfo, 17> kViolations{{
    {ViolationKind::baseline, "baseline", "wrong with no fault at all"},
    {ViolationKind::lost_ack, "lost_ack", "commands that had to survive are gone"},
    {ViolationKind::torn_batch, "torn_batch", "a part of a batch happened, and a part did not"},
    {ViolationKind::hole, "hole", "a later command is there, an earlier one is not"},
    {ViolationKind::resurrected_key, "resurrected_key", "a key or value came back that was deleted or overwritten"},
    {ViolationKind::phantom_value, "phantom_value", "a key that no command ever wrote"},
    {ViolationKind::wrong_value, "wrong_value", "a value that no command ever wrote to its key"},
    {ViolationKind::silent_loss, "silent_loss", "damage took acked commands, and nothing was reported"},
    {ViolationKind::false_damage, "false_damage", "damage reported where nothing, or not so much, is gone"},
    {ViolationKind::unrecoverable, "unrecoverable", "the store does not open, or not be read, where it has to"},
    {ViolationKind::unstable_recovery, "unstable_recovery", "opened again, the store answers otherwise"},
    {ViolationKind::lost_after_recovery, "lost_after_recovery",
     "what a recovery served, or what was acked after it, is gone"},
    {ViolationKind::wrong_result, "wrong_result", "an answer contradicts the contents"},
    {ViolationKind::double_open, "double_open", "a second opener was let in while the first one had the store open"},
    {ViolationKind::changed_read_only, "changed_read_only", "a read-only open changed the disk"},
    {ViolationKind::died, "died", "the subject's process died of a signal that nobody sent"},
    {ViolationKind::hung, "hung", "the subject's process gave no answer in time"},
}};

[[nodiscard]] const ViolationInfo& info(ViolationKind kind);

// A wrong answer: its kind, and in words what was expected and what came.
struct Wrong {
  ViolationKind kind;
  std::string text;
};

// A wrong answer where it was met. Two of one campaign, kind and `where` have the same cause, as far as one can tell.
struct Violation {
  ViolationKind kind;
  std::string where;    // the scenario or phase, and the place of the harm: "mid_flight: a record of wal-2.log"
  std::string summary;  // everything a person needs to know, in plain words, on several lines
  std::uint64_t case_index = 0;  // in the campaign's order
  faultfs::Image image;          // what the subject was given to recover from
};

}  // namespace walbreaker
