#include "harness/error_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "faultfs/enumerate.h"
#include "harness/crash_program.h"
#include "harness/crash_text.h"
#include "harness/error_run.h"

namespace walbreaker {

namespace {

using faultfs::FailedSync;
using faultfs::FaultKind;
using faultfs::Lasting;
using faultfs::OpIndex;

// Of each program, with each fault.
constexpr std::uint64_t kPointsPerFault = 6;

// Small: many faults find more than many states after one.
constexpr faultfs::Budget kCut{.states_per_point = 4, .cuts_per_write = 0};

struct FaultRow {
  FaultKind kind;
  bool does_something = false;  // before it fails
  FailedSync failed_sync = FailedSync::clean_readable;
};

constexpr std::array<FaultRow, 10> kFaults{{{FaultKind::read_error},
                                            {FaultKind::write_error},
                                            {FaultKind::write_error, true},
                                            {FaultKind::sync_error, false, FailedSync::stays_pending},
                                            {FaultKind::sync_error, false, FailedSync::clean_readable},
                                            {FaultKind::sync_error, false, FailedSync::reverted},
                                            {FaultKind::no_space},
                                            {FaultKind::no_space, true},
                                            {FaultKind::short_write},
                                            {FaultKind::short_read}}};

// Which files and directories the fault is for. Not the directory that holds the store's, where its failed sync loses
// what was pending: no later sync makes the store's own name durable then, and a name that is there cannot be made
// again. That is beyond any store.
std::string pattern_for(const FaultRow& row) {
  const bool loses = row.kind == FaultKind::sync_error && row.failed_sync != FailedSync::stays_pending;
  return loses ? "[!.]*" : "*";
}

// A program, and what is known of it.
struct Program {
  Script script;
  Restart end;
  ErrorPromise promise;
  std::array<std::uint64_t, faultfs::kOpKinds.size()> operations;

