// What a subject may answer after damage to its files, by its promise on_damage.
//
// `full` is what the undamaged image recovers to, and `p` the contents after the commands whose log bytes all lie
// before the first harmed live byte. Under exact_prefix unreported `full` is legal for any harm; for harm to a log,
// reported `p` and a refusal are too; and beyond that
//
//   a store closed cleanly                          nothing
//   a store not closed: one record of the last log  unreported `p`, if only the last commit group goes
//   a store not closed: a cut of the last log       unreported `p` (a cut leaves what is before it whole, so no less)
//   a store not closed: the last log is gone, or    any unreported prefix from that log's base up to `full`
//     the harm spans records of it
//   the header of a log                             the number of commands before its first record stands for `p`
//   a snapshot                                      a refusal, and no report; never an older snapshot's contents
//   a file that a newer snapshot replaces, or one   as above, and none of its bytes is live: `p` is `full`
//     that was gone and comes back
//
// `detect` allows any reported prefix beside that, and a refusal; `prefix` any prefix, reported or not; `none` anything
// at all that does not contradict itself.
//
// Nothing here knows a file format: `p` comes from the record of who wrote which bytes. A byte is live in a log if it
// was written at all (a log may have room reserved after its end). The logs follow each other in the order of their
// first write, and the last one begun before the newest snapshot was is the first that counts. Of a file whose role is
// not known, exact_prefix is judged where all that is harmed was written by one command that writes data, and as
// `detect` elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "faultfs/file_bytes.h"
#include "faultfs/image.h"
#include "harness/oracle.h"
#include "harness/possible_contents.h"
#include "harness/scenario.h"

namespace walbreaker {

// The place that was harmed. Cases of one place in one kind of file have one cause, if they fail.
enum class Place {
  snapshot,    // any byte of a snapshot
  header,      // bytes of a log that no command that writes data wrote, before the first of those that one did
  record,      // bytes that such a command wrote to a log
  last_group,  // the same, in the commit group that ends the last log
  end,         // bytes of a log that no such command wrote, after the last of those: the mark of a close
  unwritten,   // bytes of a log that nobody wrote
  obsolete,    // any byte of a file that a newer snapshot replaces, or that comes back
  unknown,     // any byte of a file whose role is not known
};

// The enumerator's name: "last_group".
[[nodiscard]] std::string_view to_string(Place place);

// What a damage changed.
struct HarmedBytes {
  std::string file;
  faultfs::ByteRange bytes;  // no byte outside is another one; up to the end of the longer one where the size changed
  bool cut = false;          // the file is shorter, and what is left of it is as it was
  bool gone = false;         // the file

  // Of a case in which nothing but this file was harmed. Nothing where no byte is another one.
  static std::optional<HarmedBytes> between(const faultfs::Image& before, const faultfs::Image& after,
                                            const std::string& file);
};

struct Harm {
  Place place;
  Allowed allowed;
  bool cut = false;
};

[[nodiscard]] Harm harm_of(const Scenario& scenario, const HarmedBytes& harmed);

// Judges what a damaged store shows. A store that refuses to be read has reported its damage, where it may: what it
// does serve has to agree with contents that are allowed.
[[nodiscard]] Judgement judge_damage(const PossibleContents& possible, const Allowed& allowed,
                                     const Observation& observation);

// What came of a case, for the report's counts.
enum class DamageOutcome {
  full,                // everything is there, and nothing was reported
  full_reported,       // everything is there, and damage was reported
  prefix_reported,     // exactly what lies before the harm is there, and damage was reported
  last_group_dropped,  // the last commit group is gone, unreported, as a torn write would have taken it
  cut_dropped,         // what the cut took is gone, unreported, as a crash would have taken it
  prefix_dropped,      // some of what was harmed is gone, unreported, as the promise allows
  refused,             // the store did not open, or refused to be read
  lost_silently,       // a violation: silent_loss
  wrong,               // any other violation
};

inline constexpr std::array kDamageOutcomes{
    DamageOutcome::full,        DamageOutcome::full_reported,      DamageOutcome::prefix_reported,
    DamageOutcome::cut_dropped, DamageOutcome::last_group_dropped, DamageOutcome::prefix_dropped,
    DamageOutcome::refused,     DamageOutcome::lost_silently,      DamageOutcome::wrong};

// The enumerator's name: "prefix_reported".
[[nodiscard]] std::string_view to_string(DamageOutcome outcome);

[[nodiscard]] DamageOutcome outcome_of(const Scenario& scenario, const Harm& harm, Answer answer,
                                       const Judgement& judgement);

}  // namespace walbreaker
