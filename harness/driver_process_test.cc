#include "harness/driver_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

namespace walbreaker {
namespace {

using testing::HasSubstr;
using Kind = Incident::Kind;

std::unique_ptr<DriverProcess> start(const std::string& command, int timeout_ms = 60'000) {
  auto process = DriverProcess::start({command, std::chrono::milliseconds(timeout_ms)});
  EXPECT_TRUE(process) << process.error().message();
  return std::move(*process);
}

// The incident that ends so many questions.
Incident ask(DriverProcess& process, int questions = 1) {
  for (int i = 0; i < questions; ++i) {
    const auto answer = process.ask("question");
    if (!answer) return answer.error();
  }
  ADD_FAILURE() << "everything was answered";
  return {};
}

void expect_gone(DriverProcess& process) {
  EXPECT_TRUE(process.is_gone());
  EXPECT_FALSE(process.ask("more"));
  EXPECT_EQ(process.kill(), "");
}

TEST(DriverProcess, AnswersLineByLine) {
  const auto process = start("sh -c 'while read -r line; do echo \"$line\"; done'");
  EXPECT_EQ(*process->ask("one"), "one");
  EXPECT_EQ(*process->ask("two words"), "two words");
  const std::string large(100'000, 'x');  // more than a pipe holds, in both directions
  EXPECT_EQ(*process->ask(large), large);
}

TEST(DriverProcess, ItsCommandIsSplitAsAShellDoes) {
  const auto process = start("env 'GREETING=hello you' sh -c 'read x; echo \"$GREETING\"; read x'");
  EXPECT_EQ(*process->ask("question"), "hello you");
}

TEST(DriverProcess, OneThatEndsIsToldWithItsCode) {
  const auto process = start("sh -c 'read x; exit 3'");
  const Incident incident = ask(*process);
  EXPECT_EQ(incident.kind, Kind::died);
  EXPECT_EQ(incident.text, "the driver ended with code 3; asked \"question\"");
  expect_gone(*process);
}

TEST(DriverProcess, OneThatDiesIsToldWithItsSignal) {
  const auto process = start("sh -c 'read x; echo fine; read x; kill -SEGV $$'");
  const Incident incident = ask(*process, 2);
  EXPECT_EQ(incident.kind, Kind::died);
  EXPECT_THAT(incident.text, HasSubstr("was ended by signal 11 (Segmentation fault)"));
}

TEST(DriverProcess, OneThatIsNoProgramSaysSo) {
  const Incident incident = ask(*start("/no/such/program"));
  EXPECT_EQ(incident.kind, Kind::died);
  EXPECT_THAT(incident.text, HasSubstr("no such program"));
}

TEST(DriverProcess, OneThatSaysNothingHangs) {
  const auto process = start("sleep 1000", 20);
  const Incident incident = ask(*process);
  EXPECT_EQ(incident.kind, Kind::hung);
  EXPECT_THAT(incident.text, HasSubstr("gave no whole line within 20 ms"));
  expect_gone(*process);
}

TEST(DriverProcess, OneThatDoesNotReadHangs) {
  const auto process = start("sleep 1000", 20);
  const auto sent = process->send(std::string(1 << 20, 'x'));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, Kind::hung);
  EXPECT_THAT(sent.error().text, HasSubstr("did not read the request"));
}

TEST(DriverProcess, ALineWithoutAnEndIsABreach) {
  const Incident incident = ask(*start("sh -c 'read x; exec cat /dev/zero'"));
  EXPECT_EQ(incident.kind, Kind::protocol);
  EXPECT_THAT(incident.text, HasSubstr("a line of more than 67108864 bytes"));
}

TEST(DriverProcess, AnswersWithoutAnEndAreABreach) {
  const Incident incident = ask(*start("yes"), 2);
  EXPECT_EQ(incident.kind, Kind::protocol);
  EXPECT_THAT(incident.text, HasSubstr("more than one answer"));
}

TEST(DriverProcess, AnAnswerBeforeTheQuestionIsABreach) {
  const auto process = start("sh -c 'printf \"early\\nearlier\\n\"; exec cat'");
  EXPECT_EQ(*process->read_line(), "early");
  EXPECT_EQ(ask(*process).kind, Kind::protocol);
}

TEST(DriverProcess, HalfALineIsQuoted) {
  const Incident died = ask(*start("sh -c 'read x; printf half'"));
  EXPECT_EQ(died.kind, Kind::died);
  EXPECT_THAT(died.text, HasSubstr("it had written \"half\""));
  const Incident hung = ask(*start("sh -c 'read x; printf half; exec sleep 1000'", 20));
  EXPECT_EQ(hung.kind, Kind::hung);
  EXPECT_THAT(hung.text, HasSubstr("asked \"question\""));
}

TEST(DriverProcess, OneThatClosesItsOutputAndGoesOnIsABreach) {
  const Incident incident = ask(*start("sh -c 'exec >&-; exec sleep 1000'", 20));
  EXPECT_EQ(incident.kind, Kind::protocol);
  EXPECT_THAT(incident.text, HasSubstr("closed its output"));
}

// The signal of a write to a closed pipe ended the whole harness.
TEST(DriverProcess, OneThatReadsNoMoreRaisesNoSignal) {
  const auto process = start("sh -c 'exec <&-; echo closed; exec sleep 1000'", 20);
  EXPECT_EQ(*process->read_line(), "closed");
  EXPECT_EQ(ask(*process).kind, Kind::hung);
}

TEST(DriverProcess, AKillReturnsWhatWasAnsweredAndNotRead) {
  const auto process = start("sh -c 'read x; printf \"one\\ntwo\\nthr\"; exec sleep 1000'");
  EXPECT_EQ(*process->ask("question"), "one");
  EXPECT_EQ(process->kill(), "two\nthr");
  expect_gone(*process);
}

TEST(DriverProcess, AForkThatForgetsItLeavesItToItsParent) {
  auto process = start("cat");
  const pid_t child = ::fork();
  if (child == 0) {
    const bool foreign = !process->is_ours();
    process.reset();
    ::_exit(foreign ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(*process->ask("still there"), "still there");
}

}  // namespace
}  // namespace walbreaker
