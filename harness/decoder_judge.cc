#include "harness/decoder_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/text.h"

namespace walbreaker {

namespace {

using Verdict = DecodedStore::Verdict;

Answer answer_for(Verdict verdict) {
  switch (verdict) {
    case Verdict::clean:
    case Verdict::new_store: return Answer::clean;
    case Verdict::torn: return Answer::torn;
    case Verdict::damaged: return Answer::damaged;
    case Verdict::refused:
    case Verdict::unsupported: return Answer::refused;
  }
  return Answer::refused;
}

// The kind of an answer of another class, by what is worse: to keep silent, or to say too much.
ViolationKind kind_of_answer(Answer expected, Answer got) {
  if (got == Answer::refused) return ViolationKind::unrecoverable;
  return got < expected ? ViolationKind::silent_loss : ViolationKind::false_damage;
}

bool same(const Contents& contents, const Listing& listing) {
  return std::ranges::equal(contents, listing,
                            [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; });
}

// The first key that does not show what the decoder says.
Wrong first_difference(const Contents& expected, const Listing& listing) {
  const auto say = [](std::string_view key, const std::string* served, const std::string* decoded) {
    return fmt::format("key {}: the engine served {}, the independent decoder of the image says {}", in_quotes(key),
                       value_text(served), value_text(decoded));
  };
  auto e = expected.begin();
  for (const auto& [key, value] : listing) {
    if (e != expected.end() && e->first < key) break;
    if (e == expected.end() || key < e->first) return {ViolationKind::phantom_value, say(key, &value, nullptr)};
    if (e->second != value) return {ViolationKind::wrong_value, say(key, &value, &e->second)};
    ++e;
  }
  return {ViolationKind::lost_ack, say(e->first, nullptr, &e->second)};
}

std::string answer_text(const Observation& observation) {
  if (observation.answer == Answer::refused) return fmt::format("refused ({})", observation.text);
  return fmt::format("served {} keys and answered {} ({})", observation.listing.size(), to_string(observation.answer),
                     observation.text);
}

}  // namespace

std::optional<Wrong> judge_by_decoder(const DecodedStore& decoded, const Observation& observation) {
  const Answer expected = answer_for(decoded.verdict);
  const kv::ErrorCode refusal = decoded.verdict == Verdict::unsupported ? kv::ErrorCode::unsupported_version
                                : decoded.verdict == Verdict::refused   ? kv::ErrorCode::corrupted
                                                                        : kv::ErrorCode::ok;
  if (observation.answer != expected || observation.refusal != refusal) {
    return Wrong{
        kind_of_answer(expected, observation.answer),
        fmt::format("the engine {}, the independent decoder of the image says {}, {} keys: {}",
                    answer_text(observation), to_string(decoded.verdict), decoded.contents.size(), decoded.reason)};
  }
  if (same(decoded.contents, observation.listing)) return std::nullopt;
  Wrong wrong = first_difference(decoded.contents, observation.listing);
  wrong.text += fmt::format(" ({}: {})", to_string(decoded.verdict), decoded.reason);
  return wrong;
}

}  // namespace walbreaker
