#include "harness/subject.h"

#include <algorithm>

#include "engine/assert.h"

namespace walbreaker {

std::string promised(const Subject& subject, const Settings& settings, std::string_view key) {
  const auto terms = subject.promise(settings);
  const auto term = std::ranges::find(terms, key, &PromiseTerm::key);
  return term == terms.end() ? std::string() : term->value;
}

kv::Result<CommandAnswer> perform(Session& session, const Command& command) {
  const auto& writes = command.writes.operations();
  switch (command.kind) {
    case CommandKind::put:
      WB_ASSERT(writes.size() == 1);
      TRY(session.put(writes.front().key, writes.front().value));
      return CommandAnswer::ok;
    case CommandKind::del:
      WB_ASSERT(writes.size() == 1);
      return TRY(session.del(writes.front().key)) ? CommandAnswer::ok : CommandAnswer::missing;
    case CommandKind::batch: TRY(session.batch(command.writes)); return CommandAnswer::ok;
    case CommandKind::sync: TRY(session.sync()); return CommandAnswer::ok;
    case CommandKind::compact: TRY(session.compact()); return CommandAnswer::ok;
  }
  return kv::fail(kv::ErrorCode::internal, "no such kind of command");
}

}  // namespace walbreaker
