#include "harness/run_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/assert.h"
#include "faultfs/enumerate.h"
#include "harness/case_order.h"
#include "harness/configured_subject.h"
#include "harness/damage_cases.h"
#include "harness/damage_oracle.h"
#include "harness/damage_trial.h"
#include "harness/incident.h"
#include "harness/random.h"

namespace walbreaker {

std::string_view to_string(CaseResult::Verdict verdict) {
  switch (verdict) {
    case CaseResult::Verdict::pass: return "pass";
    case CaseResult::Verdict::violation: return "violation";
    case CaseResult::Verdict::stale: return "stale";
    case CaseResult::Verdict::trouble: return "trouble";
  }
  return "unknown";
}

namespace {

// Ends the run of a case: a violation, or that it is stale.
struct End {
  CaseResult::Verdict verdict;
  std::optional<Wrong> wrong;
  std::string text;
};
using Step = std::expected<void, End>;

std::unexpected<End> violation(Wrong wrong) {
  return std::unexpected(End{CaseResult::Verdict::violation, std::move(wrong), {}});
}

std::unexpected<End> stale(std::size_t stage, const kv::Error& error) {
  return std::unexpected(
      End{CaseResult::Verdict::stale, std::nullopt, fmt::format("stage {}: {}", stage, error.description())});
}

constexpr faultfs::Budget kSearch{.states_per_point = 64, .cuts_per_write = 1, .states_per_cut = 4};

// What a crash after so many operations of a stage is judged on. One before the first open has answered leaves what was
// there to be judged as before.
Ground ground_of(const StageRun& played, const Script& script, faultfs::OpIndex ops, faultfs::Survival survival,
                 const Promise& promise, bool after_recovery) {
  const bool in_recovery = ops < played.run.first_opened_at() && !played.before.stretches.empty();
  if (in_recovery) return played.before;
  const Ground* before = played.before.stretches.empty() ? nullptr : &played.before;
  Ground ground = ground_at(played.run, script.commands, ops, survival, promise, before);
  ground.after_recovery = after_recovery;
  return ground;
}

Promise promise_stated(const Case& c) {
  const auto promise = parse_promise(c.promise);
  WB_ASSERT(promise.has_value());
  return *promise;
}

// The campaign that does such damage.
DamageCampaignKind campaign_of(faultfs::DamageKind kind) {
  switch (kind) {
    case faultfs::DamageKind::truncate: return DamageCampaignKind::truncate;
    case faultfs::DamageKind::flip: return DamageCampaignKind::bitflip;
    default: return DamageCampaignKind::damage;
  }
}

// Damages that are looked at where the one of a case does not come to its violation any more.
constexpr std::uint64_t kMostDamages = 64;

class CaseRunner {
 public:
  CaseRunner(const Subject& subject, const Case& c) : subject_(subject), case_(c), promise_(promise_stated(c)) {
    result_.stages.reserve(c.stages.size());  // grounds point into it
  }

  std::optional<Case> find_crash(std::optional<ViolationKind> kind, const AcceptCase& accept) && {
    const Stage& last = case_.stages.back();
    if (!last.crash || last.found || last.scenario || !play_before_last()) return std::nullopt;
    StageRun& played = result_.stages.back();
    if (played.run.mistake) return std::nullopt;
    std::optional<Case> found;
    const CrashJudge judge_state(subject_, case_, result_);
    faultfs::enumerate(played.run.trace, last.crash->model, kSearch, [&](faultfs::Candidate& candidate) {
      const auto wrong = judge_state(candidate.point(), candidate.image());
      if (!wrong || (kind && wrong->kind != *kind)) return true;
      found = case_;
      found->stages.back().crash->at = anchor(candidate.state(), anchors_of(played.run.trace, subject_));
      if (!accept || accept(*found)) return false;
      found.reset();
      return true;
    });
    return found;
  }

  // The scenario is played once, for all damages.
  std::optional<Case> find_damage(ViolationKind kind, const AcceptCase& accept) && {
    const Stage& stage = case_.stages.front();
    if (!stage.damage) return std::nullopt;
    const auto scenario = scenario_of(stage);
    if (!scenario) return std::nullopt;
    const DamageTrials trials = trials_of(stage, *scenario);
    const DamageCases damages(campaign_of(stage.damage->kind), *scenario, subject_, 0);
    const CaseOrder order = CaseOrder::spread(damages.size(), 0);
    for (std::uint64_t i = 0; i < std::min(damages.size(), kMostDamages); ++i) {
      const faultfs::Damage damage = damages.at(order.at(i));
      const auto image = faultfs::apply(damage, scenario->image, &scenario->older);
      if (!image) continue;
      const auto harmed = HarmedBytes::between(scenario->image, *image, damage.file);
      if (!harmed) continue;
      const Settled settled = settle(subject_, wrong_with(trials, *scenario, *image, *harmed));
      if (!settled.wrong || settled.wrong->kind != kind) continue;
      Case found = case_;
      found.stages.front().damage = damage;
      if (!accept || accept(found)) return found;
    }
    return std::nullopt;
  }

