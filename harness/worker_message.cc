#include "harness/worker_message.h"

#include <fmt/format.h>

#include <utility>

#include "engine/bytes.h"
#include "harness/tally_codec.h"

namespace walbreaker {

namespace {

// The first number of an answer.
constexpr std::uint64_t kPrepared = 1;
constexpr std::uint64_t kUnitDone = 2;
constexpr std::uint64_t kDraft = 3;

void append_moments(std::string& bytes, const std::vector<Moment>& moments) {
  append_number(bytes, moments.size());
  for (const Moment moment : moments) append_number(bytes, moment);
}

std::vector<Moment> read_moments(ByteReader& reader) {
  std::vector<Moment> moments;
  for (std::uint64_t left = reader.count(); left > 0 && reader.good(); --left) moments.push_back(reader.number());
  return moments;
}

void append(std::string& bytes, const Prepared& prepared) {
  append_number(bytes, kPrepared);
  append_flag(bytes, prepared.total_cases.has_value());
  append_number(bytes, prepared.total_cases.value_or(0));
  append_number(bytes, prepared.cases_per_unit);
  append_tally(bytes, prepared.tally);
}

void append(std::string& bytes, const UnitDone& done) {
  append_number(bytes, kUnitDone);
  append_tally(bytes, done.tally);
}

void append(std::string& bytes, const Violation& draft) {
  append_number(bytes, kDraft);
  append_violation(bytes, draft);
}

std::string framed(std::string_view bytes) {
  std::string frame;
  kv::append(frame, static_cast<std::uint32_t>(bytes.size()));
  return frame += bytes;
}

Prepared read_prepared(ByteReader& reader) {
  Prepared prepared;
  const bool has_end = reader.flag();
  const std::uint64_t total = reader.number();
  if (has_end) prepared.total_cases = total;
  prepared.cases_per_unit = reader.number();
  if (prepared.cases_per_unit == 0) reader.fail();
  prepared.tally = read_tally(reader);
  return prepared;
}

}  // namespace

std::string to_frame(const WorkerOrder& order) {
  std::string bytes;
  append_number(bytes, order.campaign);
  append_flag(bytes, order.prepare_only);
  append_number(bytes, order.cases.first);
  append_number(bytes, order.cases.last);
  append_moments(bytes, order.skips);
  append_moments(bytes, order.suspects);
  return framed(bytes);
}

std::string to_frame(const WorkerAnswer& answer) {
  std::string bytes;
  std::visit([&](const auto& message) { append(bytes, message); }, answer);
  if (bytes.size() <= kMostFrameBytes) return framed(bytes);
  UnitDone instead;
  instead.tally.trouble = fmt::format("what was found is too large to be told, with {} bytes", bytes.size());
  bytes.clear();
  append(bytes, instead);
  return framed(bytes);
}

std::optional<WorkerOrder> parse_order(std::string_view bytes) {
  ByteReader reader(bytes);
  WorkerOrder order;
  order.campaign = reader.number();
  order.prepare_only = reader.flag();
  order.cases.first = reader.number();
  order.cases.last = reader.number();
  order.skips = read_moments(reader);
  order.suspects = read_moments(reader);
  return reader.at_end() ? std::optional(std::move(order)) : std::nullopt;
}

std::optional<WorkerAnswer> parse_answer(std::string_view bytes) {
  ByteReader reader(bytes);
  std::optional<WorkerAnswer> answer;
  switch (reader.number()) {
    case kPrepared: answer = read_prepared(reader); break;
    case kUnitDone: answer = UnitDone{read_tally(reader)}; break;
    case kDraft: answer = read_violation(reader); break;
    default: return std::nullopt;
  }
  return reader.at_end() ? std::move(answer) : std::nullopt;
}

std::optional<std::string> FrameBuffer::next() {
  if (broken_ || bytes_.size() < sizeof(std::uint32_t)) return std::nullopt;
  const auto length = kv::load<std::uint32_t>(bytes_, 0);
  broken_ = length > kMostFrameBytes;
  if (broken_ || bytes_.size() - sizeof length < length) return std::nullopt;
  std::string frame = bytes_.substr(sizeof length, length);
  bytes_.erase(0, sizeof length + length);
  return frame;
}

}  // namespace walbreaker
