// Whole runs of the reference store for the laws: scripts that RapidCheck draws, shrinks and shows as the text of a
// case, the crash states of their traces, and what is kept of one that breaks a law.
#pragma once

#include <rapidcheck.h>

#include <functional>
#include <ostream>

#include "faultfs/disk_model.h"
#include "faultfs/enumerate.h"
#include "harness/found_case.h"
#include "harness/play.h"
#include "harness/reference_subject.h"
#include "harness/script.h"

namespace walbreaker {

std::ostream& operator<<(std::ostream& out, const Script& script);

}  // namespace walbreaker

namespace walbreaker::properties {

inline const ReferenceSubject kReference;

// Few keys, so that commands meet, and values that carry a stamp each; kills and closes between commands; one of the
// reference's ways to work.
[[nodiscard]] rc::Gen<Script> any_script();

// The same without restarts, for a store that is there: its values carry epoch 2.
[[nodiscard]] rc::Gen<Script> any_sequel(const Script& first);

// Draws one of the named models with sectors of a size.
[[nodiscard]] faultfs::DiskModel any_power_cut();

// A crash in a run, and what it leaves.
struct Cut {
  faultfs::CrashState state;
  faultfs::Image image;
};

// Crash states of a part of the trace, which is drawn: some dozen points, some dozen states each.
void for_some_cuts(const faultfs::Trace& trace, const faultfs::DiskModel& model,
                   const std::function<void(const Cut&)>& visit);

// Draws one crash state.
[[nodiscard]] Cut any_cut(const faultfs::Trace& trace, const faultfs::DiskModel& model);

// Plays a script, which is right as long as nothing crashes; fails the law where it is not.
[[nodiscard]] PlayedRun play_well(const Script& script, const faultfs::Image& image = {});

// Fails the law, with the case file of what `found` has put together.
void fail_with(FoundCase found, const Wrong& wrong, const std::string& where);

}  // namespace walbreaker::properties
