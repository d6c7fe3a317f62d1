#include "harness/power_campaign.h"

#include <fmt/format.h>

#include <utility>

#include "faultfs/enumerate.h"
#include "harness/crash_program.h"
#include "harness/crash_text.h"
#include "harness/recording.h"

namespace walbreaker {

namespace {

// Small budgets: many programs find more than many states of one.
constexpr faultfs::Budget kFirstCut{.states_per_point = 48, .cuts_per_write = 1, .states_per_cut = 4};
constexpr faultfs::Budget kSecondCut{.states_per_point = 6, .cuts_per_write = 1, .states_per_cut = 2};
constexpr std::uint64_t kSequels = 16;  // one in so many images that passed has one

// A program, and how its disk behaves.
struct Setting {
  Script script;
  faultfs::DiskModel model;
  PowerPromise promise;
};

// What a crash is judged by.
struct Ground {
  const Recording& recording;
  Allowed allowed;
};

class PowerUnit {
 public:
  PowerUnit(const Subject& subject, const PowerCampaignOptions& options, std::uint64_t first_case, std::uint64_t count,
            Random random)
      : subject_(subject), options_(options), first_case_(first_case), count_(count), random_(random) {}

  Tally run() && {
    for (std::uint64_t program = 0; is_going_on(); ++program) play(random_.split(program));
    tally_.fired = tally_.cases;
    tally_.distinct_images = tally_.cases;
    return std::move(tally_);
  }

 private:
  [[nodiscard]] bool is_going_on() const { return !ended_ && tally_.cases < count_; }

  void play(const Random& random) {
    Setting setting{draw_script(subject_, random.split(0)), options_.model.value_or(draw_model(random.split(1))), {}};
    setting.promise = power_promise(subject_, setting.script.settings);
    const auto recording = record(subject_, setting.script);
    if (!recording) {
      fail(recording.error(), "a program without a fault", "", {});
      ended_ = true;
      return;
    }
    // Where a program is longer than what is left of the unit, each has another part of it tried.
    sequels_ = random.split(2);
    const faultfs::OpIndex end = recording->trace.ops.size() + 1;
    const faultfs::OpIndex begin = random.split(3).next() % end;
    cut_power(setting, *recording, begin, end);
    cut_power(setting, *recording, 0, begin);
  }

  void cut_power(const Setting& setting, const Recording& recording, faultfs::OpIndex begin, faultfs::OpIndex end) {
    if (!is_going_on()) return;
    faultfs::enumerate(recording.trace, setting.model, kFirstCut, begin, end, [&](faultfs::Candidate& candidate) {
      const Ground ground{recording,
                          allowed_after_crash(recording, candidate.point(), setting.model.survival, setting.promise)};
      const std::string doing = doing_at(recording.trace, recording.timeline.history().commands, candidate.point());
      const bool right = judge_one(setting, ground, recording, candidate, fmt::format("in {}", doing), false);
      if (right && sequels_.one_in(kSequels) && is_going_on()) {
        const faultfs::Image image = candidate.image();
        play_on(setting, ground, image);
      }
      return is_going_on();
    });
  }

  // Goes on with the store that the crash left, and cuts the power again.
  void play_on(const Setting& setting, const Ground& first, const faultfs::Image& image) {
    const Script sequel = draw_sequel(subject_, setting.script, sequels_.split(tally_.cases));
    const auto recording = record(subject_, sequel, image);
    if (!recording) {
      ++tally_.cases;
      fail({ViolationKind::unrecoverable, "after the crash, without another one: " + recording.error().text},
           "after a recovery", "", image);
      return;
    }
    const faultfs::OpIndex opened = recording->first_opened_at();
    faultfs::enumerate(recording->trace, setting.model, kSecondCut, [&](faultfs::Candidate& candidate) {
      const bool inside = candidate.point().ops < opened;
      const Ground second{*recording,
                          allowed_after_crash(*recording, candidate.point(), setting.model.survival, setting.promise)};
      judge_one(setting, inside ? first : second, *recording, candidate, inside ? "in a recovery" : "after a recovery",
                !inside);
      return is_going_on();
    });
  }

  bool judge_one(const Setting& setting, const Ground& ground, const Recording& trace, faultfs::Candidate& candidate,
                 const std::string& when, bool after_recovery) {
    ++tally_.cases;
    ++tally_.counts[{"cuts", after_recovery ? "after_recovery" : when == "in a recovery" ? "in_recovery" : "first"}];
    const Opinions opinions = tally_.cases % kSecondOpinionEvery == 0 ? Opinions::oracle_and_second : Opinions::oracle;
    Judgement judgement = judge_crash(subject_, ground.recording, ground.allowed, candidate.image(), opinions);
    if (!judgement.wrong) return true;
    if (after_recovery && judgement.wrong->kind == ViolationKind::lost_ack) {
      judgement.wrong->kind = ViolationKind::lost_after_recovery;
    }
    const std::string crash = describe_crash(setting.model, trace.trace, candidate.state(), when);
    fail(*judgement.wrong, fmt::format("{}: {}", setting.model.name, when), crash, candidate.image());
    return false;
  }

  void fail(const Wrong& wrong, std::string where, const std::string& crash, const faultfs::Image& image) {
    tally_.add(Violation{wrong.kind, std::move(where), fmt::format("{}got       {}", crash, wrong.text),
                         first_case_ + tally_.cases - (tally_.cases > 0 ? 1 : 0), image});
  }

  const Subject& subject_;
  const PowerCampaignOptions& options_;
  std::uint64_t first_case_;
  std::uint64_t count_;
  Random random_;
  Random sequels_{0};
  bool ended_ = false;
  Tally tally_;
};

}  // namespace

PowerCampaign::PowerCampaign(const Subject& subject, PowerCampaignOptions options)
    : subject_(subject), options_(std::move(options)) {}

Tally PowerCampaign::run(const CaseRange& cases) {
  const std::uint64_t unit = cases.first / cases_per_unit();
  return PowerUnit(subject_, options_, cases.first, cases.size(), Random(options_.seed).split(unit)).run();
}

}  // namespace walbreaker
