#include "harness/crash_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "faultfs/disk_state.h"

namespace walbreaker {

namespace {

using faultfs::MarkKind;
using faultfs::OpKind;

}  // namespace

std::vector<std::string> paths_of_ops(const faultfs::Trace& trace) {
  std::map<faultfs::FileId, std::string> names;
  std::uint32_t id = 0;
  for (const auto& [path, bytes] : trace.initial.files) names[faultfs::FileId{id++}] = path;
  std::vector<std::string> paths;
  paths.reserve(trace.ops.size());
  for (const faultfs::TraceOp& op : trace.ops) {
    const bool on_directory = op.kind == OpKind::make_dir || op.kind == OpKind::sync_dir;
    if (op.kind == OpKind::create) names[op.file] = op.path;
    if (op.kind == OpKind::rename) names[op.file] = op.to;
    paths.push_back(on_directory ? op.path : names[op.file]);
  }
  return paths;
}

std::string op_text(const faultfs::TraceOp& op, const std::string& path) {
  switch (op.kind) {
    case OpKind::write: return fmt::format("write {}, {} bytes at {}", path, op.length, op.offset);
    case OpKind::truncate:
    case OpKind::allocate: return fmt::format("{} {} to {}", to_string(op.kind), path, op.length);
    case OpKind::rename: return fmt::format("rename {} to {}", op.path, op.to);
    default: return fmt::format("{} {}", to_string(op.kind), path.empty() ? "." : path);
  }
}

std::string doing_at(const faultfs::Trace& trace, const std::vector<Command>& commands,
                     const faultfs::CrashPoint& point) {
  const bool before_all = point.ops == 0 && point.bytes == 0;
  const faultfs::OpIndex op = point.bytes > 0 || before_all ? point.ops : point.ops - 1;
  if (const auto command = faultfs::command_at(trace, op)) {
    return std::string(to_string(commands.at(*command).kind));
  }
  // Outside of commands there are opens and closes; a close is the last thing before its mark.
  const auto next = std::ranges::find_if(trace.marks, [&](const faultfs::Mark& mark) { return mark.at > op; });
  return next != trace.marks.end() && next->kind == MarkKind::closed ? "a close" : "an open";
}

std::string describe_fates(const faultfs::Trace& trace, const faultfs::CrashState& state) {
  const std::vector<std::string> paths = paths_of_ops(trace);
  std::string text;
  for (const faultfs::Fate& fate : state.fates) {
    text += fmt::format("{:>5} {:<50} {}\n", fate.op, op_text(trace.ops.at(fate.op), paths.at(fate.op)),
                        faultfs::fate_text(fate));
  }
  return text;
}

std::string describe_crash(const faultfs::DiskModel& model, const faultfs::Trace& trace,
                           const faultfs::CrashState& state, const std::string& when) {
  return fmt::format("model     {}\ncrash     {}, {}\n{}", faultfs::to_text(model), faultfs::to_text(state), when,
                     describe_fates(trace, state));
}

}  // namespace walbreaker
