// Laws: properties that RapidCheck checks, as GoogleTests. A law takes its own share of the cases that RC_PARAMS asks
// for, so that cheap ones and dear ones stand side by side, and a night can multiply them all.
//
//   TEST(Log, YieldsAPrefixOfItsRecordsWhereverItIsCut) {
//     check_law(50, [] {                          // 50 cases in ctest, 500 under RC_PARAMS="max_success=1000"
//       const kv::SampleLog log = any_log();
//       RC_ASSERT(...);
//     });
//   }
//
// A failure prints the smallest counterexample, and the line that repeats it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "harness/violation.h"

namespace walbreaker::properties {

// Checks the law of the GoogleTest that is running, and fails the test where it does not hold, or where too many cases
// were discarded. `percent`: of RC_PARAMS' max_success, which is 100.
void check_law(int percent, const std::function<void()>& law);

// The line that runs one test again with the same cases: RC_PARAMS="seed=1 ..." PROGRAM --gtest_filter=Suite.Name
[[nodiscard]] std::string repeat_line(std::string_view program, std::string_view test);

// Prints that line behind each test that fails.
void print_repeat_lines(std::string program);

// Fails the case with a violation of a whole run of a store, and writes its case file: the last one written is that of
// the smallest counterexample. Lies in the folder that $WALBREAKER_OUT names, or below GoogleTest's temporary one.
void fail_with_case(const Violation& violation);

}  // namespace walbreaker::properties
