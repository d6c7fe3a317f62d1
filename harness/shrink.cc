#include "harness/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "faultfs/line_scanner.h"
#include "harness/isolated_case.h"
#include "harness/run_case.h"
#include "harness/runner.h"
#include "harness/shrink_steps.h"

namespace walbreaker {

namespace {

// What makes a case large, the worst first. Each candidate that is taken has less of it, in the order of these, so that
// shrinking ends: another crash may come with more fates than the one that it is taken for.
using Weight = std::array<std::size_t, 7>;

std::size_t model_rank(const faultfs::DiskModel& model) {
  const auto& models = faultfs::named_models();
  const auto row = std::ranges::find(models, model, &faultfs::NamedModel::model);
  return static_cast<std::size_t>(row - models.begin());
}

void add_commands(const Script& script, Weight& weight) {
  weight[1] += script.commands.size();
  weight[2] += script.restarts.size() + script.faults.size() + (script.live_fault ? 1U : 0U);
  for (const Command& command : script.commands) {
    const auto& writes = command.writes.operations();
    weight[3] += writes.size() + (command.kind == CommandKind::batch ? 1U : 0U);
    for (const auto& write : writes) weight[6] += write.key.size() + write.value.size();
  }
  if (!script.live_fault) return;
  const faultfs::Fault& fault = script.live_fault->fault;
  weight[5] += (fault.lasting == faultfs::Lasting::for_ever ? 1U : 0U) + (fault.amount > 0 ? 1U : 0U);
}

void add_crash(const StageCrash& crash, Weight& weight) {
  weight[4] += model_rank(crash.model);
  weight[5] += crash.at.fates.size();
  weight[5] += static_cast<std::size_t>(
      std::ranges::count_if(crash.at.fates, [](const AnchoredFate& fate) { return fate.pieces != "k"; }));
  if (crash.at.bytes) weight[5] += 1;
  weight[6] += crash.at.bytes.value_or(0);
}

Weight weight_of(const Case& c) {
  Weight weight{};
  weight[0] = c.stages.size() + c.image.files.size();
  weight[2] = c.settings.size();
  for (const auto& [name, value] : c.settings) {
    std::uint64_t number = 0;
    if (faultfs::parse_number(value, number)) weight[6] += number;
  }
  for (const Stage& stage : c.stages) {
    add_commands(stage.script, weight);
    if (stage.crash) add_crash(*stage.crash, weight);
  }
  return weight;
}

using Clock = std::chrono::steady_clock;

bool passes(const IsolatedVerdict& verdict) { return !verdict.wrong && !verdict.trouble; }

class Shrinker {
 public:
  Shrinker(const Subject& subject, const Case& c, const ShrinkOptions& options, Clock::time_point start,
           CaseWatch& watch)
      : subject_(subject), options_(options), start_(start), watch_(watch), kind_(*c.expected), smallest_(c) {}

  Shrunk run() && {
    bool changed = true;
    while (changed && !is_spent()) {
      changed = false;
      for (const ShrinkStep& step : shrink_steps()) changed |= exhaust(step);
    }
    return {finish(), candidates_, !is_spent()};
  }

 private:
  [[nodiscard]] bool is_spent() const {
    const std::chrono::duration<double> taken = Clock::now() - start_;
    return candidates_ >= options_.most_candidates || (options_.seconds && taken.count() >= *options_.seconds);
  }

  // Takes from a step all that it gives.
  bool exhaust(const ShrinkStep& step) {
    bool changed = false;
    const auto take = [this](const Case& candidate) { return this->take(candidate); };
    while (!is_spent()) {
      const Case from = smallest_;  // the step looks at it while the smallest one is replaced
      if (!step.offer(from, take)) break;
      changed = true;
    }
    return changed;
  }

  bool take(const Case& candidate) {
    if (is_spent()) return true;
    if (!is_promised_the_same(candidate)) return false;
    const bool is_harmless = watch_.at(candidates_++, [this] {
      return Violation{kind_, fmt::format("candidate {}", candidates_), "", 0, to_text(smallest_)};
    });
    if (!is_harmless) return false;
    Case tried = candidate;
    for (Stage& stage : tried.stages) stage.digest.reset();
    const std::optional<ViolationKind> kind = kind_of(tried);
    if (kind == kind_ && passes_elsewhere(tried)) return replace(std::move(tried));
    // What is wrong with no crash at all needs none to be looked for; what takes the process down cannot be looked for.
    if (kind == ViolationKind::baseline || takes_process_down(kind_)) return false;
    const AcceptCase accept = [this](const Case& found) { return passes_elsewhere(found); };
    auto other = tried.stages.front().scenario ? find_damage(subject_, tried, kind_, accept)
                                               : find_crash(subject_, tried, kind_, accept);
    return other && replace(std::move(*other));
  }

  // A case is judged by the promise that it holds. With settings of which the subject promises less, it would come to
  // the same kind of violation by breaking what nobody has promised.
  [[nodiscard]] bool is_promised_the_same(const Case& candidate) const {
    return candidate.settings == smallest_.settings ||
           promise_of(subject_, candidate.settings) == promise_of(subject_, smallest_.settings);
  }

  [[nodiscard]] bool passes_elsewhere(const Case& c) const {
    if (options_.passes_on == nullptr) return true;
    if (takes_process_down(kind_)) return passes(run_isolated(*options_.passes_on, c));
    return run_case(*options_.passes_on, c).verdict == CaseResult::Verdict::pass;
  }

  // False: it is no smaller.
  bool replace(Case smaller) {
    if (!(weight_of(smaller) < weight_of(smallest_))) return false;
    smallest_ = std::move(smaller);
    return true;
  }

