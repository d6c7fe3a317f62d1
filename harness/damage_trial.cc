#include "harness/damage_trial.h"

#include <fmt/format.h>

#include <functional>

#include "faultfs/mix.h"
#include "faultfs/sector_hash.h"
#include "faultfs/sim_disk.h"

namespace walbreaker {

namespace {

constexpr std::uint32_t kSectorBytes = 512;

// Of two hashes or sizes, in their order.
std::uint64_t joined(std::uint64_t a, std::uint64_t b) { return faultfs::mix(a ^ faultfs::mix(b)); }

std::uint64_t hash_of(const faultfs::Image& left, const Observation& shown) {
  const std::hash<std::string_view> of_text;
  std::uint64_t hash = static_cast<std::uint64_t>(shown.answer);
  for (const auto& [name, bytes] : left.files) {
    hash = joined(joined(hash, of_text(name)), bytes.size());
    hash = joined(hash, faultfs::hash_sectors(bytes, 0, bytes.size(), kSectorBytes));
  }
  for (const auto& [key, value] : shown.listing) hash = joined(joined(hash, of_text(key)), of_text(value));
  return hash;
}

constexpr auto kFailedSync = faultfs::FailedSync::clean_readable;

}  // namespace

DamageTrials::DamageTrials(const Subject& subject, const Scenario& scenario, std::uint64_t entropy)
    : subject_(subject),
      scenario_(scenario),
      capabilities_(subject.capabilities()),
      possible_(scenario.timeline.history(), scenario.promise),
      inquiry_{possible_.keys()},
      entropy_(entropy) {}

OpenRequest DamageTrials::request(bool read_only, std::uint64_t number) const {
  return {.read_only = read_only, .settings = scenario_.script.settings, .entropy = entropy_ + number};
}

TrialResult DamageTrials::run(const faultfs::Image& image, const Allowed& allowed, const Extras& extras,
                              FollowedUp& followed_up) const {
  faultfs::SimDisk disk(image, kFailedSync, faultfs::Tracing::off);
  const Observation first = observe(subject_, disk, kScenarioDirectory, request(false, 0), Leave::dropped, inquiry_);
  TrialResult result{first.answer, judge_damage(possible_, allowed, first)};
  if (!result.judgement.wrong && extras.second_opinion) {
    result.judgement.wrong = subject_.second_opinion(image, kScenarioDirectory, first);
  }
  // A store that refused to be read, as it may, has nothing to compare.
  if (result.judgement.wrong || first.wrong) return result;
  const faultfs::Image left = disk.image();
  const bool changed = !(left == image);
  result.followed_up = changed ? followed_up.insert(hash_of(left, first)).second : extras.picked;
  if (result.followed_up) result.judgement.wrong = follow_up(first, left, changed);
  if (!result.judgement.wrong && changed && extras.picked && capabilities_.read_only) {
    result.judgement.wrong = open_read_only(first, image);
  }
  return result;
}

std::optional<Wrong> DamageTrials::follow_up(const Observation& first, const faultfs::Image& left, bool changed) const {
  if (changed) {
    if (auto wrong = open_again(first, left)) return wrong;
  }
  if (capabilities_.locks) {
    if (auto wrong = open_twice(left)) return wrong;
  }
  return capabilities_.read_only ? open_read_only(first, left) : std::nullopt;
}

std::optional<Wrong> DamageTrials::open_again(const Observation& first, const faultfs::Image& left) const {
  faultfs::SimDisk disk(left, kFailedSync, faultfs::Tracing::off);
  return judge_second_open(first, observe(subject_, disk, kScenarioDirectory, request(false, 1)));
}

std::optional<Wrong> DamageTrials::open_twice(const faultfs::Image& left) const {
  faultfs::SimDisk disk(left, kFailedSync, faultfs::Tracing::off);
  const auto first = subject_.open(disk, kScenarioDirectory, request(false, 1));
  if (!first) return std::nullopt;
  if (auto wrong = second_opener(disk, "while the store was open")) return wrong;
  if (!capabilities_.compact || !first->session->compact()) return std::nullopt;
  return second_opener(disk, "while the store was open and had compacted");
}

std::optional<Wrong> DamageTrials::second_opener(kv::Vfs& disk, std::string_view when) const {
  const auto second = subject_.open(disk, kScenarioDirectory, request(false, 2));
  if (!second && second.error().code == kv::ErrorCode::locked) return std::nullopt;
  return Wrong{ViolationKind::double_open, fmt::format("{}, a second opener got {}; it has to be refused with locked",
                                                       when, second ? "in" : second.error().message())};
}

std::optional<Wrong> DamageTrials::open_read_only(const Observation& first, const faultfs::Image& image) const {
  faultfs::SimDisk disk(image, kFailedSync, faultfs::Tracing::off);
  const Observation second = observe(subject_, disk, kScenarioDirectory, request(true, 3));
  if (!(disk.image() == image)) return Wrong{ViolationKind::changed_read_only, "a read-only open changed the image"};
  return judge_second_open(first, second);
}

}  // namespace walbreaker
