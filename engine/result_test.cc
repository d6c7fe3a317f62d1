#include "engine/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace kv {
namespace {

struct CodeRow {
  ErrorCode code;
  int number;
  const char* name;
};

// The numbers are a promise to callers of the C API, so they are written out a second time.
constexpr CodeRow kCodes[] = {
    {ErrorCode::ok, 0, "ok"},
    {ErrorCode::null_argument, -1, "null_argument"},
    {ErrorCode::internal, -2, "internal"},
    {ErrorCode::io_error, -3, "io_error"},
    {ErrorCode::invalid_argument, -4, "invalid_argument"},
    {ErrorCode::read_only, -10, "read_only"},
    {ErrorCode::recovering, -11, "recovering"},
    {ErrorCode::locked, -12, "locked"},
    {ErrorCode::not_found, -20, "not_found"},
    {ErrorCode::corrupted, -21, "corrupted"},
    {ErrorCode::unsupported_version, -22, "unsupported_version"},
    {ErrorCode::no_memory, -30, "no_memory"},
    {ErrorCode::no_space, -31, "no_space"},
};

TEST(ErrorCode, KeepsItsNumberAndItsName) {
  for (const CodeRow& row : kCodes) {
    EXPECT_EQ(static_cast<int>(row.code), row.number) << row.name;
    EXPECT_EQ(to_string(row.code), row.name);
  }
}

TEST(ErrorCode, AnyOtherNumberHasNoName) {
  std::set<int> numbers;
  for (const CodeRow& row : kCodes) numbers.insert(row.number);
  for (int number = -100; number <= 100; ++number) {
    if (numbers.contains(number)) continue;
    EXPECT_EQ(to_string(static_cast<ErrorCode>(number)), "unknown_error") << number;
  }
}

TEST(Error, MessageNamesTheCodeTheContextAndTheErrno) {
  const Error error{ErrorCode::io_error, EIO, "sync wal-3.log"};
  EXPECT_EQ(error.message(), "io_error: sync wal-3.log: Input/output error");
}

TEST(Error, MessageLeavesOutWhatIsNotThere) {
  EXPECT_EQ((Error{ErrorCode::locked, 0, ""}.message()), "locked");
  EXPECT_EQ((Error{ErrorCode::corrupted, 0, "wal-3.log at offset 4096"}.message()),
            "corrupted: wal-3.log at offset 4096");
  EXPECT_EQ((Error{ErrorCode::no_space, ENOSPC, ""}.message()), "no_space: No space left on device");
}

TEST(Fail, MakesAResultThatHoldsTheError) {
  const Result<int> result = fail(ErrorCode::corrupted, "snapshot-3.dat", EIO);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::corrupted);
  EXPECT_EQ(result.error().os_error, EIO);
  EXPECT_EQ(result.error().context, "snapshot-3.dat");
}

TEST(FailErrno, ChoosesTheCodeByTheErrno) {
  const auto code_of = [](int os_error) { return fail_errno(os_error, "").error().code; };
  EXPECT_EQ(code_of(ENOSPC), ErrorCode::no_space);
  EXPECT_EQ(code_of(EDQUOT), ErrorCode::no_space);
  EXPECT_EQ(code_of(ENOMEM), ErrorCode::no_memory);
  for (const int other : {EIO, ENOENT, EEXIST, EACCES, EROFS, EFBIG, EINVAL, EBADF, EWOULDBLOCK}) {
    EXPECT_EQ(code_of(other), ErrorCode::io_error) << other;
  }
}

TEST(FailErrno, KeepsTheErrnoAndTheContext) {
  const Error error = fail_errno(ENOSPC, "write wal-3.log").error();
  EXPECT_EQ(error.os_error, ENOSPC);
  EXPECT_EQ(error.context, "write wal-3.log");
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::invalid_argument, std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  const int once = TRY(half(number));
  return TRY(half(once));
}

TEST(Try, YieldsTheValue) { EXPECT_EQ(quarter(12).value(), 3); }

TEST(Try, ReturnsTheFirstErrorUnchanged) {
  EXPECT_EQ(quarter(7).error().context, "7 is odd");
  EXPECT_EQ(quarter(14).error().context, "7 is odd");
  EXPECT_EQ(quarter(14).error().code, ErrorCode::invalid_argument);
}

Result<void> check_even(int number) {
  (void)TRY(half(number));
  return {};
}

Result<std::string> name_even(int number, bool& reached) {
  TRY(check_even(number));
  reached = true;
  return std::to_string(number);
}

TEST(Try, PassesErrorsOnFromAVoidResultToAnyOther) {
  bool reached = false;
  EXPECT_EQ(name_even(3, reached).error().context, "3 is odd");
  EXPECT_FALSE(reached);
  EXPECT_EQ(name_even(4, reached).value(), "4");
  EXPECT_TRUE(reached);
}

Result<std::unique_ptr<int>> own(int number) { return std::make_unique<int>(TRY(half(number))); }

Result<std::unique_ptr<int>> hand_on(int number) {
  auto owned = TRY(own(number));
  ++*owned;
  return owned;
}

TEST(Try, MovesAValueThatCannotBeCopied) {
  EXPECT_EQ(*hand_on(8).value(), 5);
  EXPECT_EQ(hand_on(9).error().context, "9 is odd");
}

Result<int> count_and_halve(int number, int& calls) {
  ++calls;
  return half(number);
}

Result<int> try_once(int number, int& calls) { return TRY(count_and_halve(number, calls)); }

TEST(Try, EvaluatesItsArgumentOnce) {
  int calls = 0;
  EXPECT_TRUE(try_once(2, calls).has_value());
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(try_once(3, calls).has_value());
  EXPECT_EQ(calls, 2);
}

Result<int> first_of(std::pair<int, int> numbers) { return half(numbers.first); }

Result<int> try_with_commas() { return TRY(first_of(std::pair<int, int>{6, 7})); }

TEST(Try, TakesAnExpressionWithCommas) { EXPECT_EQ(try_with_commas().value(), 3); }

}  // namespace
}  // namespace kv
