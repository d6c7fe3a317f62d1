#include "harness/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/assert.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

constexpr std::array<std::string_view, 4> kRoles{"log", "snapshot", "other", "unknown"};

constexpr std::array<std::string_view, 3> kSubjectKinds{"subject", "plugin", "driver"};

}  // namespace

std::string_view to_string(SubjectKind kind) { return kSubjectKinds.at(static_cast<std::size_t>(kind)); }

std::string to_flag(const SubjectName& name) {
  return fmt::format("--{} {}", to_string(name.kind), shell_word(name.name));
}

std::string_view to_string(FileRole role) { return kRoles.at(static_cast<std::size_t>(role)); }

std::optional<FileRole> parse_role(std::string_view name) {
  const auto row = std::ranges::find(kRoles, name);
  if (row == kRoles.end()) return std::nullopt;
  return static_cast<FileRole>(row - kRoles.begin());
}

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
