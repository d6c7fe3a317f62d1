// Programs for power cuts: what a subject is made to do before and after them, drawn from a seed.
#pragma once

#include "faultfs/disk_model.h"
#include "harness/random.h"
#include "harness/script.h"
#include "harness/subject.h"

namespace walbreaker {

// So many commands, of the sorts, keys and values that the subject takes, in weights that are drawn too.
[[nodiscard]] std::vector<Command> draw_commands(const Subject& subject, const Settings& settings, Random& random,
                                                 std::uint64_t epoch, std::uint64_t count);

// A few commands, some kills and closes between them, and one of the subject's ways to work.
[[nodiscard]] Script draw_script(const Subject& subject, Random random);

// Commands for a store that a crash has left. Their values carry another epoch than those of `first`.
[[nodiscard]] Script draw_sequel(const Subject& subject, const Script& first, Random random);

// One of the models that a power cut is played under: the one that allows most is drawn most often.
[[nodiscard]] faultfs::DiskModel draw_model(Random random);

}  // namespace walbreaker
