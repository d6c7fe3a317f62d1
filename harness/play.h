// Plays a script: a subject does it on the simulated disk, and everything that it answers is judged at once.
//
//   const PlayedRun run = play(subject, script);
//   if (run.mistake) ...                                        // it answered wrongly while it lived
//   const Standing standing = standing_at(run, script.commands, ops, survival, promise);
//   run.stretches[standing.stretch].judge(observation, standing.allowed);  // what a crash after so many operations
//   left
//
// The trace has marks for every command issued and answered, every open and close that answered, and every kill.
//
// While it plays, the run is judged by what the living see:
// - An error is an answer only where a fault makes one: a live fault in the process in which it fired, a fault of the
//   script's during its command. Elsewhere, and under short reads and writes, which are no errors, all must be ok.
// - After each error all of the store is read. What failed must not show, if the subject promises that.
// - Each open that answers must serve contents that are possible, and report no damage.
// What a crash may leave is told by standing_at().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faultfs/trace.h"
#include "harness/possible_contents.h"
#include "harness/promise.h"
#include "harness/script.h"

namespace walbreaker {

// The directory of the store, on the disk of the trace; the subject makes it.
inline constexpr const char* kStoreDirectory = "db";

// Whether a fault of this kind is an error to the application. Short calls are none.
[[nodiscard]] bool is_error(faultfs::FaultKind kind);

// When a live fault fired first.
struct Firing {
  std::string during;                  // "put", "an open", "a close"
  std::optional<std::size_t> command;  // its index, where it was one
  faultfs::OpIndex step_begin = 0;     // the operations before that
  faultfs::OpIndex process_end = 0;    // the operations done when the process ended, and with it the fault
};

// A wrong answer of the living.
struct Mistake {
  Wrong wrong;
  std::string phase;     // "live", "opened again"
  faultfs::Image image;  // what the open found, or what was there
};

struct PlayedRun {
  faultfs::Trace trace;
  faultfs::Image image;  // the page cache in the end
  // What a crash is judged by: before the first open that answered, and from each open that settled what is there to
  // the next. The first one knows only a disk with nothing on it: what a store that was there before may show is the
  // caller's to say.
  std::vector<PossibleContents> stretches;
  std::optional<Listing> first_served;  // what the first open that answered showed
  std::vector<std::string> failures;    // every error that was answered, in words
  std::uint64_t failed_opens = 0;
  std::uint64_t reads_answered = 0;  // whole scans by a process in which the fault had fired
  std::uint64_t reads_refused = 0;   // with an error: allowed, as nothing false is served; but a store can do better
  std::optional<Firing> firing;
  std::uint64_t fired = 0;
  std::array<std::uint64_t, faultfs::kOpKinds.size()> operations{};  // how many were called, by kind
  std::optional<Mistake> mistake;                                    // ends the run

  // How many operations had been done when the first open answered; all of them where none did.
  [[nodiscard]] faultfs::OpIndex first_opened_at() const;
};

// Plays a script on a disk that holds `image`.
[[nodiscard]] PlayedRun play(const Subject& subject, const Script& script, const faultfs::Image& image = {});

// What a crash after some operations is judged by: a stretch of the run, and of its commands the prefixes allowed.
struct Standing {
  std::size_t stretch = 0;
  PrefixRange allowed;
};

// `ops` operations were done, and more of the trace does not count. `commands` are those of the script. One for each
// stretch until then, as it stood when the next one began, and the last as it stands.
[[nodiscard]] std::vector<Standing> standings_at(const faultfs::Trace& trace, const std::vector<Command>& commands,
                                                 faultfs::OpIndex ops, faultfs::Survival survival,
                                                 const Promise& promise);

// The last of them.
[[nodiscard]] Standing standing_at(const faultfs::Trace& trace, const std::vector<Command>& commands,
                                   faultfs::OpIndex ops, faultfs::Survival survival, const Promise& promise);

// Opens the store that a crash left to read and write, and reads all of it. `epoch`: of the run before.
[[nodiscard]] Observation observe_after_crash(const Subject& subject, const Settings& settings, std::uint64_t epoch,
                                              const faultfs::Image& image);

}  // namespace walbreaker
