#include "harness/line_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/random.h"

namespace walbreaker {
namespace {

using kv::ErrorCode;
using testing::HasSubstr;

std::string random_bytes(Random& random, std::uint64_t most) {
  std::string bytes;
  for (std::uint64_t left = random.below(most + 1); left > 0; --left) bytes += static_cast<char>(random.below(256));
  return bytes;
}

Request random_request(Random& random) {
  Request request{.verb = static_cast<Verb>(random.below(10))};
  const std::uint64_t writes = request.verb == Verb::batch ? random.below(5) : 1;
  switch (request.verb) {
    case Verb::open:
      request.directory = "/dev/shm/store";
      request.read_only = random.one_in(2);
      if (random.one_in(2)) request.settings = {{"sync", "on_request"}, {"empty", ""}};
      break;
    case Verb::put: request.writes.put(random_bytes(random, 9), random_bytes(random, 9)); break;
    case Verb::del: request.writes.remove(random_bytes(random, 9)); break;
    case Verb::batch:
      for (std::uint64_t i = 0; i < writes; ++i) {
        if (random.one_in(3)) request.writes.remove(random_bytes(random, 9));
        request.writes.put(random_bytes(random, 9), random_bytes(random, 9));
      }
      break;
    case Verb::get: request.key = random_bytes(random, 9); break;
    default: break;
  }
  return request;
}

// Takes away, adds or changes some bytes.
std::string mutated(std::string line, Random& random) {
  for (std::uint64_t changes = random.between(1, 3); changes > 0; --changes) {
    const std::size_t at = random.below(line.size() + 1);
    const std::string_view likely = " -\n=0aAok\xFF";
    const char byte = random.one_in(2) ? likely[random.below(likely.size())] : static_cast<char>(random.below(256));
    if (random.one_in(3) || at == line.size()) {
      line.insert(at, 1, byte);
    } else if (random.one_in(2)) {
      line.erase(at, random.between(1, 4));
    } else {
      line[at] = byte;
    }
  }
  return line;
}

TEST(LineProtocol, ARequestIsOneLineOfWords) {
  Request request{.verb = Verb::batch};
  request.writes.put("k", "");
  request.writes.remove(std::string("\0\xFF", 2));
  EXPECT_EQ(*to_line(request), "batch put 6b - del 00ff");
  EXPECT_EQ(*to_line({.verb = Verb::hello}), "hello 1");
  EXPECT_EQ(*to_line({.verb = Verb::open, .directory = "d", .read_only = true, .settings = {{"a", "1"}}}),
            "open d read_only a=1");
}

TEST(LineProtocol, EveryRequestComesBackAsItWas) {
  Random random(1);
  for (int i = 0; i < 2'000; ++i) {
    const std::string line = *to_line(random_request(random));
    const auto parsed = parse_request(line);
    ASSERT_TRUE(parsed) << line << ": " << parsed.error().message();
    EXPECT_EQ(*to_line(*parsed), line);
  }
}

TEST(LineProtocol, ALineThatIsChangedParsesToWhatItSaysOrIsRefused) {
  Random random(2);
  int parsed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string line = mutated(*to_line(random_request(random)), random);
    const auto request = parse_request(line);
    if (!request) {
      EXPECT_THAT(request.error().context, HasSubstr("expected "));
      continue;
    }
    ++parsed;
    const auto again = to_line(*request);  // of two settings of one name the last one counts
    EXPECT_TRUE(request->verb == Verb::open || *again == line) << line;
  }
  EXPECT_GT(parsed, 500);
}

TEST(LineProtocol, AnAnswerMayBeAnyBytes) {
  const std::vector<std::string> answers{
      "ok",    "ok name kill=on_ack", "ok clean", "ok torn a b", "ok damaged x", "missing", "ok 6b", "ok 12",
      "6b 76", "err io_error why"};
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string line = mutated(answers[random.below(answers.size())], random);
    if (random.one_in(10)) line = random_bytes(random, 40);
    const auto check = [&](const auto& answer) {
      EXPECT_TRUE(answer || answer.error().code == ErrorCode::invalid_argument);
    };
    check(parse_hello_answer(line));
    check(parse_open_answer(line));
    check(parse_done_answer(line));
    check(parse_del_answer(line));
    check(parse_get_answer(line));
    check(parse_scan_answer(line));
    check(parse_scan_line(line));
  }
}

