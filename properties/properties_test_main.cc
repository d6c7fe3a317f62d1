// The tests' main: a law that fails prints the line that repeats it.
#include <gmock/gmock.h>

#include "properties/law.h"

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  walbreaker::properties::print_repeat_lines(*argv);
  return RUN_ALL_TESTS();
}
