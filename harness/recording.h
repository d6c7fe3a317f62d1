// Recordings: a subject's run on the simulated disk, with everything that a crash at any moment of it is judged by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/trace.h"
#include "harness/oracle.h"
#include "harness/script.h"
#include "harness/subject.h"
#include "harness/timeline.h"
#include "harness/violation.h"

namespace walbreaker {

// What an acked command survives a power cut by.
enum class PowerPromise {
  on_ack,   // by its ack
  on_sync,  // by that of a later sync, compact or close
  never,    // by nothing
};

struct Recording {
  faultfs::Trace trace;
  Timeline timeline;  // all commands acked; its base is what the first open served
  Settings settings;

  // How many operations had been done when the first open answered.
  [[nodiscard]] faultfs::OpIndex first_opened_at() const;
};

// The directory of the store, on the disk of the trace; the subject makes it.
inline constexpr const char* kRecordingDirectory = "db";

// Plays a script on a disk that holds `image`; every command must be answered ok, and in the end the store must show
// all of them. The store is not closed in the end. The trace has marks for every command, every open and close that
// answered, and every kill.
// Errors: the subject answers wrongly with no fault at all (kind baseline).
std::expected<Recording, Wrong> record(const Subject& subject, const Script& script, const faultfs::Image& image = {});

// What an open may answer after a crash: any prefix from the commands that must be durable there up to those issued,
// and no report of damage. What a read-write open has once served is durable.
[[nodiscard]] Allowed allowed_after_crash(const Recording& recording, const faultfs::CrashPoint& point,
                                          faultfs::Survival survival, PowerPromise promise);

// Opens the store that a crash left, and reads all of it. `epoch`, `settings`: of the run before.
[[nodiscard]] Observation observe_after_crash(const Subject& subject, const Settings& settings, std::uint64_t epoch,
                                              const faultfs::Image& image);

enum class Opinions { oracle, oracle_and_second };

// The same, and judges what came: by the oracle, and where that finds nothing, by the subject's second opinion.
[[nodiscard]] Judgement judge_crash(const Subject& subject, const Recording& recording, const Allowed& allowed,
                                    const faultfs::Image& image, Opinions opinions = Opinions::oracle_and_second);

}  // namespace walbreaker
