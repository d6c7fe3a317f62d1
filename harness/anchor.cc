#include "harness/anchor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "faultfs/crash_space.h"
#include "harness/crash_text.h"

namespace walbreaker {

namespace {

using faultfs::MarkKind;
using faultfs::OpKind;

constexpr std::array<std::string_view, 3> kDuring{"open", "command", "close"};

std::string_view to_string(During during) { return kDuring.at(static_cast<std::size_t>(during)); }

constexpr std::string_view kDirectoryRole = "directory";

// Follows a trace's marks, and says for each operation during what it was issued.
class Clock {
 public:
  explicit Clock(const std::vector<faultfs::Mark>& marks) : mark_(marks.begin()), end_(marks.end()) {}

  std::pair<During, std::size_t> at(faultfs::OpIndex op) {
    for (; mark_ != end_ && mark_->at <= op; ++mark_) pass(*mark_);
    if (in_command_) return {During::command, command_};
    return {is_open_ ? During::close : During::open, process_};
  }

 private:
  void pass(const faultfs::Mark& mark) {
    switch (mark.kind) {
      case MarkKind::issued:
        in_command_ = true;
        command_ = mark.command;
        break;
      case MarkKind::acked:
      case MarkKind::failed: in_command_ = false; break;
      case MarkKind::opened: is_open_ = true; break;
      case MarkKind::closed:
      case MarkKind::killed:
        is_open_ = false;
        ++process_;
        break;
    }
  }

  std::vector<faultfs::Mark>::const_iterator mark_;
  std::vector<faultfs::Mark>::const_iterator end_;
  bool in_command_ = false;
  std::size_t command_ = 0;
  bool is_open_ = false;
  std::size_t process_ = 0;
};

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string to_text(const OpAnchor& anchor) {
  return fmt::format("{} {} {} {} of {}", to_string(anchor.during), anchor.index, faultfs::to_string(anchor.kind),
                     anchor.which, anchor.role);
}

kv::Result<OpAnchor> parse_anchor(faultfs::LineScanner& line) {
  OpAnchor anchor;
  constexpr std::string_view kExpected = "open, command or close";
  const std::string_view during = TRY(line.word(kExpected));
  const auto row = std::ranges::find(kDuring, during);
  if (row == kDuring.end()) return line.expected(kExpected, during);
  anchor.during = static_cast<During>(row - kDuring.begin());
  anchor.index = TRY(line.number("the number of a command, an open or a close"));
  const std::string_view kind = TRY(line.word("an operation"));
  const auto known = faultfs::parse_op_kind(kind);
  if (!known) return line.expected("an operation", kind);
  anchor.kind = *known;
  anchor.which = TRY(line.number("which operation of its kind"));
  TRY(line.literal("of"));
  const std::string_view role = TRY(line.word("the role of a file"));
  if (role != kDirectoryRole && !parse_role(role)) return line.expected("the role of a file", role);
  anchor.role = role;
  return anchor;
}

std::vector<OpAnchor> anchors_of(const faultfs::Trace& trace, const Subject& subject) {
  std::vector<OpAnchor> anchors;
  anchors.reserve(trace.ops.size());
  Clock clock(trace.marks);
  const std::vector<std::string> paths = paths_of_ops(trace);
  std::map<std::tuple<During, std::size_t, OpKind, std::string>, std::uint64_t> counts;
  for (faultfs::OpIndex i = 0; i < trace.ops.size(); ++i) {
    const faultfs::TraceOp& op = trace.ops[i];
    const bool on_directory = op.kind == OpKind::make_dir || op.kind == OpKind::sync_dir;
    const auto [during, index] = clock.at(i);
    std::string role(on_directory ? kDirectoryRole : walbreaker::to_string(subject.role_of(last_name(paths[i]))));
    const std::uint64_t which = counts[{during, index, op.kind, role}]++;
    anchors.push_back({during, index, op.kind, std::move(role), which});
  }
  return anchors;
}

namespace {

constexpr std::string_view kKept = "k";
constexpr std::string_view kDropped = "d";

}  // namespace

AnchoredCrash anchor(const faultfs::CrashState& state, const std::vector<OpAnchor>& anchors) {
  AnchoredCrash crash;
  if (state.point.bytes > 0) {
    crash.op = anchors.at(state.point.ops);
    crash.bytes = state.point.bytes;
  } else if (state.point.ops > 0) {
    crash.op = anchors.at(state.point.ops - 1);
  }
  for (const faultfs::Fate& fate : state.fates) {
    if (fate.pieces != kDropped) crash.fates.push_back({anchors.at(fate.op), fate.pieces});
  }
  return crash;
}

namespace {

kv::Result<faultfs::OpIndex> find(const OpAnchor& anchor, const std::vector<OpAnchor>& anchors) {
  const auto op = std::ranges::find(anchors, anchor);
  if (op == anchors.end()) {
    return kv::fail(kv::ErrorCode::invalid_argument,
                    fmt::format("there is no operation \"{}\" in this run", to_text(anchor)));
  }
  return static_cast<faultfs::OpIndex>(op - anchors.begin());
}

}  // namespace

std::vector<faultfs::OpIndex> pending_at(const faultfs::CrashPoint& point, const faultfs::Trace& trace,
                                         const faultfs::DiskModel& model) {
  faultfs::DiskState disk(trace.initial, model);
  for (faultfs::OpIndex i = 0; i < point.ops; ++i) disk.step(trace.ops[i]);
  if (point.bytes > 0) disk.step(trace.ops[point.ops], point.bytes);
  const faultfs::CrashSpace space(disk, point);
  std::vector<faultfs::OpIndex> ops;
  for (const faultfs::Fate& fate : space.state(space.all_kept()).fates) ops.push_back(fate.op);
  return ops;
}

kv::Result<faultfs::CrashState> resolve(const AnchoredCrash& crash, const std::vector<OpAnchor>& anchors,
                                        const faultfs::Trace& trace, const faultfs::DiskModel& model) {
  faultfs::CrashState state;
  if (crash.op) {
    const faultfs::OpIndex op = TRY(find(*crash.op, anchors));
    state.point = crash.bytes ? faultfs::CrashPoint{op, *crash.bytes} : faultfs::CrashPoint{op + 1, 0};
    if (crash.bytes && trace.ops[op].length <= *crash.bytes) {
      return kv::fail(kv::ErrorCode::invalid_argument,
                      fmt::format("\"{}\" is a write of {} bytes here", to_text(*crash.op), trace.ops[op].length));
    }
  }
  const std::vector<faultfs::OpIndex> pending = pending_at(state.point, trace, model);
  for (const AnchoredFate& fate : crash.fates) {
    const faultfs::OpIndex op = TRY(find(fate.op, anchors));
    const bool is_durable = !std::ranges::binary_search(pending, op);
    if (is_durable && fate.pieces == kKept && op < state.point.ops) continue;
    state.fates.push_back({op, fate.pieces});
  }
  std::ranges::sort(state.fates, {}, &faultfs::Fate::op);
  return state;
}

}  // namespace walbreaker
