#include "harness/workload.h"

#include <fmt/format.h>

#include <charconv>

namespace walbreaker {

WorkloadShape within(WorkloadShape shape, const Capabilities& capabilities) {
  if (!capabilities.batch) shape.batch_percent = 0;
  if (!capabilities.compact) shape.compact_percent = 0;
  return shape;
}

Workload::Workload(Random random, std::uint64_t epoch, const WorkloadShape& shape)
    : random_(random), epoch_(epoch), shape_(shape) {}

CommandKind Workload::draw_kind() {
  std::uint64_t percent = random_.below(100);
  const auto falls_within = [&percent](std::uint64_t share) {
    const bool within = percent < share;
    percent -= within ? 0 : share;
    return within;
  };
  if (falls_within(shape_.batch_percent)) return CommandKind::batch;
  if (falls_within(shape_.del_percent)) return CommandKind::del;
  if (falls_within(shape_.sync_percent)) return CommandKind::sync;
  if (falls_within(shape_.compact_percent)) return CommandKind::compact;
  return CommandKind::put;
}

std::string Workload::draw_key() {
  if (random_.one_in(3)) return fmt::format("hot-{}", random_.below(shape_.hot_keys));
  const std::uint64_t cold = random_.below(shape_.cold_keys);
  if (cold == 0) return {};
  if (cold == 1) return std::string("\0binary\xFF\n", 9);
  return fmt::format("cold-{:05}{}", cold, std::string(cold % 7, '.'));
}

std::string Workload::draw_value() {
  std::string value = fmt::format("e{}.{}.", epoch_, index_);
  std::uint64_t filler = random_.one_in(40) ? random_.below(shape_.large_value) : random_.below(100);
  for (; filler > 0; --filler) value += static_cast<char>(random_.below(256));
  return value;
}

Command Workload::next() {
  Command command{draw_kind(), {}};
  switch (command.kind) {
    case CommandKind::put: command.writes.put(draw_key(), draw_value()); break;
    case CommandKind::del: command.writes.remove(draw_key()); break;
    case CommandKind::batch:
      for (std::uint64_t i = random_.between(2, 6); i > 0; --i) {
        if (random_.one_in(5)) {
          command.writes.remove(draw_key());
        } else {
          command.writes.put(draw_key(), draw_value());
        }
      }
      break;
    case CommandKind::sync:
    case CommandKind::compact: break;
  }
  ++index_;
  return command;
}

std::optional<Stamp> read_stamp(std::string_view value) {
  Stamp stamp;
  const char* const end = value.data() + value.size();
  if (!value.starts_with('e')) return std::nullopt;
  const auto epoch = std::from_chars(value.data() + 1, end, stamp.epoch);
  if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '.') return std::nullopt;
  const auto command = std::from_chars(epoch.ptr + 1, end, stamp.command);
  if (command.ec != std::errc() || command.ptr == end || *command.ptr != '.') return std::nullopt;
  return stamp;
}

}  // namespace walbreaker
