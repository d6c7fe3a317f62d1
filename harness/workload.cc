#include "harness/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace walbreaker {

WorkloadShape within(WorkloadShape shape, const Capabilities& capabilities) {
  if (!capabilities.batch) shape.batch_percent = 0;
  if (!capabilities.compact) shape.compact_percent = 0;
  return shape;
}

WorkloadShape within(WorkloadShape shape, const Capabilities& capabilities, const Promise& promise) {
  shape.keys = promise.keys;
  shape.values = promise.values;
  shape.max_key = promise.max_key;
  shape.max_value = promise.max_value;
  return within(shape, capabilities);
}

WorkloadShape draw_swarm(Random& random) {
  WorkloadShape shape;
  shape.hot_keys = static_cast<std::uint32_t>(random.between(1, 6));
  shape.cold_keys = static_cast<std::uint32_t>(random.between(2, 40));
  shape.large_value = random.one_in(4) ? 6'000 : 600;
  shape.huge_value = random.one_in(8) ? 70'000 : 0;
  shape.sector_edges = random.one_in(2);
  shape.equal_sizes = random.one_in(5);
  shape.batch_percent = random.one_in(3) ? 40 : 10;
  shape.del_percent = random.one_in(3) ? 30 : 10;
  shape.sync_percent = static_cast<std::uint32_t>(random.below(3)) * 8;
  shape.compact_percent = static_cast<std::uint32_t>(random.below(4)) * 5;
  return shape;
}

namespace {

// The lowest `bytes` bytes of a number, the highest of them first.
std::string big_endian(std::uint64_t number, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[bytes - 1 - i] = static_cast<char>(number >> (8 * i) & 0xFF);
  return text;
}

std::uint64_t from_big_endian(std::string_view text) {
  std::uint64_t number = 0;
  for (const char byte : text) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// An int64 with a stamp: a byte that says so, 20 bits of the epoch, 28 of the command, and 8 that are drawn. Both signs
// occur.
constexpr std::uint64_t kPositive = 0x57;
constexpr std::uint64_t kNegative = 0xA8;
constexpr std::uint64_t kEpochBits = 20;
constexpr std::uint64_t kCommandBits = 28;
constexpr std::uint64_t kDrawnBits = 8;

// An int32 has room for 12 bits of the epoch, and 20 of the command.
constexpr std::uint64_t kShortEpochBits = 12;
constexpr std::uint64_t kShortCommandBits = 20;

constexpr std::uint64_t lowest_bits(std::uint64_t number, std::uint64_t bits) {
  return number & ((std::uint64_t{1} << bits) - 1);
}

std::string stamped_int64(std::uint64_t epoch, std::uint64_t command, Random& random) {
  const std::uint64_t sign = random.one_in(2) ? kNegative : kPositive;
  return big_endian(
      ((sign << kEpochBits | lowest_bits(epoch, kEpochBits)) << kCommandBits | lowest_bits(command, kCommandBits))
              << kDrawnBits |
          random.below(std::uint64_t{1} << kDrawnBits),
      8);
}

std::string stamped_int32(std::uint64_t epoch, std::uint64_t command) {
  return big_endian(lowest_bits(epoch, kShortEpochBits) << kShortCommandBits | lowest_bits(command, kShortCommandBits),
                    4);
}

}  // namespace

std::string encode_int32(std::int32_t number) {
  return big_endian(static_cast<std::uint64_t>(std::int64_t{number} + (std::int64_t{1} << 31)), 4);
}

std::string encode_int64(std::int64_t number) { return big_endian(static_cast<std::uint64_t>(number), 8); }

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

constexpr std::uint64_t kEqualKey = 12;    // bytes, where all keys are of one size
constexpr std::uint64_t kEqualValue = 40;  // the same of values

std::string Workload::draw_bytes_key() {
  const bool hot = random_.one_in(3);
  if (hot) return fmt::format("hot-{}", random_.below(shape_.hot_keys));
  const std::uint64_t cold = random_.below(shape_.cold_keys);
  if (shape_.equal_sizes) return fmt::format("cold-{:05}", cold);
  if (cold == 0) return {};
  if (cold == 1) return std::string("\0binary\xFF\n", 9);
  return fmt::format("cold-{:05}{}", cold, std::string(cold % 7, '.'));
}

std::string Workload::draw_number_key() {
  if (random_.one_in(3)) return encode_int32(static_cast<std::int32_t>(random_.below(shape_.hot_keys)) - 3);
  const auto cold = static_cast<std::int32_t>(random_.below(shape_.cold_keys));
  if (cold == 0) return encode_int32(std::numeric_limits<std::int32_t>::min());
  if (cold == 1) return encode_int32(std::numeric_limits<std::int32_t>::max());
  return encode_int32((cold % 2 == 0 ? 1'000 : -1'000) * cold);
}

// What is too long is cut in front, where keys are alike.
std::string Workload::draw_key() {
  if (shape_.keys != Domain::bytes) return draw_number_key();
  std::string key = draw_bytes_key();
  if (shape_.equal_sizes) key.resize(kEqualKey, '.');
  if (shape_.max_key && key.size() > *shape_.max_key) key.erase(0, key.size() - *shape_.max_key);
  return key;
}

// How many bytes follow the stamp.
std::uint64_t Workload::draw_filler() {
  if (shape_.huge_value > 0 && random_.one_in(200)) return shape_.huge_value + random_.below(100);
  if (!random_.one_in(40)) return random_.below(100);
  const std::uint64_t large = random_.below(shape_.large_value);
  if (!shape_.sector_edges || random_.one_in(2)) return large;
  constexpr std::uint64_t kSector = 512;
  return std::max<std::uint64_t>(large / kSector, 1) * kSector - 8 + random_.below(17);
}

std::string Workload::draw_value() {
  if (shape_.values == Domain::int64) return stamped_int64(epoch_, index_, random_);
  if (shape_.values == Domain::int32) return stamped_int32(epoch_, index_);
  std::string value = fmt::format("e{}.{}.", epoch_, index_);
  std::uint64_t filler =
      shape_.equal_sizes ? kEqualValue - std::min<std::uint64_t>(kEqualValue, value.size()) : draw_filler();
  for (; filler > 0; --filler) value += static_cast<char>(random_.below(256));
  if (shape_.max_value && value.size() > *shape_.max_value) value.resize(*shape_.max_value);
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

namespace {

std::optional<Stamp> read_number(std::string_view value) {
  const std::uint64_t number = from_big_endian(value);
  if (value.size() == 4) {
    return Stamp{number >> kShortCommandBits, lowest_bits(number, kShortCommandBits)};
  }
  const std::uint64_t sign = number >> (kEpochBits + kCommandBits + kDrawnBits);
  if (value.size() != 8 || (sign != kPositive && sign != kNegative)) return std::nullopt;
  return Stamp{lowest_bits(number >> (kCommandBits + kDrawnBits), kEpochBits),
               lowest_bits(number >> kDrawnBits, kCommandBits)};
}

}  // namespace

std::optional<Stamp> read_stamp(std::string_view value) {
  if (!value.starts_with('e')) return read_number(value);
  Stamp stamp;
  const char* const end = value.data() + value.size();
  const auto epoch = std::from_chars(value.data() + 1, end, stamp.epoch);
  if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '.') return std::nullopt;
  const auto command = std::from_chars(epoch.ptr + 1, end, stamp.command);
  if (command.ec != std::errc() || command.ptr == end || *command.ptr != '.') return std::nullopt;
  return stamp;
}

}  // namespace walbreaker