  [[nodiscard]] std::optional<ViolationKind> kind_of(const Case& c) const {
    const auto wrong = takes_process_down(kind_) ? run_isolated(subject_, c).wrong : run_case(subject_, c).wrong;
    return wrong ? std::optional(wrong->kind) : std::nullopt;
  }

  // With the digests of its own runs.
  Case finish() {
    if (takes_process_down(kind_)) return std::move(smallest_);
    const CaseResult result = run_case(subject_, smallest_);
    for (std::size_t i = 0; i < result.stages.size(); ++i) {
      Stage& stage = smallest_.stages[i];
      if (stage.crash) stage.digest = digest_of(result.stages[i].run.trace);
    }
    return std::move(smallest_);
  }

  const Subject& subject_;
  const ShrinkOptions& options_;
  Clock::time_point start_;
  CaseWatch& watch_;
  ViolationKind kind_;
  Case smallest_;
  std::uint64_t candidates_ = 0;
};

constexpr std::pair kCandidates = {"shrink", "candidates"};
constexpr std::pair kFinished = {"shrink", "finished"};

// All of the shrinking, as the one unit of a campaign whose cases are the candidates: what it came to is its violation.
class ShrinkCampaign final : public Campaign {
 public:
  ShrinkCampaign(const Subject& subject, const Case& c, const ShrinkOptions& options)
      : subject_(subject), case_(c), options_(options) {}

  [[nodiscard]] std::string_view name() const override { return "shrink"; }
  Tally prepare() override { return {}; }
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return options_.most_candidates + 1; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return options_.most_candidates + 1; }

  Tally run(const CaseRange&, CaseWatch& watch) override {
    const Shrunk shrunk = Shrinker(subject_, case_, options_, start_, watch).run();
    Tally tally{.cases = 1, .fired = 1};
    tally.counts[kCandidates] = shrunk.candidates;
    tally.counts[kFinished] = shrunk.finished ? 1 : 0;
    tally.add(Violation{*case_.expected, "the smallest", "", 0, to_text(shrunk.smallest)});
    return tally;
  }

 private:
  const Subject& subject_;
  const Case& case_;
  const ShrinkOptions& options_;
  Clock::time_point start_ = Clock::now();
};

// In a worker: a candidate may take its process down where the case does not, and is left out then. After many of them
// it is left at what was the smallest before the last one.
Shrunk shrink_in_worker(const Subject& subject, const Case& c, const ShrinkOptions& options) {
  std::vector<std::unique_ptr<Campaign>> campaigns;
  campaigns.push_back(std::make_unique<ShrinkCampaign>(subject, c, options));
  RunReport report = run_campaigns(campaigns, {.budget = {.kind = Budget::Kind::exhaustive}, .stop_after = 1'000});
  Tally& tally = report.campaigns.front().tally;
  Shrunk result{c, tally.counts[kCandidates], tally.counts[kFinished] == 1};
  for (const Violation& violation : tally.violations) {
    auto found = parse_case(violation.case_text);
    if (!found) continue;
    found->expected = c.expected;
    if (weight_of(*found) < weight_of(result.smallest)) result.smallest = *std::move(found);
  }
  return result;
}

Shrunk shrink_unwatched(const Subject& subject, const Case& c, const ShrinkOptions& options) {
  CaseWatch nobody;
  return Shrinker(subject, c, options, Clock::now(), nobody).run();
}

std::string found_text(const IsolatedVerdict& verdict) {
  if (verdict.wrong) return fmt::format("{}: {}", info(verdict.wrong->kind).name, verdict.wrong->text);
  return verdict.trouble.value_or("pass");
}

}  // namespace

kv::Result<Shrunk> shrink(const Subject& subject, const Case& c, const ShrinkOptions& options) {
  if (!c.expected)
    return kv::fail(kv::ErrorCode::invalid_argument, "the case expects to pass: there is nothing to keep");
  const IsolatedVerdict result = run_isolated(subject, c);
  if (!result.wrong || result.wrong->kind != *c.expected) {
    return kv::fail(kv::ErrorCode::invalid_argument,
                    fmt::format("the case expects {}, and came to {}", info(*c.expected).name, found_text(result)));
  }
  if (options.passes_on != nullptr) {
    const IsolatedVerdict elsewhere = run_isolated(*options.passes_on, c);
    if (!passes(elsewhere)) {
      return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("the case has to pass on {}, and came to {}",
                                                                   options.passes_on->name(), found_text(elsewhere)));
    }
  }
  // The commands that a real process was given belong to the files that it left: no part of them can go.
  const bool is_found = std::ranges::any_of(c.stages, [](const Stage& stage) { return stage.found.has_value(); });
  if (is_found) return Shrunk{c, 0, true};
  Shrunk shrunk =
      takes_process_down(*c.expected) ? shrink_unwatched(subject, c, options) : shrink_in_worker(subject, c, options);
  shrunk.smallest.comment = fmt::format("shrunk from {}\nto {}", size_text(c), size_text(shrunk.smallest));
  return shrunk;
}

std::string size_text(const Case& c) {
  std::size_t commands = 0;
  std::size_t values = 0;
  std::size_t fates = 0;
  std::size_t harms = 0;
  for (const Stage& stage : c.stages) {
    commands += stage.script.commands.size();
    for (const Command& command : stage.script.commands) {
      for (const auto& write : command.writes.operations()) values += write.value.size();
    }
    if (stage.crash) fates += stage.crash->at.fates.size();
    harms += (stage.damage ? 1U : 0U) + (stage.crash ? 1U : 0U) + (stage.script.live_fault ? 1U : 0U);
  }
  const auto counted = [](std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  return fmt::format("{}, {}, {} bytes of values, {}, {}", counted(c.stages.size(), "stage"),
                     counted(commands, "command"), values, counted(harms, "harm"), counted(fates, "fate"));
}

}  // namespace walbreaker
