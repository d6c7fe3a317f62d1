#include "engine/file_name.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace kv {
namespace {

// The number between `prefix` and `suffix`, where the name has both and the number is written as we write it.
std::optional<Generation> number_between(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  if (name.size() <= prefix.size() + suffix.size()) return std::nullopt;
  const std::string_view digits = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  if (digits.front() == '0') return std::nullopt;
  Generation number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number > kMaxGeneration) return std::nullopt;
  return number;
}

}  // namespace

Result<Generation> next_generation(Generation highest) {
  if (highest >= kMaxGeneration) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a file has generation {}, and there is none above it", highest));
  }
  return highest + 1;
}

std::string log_name(Generation generation) { return fmt::format("wal-{}.log", generation); }
std::string snapshot_name(Generation generation) { return fmt::format("snapshot-{}.dat", generation); }
std::string temporary_name(Generation generation) { return snapshot_name(generation) + ".tmp"; }
std::string set_aside_name(std::string_view name) { return fmt::format("{}.damaged", name); }

FileName parse_file_name(std::string_view name) {
  if (name == kLockName) return {FileKind::lock, 0};
  if (const auto number = number_between(name, "wal-", ".log")) return {FileKind::log, *number};
  if (const auto number = number_between(name, "snapshot-", ".dat")) return {FileKind::snapshot, *number};
  if (const auto number = number_between(name, "snapshot-", ".dat.tmp")) return {FileKind::temporary, *number};
  if (const auto number = number_between(name, "wal-", ".log.damaged")) return {FileKind::set_aside, *number};
  if (const auto number = number_between(name, "snapshot-", ".dat.damaged")) return {FileKind::set_aside, *number};
  if (name.ends_with(".tmp")) return {FileKind::temporary, 0};
  return {};
}

}  // namespace kv
