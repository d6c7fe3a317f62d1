#include "harness/oracle.h"

#include <fmt/format.h>

#include <utility>

#include "harness/explain.h"

namespace walbreaker {

Allowed allowed_after_kill(const History& history) {
  return {PrefixSet({{history.acked, history.commands.size()}}), std::nullopt, false};
}

Allowed allowed_without_fault(const History& history) {
  const std::size_t full = history.commands.size();
  return {PrefixSet({{full, full}}), std::nullopt, false};
}

namespace {

bool may_refuse_with(kv::ErrorCode code) {
  return code == kv::ErrorCode::corrupted || code == kv::ErrorCode::unsupported_version;
}

std::optional<Wrong> judge_refusal(const Allowed& allowed, const Observation& observation) {
  if (allowed.refusal && may_refuse_with(observation.refusal)) return std::nullopt;
  const bool no_memory = observation.refusal == kv::ErrorCode::no_memory;
  return Wrong{no_memory ? ViolationKind::out_of_memory : ViolationKind::unrecoverable,
               fmt::format("the open failed: {}", observation.text)};
}

std::string in_words(const PrefixSet& set) {
  std::string text;
  for (const PrefixRange& range : set.ranges()) {
    if (!text.empty()) text += " or ";
    text +=
        range.first == range.last ? fmt::format("{}", range.first) : fmt::format("{} to {}", range.first, range.last);
  }
  return text;
}

// The open answered `damaged`.
std::optional<Wrong> judge_reported(const Allowed& allowed, const PrefixSet& served, const Observation& observation) {
  if (!allowed.reported) {
    return Wrong{ViolationKind::false_damage,
                 fmt::format("damage was reported, where none may be: {}", observation.text)};
  }
  if (served.intersects(*allowed.reported)) return std::nullopt;
  const bool too_little = served.highest() < allowed.reported->first;
  return Wrong{
      too_little ? ViolationKind::lost_ack : ViolationKind::false_damage,
      fmt::format("damage was reported, with the contents after the first {} commands; it leaves those after {}: {}",
                  in_words(served), in_words(PrefixSet({*allowed.reported})), observation.text)};
}

// The open answered `clean` or `torn`.
std::optional<Wrong> judge_unreported(const Allowed& allowed, const PrefixSet& served, const Observation& observation) {
  for (const PrefixRange& range : allowed.unreported.ranges()) {
    if (served.intersects(range)) return std::nullopt;
  }
  // Where damage may be reported, saying nothing is what is wrong; where there was none, the loss itself.
  const bool damaged = allowed.reported || allowed.refusal;
  return Wrong{
      damaged ? ViolationKind::silent_loss : ViolationKind::lost_ack,
      fmt::format(
          "the open answered {} ({}), with the contents after the first {} commands; allowed are those after {}",
          to_string(observation.answer), observation.text, in_words(served), in_words(allowed.unreported))};
}

std::size_t most_likely(const Allowed& allowed, Answer answer) {
  if (answer == Answer::damaged && allowed.reported) return allowed.reported->last;
  return allowed.unreported.highest();
}

}  // namespace

Judgement judge(const Timeline& timeline, const Allowed& allowed, const Observation& observation) {
  if (observation.answer == Answer::refused) return {judge_refusal(allowed, observation), std::nullopt};
  if (observation.wrong) return {observation.wrong, std::nullopt};
  const PrefixSet served = timeline.matches(observation.listing);
  if (served.empty()) {
    return {explain_no_prefix(timeline, most_likely(allowed, observation.answer), observation.listing), std::nullopt};
  }
  const bool reported = observation.answer == Answer::damaged;
  auto wrong = reported ? judge_reported(allowed, served, observation) : judge_unreported(allowed, served, observation);
  return {std::move(wrong), served.highest()};
}

namespace {

// The highest prefix among some ranges, ascending, that shows the contents.
std::optional<std::size_t> match(const PossibleContents& possible, const std::vector<PrefixRange>& ranges,
                                 const Listing& listing) {
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    if (const auto prefix = possible.matches(listing, *range)) return prefix;
  }
  return std::nullopt;
}

}  // namespace

Judgement judge(const PossibleContents& possible, const Allowed& allowed, const Observation& observation) {
  if (observation.answer == Answer::refused) return {judge_refusal(allowed, observation), std::nullopt};
  if (observation.wrong) return {observation.wrong, std::nullopt};
  const bool reported = observation.answer == Answer::damaged;
  std::vector<PrefixRange> ranges = reported ? std::vector<PrefixRange>{} : allowed.unreported.ranges();
  if (reported && allowed.reported) ranges.push_back(*allowed.reported);
  if (const auto prefix = match(possible, ranges, observation.listing)) return {std::nullopt, prefix};
  const auto served = possible.matches(observation.listing, {0, possible.size()});
  if (!served) {
    const std::size_t expected = most_likely(allowed, observation.answer);
    return {possible.explain(observation.listing, {expected, expected}), std::nullopt};
  }
  const PrefixSet set({{*served, *served}});
  return {reported ? judge_reported(allowed, set, observation) : judge_unreported(allowed, set, observation), served};
}

std::optional<Wrong> judge_second_open(const Observation& first, const Observation& second) {
  const auto unstable = [](std::string text) { return Wrong{ViolationKind::unstable_recovery, std::move(text)}; };
  const auto reports = [](Answer answer) { return answer == Answer::damaged || answer == Answer::refused; };
  if (reports(second.answer) != reports(first.answer) ||
      (second.answer == Answer::refused) != (first.answer == Answer::refused)) {
    return unstable(fmt::format("the first open answered {} ({}), the second {} ({})", to_string(first.answer),
                                first.text, to_string(second.answer), second.text));
  }
  if (second.wrong) return unstable(fmt::format("at the second open, {}", second.wrong->text));
  if (second.listing != first.listing) return unstable("the second open shows other contents than the first one");
  return std::nullopt;
}

}  // namespace walbreaker
