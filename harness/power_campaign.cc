#include "harness/power_campaign.h"

#include <fmt/format.h>

#include <utility>

#include "faultfs/enumerate.h"
#include "harness/crash_program.h"
#include "harness/crash_text.h"
#include "harness/found_case.h"
#include "harness/ground.h"

namespace walbreaker {

namespace {

// Small budgets: many programs find more than many states of one.
constexpr faultfs::Budget kFirstCut{.states_per_point = 32, .cuts_per_write = 1, .states_per_cut = 4};
constexpr faultfs::Budget kSecondCut{.states_per_point = 6, .cuts_per_write = 1, .states_per_cut = 2};
constexpr std::uint64_t kSequels = 16;  // one in so many images that passed has one

// A program, and how its disk behaves.
struct Setting {
  Script script;
  faultfs::DiskModel model;
  Promise promise;
};

// A script that was played.
struct Played {
  const Script& script;
  const PlayedRun& run;
};

// A crash state in a run, and the ground that it is judged on.
struct Cut {
  const Played& played;
  faultfs::Candidate& candidate;
  Ground ground;
  std::string_view group;  // of the counts
  std::string when;        // "in put"
};

// What was found, and the crash in words.
struct FoundCut {
  FoundCase made;
  std::string crash;
};

class PowerUnit {
 public:
  PowerUnit(const Subject& subject, const PowerCampaignOptions& options, const CaseRange& cases, CaseWatch& watch,
            Random random)
      : subject_(subject), options_(options), cases_(cases), watch_(watch), random_(random) {}

  Tally run() && {
    for (std::uint64_t program = 0; is_going_on(); ++program) play_program(random_.split(program));
    tally_.fired = tally_.cases;
    tally_.distinct_images = tally_.cases;
    return std::move(tally_);
  }

 private:
  [[nodiscard]] bool is_going_on() const { return !ended_ && tally_.cases < cases_.size(); }

  [[nodiscard]] std::uint64_t next_case() const { return cases_.first + tally_.cases; }

  void play_program(const Random& random) {
    Setting setting{draw_script(subject_, random.split(0)), options_.model.value_or(draw_model(random.split(1))), {}};
    setting.promise = promise_of(subject_, setting.script.settings);
    const auto made = [&] {
      FoundCase found(subject_, setting.script.settings);
      found.play(setting.script);
      return FoundCut{std::move(found), ""};
    };
    if (!watch_.before(next_case(), [&] { return draft("a program without a fault", made()); })) {
      ++tally_.cases;
      return;
    }
    const PlayedRun run = play(subject_, setting.script);
    const Played played{setting.script, run};
    if (const auto wrong = wrong_without_fault(setting, played)) {
      fail({ViolationKind::baseline, *wrong}, "a program without a fault", made);
      ended_ = true;
      return;
    }
    // Where a program is longer than what is left of the unit, each has another part of it tried.
    sequels_ = random.split(2);
    const faultfs::OpIndex end = run.trace.ops.size() + 1;
    const faultfs::OpIndex begin = random.split(3).next() % end;
    cut_power(setting, played, begin, end);
    cut_power(setting, played, 0, begin);
  }

  // The program itself, and what a kill at its end leaves.
  [[nodiscard]] std::optional<std::string> wrong_without_fault(const Setting& setting, const Played& played) const {
    const PlayedRun& run = played.run;
    if (run.mistake) return run.mistake->wrong.text;
    const Ground ground =
        ground_at(run, setting.script.commands, run.trace.ops.size(), faultfs::Survival::all, setting.promise);
    const auto wrong =
        judge(ground, observe_after_crash(subject_, setting.script.settings, setting.script.epoch, run.image));
    return wrong ? std::optional(wrong->text) : std::nullopt;
  }

  void cut_power(const Setting& setting, const Played& played, faultfs::OpIndex begin, faultfs::OpIndex end) {
    if (!is_going_on()) return;
    const PlayedRun& run = played.run;
    const auto& commands = setting.script.commands;
    faultfs::enumerate(run.trace, setting.model, kFirstCut, begin, end, [&](faultfs::Candidate& candidate) {
      const faultfs::CrashPoint& point = candidate.point();
      const Cut cut{played, candidate, ground_at(run, commands, point.ops, setting.model.survival, setting.promise),
                    "first", "in " + doing_at(run.trace, commands, point)};
      const bool right = judge_cut(setting, cut, nullptr);
      if (right && sequels_.one_in(kSequels) && is_going_on()) play_on(setting, cut);
      return is_going_on();
    });
  }

