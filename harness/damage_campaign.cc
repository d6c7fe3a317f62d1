#include "harness/damage_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/assert.h"
#include "faultfs/sim_disk.h"
#include "harness/damage_oracle.h"

namespace walbreaker {

struct DamageCampaign::Segment {
  std::uint64_t first;  // the place of its first case in the natural order
  const Scenario* scenario;
  const ScenarioFile* file;
};

struct DamageCampaign::Case {
  std::uint64_t index;
  const Scenario& scenario;
  faultfs::Damage damage;
};

DamageCampaign::DamageCampaign(faultfs::DamageKind kind, const Subject& subject, DamageCampaignOptions options)
    : kind_(kind), subject_(subject), options_(std::move(options)) {
  if (options_.scenarios.empty()) {
    for (const ScenarioInfo& row : kScenarios) options_.scenarios.push_back(row.kind);
  }
}

DamageCampaign::~DamageCampaign() = default;

std::string_view DamageCampaign::name() const { return kind_ == faultfs::DamageKind::flip ? "bitflip" : "truncate"; }

Tally DamageCampaign::prepare() {
  Tally tally;
  for (const ScenarioKind kind : options_.scenarios) {
    if (!suits(kind, subject_)) continue;
    if (promised(subject_, scenario_settings(kind), "on_damage") != "exact_prefix") {
      tally.trouble =
          fmt::format("{} judges on_damage=exact_prefix, which {} does not promise", name(), subject_.name());
      return tally;
    }
    auto scenario = make_scenario(kind, subject_, options_.seed, options_.size);
    if (!scenario) {
      const Wrong& wrong = scenario.error();
      tally.add(Violation{
          wrong.kind, std::string(to_string(kind)), fmt::format("{}: {}", to_string(kind), wrong.text), 0, {}});
      continue;
    }
    scenarios_.push_back(std::make_unique<Scenario>(std::move(*scenario)));
    // What must not happen is in the report also where it did not.
    for (const Outcome outcome : {Outcome::lost_silently, Outcome::wrong}) {
      tally.counts[{std::string(to_string(kind)), std::string(to_string(outcome))}] = 0;
    }
    for (const ScenarioFile& file : scenarios_.back()->files) {
      segments_.push_back({total_, scenarios_.back().get(), &file});
      total_ += kind_ == faultfs::DamageKind::flip ? file.size * 8 : file.size;
    }
  }
  order_ = options_.spread ? CaseOrder::spread(total_, options_.seed) : CaseOrder::as_they_come(total_);
  return tally;
}

DamageCampaign::Case DamageCampaign::case_at(std::uint64_t index) const {
  WB_ASSERT(index < total_);
  const std::uint64_t place = order_.at(index);
  const auto& segment = *(std::ranges::upper_bound(segments_, place, {}, &Segment::first) - 1);
  return {index, *segment.scenario, {kind_, segment.file->name, place - segment.first}};
}

Tally DamageCampaign::run(const CaseRange& cases) {
  Tally tally;
  for (std::uint64_t index = cases.first; index < cases.last; ++index) run_case(index, tally);
  return tally;
}

namespace {

// What a case is judged by: the open that must be right, and what comes after it.
class Trial {
 public:
  Trial(const Subject& subject, const Scenario& scenario, const faultfs::Image& image, std::uint64_t entropy)
      : subject_(subject), scenario_(scenario), image_(image), entropy_(entropy) {}

  Judgement run(const Harm& harm, bool opinion_too, bool read_only_too) {
    faultfs::SimDisk vfs(image_, faultfs::FailedSync::clean_readable, faultfs::Tracing::off);
    observed_ = observe(subject_, vfs, kScenarioDirectory, request(false));
    Judgement judgement = judge(scenario_.timeline, harm.allowed, observed_);
    if (!judgement.wrong && opinion_too)
      judgement.wrong = subject_.second_opinion(image_, kScenarioDirectory, observed_);
    // On the same bytes the same answer is certain, so a second open is only worth its time where the first changed
    // any.
    if (!judgement.wrong && !(vfs.image() == image_)) judgement.wrong = open_again(vfs);
    if (!judgement.wrong && read_only_too) judgement.wrong = open_read_only();
    return judgement;
  }

  [[nodiscard]] Answer answer() const { return observed_.answer; }

 private:
  OpenRequest request(bool read_only) {
    return {.read_only = read_only, .settings = scenario_settings(scenario_.kind), .entropy = entropy_++};
  }

  std::optional<Wrong> open_again(faultfs::SimDisk& vfs) {
    return judge_second_open(observed_, observe(subject_, vfs, kScenarioDirectory, request(false)));
  }

  std::optional<Wrong> open_read_only() {
    faultfs::SimDisk vfs(image_, faultfs::FailedSync::clean_readable, faultfs::Tracing::off);
    const Observation second = observe(subject_, vfs, kScenarioDirectory, request(true));
    if (!(vfs.image() == image_)) return Wrong{ViolationKind::changed_read_only, "a read-only open changed the image"};
    return judge_second_open(observed_, second);
  }

  const Subject& subject_;
  const Scenario& scenario_;
  const faultfs::Image& image_;
  std::uint64_t entropy_;
  Observation observed_;
};

std::string_view describe(Place place) {
  switch (place) {
    case Place::snapshot: return "a snapshot";
    case Place::header: return "the header of a log";
    case Place::record: return "a record of a log";
    case Place::last_group: return "the last commit group of the last log";
    case Place::end: return "the end of a log, after its last record";
    case Place::unwritten: return "bytes of a log that nobody wrote";
    case Place::obsolete: return "a file that a newer snapshot replaces";
  }
  return "unknown";
}

std::string expected_text(const Harm& harm, std::size_t full) {
  std::string text = fmt::format("the contents after all {} commands", full);
  if (harm.allowed.unreported.ranges().size() > 1) {
    text += fmt::format(", or after the first {}", harm.allowed.unreported.ranges().front().first);
  }
  text += " without a report";
  if (harm.allowed.reported)
    text += fmt::format("; or after the first {} with a report of damage", *harm.allowed.reported);
  if (harm.allowed.refusal) text += "; or a refusal to open";
  return text;
}

}  // namespace

void DamageCampaign::run_case(std::uint64_t index, Tally& tally) const {
  const Case c = case_at(index);
  const auto image = faultfs::apply(c.damage, c.scenario.image);
  if (!image) {
    tally.trouble = image.error().message();
    return;
  }
  const Harm harm = harm_of(c.scenario, c.damage);
  Trial trial(subject_, c.scenario, *image, Random(options_.seed).split(index).next());
  const Judgement judgement =
      trial.run(harm, index % options_.second_opinion_every == 0, index % 16 == 0 && subject_.capabilities().read_only);
  const std::string_view scenario = to_string(c.scenario.kind);

  ++tally.cases;
  ++tally.fired;
  ++tally.distinct_images;  // no two cases of a unit leave the same bytes
  ++tally.counts[{std::string(scenario),
                  std::string(to_string(outcome_of(c.scenario, c.damage, trial.answer(), judgement)))}];
  if (!judgement.wrong) return;
  std::string summary = fmt::format("scenario  {}\ndamage    {} (byte {}: {})\nexpected  {}\ngot       {}", scenario,
                                    faultfs::to_text(c.damage), c.damage.first_harmed_byte(), describe(harm.place),
                                    expected_text(harm, c.scenario.timeline.full()), judgement.wrong->text);
  tally.add(Violation{judgement.wrong->kind, fmt::format("{}: {}", scenario, to_string(harm.place)), std::move(summary),
                      index, *image});
}

}  // namespace walbreaker
