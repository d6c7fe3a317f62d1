// What a subject may answer after damage to its files, under the promise exact_prefix.
//
// `full` is what the undamaged image recovers to, and `p` the contents after the commands whose log bytes all lie
// before the first harmed live byte. Unreported `full` is legal for any harm; for harm to a log, reported `p` and a
// refusal are too; and beyond that
//
//   a store closed cleanly                          nothing
//   a store not closed: one record of the last log  unreported `p`, if only the last commit group goes
//   a store not closed: a cut of the last log       unreported `p` (a cut leaves what is before it whole, so no less)
//   the header of a log                             the number of commands before its first record stands for `p`
//   a snapshot                                      a refusal, and no report; never an older snapshot's contents
//   a file that a newer snapshot replaces           as above, and none of its bytes is live: `p` is `full`
//   a file of unknown role                          the same
//
// Nothing here knows a file format: `p` comes from the record of who wrote which bytes. A byte is live in a log if it
// was written at all (a log may have room reserved after its end). The logs follow each other in the order of their
// first write, and the last one begun before the newest snapshot was is the first that counts.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "faultfs/damage.h"
#include "harness/oracle.h"
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
  obsolete,    // any byte of a file that a newer snapshot replaces
  unknown,     // any byte of a file whose role is not known
};

// The enumerator's name: "last_group".
[[nodiscard]] std::string_view to_string(Place place);

struct Harm {
  Place place;
  Allowed allowed;
};

// The damage is a truncate or a flip, of a file of scenario.files, and in it.
[[nodiscard]] Harm harm_of(const Scenario& scenario, const faultfs::Damage& damage);

// What came of a case, for the report's counts.
enum class Outcome {
  full,                // everything is there, and nothing was reported
  full_reported,       // everything is there, and damage was reported
  prefix_reported,     // exactly what lies before the harm is there, and damage was reported
  last_group_dropped,  // the last commit group is gone, unreported, as a torn write would have taken it
  cut_dropped,         // what the cut took is gone, unreported, as a crash would have taken it
  refused,             // the store did not open
  lost_silently,       // a violation: silent_loss
  wrong,               // any other violation
};

inline constexpr std::array kOutcomes{Outcome::full,
                                      Outcome::full_reported,
                                      Outcome::prefix_reported,
                                      Outcome::cut_dropped,
                                      Outcome::last_group_dropped,
                                      Outcome::refused,
                                      Outcome::lost_silently,
                                      Outcome::wrong};

// The enumerator's name: "prefix_reported".
[[nodiscard]] std::string_view to_string(Outcome outcome);

[[nodiscard]] Outcome outcome_of(const Scenario& scenario, const faultfs::Damage& damage, Answer answer,
                                 const Judgement& judgement);

}  // namespace walbreaker
