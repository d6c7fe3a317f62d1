// Cases: everything that it takes to come to one verdict again, as a value that a person can read and edit.
//
// A case is a chain of stages. Each plays a script on the disk that the one before left, and then harms that disk: the
// power is cut (or the process killed, which is a crash under a model where all survives), or the files are damaged.
// After the last stage the store is opened once more, read and judged (run_case.h).
//
// The text of a case, line by line. Lines that are empty or begin with # say nothing. Keys, values and paths stand in
// double quotes, with \xHH for bytes that do not print. What is not said keeps its default.
//
//   walbreaker case 1                          the format
//   subject reference                          who it was found with; or: plugin NAME-OR-PATH, driver COMMAND
//   campaign power                             which campaign found it
//   expect lost_ack                            a kind of violation, or pass
//   where posix: in put                        the place, in the campaign's words
//   promise power=on_ack                       a term of the promise that it is judged by; a line for each
//   set compact_after_operations=0             a setting that the store is opened with; a line for each
//   directory "db"                             what the disk holds before the first stage, directories first:
//   file "db/wal-1.log" 6f6c64+00*4096         bytes in hex, where 00*4096 is a run
//
//   stage                                      and for each stage:
//   epoch 1                                    the number that its values carry
//   entropy 1234                               seeds what the store draws at random
//   live_fault sync_error sync at 2 once after... of *     a fault of the disk (faultfs/fault_plan.h)
//   failed_sync reverted                       what a failed sync leaves on that disk (faultfs/disk_model.h)
//   put "k" "v"                                the commands, from 0 on
//   del "k"
//   batch put "k" "v" del "k"
//   sync
//   compact
//   kill, close                                the process ends here, and another one opens the store
//   fault write_error rename at 0 for_ever after 0 of *    a fault while the next command is carried out
//   closed                                     the store is closed in the end
//   model posix sector_bytes=512               a crash: the disk model that it is played under,
//   crash after command 0 write 0 of log       the last operation that was done (harness/anchor.h); or, with its
//   crash in command 0 write 0 of log at 100   first bytes alone; or: crash at_start
//   fate command 0 write 0 of log: torn kd     what became of an operation that was pending; others are dropped
//   digest 1a2b3c4d                            of the run that it was found in: where it differs, the run is another
//
// A stage whose files are damaged is a scenario (harness/scenario.h), and the only one of its case:
//
//   scenario mid_flight                        how the script is played
//   damage flip bit 32800 of "wal-2.log"       harm to the files, relative to the store's directory; with none, the
//                                              scenario itself goes wrong
//
// A stage whose commands were carried out elsewhere, by a real process, says what came of it; the disk is then the one
// given above:
//
//   found 12                                   so many of the commands were acked
//   base "k" "v"                               what the store had held before; a line for each
//
// Errors of a text name the line, and what was expected there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "faultfs/damage.h"
#include "faultfs/disk_model.h"
#include "faultfs/image.h"
#include "harness/anchor.h"
#include "harness/scenario.h"
#include "harness/script.h"
#include "harness/violation.h"

namespace walbreaker {

struct StageCrash {
  faultfs::DiskModel model;
  AnchoredCrash at;
  bool operator==(const StageCrash&) const = default;
};

// The commands of a stage were carried out elsewhere.
struct Found {
  std::size_t acked = 0;
  Contents base;
  bool operator==(const Found&) const = default;
};

struct Stage {
  Script script;  // its settings are the case's
  std::optional<StageCrash> crash;
  std::optional<ScenarioKind> scenario;
  std::optional<faultfs::Damage> damage;  // where there is a scenario
  std::optional<Found> found;
  std::optional<std::uint32_t> digest;
};

struct Case {
  SubjectName subject;
  std::string campaign;
  std::optional<ViolationKind> expected;  // nothing: it passes
  std::string where;
  std::vector<PromiseTerm> promise;
  Settings settings;
  faultfs::Image image;
  std::vector<Stage> stages;
  std::string comment;  // lines to stand first, as comments; not read back
};

// A case's text, and back: parse_case(to_text(c)) gives the same text again, but for the comment.
[[nodiscard]] std::string to_text(const Case& c);
kv::Result<Case> parse_case(std::string_view text);

// Of a trace's operations and marks.
[[nodiscard]] std::uint32_t digest_of(const faultfs::Trace& trace);

// The text of a case, with another expectation; what is no case stays as it is.
[[nodiscard]] std::string with_expected(std::string text, ViolationKind kind);

}  // namespace walbreaker
