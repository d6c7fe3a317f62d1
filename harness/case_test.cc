#include "harness/case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/random.h"

namespace walbreaker {
namespace {

// Every line that there is.
constexpr std::string_view kWhole = R"(walbreaker case 1
plugin ./my engine.so
campaign power
expect lost_ack
where posix: in put
promise kill=on_ack
promise order=prefix
set sync=on_request
directory "db"
file "db/wal-1.log" 6f6c64+00*4096

stage
epoch 1
entropy 99
live_fault sync_error sync at 2 once of *
failed_sync reverted
put "k\x221\x5c" "e1.0.\x00\xff"
kill
batch put "" "v" del "k"
batch
fault write_error rename at 0 for_ever after 0 of *
compact
del "k"
sync
close
closed
model posix sector_bytes=4096
crash in command 0 write 1 of log at 100
fate command 0 write 0 of log: torn kd
fate open 0 sync_dir 0 of directory: kept
digest 0badf00d

stage
epoch 2
entropy 0
model process_kill
crash at_start
)";

std::string error_of(std::string_view text) {
  const auto c = parse_case(text);
  return c ? "none" : c.error().description();
}

// The whole case with one text in place of another.
std::string with(std::string_view from, std::string_view to) {
  std::string text(kWhole);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Case, WritesWhatItReads) {
  const auto c = parse_case(kWhole);
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_EQ(to_text(*c), kWhole);
  EXPECT_EQ(c->subject, (SubjectName{SubjectKind::plugin, "./my engine.so"}));
  EXPECT_EQ(c->expected, ViolationKind::lost_ack);
  const Script& script = c->stages.front().script;
  EXPECT_EQ(script.commands.size(), 6U);
  EXPECT_EQ(script.commands.front().writes.operations().front().value, std::string("e1.0.\0\xff", 7));
  EXPECT_EQ(script.restarts, (std::map<std::size_t, Restart>{{1, Restart::kill}, {6, Restart::close}}));
  EXPECT_TRUE(script.faults.contains(3));
  EXPECT_EQ(script.settings.at("sync"), "on_request");
}

// It was written with an empty name, which was then refused; found by fuzzing.
TEST(Case, NeedNotNameASubject) {
  const auto c = parse_case("walbreaker case 1\n\nstage\nput \"a\" \"1\"\n");
  ASSERT_TRUE(c) << c.error().message();
  const auto again = parse_case(to_text(*c));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(to_text(*again), to_text(*c));
}

TEST(Case, KeepsWhatARealProcessLeft) {
  constexpr std::string_view kText =
      "walbreaker case 1\nsubject reference\nexpect pass\n\nstage\nepoch 3\nentropy 0\nfound 1\nbase \"a\" \"b\"\nput "
      "\"k\" \"v\"\nsync\n";
  const auto c = parse_case(kText);
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_EQ(to_text(*c), kText);
  EXPECT_EQ(c->stages.front().found, (Found{1, {{"a", "b"}}}));
  EXPECT_FALSE(c->expected);
}

TEST(Case, KeepsADamageAndTheScenarioThatItIsDoneTo) {
  constexpr std::string_view kText =
      "walbreaker case 1\nsubject reference\nexpect pass\n\nstage\nepoch 1\nentropy 0\nscenario closed\nput \"k\" "
      "\"v\"\nclosed\ndamage flip bit 12 of \"wal-1.log\"\n";
  const auto c = parse_case(kText);
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_EQ(to_text(*c), kText);
  EXPECT_EQ(c->stages.front().scenario, ScenarioKind::closed);
  const auto unharmed = parse_case("walbreaker case 1\nstage\nscenario closed\n");
  ASSERT_TRUE(unharmed) << unharmed.error().message();
  EXPECT_FALSE(unharmed->stages.front().damage);
  EXPECT_EQ(error_of("walbreaker case 1\nstage\ndamage delete_file \"wal-1.log\"\n"),
            "line 3: the stage above has a damage, and no scenario");
  EXPECT_EQ(error_of("walbreaker case 1\nstage\nscenario open\n"),
            "line 3: expected the name of a scenario, found \"open\"");
}

TEST(Case, HasCommentsThatSayNothing) {
  auto c = parse_case(kWhole);
  ASSERT_TRUE(c);
  c->comment = "two\nlines";
  const std::string text = to_text(*c);
  EXPECT_THAT(text, testing::StartsWith("walbreaker case 1\n# two\n# lines\n"));
  EXPECT_TRUE(parse_case(text));
}

TEST(Case, NamesTheLineThatIsWrongAndWhatWasExpectedThere) {
  EXPECT_EQ(error_of(""), "line 1: expected \"walbreaker case 1\"");
  EXPECT_EQ(error_of("walbreaker case 2\n"), "line 1: expected \"walbreaker case 1\"");
  EXPECT_EQ(error_of("walbreaker case 1\n\n"), "line 2: the case has no stage");
  EXPECT_EQ(error_of(with("expect lost_ack", "expect lost")),
            "line 4: expected pass or a kind of violation, found \"lost\"");
  EXPECT_EQ(error_of(with("promise kill=on_ack", "promise kill")), "line 6: \"kill\": expected KEY=VALUE");
  EXPECT_EQ(error_of(with("\"db/wal-1.log\"", "\"dc/wal-1.log\"")), "line 10: there is no directory \"dc\"");
  EXPECT_EQ(error_of(with("00*4096", "00*4096000000")), "line 10: more than 268435456 bytes in all");
  EXPECT_EQ(error_of(with("put \"k\\x221\\x5c\"", "put k")),
            "line 17: expected a key in quotes, found \"k \\\"e1.0.\\\\x00\\\\xff\\\"\"");
  EXPECT_EQ(error_of(with("del \"k\"\nsync", "remove \"k\"\nsync")),
            "line 23: expected a line of a stage, found \"remove\"");
  EXPECT_EQ(error_of(with("log at 100", "log at 0")), "line 28: at least one byte");
  EXPECT_EQ(error_of(with("write 1 of log", "write 1 of wal")), "line 28: expected the role of a file, found \"wal\"");
  EXPECT_EQ(error_of(with(": torn kd", ": torn kx")).substr(0, 8), "line 29:");
  EXPECT_EQ(error_of(with(": torn kd", ": kept, 3 dropped")), "line 29: one fate stands in a line");
  EXPECT_EQ(error_of(with("digest 0badf00d", "digest +badf00d")),
            "line 31: expected eight hex digits, found \"+badf00d\"");
}

TEST(Case, RefusesLinesInTheWrongPlace) {
  EXPECT_EQ(error_of("walbreaker case 1\nput \"a\" \"b\"\n"),
            "line 2: expected a line of a case, or \"stage\", found \"put\"");
  EXPECT_EQ(error_of("walbreaker case 1\nstage\ncrash at_start\n"), "line 3: a crash stands behind its model");
  EXPECT_EQ(error_of("walbreaker case 1\nstage\nmodel posix\n"), "line 3: the stage above has a model and no crash");
  EXPECT_EQ(error_of("walbreaker case 1\nstage\nfate open 0 write 0 of log: kept\n"),
            "line 3: a fate stands behind its crash");
  EXPECT_EQ(error_of("walbreaker case 1\nstage\nfailed_sync reverted\n"),
            "line 3: failed_sync stands behind a live_fault");
  EXPECT_EQ(error_of("walbreaker case 1\nstage\nfound 1\n"),
            "line 3: the stage above has fewer commands than were acked");
}

// Cases come from strangers: whatever stands in one, it is read or refused.
TEST(Case, TakesAnyBytesWithoutHarm) {
  Random random(1);
  std::uint64_t read = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string text(kWhole);
    for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
      const std::uint64_t at = random.below(text.size());
      switch (random.below(4)) {
        case 0: text[at] = static_cast<char>(random.below(256)); break;
        case 1: text.erase(at, random.below(30)); break;
        case 2: text.insert(at, text.substr(random.below(text.size()), random.below(60))); break;
        default: text[at] = "0123456789 \n\"*+-"[random.below(16)]; break;
      }
    }
    const auto c = parse_case(text);
    if (!c) {
      EXPECT_THAT(c.error().description(), testing::StartsWith("line ")) << text;
      continue;
    }
    ++read;
    const auto again = parse_case(to_text(*c));
    ASSERT_TRUE(again) << again.error().message() << '\n' << text;
    EXPECT_EQ(to_text(*again), to_text(*c));
  }
  EXPECT_GT(read, 200U);
}

}  // namespace
}  // namespace walbreaker