  CaseResult run() && {
    if (auto done = play_all(); !done) {
      result_.verdict = done.error().verdict;
      result_.wrong = std::move(done.error().wrong);
      result_.text = std::move(done.error().text);
    }
    settle_incident();
    return std::move(result_);
  }

 private:
  Step play_all() {
    if (case_.stages.front().scenario) return damage(case_.stages.front());
    faultfs::Image image = case_.image;
    for (std::size_t i = 0; i < case_.stages.size(); ++i) {
      const Stage& stage = case_.stages[i];
      StageRun& played = result_.stages.emplace_back();
      TRY(stage.found ? take_found(stage, played, image) : play_stage(i, played, image));
      image = played.image;
    }
    const Script& last = case_.stages.back().script;
    result_.observation = observe_after_crash(subject_, last.settings, last.epoch, image);
    if (auto wrong = judge(ground_, *result_.observation)) return violation(std::move(*wrong));
    if (auto wrong = subject_.second_opinion(image, kStoreDirectory, *result_.observation)) {
      return violation(std::move(*wrong));
    }
    return {};
  }

  // Where the subject's process died, hung or spoke nonsense, that is what came of the case.
  void settle_incident() {
    Settled settled = settle(subject_, std::move(result_.wrong));
    result_.wrong = std::move(settled.wrong);
    if (settled.trouble) {
      result_.verdict = CaseResult::Verdict::trouble;
      result_.text = std::move(*settled.trouble);
    } else if (result_.wrong) {
      result_.verdict = CaseResult::Verdict::violation;
    }
  }

  // A scenario, and the damage done to it.
  Step damage(const Stage& stage) {
    const auto scenario = scenario_of(stage);
    if (!scenario && scenario.error().does_not_suit) {
      return std::unexpected(End{CaseResult::Verdict::stale, std::nullopt, "stage 0: " + scenario.error().text});
    }
    StageRun& left = result_.stages.emplace_back();
    if (!scenario) return violation(scenario.error());
    left.image = scenario->image;
    if (!stage.damage) return {};
    auto image = faultfs::apply(*stage.damage, scenario->image, &scenario->older);
    if (!image) return stale(0, image.error());
    left.image = *image;
    const auto harmed = HarmedBytes::between(scenario->image, *image, stage.damage->file);
    if (!harmed) {
      return std::unexpected(End{CaseResult::Verdict::stale, std::nullopt, "stage 0: the damage changes nothing"});
    }
    auto wrong = wrong_with(trials_of(stage, *scenario), *scenario, *image, *harmed);
    if (wrong) return violation(std::move(*wrong));
    return {};
  }

  // Played and judged by the promise that the case states, and not by what this subject promises.
  [[nodiscard]] std::expected<Scenario, NoScenario> scenario_of(const Stage& stage) const {
    const auto subject = ConfiguredSubject::make(subject_, {}, to_terms(promise_));
    WB_ASSERT(subject.has_value());  // each term is stated once
    return play_scenario(*stage.scenario, **subject, stage.script);
  }

  // The scenario outlives them.
  [[nodiscard]] DamageTrials trials_of(const Stage& stage, const Scenario& scenario) const {
    return {subject_, scenario, Random(stage.script.entropy).next()};
  }

  static std::optional<Wrong> wrong_with(const DamageTrials& trials, const Scenario& scenario,
                                         const faultfs::Image& image, const HarmedBytes& harmed) {
    FollowedUp followed_up;
    return trials.run(image, harm_of(scenario, harmed).allowed, {}, followed_up).judgement.wrong;
  }

  // What real commands left: nothing is played again.
  Step take_found(const Stage& stage, StageRun& played, const faultfs::Image& image) {
    played.image = image;
    PossibleContents possible(stage.found->base, rules_of(promise_, stage.script.epoch));
    for (const Command& command : stage.script.commands) possible.add(command, Outcome::acked);
    played.run.stretches.push_back(std::move(possible));
    ground_ = {played.run.stretches, {0, {stage.found->acked, stage.script.commands.size()}}};
    return {};
  }

