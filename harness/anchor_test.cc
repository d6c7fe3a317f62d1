#include "harness/anchor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/command_test_util.h"
#include "harness/play.h"
#include "harness/reference_subject.h"

namespace walbreaker {
namespace {

PlayedRun run(std::vector<Command> commands) {
  Script script{.commands = std::move(commands), .restarts = {{1, Restart::close}}, .closed = true, .settings = {}};
  return play(ReferenceSubject(), script);
}

faultfs::DiskModel posix() { return *faultfs::parse_disk_model("posix"); }

std::vector<OpAnchor> anchors(const PlayedRun& run) { return anchors_of(run.trace, ReferenceSubject()); }

bool contains(const std::vector<OpAnchor>& anchors, std::string_view text) {
  return std::ranges::any_of(anchors, [&](const OpAnchor& anchor) { return to_text(anchor) == text; });
}

TEST(Anchor, NamesEachOperationOfARunByWhatItIsFor) {
  const PlayedRun played = run({put("a", "1"), {CommandKind::compact, {}}, put("b", "2")});
  const auto all = anchors(played);
  EXPECT_EQ(all.size(), played.trace.ops.size());
  std::set<std::string> texts;
  for (const OpAnchor& anchor : all) texts.insert(to_text(anchor));
  EXPECT_EQ(texts.size(), all.size()) << "no two have the same name";
  for (const char* text : {"open 0 make_dir 0 of directory", "open 0 write 0 of log", "command 0 write 0 of log",
                           "command 0 sync 0 of log", "command 1 rename 0 of snapshot", "close 0 write 0 of log",
                           "open 1 create 0 of log", "command 2 write 0 of log", "close 1 write 0 of log"}) {
    EXPECT_TRUE(contains(all, text)) << text;
  }
}

TEST(Anchor, ReadsWhatItWrites) {
  for (const char* text :
       {"open 0 make_dir 0 of directory", "command 12 write 3 of log", "close 1 sync 0 of unknown"}) {
    faultfs::LineScanner line(text, "line 1");
    const auto anchor = parse_anchor(line);
    ASSERT_TRUE(anchor) << anchor.error().message();
    EXPECT_EQ(to_text(*anchor), text);
  }
}

TEST(Anchor, FindsTheSameOperationsInARunWithOtherValues) {
  const PlayedRun one = run({put("a", "1"), put("b", "2")});
  const PlayedRun other = run({put("a", std::string(5'000, 'x')), put("b", "2")});
  const auto write = std::ranges::find_if(one.trace.ops, [&](const faultfs::TraceOp& op) {
    return op.kind == faultfs::OpKind::write &&
           faultfs::command_at(one.trace, static_cast<faultfs::OpIndex>(&op - one.trace.ops.data())) == 1U;
  });
  const auto index = static_cast<faultfs::OpIndex>(write - one.trace.ops.begin());
  const faultfs::CrashState state{{index, 10}, {{index - 1, "k"}}};
  const auto there = resolve(anchor(state, anchors(one)), anchors(other), other.trace, posix());
  ASSERT_TRUE(there) << there.error().message();
  EXPECT_EQ(there->point.bytes, 10U);
  EXPECT_EQ(faultfs::command_at(other.trace, there->point.ops), 1U);
}

TEST(Anchor, SaysWhichOperationIsNotThere) {
  const PlayedRun one = run({put("a", "1"), put("b", "2")});
  const PlayedRun shorter = run({put("a", "1")});
  const auto all = anchors(one);
  const auto last = std::ranges::find_if(
      all, [](const OpAnchor& anchor) { return anchor.during == During::command && anchor.index == 1; });
  const auto there = resolve({*last, std::nullopt, {}}, anchors(shorter), shorter.trace, posix());
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().description(), "there is no operation \"command 1 write 0 of log\" in this run");
}

TEST(Anchor, KeepsTheCrashBeforeTheFirstOperation) {
  const PlayedRun one = run({put("a", "1")});
  const auto all = anchors(one);
  EXPECT_EQ(*resolve(anchor({}, all), all, one.trace, posix()), faultfs::CrashState{});
}

}  // namespace
}  // namespace walbreaker
