#include "harness/case_commands.h"

#include <fmt/format.h>

#include <cstdio>

namespace walbreaker {

namespace {

int not_available(const char* command) {
  fmt::print(stderr, "walbreaker: {} is not available\n", command);
  return 3;
}

}  // namespace

int replay(const ReplayArguments&) { return not_available("replay"); }
int shrink(const ShrinkArguments&) { return not_available("shrink"); }
int explain(const ExplainArguments&) { return not_available("explain"); }

}  // namespace walbreaker
