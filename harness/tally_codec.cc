#include "harness/tally_codec.h"

#include <utility>

#include "engine/bytes.h"

namespace walbreaker {

std::uint64_t ByteReader::number() {
  if (rest_.size() < sizeof(std::uint64_t)) fail();
  if (!good_) return 0;
  const auto value = kv::load<std::uint64_t>(rest_, 0);
  rest_.remove_prefix(sizeof value);
  return value;
}

bool ByteReader::flag() {
  if (rest_.empty()) fail();
  if (!good_) return false;
  const char value = rest_.front();
  rest_.remove_prefix(1);
  if (value != 0 && value != 1) fail();
  return good_ && value == 1;
}

std::uint64_t ByteReader::count() {
  const std::uint64_t value = number();
  if (value > rest_.size()) fail();
  return good_ ? value : 0;
}

std::string ByteReader::text() {
  const std::uint64_t length = count();
  std::string value(rest_.substr(0, length));
  rest_.remove_prefix(length);
  return value;
}

void append_number(std::string& bytes, std::uint64_t number) { kv::append(bytes, number); }

void append_flag(std::string& bytes, bool flag) { bytes += flag ? '\1' : '\0'; }

void append_text(std::string& bytes, std::string_view text) {
  append_number(bytes, text.size());
  bytes += text;
}

void append_violation(std::string& bytes, const Violation& violation) {
  append_number(bytes, static_cast<std::uint64_t>(violation.kind));
  append_text(bytes, violation.where);
  append_text(bytes, violation.summary);
  append_number(bytes, violation.case_index);
  append_text(bytes, violation.case_text);
}

Violation read_violation(ByteReader& reader) {
  const std::uint64_t kind = reader.number();
  if (kind >= kViolations.size()) reader.fail();
  Violation violation{reader.good() ? kViolations.at(kind).kind : ViolationKind::baseline, {}, {}, 0, {}};
  violation.where = reader.text();
  violation.summary = reader.text();
  violation.case_index = reader.number();
  violation.case_text = reader.text();
  return violation;
}

void append_tally(std::string& bytes, const Tally& tally) {
  append_number(bytes, tally.cases);
  append_number(bytes, tally.fired);
  append_number(bytes, tally.distinct_images);
  append_number(bytes, tally.follow_ups);
  append_number(bytes, tally.violating_cases);
  append_number(bytes, tally.counts.size());
  for (const auto& [what, count] : tally.counts) {
    append_text(bytes, what.first);
    append_text(bytes, what.second);
    append_number(bytes, count);
  }
  append_number(bytes, tally.violations.size());
  for (const Violation& violation : tally.violations) append_violation(bytes, violation);
  append_flag(bytes, tally.trouble.has_value());
  if (tally.trouble) append_text(bytes, *tally.trouble);
}

Tally read_tally(ByteReader& reader) {
  Tally tally;
  tally.cases = reader.number();
  tally.fired = reader.number();
  tally.distinct_images = reader.number();
  tally.follow_ups = reader.number();
  tally.violating_cases = reader.number();
  for (std::uint64_t left = reader.count(); left > 0 && reader.good(); --left) {
    std::string group = reader.text();
    std::string name = reader.text();
    tally.counts[{std::move(group), std::move(name)}] = reader.number();
  }
  for (std::uint64_t left = reader.count(); left > 0 && reader.good(); --left) {
    tally.violations.push_back(read_violation(reader));
  }
  if (reader.flag()) tally.trouble = reader.text();
  return tally;
}

}  // namespace walbreaker
