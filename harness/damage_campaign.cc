#include "harness/damage_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/assert.h"
#include "harness/damage_oracle.h"
#include "harness/found_case.h"
#include "harness/incident.h"

namespace walbreaker {

struct DamageCampaign::Stage {
  Stage(DamageCampaignKind kind, const Subject& subject, Scenario made, std::uint64_t first_case, std::uint64_t seed)
      : scenario(std::move(made)),
        cases(kind, scenario, subject, seed),
        trials(subject, scenario, Random(seed).split(~scenario.script.entropy).next()),
        first(first_case) {}

  Scenario scenario;
  DamageCases cases;
  DamageTrials trials;
  std::uint64_t first;  // the place of its first case in the natural order
};

DamageCampaign::DamageCampaign(DamageCampaignKind kind, const Subject& subject, DamageCampaignOptions options)
    : kind_(kind), subject_(subject), options_(std::move(options)) {
  if (options_.scenarios.empty()) {
    for (const ScenarioInfo& row : kScenarios) options_.scenarios.push_back(row.kind);
  }
}

DamageCampaign::~DamageCampaign() = default;

Tally DamageCampaign::prepare() {
  Tally tally;
  for (const ScenarioKind kind : options_.scenarios) {
    if (!suits(kind, subject_)) continue;
    if (promise_of(subject_, scenario_settings(kind)).on_damage == OnDamage::none) {
      tally.trouble = fmt::format("{} has nothing to judge: {} promises nothing of damage (on_damage=none)", name(),
                                  subject_.name());
      return tally;
    }
    add_scenario(kind, tally);
    if (tally.trouble) return tally;
  }
  order_ = options_.spread ? CaseOrder::spread(total_, options_.seed) : CaseOrder::as_they_come(total_);
  if (options_.spread && kind_ == DamageCampaignKind::damage) put_whole_files_first();
  return tally;
}

// They are one in a hundred, and none is like another: spread among the rest, most would come too late.
void DamageCampaign::put_whole_files_first() {
  for (std::uint64_t i = 0; i < total_; ++i) places_.push_back(static_cast<std::uint32_t>(order_.at(i)));
  std::ranges::stable_partition(places_, [this](std::uint64_t place) {
    const Stage& stage = stage_at(place);
    const auto kind = stage.cases.at(place - stage.first).kind;
    return kind == faultfs::DamageKind::replace || kind == faultfs::DamageKind::delete_file;
  });
}

std::uint64_t DamageCampaign::place_of(std::uint64_t index) const {
  return places_.empty() ? order_.at(index) : places_[index];
}

void DamageCampaign::add_scenario(ScenarioKind kind, Tally& tally) {
  const std::string name(to_string(kind));
  const Script script = draw_scenario_script(kind, subject_, options_.seed, options_.size);
  auto scenario = play_scenario(kind, subject_, script);
  if (!scenario && scenario.error().does_not_suit) {
    tally.counts[{name, "left out: " + scenario.error().text}] = 1;
    return;
  }
  if (!scenario) {
    const Settled settled = settle(subject_, scenario.error());
    if (settled.trouble) tally.trouble = settled.trouble;
    if (settled.trouble) return;
    const Wrong& wrong = *settled.wrong;
    FoundCase found(subject_, script.settings);
    found.play(kind, script, std::nullopt);
    tally.add(std::move(found).violation(this->name(), wrong, name, fmt::format("{}: {}", name, wrong.text), 0));
    return;
  }
  // What must not happen is in the report also where it did not.
  for (const DamageOutcome outcome : {DamageOutcome::lost_silently, DamageOutcome::wrong}) {
    tally.counts[{name, std::string(to_string(outcome))}] = 0;
  }
  stages_.push_back(std::make_unique<Stage>(kind_, subject_, std::move(*scenario), total_, options_.seed));
  total_ += stages_.back()->cases.size();
}

const DamageCampaign::Stage& DamageCampaign::stage_at(std::uint64_t place) const {
  const auto first = [](const std::unique_ptr<Stage>& stage) { return stage->first; };
  return **(std::ranges::upper_bound(stages_, place, {}, first) - 1);
}

DamageCase DamageCampaign::case_at(std::uint64_t index) const {
  WB_ASSERT(index < total_);
  const std::uint64_t place = place_of(index);
  const Stage& stage = stage_at(place);
  return {stage.scenario, stage.cases.at(place - stage.first)};
}

Tally DamageCampaign::run(const CaseRange& cases, CaseWatch& watch) {
  Tally tally;
  FollowedUp followed_up;
  for (std::uint64_t index = cases.first; index < cases.last; ++index) run_case(index, watch, followed_up, tally);
  return tally;
}

namespace {

std::string_view describe(Place place) {
  switch (place) {
    case Place::snapshot: return "a snapshot";
    case Place::header: return "the header of a log";
    case Place::record: return "a record of a log";
    case Place::last_group: return "the last commit group of the last log";
    case Place::end: return "the end of a log, after its last record";
    case Place::unwritten: return "bytes of a log that nobody wrote";
    case Place::obsolete: return "a file that a newer snapshot replaces";
    case Place::unknown: return "a file whose role is not known";
  }
  return "unknown";
}

std::string prefix_text(const PrefixRange& range) {
  if (range.first == range.last) return fmt::format("after the first {}", range.first);
  return fmt::format("after the first {} to {}", range.first, range.last);
}

std::string expected_text(const Harm& harm, std::size_t full) {
  std::string text = fmt::format("the contents after all {} commands", full);
  if (const PrefixRange& lowest = harm.allowed.unreported.ranges().front(); lowest.first < full) {
    text += ", or " + prefix_text(lowest);
  }
  text += " without a report";
  if (harm.allowed.reported)
    text += fmt::format("; or {} with a report of damage", prefix_text(*harm.allowed.reported));
  if (harm.allowed.refusal) text += "; or a refusal to open";
  return text;
}

}  // namespace

void DamageCampaign::run_case(std::uint64_t index, CaseWatch& watch, FollowedUp& followed_up, Tally& tally) const {
  const auto& [scenario, damage] = case_at(index);
  const auto image = faultfs::apply(damage, scenario.image, &scenario.older);
  const auto harmed = image ? HarmedBytes::between(scenario.image, *image, damage.file) : std::nullopt;
  if (!harmed) {
    tally.trouble = image ? to_text(damage) + " changes nothing" : image.error().message();
    return;
  }
  const Harm harm = harm_of(scenario, *harmed);
  const std::string name(to_string(scenario.kind));
  const std::string where = fmt::format("{}: {}", name, to_string(harm.place));
  const auto made = [&] {
    FoundCase found(subject_, scenario.script.settings);
    found.play(scenario.kind, scenario.script, damage);
    return found;
  };
  const auto summary = [&] {
    return fmt::format("scenario  {}\ndamage    {} (byte {}: {})\nexpected  {}\n", name, faultfs::to_text(damage),
                       harmed->bytes.begin, describe(harm.place), expected_text(harm, scenario.timeline.full()));
  };

  ++tally.cases;
  ++tally.fired;
  ++tally.distinct_images;  // no two cases of a unit leave the same bytes
  if (!watch.at(index, [&] { return made().draft(this->name(), where, summary()); })) {
    ++tally.counts[{name, std::string(to_string(DamageOutcome::wrong))}];
    return;
  }
  const DamageTrials& trials = stage_at(place_of(index)).trials;
  TrialResult result = trials.run(
      *image, harm.allowed, {.second_opinion = index % options_.second_opinion_every == 0, .picked = index % 16 == 0},
      followed_up);
  Settled settled = settle(subject_, std::move(result.judgement.wrong));
  if (settled.trouble) {
    tally.trouble = fmt::format("case {}: {}", index, *settled.trouble);
    return;
  }
  result.judgement.wrong = std::move(settled.wrong);
  tally.follow_ups += result.followed_up ? 1 : 0;
  ++tally.counts[{name, std::string(to_string(outcome_of(scenario, harm, result.answer, result.judgement)))}];
  if (!result.judgement.wrong) return;
  const Wrong& wrong = *result.judgement.wrong;
  if (tally.count_known(wrong.kind, where)) return;
  tally.add(made().violation(this->name(), wrong, where, summary() + "got       " + wrong.text, index));
}

}  // namespace walbreaker
