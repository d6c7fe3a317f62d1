// What `walbreaker` does with cases: replay, shrink, explain. Each prints its answer and returns the exit code.
#pragma once

#include "harness/command_line.h"

namespace walbreaker {

int replay(const ReplayArguments& arguments);
int shrink(const ShrinkArguments& arguments);
int explain(const ExplainArguments& arguments);

}  // namespace walbreaker
