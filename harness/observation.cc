#include "harness/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "harness/text.h"
#include "harness/workload.h"

namespace walbreaker {

std::string_view to_string(Answer answer) {
  switch (answer) {
    case Answer::clean: return "clean";
    case Answer::torn: return "torn";
    case Answer::damaged: return "damaged";
    case Answer::refused: return "refused";
  }
  return "unknown";
}

namespace {

Answer answer_of(OpenAnswer answer) {
  switch (answer) {
    case OpenAnswer::clean: return Answer::clean;
    case OpenAnswer::torn: return Answer::torn;
    case OpenAnswer::damaged: return Answer::damaged;
  }
  return Answer::refused;
}

Wrong failed(std::string_view call, const kv::Error& error) {
  return {ViolationKind::unrecoverable, fmt::format("{} failed: {}", call, error.message())};
}

std::optional<Wrong> wrong_order(const Listing& listing) {
  const auto not_below = [](const auto& a, const auto& b) { return a.first >= b.first; };
  const auto at = std::ranges::adjacent_find(listing, not_below);
  if (at == listing.end()) return std::nullopt;
  return Wrong{ViolationKind::wrong_result,
               fmt::format("the scan returned key {} before key {}", in_quotes(at->first), in_quotes((at + 1)->first))};
}

std::optional<Wrong> wrong_get(Session& session, const std::string& key, const std::string* expected,
                               kv::ErrorCode& refusal) {
  const auto got = session.get(key);
  if (!got) {
    refusal = got.error().code;
    return failed(fmt::format("get {}", in_quotes(key)), got.error());
  }
  const bool agrees = expected == nullptr ? !got->has_value() : *got == *expected;
  if (agrees) return std::nullopt;
  return Wrong{ViolationKind::wrong_result, fmt::format("get {} answered {}, and the scan {}", in_quotes(key),
                                                        value_text(*got ? &**got : nullptr), value_text(expected))};
}

std::optional<Wrong> wrong_gets(Session& session, const Listing& listing, kv::ErrorCode& refusal) {
  for (const auto& [key, value] : listing) {
    if (auto wrong = wrong_get(session, key, &value, refusal)) return wrong;
  }
  return wrong_get(session, std::string(kMissingKey), nullptr, refusal);
}

// What a store that refused a read serves: what its scan returned, or else what it answers for each key.
PartialListing read_partly(Session& session, const Reading& reading, const Inquiry& inquiry) {
  PartialListing partial;
  for (const auto& [key, value] : reading.listing) partial.emplace_back(key, value);
  if (!partial.empty()) return partial;
  for (const std::string& key : inquiry.keys) {
    if (auto got = session.get(key)) partial.emplace_back(key, std::move(*got));
  }
  return partial;
}

}  // namespace

Reading read_all(Session& session) {
  auto listing = session.scan();
  if (!listing) return {{}, failed("scan", listing.error()), listing.error().code};
  Reading reading{std::move(*listing), {}};
  reading.wrong = wrong_order(reading.listing);
  if (!reading.wrong) reading.wrong = wrong_gets(session, reading.listing, reading.refusal);
  return reading;
}

Observation observe(const Subject& subject, kv::Vfs& vfs, const std::string& directory, const OpenRequest& request,
                    Leave leave, const Inquiry& inquiry) {
  Observation observation;
  const auto opened = subject.open(vfs, directory, request);
  if (!opened) {
    observation.answer = Answer::refused;
    observation.refusal = opened.error().code;
    observation.text = opened.error().message();
    return observation;
  }
  observation.answer = answer_of(opened->answer);
  observation.text = opened->text;
  Reading reading = read_all(*opened->session);
  observation.refusal = reading.refusal;
  if (reading.refusal != kv::ErrorCode::ok) observation.partial = read_partly(*opened->session, reading, inquiry);
  observation.listing = std::move(reading.listing);
  observation.wrong = std::move(reading.wrong);
  if (leave == Leave::closed && !observation.wrong) {
    const auto closed = opened->session->close();
    if (!closed) observation.wrong = failed("close", closed.error());
  }
  return observation;
}

}  // namespace walbreaker