  Step play_stage(std::size_t index, StageRun& played, const faultfs::Image& image) {
    const Stage& stage = case_.stages[index];
    if (index == 0 && !image.files.empty()) TRY(look_at_first_image(stage, image));
    played.before = ground_;
    played.run = play(subject_, stage.script, image);
    if (stage.digest && *stage.digest != digest_of(played.run.trace)) result_.same_run = false;
    TRY(judge_living(index, played.run));
    TRY(crash(index, played));
    return {};
  }

  // What a store that was there before the first stage shows, it has to go on showing.
  Step look_at_first_image(const Stage& stage, const faultfs::Image& image) {
    const Observation first = observe_after_crash(subject_, stage.script.settings, stage.script.epoch, image);
    if (first.answer == Answer::refused || first.wrong) return {};
    result_.first.emplace_back(Contents(first.listing.begin(), first.listing.end()),
                               rules_of(promise_, stage.script.epoch));
    ground_ = {result_.first, {0, {0, 0}}};
    return {};
  }

  Step judge_living(std::size_t index, const PlayedRun& run) {
    if (index > 0 && run.first_served) {
      const Observation served{.listing = *run.first_served, .wrong = std::nullopt};
      if (auto wrong = judge(ground_, served)) return violation(std::move(*wrong));
    }
    if (!run.mistake) return {};
    Wrong wrong = run.mistake->wrong;
    const Script& script = case_.stages[index].script;
    const bool has_fault = script.live_fault || !script.faults.empty();
    if (index == 0 && case_.image.files.empty() && !has_fault) wrong.kind = ViolationKind::baseline;
    return violation(std::move(wrong));
  }

  Step crash(std::size_t index, StageRun& played) {
    const Stage& stage = case_.stages[index];
    const PlayedRun& run = played.run;
    played.image = run.image;
    faultfs::OpIndex ops = run.trace.ops.size();
    faultfs::Survival survival = faultfs::Survival::all;
    if (stage.crash) {
      auto state = resolve(stage.crash->at, anchors_of(run.trace, subject_), run.trace, stage.crash->model);
      if (!state) return stale(index, state.error());
      auto left = faultfs::apply(*state, run.trace, stage.crash->model);
      if (!left) return stale(index, left.error());
      played.image = std::move(*left);
      ops = state->point.ops;
      survival = stage.crash->model.survival;
      played.state = std::move(*state);
    }
    ground_ = ground_of(played, stage.script, ops, survival, promise_, index > 0);
    return {};
  }

  // Plays all stages, the last one without its crash. False: the case ends before that.
  bool play_before_last() {
    faultfs::Image image = case_.image;
    for (std::size_t i = 0; i + 1 < case_.stages.size(); ++i) {
      StageRun& played = result_.stages.emplace_back();
      if (case_.stages[i].found || !play_stage(i, played, image)) return false;
      image = played.image;
    }
    const Script& script = case_.stages.back().script;
    if (case_.stages.size() == 1 && !image.files.empty() && !look_at_first_image(case_.stages.back(), image))
      return false;
    StageRun& played = result_.stages.emplace_back();
    played.before = ground_;
    played.run = play(subject_, script, image);
    return judge_living(case_.stages.size() - 1, result_.stages.back().run).has_value();
  }

  const Subject& subject_;
  const Case& case_;
  Promise promise_;
  Ground ground_;
  CaseResult result_;
};

}  // namespace

CrashJudge::CrashJudge(const Subject& subject, const Case& c, const CaseResult& result)
    : subject_(subject), case_(c), result_(result), promise_(promise_stated(c)) {}

std::optional<Wrong> CrashJudge::operator()(const faultfs::CrashPoint& point, const faultfs::Image& image) const {
  const Stage& stage = case_.stages.back();
  const Ground ground = ground_of(result_.stages.back(), stage.script, point.ops, stage.crash->model.survival, promise_,
                                  case_.stages.size() > 1);
  return judge(ground, observe_after_crash(subject_, stage.script.settings, stage.script.epoch, image));
}

std::optional<Case> find_crash(const Subject& subject, const Case& c, std::optional<ViolationKind> kind,
                               const AcceptCase& accept) {
  return CaseRunner(subject, c).find_crash(kind, accept);
}

std::optional<Case> find_damage(const Subject& subject, const Case& c, ViolationKind kind, const AcceptCase& accept) {
  return CaseRunner(subject, c).find_damage(kind, accept);
}

CaseResult run_case(const Subject& subject, const Case& c) { return CaseRunner(subject, c).run(); }

}  // namespace walbreaker
