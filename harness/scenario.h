// Scenarios: stores in the states that damage is done to, with the history that made them and who wrote which byte.
//
// A scenario is a script that is played once, by the subject itself on a disk in memory; every case damages a copy of
// its image. The script is drawn from the model alone. It is all it takes to make the scenario again, with the kind:
//
//   Script script = draw_scenario_script(ScenarioKind::mid_flight, subject, seed, kSmallScenario);
//   auto scenario = play_scenario(ScenarioKind::mid_flight, subject, script);
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/image.h"
#include "faultfs/trace.h"
#include "harness/promise.h"
#include "harness/script.h"
#include "harness/subject.h"
#include "harness/timeline.h"
#include "harness/violation.h"

namespace walbreaker {

enum class ScenarioKind {
  fresh,
  closed,
  mid_flight,
  two_generations,
  sync_on_request,
  obsolete_snapshot,
  ten_generations,
  three_logs,
  equal_records,
  power_cut,
  discarded_tail,
};

struct ScenarioInfo {
  ScenarioKind kind;
  std::string_view name;  // the enumerator's
  std::string_view meaning;
};

inline constexpr std::array<ScenarioInfo, 11> kScenarios{{
    {ScenarioKind::fresh, "fresh", "a store just made, with nothing in it; not closed"},
    {ScenarioKind::closed, "closed", "a store closed cleanly"},
    {ScenarioKind::mid_flight, "mid_flight",
     "stopped without a close: a snapshot and a long log, one commit a record, one of them large"},
    {ScenarioKind::two_generations, "two_generations",
     "stopped without a close after a compaction whose rename failed: two logs live, one following the other"},
    {ScenarioKind::sync_on_request, "sync_on_request",
     "stopped without a close, synced on request: several records in a commit group, the last group not synced"},
    {ScenarioKind::obsolete_snapshot, "obsolete_snapshot",
     "stopped without a close after a compaction that could not remove the snapshot before its own"},
    {ScenarioKind::ten_generations, "ten_generations",
     "stopped without a close after eight compactions and reopenings, and a ninth one whose rename failed: names of "
     "one "
     "digit and of two"},
    {ScenarioKind::three_logs, "three_logs",
     "stopped without a close after two compactions whose renames failed: three logs live, each following another"},
    {ScenarioKind::equal_records, "equal_records",
     "stopped without a close, all keys and all values of one size: records line up"},
    {ScenarioKind::power_cut, "power_cut",
     "as mid_flight, and then a power cut tore the last write of the last command"},
    {ScenarioKind::discarded_tail, "discarded_tail",
     "stopped without a close, after a power cut that took the commands that were not synced, and others that came in "
     "their place; the older moment is in front of the cut, with what was taken"},
}};

[[nodiscard]] std::string_view to_string(ScenarioKind kind);

// Whether the subject may be brought there: those about a compaction are for subjects that compact.
[[nodiscard]] bool suits(ScenarioKind kind, const Subject& subject);

// How much a scenario holds, in bytes of keys and values; its files are larger by headers and checksums.
struct ScenarioSize {
  std::uint64_t snapshot_bytes;
  std::uint64_t log_bytes;  // two_generations: in each of its logs half as much
};

// Two files of some 8 KiB each.
inline constexpr ScenarioSize kSmallScenario{.snapshot_bytes = 4 << 10, .log_bytes = 4 << 10};
// At least 64 KiB of snapshot, and of log.
inline constexpr ScenarioSize kLargeScenario{.snapshot_bytes = 64 << 10, .log_bytes = 64 << 10};

// Who issued an operation: odd for a command, even for an open or a close. Halved, either is the number of commands
// before it.
using Tag = std::uint64_t;
[[nodiscard]] constexpr Tag tag_of_command(std::size_t index) { return 2 * index + 1; }
[[nodiscard]] constexpr Tag tag_after_commands(std::size_t count) { return 2 * count; }
[[nodiscard]] constexpr bool is_of_command(Tag tag) { return tag % 2 == 1; }
[[nodiscard]] constexpr std::size_t commands_before(Tag tag) { return tag / 2; }

// One write or sync of one file.
struct RecordedOp {
  faultfs::OpKind kind;
  faultfs::OpIndex index = 0;  // in the scenario's trace
  std::uint64_t offset = 0;    // in bytes, of a write
  std::uint64_t length = 0;    // in bytes, of a write
  Tag tag = 0;

  [[nodiscard]] std::uint64_t end() const { return offset + length; }
  bool operator==(const RecordedOp&) const = default;
};

// A file that may be harmed.
struct ScenarioFile {
  std::string name;
  FileRole role;  // log or snapshot, or unknown
  std::uint64_t size = 0;
  std::vector<RecordedOp> recorded;  // who wrote it, and when it was synced
};

struct Scenario {
  ScenarioKind kind;
  bool closed = false;
  faultfs::Image image;             // the store lies in the root
  std::vector<ScenarioFile> files;  // in the order of their names
  Timeline timeline;                // all commands acked, and recovered from the image
  Promise promise{};                // what the subject promises under the script's settings
  Script script{};
  faultfs::Image older{};  // the disk of an older moment, in front of command older_moment(script)
};

// The command before which Scenario::older is taken: three quarters of them come before it.
[[nodiscard]] std::size_t older_moment(const Script& script);

// The directory of the store in a scenario's image.
inline constexpr const char* kScenarioDirectory = "/";

// What the subject is opened with, in every case: it compacts when it is told to and at no other time, so that the
// bytes that a command wrote to a log are those of its own record.
[[nodiscard]] Settings scenario_settings(ScenarioKind kind);

// What the subject is made to do, drawn from its capabilities and its promise. Commands under faults (of renames, of
// the unlinks of snapshots) are compactions.
[[nodiscard]] Script draw_scenario_script(ScenarioKind kind, const Subject& subject, std::uint64_t seed,
                                          const ScenarioSize& size);

// Why there is no scenario.
struct NoScenario : Wrong {
  bool does_not_suit = false;  // the subject did nothing wrong, but other than the scenario supposes: `text` tells
};

// Errors: the subject answers wrongly with no fault at all (kind baseline); or it does not suit, since a compaction
// succeeds though no file can be renamed, say.
std::expected<Scenario, NoScenario> play_scenario(ScenarioKind kind, const Subject& subject, Script script);

// Draws the script, and plays it.
std::expected<Scenario, NoScenario> make_scenario(ScenarioKind kind, const Subject& subject, std::uint64_t seed,
                                                  const ScenarioSize& size);

}  // namespace walbreaker
