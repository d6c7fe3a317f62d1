#include "faultfs/trace.h"

#include <algorithm>

namespace faultfs {

std::string_view to_string(SyncEffect effect) {
  switch (effect) {
    case SyncEffect::durable: return "durable";
    case SyncEffect::nothing: return "nothing";
    case SyncEffect::cleaned: return "cleaned";
    case SyncEffect::reverted: return "reverted";
  }
  return "unknown";
}

std::string_view to_string(MarkKind kind) {
  switch (kind) {
    case MarkKind::issued: return "issued";
    case MarkKind::acked: return "acked";
    case MarkKind::failed: return "failed";
    case MarkKind::opened: return "opened";
    case MarkKind::closed: return "closed";
    case MarkKind::killed: return "killed";
  }
  return "unknown";
}

bool TraceOp::operator==(const TraceOp& other) const {
  if (kind != other.kind || file != other.file || path != other.path || to != other.to) return false;
  if (offset != other.offset || length != other.length) return false;
  if (effect != other.effect || failed != other.failed || thread != other.thread) return false;
  return kind != OpKind::write || data() == other.data();
}

std::optional<std::uint64_t> command_at(const Trace& trace, OpIndex op) {
  auto mark = std::ranges::upper_bound(trace.marks, op, {}, &Mark::at);
  while (mark != trace.marks.begin()) {
    --mark;
    if (mark->client != 0) continue;
    return mark->kind == MarkKind::issued ? std::optional(mark->command) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace faultfs
