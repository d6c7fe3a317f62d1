#include "faultfs/fault_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include <fnmatch.h>

#include "engine/assert.h"

namespace faultfs {

const FaultKindInfo& info(FaultKind kind) {
  const FaultKindInfo& row = kFaultKinds.at(static_cast<std::size_t>(kind));
  WB_ASSERT(row.kind == kind);
  return row;
}

const AmountInfo& info(Amount amount) {
  const AmountInfo& row = kAmounts.at(static_cast<std::size_t>(amount));
  WB_ASSERT(row.amount == amount);
  return row;
}

std::string_view to_string(FaultKind kind) { return info(kind).name; }

bool hits(FaultKind kind, OpKind op) { return std::ranges::find(info(kind).hits, op) != info(kind).hits.end(); }

std::string_view to_string(Lasting lasting) { return lasting == Lasting::once ? "once" : "for_ever"; }

namespace {

std::unexpected<kv::Error> refuse(std::string reason) {
  return kv::fail(kv::ErrorCode::invalid_argument, std::move(reason));
}

std::int64_t distance(const Fault& fault) { return static_cast<std::int64_t>(fault.amount); }

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

kv::Result<void> check_amount(const Fault& fault) {
  constexpr auto kFarthest = static_cast<std::int64_t>(kMaxDistanceBytes);
  if (info(fault.kind).amount == Amount::none && fault.amount != 0) {
    return refuse(fmt::format("{} has no amount", to_string(fault.kind)));
  }
  if (fault.kind == FaultKind::short_read && fault.amount == 0) {
    return refuse("a read of 0 bytes is not short: it says that the file ends");
  }
  if (fault.kind == FaultKind::misdirected_write && fault.amount == 0) {
    return refuse("a write that lands 0 bytes further is not misdirected");
  }
  if (fault.kind == FaultKind::misdirected_write && (distance(fault) < -kFarthest || distance(fault) > kFarthest)) {
    return refuse(fmt::format("a distance is at most {} bytes", kMaxDistanceBytes));
  }
  return {};
}

}  // namespace

kv::Result<void> check(const Fault& fault) {
  if (fault.op && !hits(fault.kind, *fault.op)) {
    return refuse(fmt::format("{} does not hit {}", to_string(fault.kind), to_string(*fault.op)));
  }
  if (fault.path.empty()) return refuse("an empty pattern fits no path");
  if (std::ranges::any_of(fault.path, is_control)) {
    return refuse("a pattern holds no control characters: ? stands for any character");
  }
  return check_amount(fault);
}

namespace {

// "store/wal-1.log" -> "wal-1.log", "store/" -> "store"
std::string last_name(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

bool fits(const std::string& pattern, const std::string& path) {
  if (pattern == "*") return true;
  const std::string subject = pattern.find('/') == std::string::npos ? last_name(path) : path;
  return ::fnmatch(pattern.c_str(), subject.c_str(), 0) == 0;
}

// Whether the fault can do anything to an operation that it hits.
bool has_effect(const Fault& fault, const Op& op) {
  switch (fault.kind) {
    case FaultKind::short_write:
    case FaultKind::short_read: return op.length > fault.amount;
    case FaultKind::lost_write:
    case FaultKind::bit_flip: return op.length > 0;
    case FaultKind::misdirected_write:
      return op.length > 0 && (distance(fault) > 0 || op.offset >= std::uint64_t{0} - fault.amount);
    default: return true;
  }
}

}  // namespace

bool counts(const Fault& fault, const Op& op) {
  if (!hits(fault.kind, op.kind) || (fault.op && *fault.op != op.kind)) return false;
  const bool named = fits(fault.path, op.path) || (op.kind == OpKind::rename && fits(fault.path, op.to));
  return named && has_effect(fault, op);
}

namespace {

std::string amount_text(const Fault& fault) {
  const Amount amount = info(fault.kind).amount;
  if (amount == Amount::none) return {};
  if (amount == Amount::by) return fmt::format(" {} {}", info(amount).word, distance(fault));
  return fmt::format(" {} {}", info(amount).word, fault.amount);
}

// The words of a line, one after the other.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view next() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
    return word;
  }

  kv::Result<void> expect(std::string_view expected) {
    const std::string_view word = next();
    if (word == expected) return {};
    return refuse(fmt::format(R"("{}" stands where "{}" has to)", word, expected));
  }

  template <class Int>
  kv::Result<Int> number() {
    const std::string_view word = next();
    Int value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc() && end == word.data() + word.size()) return value;
    return refuse(fmt::format("\"{}\" is no number", word));
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

kv::Result<FaultKind> parse_kind(std::string_view word) {
  const auto* row = std::ranges::find(kFaultKinds, word, &FaultKindInfo::name);
  if (row == kFaultKinds.end()) return refuse(fmt::format("\"{}\" is no kind of fault", word));
  return row->kind;
}

kv::Result<std::optional<OpKind>> parse_op(std::string_view word) {
  if (word == "any") return std::nullopt;
  const auto op = parse_op_kind(word);
  if (!op) return refuse(fmt::format(R"("{}" is no operation, and not "any")", word));
  return op;
}

kv::Result<Lasting> parse_lasting(std::string_view word) {
  for (const Lasting lasting : {Lasting::once, Lasting::for_ever}) {
    if (word == to_string(lasting)) return lasting;
  }
  return refuse(fmt::format(R"("{}" is neither "once" nor "for_ever")", word));
}

kv::Result<std::uint64_t> parse_amount(Amount amount, Words& words) {
  if (amount == Amount::none) return 0;
  TRY(words.expect(info(amount).word));
  if (amount == Amount::by) return static_cast<std::uint64_t>(TRY(words.number<std::int64_t>()));
  return words.number<std::uint64_t>();
}

}  // namespace

std::string to_text(const Fault& fault) {
  return fmt::format("{} {} at {} {}{} of {}", to_string(fault.kind), fault.op ? to_string(*fault.op) : "any", fault.at,
                     to_string(fault.lasting), amount_text(fault), fault.path);
}

kv::Result<Fault> parse_fault(std::string_view line) {
  Words words(line);
  Fault fault{.kind = FaultKind::kill};
  fault.kind = TRY(parse_kind(words.next()));
  fault.op = TRY(parse_op(words.next()));
  TRY(words.expect("at"));
  fault.at = TRY(words.number<std::uint64_t>());
  fault.lasting = TRY(parse_lasting(words.next()));
  fault.amount = TRY(parse_amount(info(fault.kind).amount, words));
  TRY(words.expect("of"));
  fault.path = words.rest();
  TRY(check(fault));
  // "at 007", "by -0"
  if (to_text(fault) != line) return refuse(fmt::format("it is spelled \"{}\"", to_text(fault)));
  return fault;
}

std::string to_text(const FaultPlan& plan) {
  std::string text;
  for (const Fault& fault : plan.faults) text += to_text(fault) + '\n';
  return text;
}

kv::Result<FaultPlan> parse_fault_plan(std::string_view text) {
  FaultPlan plan;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    auto fault = parse_fault(line);
    if (!fault) return refuse(fmt::format("line {}: {}", number, fault.error().context));
    plan.faults.push_back(std::move(*fault));
  }
  return plan;
}

std::string pattern_of(std::string_view path) {
  std::string pattern;
  for (const char c : path) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace faultfs
