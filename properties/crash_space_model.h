// Small spaces of crash states for the laws: disk models and traces that RapidCheck generates, and all their images.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <set>

#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/enumerate.h"
#include "faultfs/trace.h"
#include "properties/disk_program.h"
#include "properties/naive_crash.h"

namespace walbreaker::properties {

// Draws, within a property, one of the named models with sectors of 1 to 8 bytes, and most often changes other fields.
faultfs::DiskModel any_small_model();

// As much of the trace as leaves no crash point with more states than this.
faultfs::Trace small_start(faultfs::Trace trace, const faultfs::DiskModel& model, double max_states);

// Draws, within a property, a crashing program, and takes as much of its trace.
faultfs::Trace any_small_trace(const faultfs::DiskModel& model, double max_states);

// No limits.
inline constexpr faultfs::Budget kEverything{
    .states_per_point = faultfs::kNoLimit, .cuts_per_write = faultfs::kNoLimit, .states_per_cut = faultfs::kNoLimit};

using ImagesByPoint = std::map<faultfs::CrashPoint, std::set<PlainDisk>>;

// What enumerate() lists. Fails the property where an image comes twice at a crash point.
ImagesByPoint images_of(const faultfs::Trace& trace, const faultfs::DiskModel& model,
                        const faultfs::Budget& budget = kEverything);

}  // namespace walbreaker::properties