TEST(LineProtocol, AnswersComeBackAsTheyWere) {
  EXPECT_EQ((*parse_hello_answer(hello_line({"mine-2.0", {{"kill", "on_ack"}}})))->promise.front().value, "on_ack");
  EXPECT_EQ((*parse_open_answer(open_line({OpenAnswer::damaged, "wal-1.log\nat 7"})))->text, "wal-1.log at 7");
  EXPECT_EQ((*parse_open_answer(open_line({OpenAnswer::torn})))->answer, OpenAnswer::torn);
  EXPECT_TRUE(*parse_done_answer(kDoneLine));
  EXPECT_FALSE(**parse_del_answer(del_line(false)));
  EXPECT_EQ(**parse_get_answer(get_line("")), "");
  EXPECT_EQ(**parse_get_answer(get_line(std::nullopt)), std::nullopt);
  EXPECT_EQ(**parse_scan_answer(scan_head_line(12)), 12U);
  EXPECT_EQ(parse_scan_line(scan_line("", "v"))->second, "v");
}

TEST(LineProtocol, EveryErrorIsACode) {
  for (const LineErrorInfo& row : kLineErrors) {
    EXPECT_EQ(to_string(row.error), row.name);
    const auto answer = parse_done_answer(error_line({row.error, "why"}));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error(), (ErrorAnswer{row.error, "why"}));
    EXPECT_EQ(to_error(answer->error()).code, row.code);
  }
  EXPECT_EQ(to_error({LineError::unsupported, "why"}).context, "unsupported: why");
  EXPECT_EQ(to_error({LineError::corrupted, "why"}).context, "why");
  EXPECT_EQ(error_line(kv::Error{ErrorCode::no_space, 0, "full"}), "err no_space full");
  EXPECT_EQ(error_line(kv::Error{ErrorCode::not_found, 0, ""}), "err internal");
}

TEST(LineProtocol, WhatIsNoAnswerSaysWhatWasExpectedAndWhatCame) {
  EXPECT_EQ(parse_done_answer("OK").error().context, R"(expected "ok" or "err CODE TEXT", and got "OK")");
  EXPECT_THAT(parse_done_answer("err EIO x").error().context, HasSubstr("a code of the protocol"));
  EXPECT_THAT(parse_get_answer("ok 6B").error().context, HasSubstr(R"(and got "ok 6B")"));  // not lower case
  EXPECT_FALSE(parse_get_answer("ok"));
  EXPECT_FALSE(parse_get_answer("ok  6b"));
  EXPECT_FALSE(parse_open_answer("ok clean enough"));
  EXPECT_FALSE(parse_open_answer("ok"));
  EXPECT_FALSE(parse_del_answer("ok 1"));
  EXPECT_FALSE(parse_hello_answer("ok a/b"));
  EXPECT_FALSE(parse_hello_answer("ok name term"));
  EXPECT_FALSE(parse_scan_answer("ok -1"));
  EXPECT_FALSE(parse_scan_answer("ok 99999999999999999999"));
  EXPECT_FALSE(parse_scan_answer("ok 16777217"));  // would not come to an end
  EXPECT_FALSE(parse_scan_line("6b"));
  EXPECT_FALSE(parse_scan_line("6b 76 "));
  const std::string long_line(1'000, 'x');
  EXPECT_THAT(parse_done_answer(long_line).error().context, HasSubstr("(1000 bytes)"));
  EXPECT_LT(parse_done_answer(long_line).error().context.size(), 200U);
}

// The directory of "open db\0x" was taken with its zero byte, and a system call that ends there opened another store,
// "db"; no line could be printed for such a request. A zero byte in an open is refused.
TEST(LineProtocol, AnOpenWithAZeroByteIsNoRequest) {
  using namespace std::string_view_literals;
  for (const std::string_view line : {"open db\0x"sv, "open db a=\0"sv, "open db \0=b"sv}) {
    EXPECT_FALSE(parse_request(line).has_value()) << shortened(line);
  }
  EXPECT_TRUE(parse_request("open dbx a=b").has_value());
}

TEST(LineProtocol, WhatALineCannotSayIsAnError) {
  EXPECT_FALSE(to_line({.verb = Verb::open, .directory = "a b"}));
  EXPECT_FALSE(to_line({.verb = Verb::open, .directory = "d", .settings = {{"a", "1 2"}}}));
  EXPECT_FALSE(to_line({.verb = Verb::open, .directory = "d", .settings = {{"a=b", "1"}}}));
  EXPECT_FALSE(to_line({.verb = Verb::get, .key = std::string(kMostLineBytes / 2, 'x')}));
}

}  // namespace
}  // namespace walbreaker
