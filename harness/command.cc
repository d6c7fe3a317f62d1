#include "harness/command.h"

namespace walbreaker {

std::string_view to_string(CommandKind kind) {
  switch (kind) {
    case CommandKind::put: return "put";
    case CommandKind::del: return "del";
    case CommandKind::batch: return "batch";
    case CommandKind::sync: return "sync";
    case CommandKind::compact: return "compact";
  }
  return "unknown";
}

void apply_to(Contents& contents, const Command& command) {
  for (const auto& write : command.writes.operations()) {
    if (write.kind == kv::Batch::Kind::put) contents.insert_or_assign(write.key, write.value);
    if (write.kind == kv::Batch::Kind::remove) contents.erase(write.key);
  }
}

}  // namespace walbreaker