  // Goes on with the store that the crash left, and cuts the power again.
  void play_on(const Setting& setting, const Cut& first) {
    const Script sequel = draw_sequel(subject_, setting.script, sequels_.split(tally_.cases));
    const faultfs::Image image = first.candidate.image();
    const auto made = [&] {
      FoundCase found = case_of(setting, first, nullptr);
      found.play(sequel);
      return FoundCut{std::move(found), ""};
    };
    if (!watch_.before(next_case(), [&] { return draft("after a recovery", made()); })) {
      ++tally_.cases;
      return;
    }
    const PlayedRun run = play(subject_, sequel, image);
    const Played played{sequel, run};
    if (const auto wrong = wrong_sequel(setting, first, played)) {
      ++tally_.cases;
      fail({wrong->kind, "after the crash, without another one: " + wrong->text}, "after a recovery", made);
      return;
    }
    const faultfs::OpIndex opened = run.first_opened_at();
    faultfs::enumerate(run.trace, setting.model, kSecondCut, [&](faultfs::Candidate& candidate) {
      const faultfs::CrashPoint& point = candidate.point();
      const bool inside = point.ops < opened;
      Cut second{played, candidate, first.ground, inside ? "in_recovery" : "after_recovery",
                 inside ? "in a recovery" : "after a recovery"};
      if (!inside) {
        second.ground =
            ground_at(run, sequel.commands, point.ops, setting.model.survival, setting.promise, &first.ground);
        second.ground.after_recovery = true;
      }
      judge_cut(setting, second, &first);
      return is_going_on();
    });
    if (is_going_on()) ++tally_.follow_ups;
  }

  // What the open showed was allowed by the crash before it, and the rest of the sequel is right.
  [[nodiscard]] std::optional<Wrong> wrong_sequel(const Setting& setting, const Cut& first,
                                                  const Played& played) const {
    const PlayedRun& run = played.run;
    if (run.first_served) {
      const Observation seen{.listing = *run.first_served, .wrong = std::nullopt};
      if (auto wrong = judge(first.ground, seen)) return wrong;
    }
    if (run.mistake) return run.mistake->wrong;
    Ground ground =
        ground_at(run, played.script.commands, run.trace.ops.size(), faultfs::Survival::all, setting.promise);
    ground.after_recovery = true;
    return judge(ground, observe_after_crash(subject_, played.script.settings, played.script.epoch, run.image));
  }

  // `before`: the crash whose recovery this one comes in or after.
  bool judge_cut(const Setting& setting, const Cut& cut, const Cut* before) {
    const std::uint64_t index = next_case();
    ++tally_.cases;
    ++tally_.counts[{"cuts", std::string(cut.group)}];
    const auto where = [&] { return fmt::format("{}: {}", setting.model.name, cut.when); };
    const auto made = [&] {
      return FoundCut{case_of(setting, cut, before),
                      describe_crash(setting.model, cut.played.run.trace, cut.candidate.state(), cut.when)};
    };
    if (!watch_.at(index, [&] { return draft(where(), made()); })) return false;
    const Script& script = cut.played.script;
    const Observation seen = observe_after_crash(subject_, script.settings, script.epoch, cut.candidate.image());
    auto wrong = judge(cut.ground, seen);
    if (!wrong && index % kSecondOpinionEvery == 0) {
      wrong = subject_.second_opinion(cut.candidate.image(), kStoreDirectory, seen);
    }
    if (wrong) fail(*wrong, where(), made);
    return !wrong;
  }

  [[nodiscard]] FoundCase case_of(const Setting& setting, const Cut& cut, const Cut* before) const {
    FoundCase found(subject_, setting.script.settings);
    for (const Cut* crash : {before, &cut}) {
      if (crash == nullptr) continue;
      found.play(crash->played.script, crash->played.run.trace, setting.model, crash->candidate.state());
    }
    return found;
  }

  // What is known of a case before the subject has answered.
  static Violation draft(std::string where, FoundCut found) {
    return std::move(found.made).draft("power", std::move(where), std::move(found.crash));
  }

  // `find` puts the case together, where its cause was not seen before.
  template <class Find>
  void fail(const Wrong& wrong, const std::string& where, const Find& find) {
    if (tally_.count_known(wrong.kind, where)) return;
    FoundCut found = find();
    tally_.add(std::move(found.made)
                   .violation("power", wrong, where, fmt::format("{}got       {}", found.crash, wrong.text),
                              cases_.first + tally_.cases - (tally_.cases > 0 ? 1 : 0)));
  }

  const Subject& subject_;
  const PowerCampaignOptions& options_;
  CaseRange cases_;
  CaseWatch& watch_;
  Random random_;
  Random sequels_{0};
  bool ended_ = false;
  Tally tally_;
};

}  // namespace

PowerCampaign::PowerCampaign(const Subject& subject, PowerCampaignOptions options)
    : subject_(subject), options_(std::move(options)) {}

Tally PowerCampaign::run(const CaseRange& cases, CaseWatch& watch) {
  const std::uint64_t unit = cases.first / cases_per_unit();
  return PowerUnit(subject_, options_, cases, watch, Random(options_.seed).split(unit)).run();
}

}  // namespace walbreaker
