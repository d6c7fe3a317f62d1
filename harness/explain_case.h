// Tells what a case is, for a person: what was asked and answered, what became of each pending operation, what lies on
// the disk byte by byte, what the recovery made of it, and which missing sync would cure it.
#pragma once

#include <string>

#include "harness/case.h"
#include "harness/subject.h"

namespace walbreaker {

// Runs the case, and tells it. Several screens; nothing in it depends on the terminal.
[[nodiscard]] std::string explain_case(const Subject& subject, const Case& c);

}  // namespace walbreaker
