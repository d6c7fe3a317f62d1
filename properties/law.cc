#include "properties/law.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <utility>

#include "harness/failure.h"

namespace walbreaker::properties {
namespace {

std::string name_of(const testing::TestInfo& test) { return fmt::format("{}.{}", test.test_suite_name(), test.name()); }

class RepeatLines final : public testing::EmptyTestEventListener {
 public:
  explicit RepeatLines(std::string program) : program_(std::move(program)) {}

 private:
  void OnTestEnd(const testing::TestInfo& test) override {
    if (test.result()->Failed()) std::cout << "To repeat it: " << repeat_line(program_, name_of(test)) << std::endl;
  }

  std::string program_;
};

std::string out_folder() {
  const char* named = std::getenv("WALBREAKER_OUT");
  return named != nullptr ? named : testing::TempDir() + "walbreaker_properties";
}

}  // namespace

void check_law(int percent, const std::function<void()>& law) {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  const rc::detail::TestMetadata metadata{name_of(test), test.name()};
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = std::max(1, params.maxSuccess * percent / 100);
  const auto result = rc::detail::checkTestable(law, metadata, params);
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  if (!result.template is<rc::detail::SuccessResult>()) FAIL() << text.str();
}

std::string repeat_line(std::string_view program, std::string_view test) {
  const rc::detail::TestParams& params = rc::detail::configuration().testParams;
  return fmt::format("RC_PARAMS=\"seed={} max_success={} max_size={}\" {} --gtest_filter={}", params.seed,
                     params.maxSuccess, params.maxSize, program, test);
}

void print_repeat_lines(std::string program) {
  testing::UnitTest::GetInstance()->listeners().Append(new RepeatLines(std::move(program)));  // which owns it
}

void fail_with_case(const Violation& violation) {
  const auto path = save_failure(out_folder(), "property", violation);
  const std::string kept = path ? fmt::format("walbreaker replay {}", *path) : path.error().message();
  RC_FAIL(fmt::format("{}, {}: {}\nthe case: {}", info(violation.kind).name, violation.where, violation.summary, kept));
}

}  // namespace walbreaker::properties
