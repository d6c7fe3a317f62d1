#include "faultfs/trace.h"

#include <gtest/gtest.h>

#include <functional>

namespace faultfs {
namespace {

std::shared_ptr<const std::string> share(std::string_view bytes) { return std::make_shared<const std::string>(bytes); }

TraceOp write_op(std::string_view bytes, std::uint64_t length) {
  return {.kind = OpKind::write, .file = FileId{1}, .offset = 8, .length = length, .bytes = share(bytes)};
}

TEST(TraceOp, IsEqualByTheBytesWrittenNotByWhoHoldsThem) {
  EXPECT_EQ(write_op("abc", 3), write_op("abc", 3));
  EXPECT_EQ(write_op("abcdef", 3), write_op("abcxyz", 3)) << "of the bytes only the first ones count";
  EXPECT_FALSE(write_op("abc", 3) == write_op("abd", 3));
}

TEST(TraceOp, EveryFieldTellsTwoOperationsApart) {
  const TraceOp op{.kind = OpKind::sync};
  const std::function<void(TraceOp&)> changes[] = {
      [](TraceOp& o) { o.kind = OpKind::sync_dir; },
      [](TraceOp& o) { o.file = FileId{1}; },
      [](TraceOp& o) { o.path = "a"; },
      [](TraceOp& o) { o.to = "a"; },
      [](TraceOp& o) { o.offset = 1; },
      [](TraceOp& o) { o.length = 1; },
      [](TraceOp& o) { o.failed = true; },
      [](TraceOp& o) { o.effect = SyncEffect::nothing; },
      [](TraceOp& o) { o.thread = 1; },
  };
  EXPECT_EQ(op, op);
  for (const auto& change : changes) {
    TraceOp other = op;
    change(other);
    EXPECT_FALSE(op == other) << &change - &changes[0];
  }
}

// Commands 0 and 1 of client 0, and between them one of another client.
Trace two_commands() {
  Trace trace;
  trace.ops.resize(8, {.kind = OpKind::sync});
  trace.marks = {
      {1, MarkKind::issued, 0}, {3, MarkKind::acked, 0},    {4, MarkKind::issued, 9, 1},
      {5, MarkKind::issued, 1}, {6, MarkKind::acked, 9, 1}, {7, MarkKind::failed, 1},
  };
  return trace;
}

TEST(CommandAt, IsTheCommandIssuedBeforeAnOperationAndNotYetAnswered) {
  const Trace trace = two_commands();
  EXPECT_EQ(command_at(trace, 0), std::nullopt) << "before the first one: what an open did";
  EXPECT_EQ(command_at(trace, 1), 0U) << "a mark comes before the operation of its number";
  EXPECT_EQ(command_at(trace, 2), 0U);
  EXPECT_EQ(command_at(trace, 3), std::nullopt);
  EXPECT_EQ(command_at(trace, 4), std::nullopt) << "the marks of other clients do not count";
  EXPECT_EQ(command_at(trace, 5), 1U);
  EXPECT_EQ(command_at(trace, 6), 1U);
  EXPECT_EQ(command_at(trace, 7), std::nullopt) << "an error is an answer too";
}

TEST(CommandAt, AKillAndAnOpenEndTheCommandThatWasUnderWay) {
  for (const MarkKind end : {MarkKind::killed, MarkKind::opened}) {
    Trace trace;
    trace.ops.resize(2, {.kind = OpKind::sync});
    trace.marks = {{0, MarkKind::issued, 4}, {1, end, 5}};
    EXPECT_EQ(command_at(trace, 0), 4U);
    EXPECT_EQ(command_at(trace, 1), std::nullopt) << to_string(end);
  }
}

}  // namespace
}  // namespace faultfs