  // How many operations a fault of this kind may hit.
  [[nodiscard]] std::uint64_t operations_for(FaultKind kind) const {
    std::uint64_t sum = 0;
    for (const faultfs::OpKind op : faultfs::info(kind).hits) sum += operations.at(static_cast<std::size_t>(op));
    return sum;
  }
};

std::uint64_t draw_amount(const FaultRow& row, Random& random) {
  switch (faultfs::info(row.kind).amount) {
    case faultfs::Amount::after: return row.does_something ? random.between(1, 8'192) : 0;
    case faultfs::Amount::bytes: return random.between(1, 64);
    default: return 0;
  }
}

// The step-th of kPointsPerFault places among `operations`, the first of which is drawn; where there are fewer, each
// of them and the one past the last.
std::uint64_t place(std::uint64_t step, std::uint64_t operations, Random& random) {
  if (operations < kPointsPerFault) return step;
  return (step * operations + random.below(operations)) / kPointsPerFault;
}

class ErrorUnit {
 public:
  ErrorUnit(const Subject& subject, std::uint64_t first_case, std::uint64_t count, Random random)
      : subject_(subject), first_case_(first_case), count_(count), random_(random) {}

  Tally run() && {
    for (std::uint64_t program = 0; is_going_on(); ++program) play(random_.split(program));
    tally_.distinct_images = tally_.cases;
    return std::move(tally_);
  }

 private:
  [[nodiscard]] bool is_going_on() const { return !ended_ && tally_.cases < count_; }

  void play(Random random) {
    Program program{draw_script(subject_, random.split(0)), random.one_in(3) ? Restart::close : Restart::kill, {}, {}};
    program.promise = error_promise(subject_, program.script.settings);
    const ErrorRun without = play_with_fault(subject_, program.script, {.fault = std::nullopt, .end = program.end});
    if (without.mistake) {
      const Mistake& mistake = *without.mistake;
      fail({ViolationKind::baseline, mistake.wrong.text}, "a program without a fault", "", mistake.image);
      ended_ = true;
      return;
    }
    program.operations = without.operations;
    // The steps are the outer loop: where a unit ends early, no fault was left out.
    for (std::uint64_t step = 0; step < kPointsPerFault; ++step) {
      for (std::size_t row = 0; row < kFaults.size(); ++row) {
        for (const Lasting lasting : {Lasting::once, Lasting::for_ever}) {
          strike(program, kFaults.at(row), lasting, step, random.split(1 + row));
        }
      }
    }
  }

  // `random` is that of the row: its steps have one phase between them, and each has a stream of its own.
  void strike(const Program& program, const FaultRow& row, Lasting lasting, std::uint64_t step, Random random) {
    Random own = random.split(2 * step + (lasting == Lasting::once ? 0 : 1));
    const std::uint64_t operations = program.operations_for(row.kind);
    const std::uint64_t at = place(step, operations, random);
    if (!is_going_on() || at > operations) return;
    const faultfs::Fault fault{
        .kind = row.kind, .path = pattern_for(row), .at = at, .lasting = lasting, .amount = draw_amount(row, own)};
    const ErrorRun run = play_with_fault(subject_, program.script, {fault, row.failed_sync, program.end});
    ++tally_.cases;
    count(fault, run);
    if (run.mistake) {
      fail(run.mistake->wrong, place_of(fault, run, run.mistake->phase), describe(fault, row, run), run.mistake->image);
    } else if (run.firing) {
      cut_power(program, row, fault, run, own);
    }
  }

  void count(const faultfs::Fault& fault, const ErrorRun& run) {
    const std::string kind(to_string(fault.kind));
    ++tally_.counts[{"planned", kind}];
    if (!run.firing) return;
    ++tally_.fired;
    ++tally_.counts[{"fired", kind}];
    ++tally_.counts[{"fired in", run.firing->during}];
    ++tally_.counts[{"judged", "opened again"}];
    if (run.failed_opens > 0) ++tally_.counts[{"judged", "opened again after a failed open"}];
    if (run.reads_answered > 0) tally_.counts[{"reads by who met the fault", "answered"}] += run.reads_answered;
    if (run.reads_refused > 0) tally_.counts[{"reads by who met the fault", "refused"}] += run.reads_refused;
  }

  // When the process ends that met the fault, once between the two, and once later.
  void cut_power(const Program& program, const FaultRow& row, const faultfs::Fault& fault, const ErrorRun& run,
                 Random& random) {
    const Firing& firing = *run.firing;
    const std::set<OpIndex> points{firing.process_end, random.between(firing.step_begin, firing.process_end),
                                   random.between(firing.process_end, run.trace.ops.size())};
    faultfs::DiskModel model = draw_model(random.split(0));
    model.failed_sync = row.failed_sync;
    for (const OpIndex point : points) {
      if (!is_going_on()) return;
      const Standing standing = standing_at(run.trace, program.script.commands, point, model.survival, program.promise);
      faultfs::enumerate(run.trace, model, kCut, point, point + 1, [&](faultfs::Candidate& candidate) {
        ++tally_.cases;
        ++tally_.fired;
        ++tally_.counts[{"judged", "after a power cut"}];
        if (const auto wrong = judge(program, run, standing, candidate.image())) {
          const std::string when = "in " + doing_at(run.trace, program.script.commands, candidate.point());
          fail(*wrong, place_of(fault, run, "power cut"),
               describe(fault, row, run) + describe_crash(model, run.trace, candidate.state(), when),
               candidate.image());
        }
        return is_going_on();
      });
    }
  }

  [[nodiscard]] std::optional<Wrong> judge(const Program& program, const ErrorRun& run, const Standing& standing,
                                           const faultfs::Image& image) const {
    const Observation observation = observe_after_crash(subject_, program.script.settings, program.script.epoch, image);
    auto wrong = run.stretches.at(standing.stretch).judge(observation, standing.allowed);
    if (!wrong && tally_.cases % kSecondOpinionEvery == 0)
      return subject_.second_opinion(image, kRecordingDirectory, observation);
    const bool serves = observation.answer == Answer::clean || observation.answer == Answer::torn;
    if (!wrong || !serves || observation.wrong || wrong->kind == ViolationKind::lost_ack || standing.stretch == 0) {
      return wrong;
    }
    // What the stretch before might have left was settled by an open, and settled otherwise.
    const PossibleContents& before = run.stretches.at(standing.stretch - 1);
    if (before.matches(observation.listing, {0, before.size()})) wrong->kind = ViolationKind::lost_after_recovery;
    return wrong;
  }

  static std::string place_of(const faultfs::Fault& fault, const ErrorRun& run, const std::string& phase) {
    return fmt::format("{} in {}: {}", to_string(fault.kind), run.firing ? run.firing->during : "nothing", phase);
  }

  static std::string describe(const faultfs::Fault& fault, const FaultRow& row, const ErrorRun& run) {
    std::string text = fmt::format("fault     {}\n", faultfs::to_text(fault));
    if (fault.kind == FaultKind::sync_error) {
      text += fmt::format("          a failed sync leaves the disk as {} says\n", faultfs::to_string(row.failed_sync));
    }
    if (run.firing) {
      const auto& [during, command, begin, end] = *run.firing;
      const std::string which = command ? fmt::format("command {} ({})", *command, during) : during;
      text += fmt::format(
          "fired     first in {}, after {} operations; {} in all, until the process ended after {} operations\n", which,
          begin, run.fired, end);
    }
    for (const std::string& failure : run.failures) text += fmt::format("error     {}\n", failure);
    return text;
  }

  void fail(const Wrong& wrong, std::string where, const std::string& what, const faultfs::Image& image) {
    tally_.add(Violation{wrong.kind, std::move(where), fmt::format("{}got       {}", what, wrong.text),
                         first_case_ + tally_.cases - (tally_.cases > 0 ? 1 : 0), image});
  }

  const Subject& subject_;
  std::uint64_t first_case_;
  std::uint64_t count_;
  Random random_;
  bool ended_ = false;
  Tally tally_;
};

}  // namespace

Tally ErrorCampaign::run(const CaseRange& cases) {
  const std::uint64_t unit = cases.first / cases_per_unit();
  return ErrorUnit(subject_, cases.first, cases.size(), Random(seed_).split(unit)).run();
}

}  // namespace walbreaker
