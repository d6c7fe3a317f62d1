// Commands: what is asked of a subject, and what it means to the contents.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/batch.h"

namespace walbreaker {

using Contents = std::map<std::string, std::string>;

// The same as a subject lists them: what a scan returned, in the order in which it did.
using Listing = std::vector<std::pair<std::string, std::string>>;

enum class CommandKind { put, del, batch, sync, compact };

// The enumerator's name: "compact".
[[nodiscard]] std::string_view to_string(CommandKind kind);

struct Command {
  CommandKind kind;
  kv::Batch writes;  // one put, one remove, any number; none for sync and compact
};

// Whether the command changes contents, and so is logged.
[[nodiscard]] inline bool writes_data(CommandKind kind) {
  return kind != CommandKind::sync && kind != CommandKind::compact;
}

// Whether an ack of the command says that everything acked before it is durable.
[[nodiscard]] inline bool makes_durable(CommandKind kind) {
  return kind == CommandKind::sync || kind == CommandKind::compact;
}

// What the command makes of the contents, if it happens at all.
void apply_to(Contents& contents, const Command& command);

}  // namespace walbreaker
