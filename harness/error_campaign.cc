#include "harness/error_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "faultfs/enumerate.h"
#include "harness/crash_program.h"
#include "harness/crash_text.h"
#include "harness/found_case.h"
#include "harness/ground.h"

namespace walbreaker {

namespace {

using faultfs::FailedSync;
using faultfs::FaultKind;
using faultfs::Lasting;
using faultfs::OpIndex;

// Of each program, with each fault.
constexpr std::uint64_t kPointsPerFault = 4;

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

// A program, which ends with an open after its last process, and what is known of it.
struct Program {
  Script script;
  Promise promise;
  std::array<std::uint64_t, faultfs::kOpKinds.size()> operations;
  std::vector<faultfs::TraceOp> changes;  // of them, those that change the disk

  // How many operations a fault of this kind may hit.
  [[nodiscard]] std::uint64_t operations_for(FaultKind kind) const {
    std::uint64_t sum = 0;
    for (const faultfs::OpKind op : faultfs::info(kind).hits) sum += operations.at(static_cast<std::size_t>(op));
    return sum;
  }

  // What all of the at-th operation that a fault of this kind may hit is, as an amount.
  [[nodiscard]] std::uint64_t all_of(FaultKind kind, std::uint64_t at) const {
    for (const faultfs::TraceOp& op : changes) {
      if (std::ranges::find(faultfs::info(kind).hits, op.kind) == faultfs::info(kind).hits.end() || at-- > 0) continue;
      return op.kind == faultfs::OpKind::write ? op.length : 1;
    }
    return 1;
  }
};

// An operation that does all, and fails, is drawn more often than its share: it looks most like one that succeeded.
std::uint64_t draw_amount(const FaultRow& row, const Program& program, std::uint64_t at, Random& random) {
  switch (faultfs::info(row.kind).amount) {
    case faultfs::Amount::after:
      if (!row.does_something) return 0;
      return random.one_in(3) ? program.all_of(row.kind, at) : random.between(1, 8'192);
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

// What was found, and the run in words.
struct FoundRun {
  FoundCase made;
  std::string what;
};

class ErrorUnit {
 public:
  ErrorUnit(const Subject& subject, const ErrorCampaignOptions& options, const CaseRange& cases, CaseWatch& watch,
            Random random)
      : subject_(subject), options_(options), cases_(cases), watch_(watch), random_(random) {}

  Tally run() && {
    for (std::uint64_t program = 0; is_going_on(); ++program) play(random_.split(program));
    tally_.distinct_images = tally_.cases;
    return std::move(tally_);
  }

 private:
  [[nodiscard]] bool is_going_on() const { return !ended_ && tally_.cases < cases_.size(); }

  [[nodiscard]] std::uint64_t next_case() const { return cases_.first + tally_.cases; }

  void play(Random random) {
    Program program{draw_script(subject_, random.split(0)), {}, {}, {}};
    program.script.restarts[program.script.commands.size()] = random.one_in(3) ? Restart::close : Restart::kill;
    program.promise = promise_of(subject_, program.script.settings);
    const auto made = [&] { return FoundRun{case_of(program.script), ""}; };
    if (!watch_.before(next_case(), [&] { return draft("a program without a fault", made()); })) {
      ++tally_.cases;
      return;
    }
    PlayedRun without = walbreaker::play(subject_, program.script);
    if (without.mistake) {
      fail({ViolationKind::baseline, without.mistake->wrong.text}, "a program without a fault", made);
      ended_ = true;
      return;
    }
    program.operations = without.operations;
    program.changes = std::move(without.trace.ops);
    // The steps are the outer loop: where a unit ends early, no fault was left out. Once and for ever take turns, as
    // more programs find more than both at each place of one.
    for (std::uint64_t step = 0; step < kPointsPerFault; ++step) {
      for (std::size_t row = 0; row < kFaults.size(); ++row) {
        const Lasting lasting = (step + row) % 2 == 0 ? Lasting::once : Lasting::for_ever;
        strike(program, kFaults.at(row), lasting, step, random.split(1 + row));
      }
    }
  }

  // `random` is that of the row: its steps have one phase between them, and each has a stream of its own.
  void strike(const Program& program, const FaultRow& row, Lasting lasting, std::uint64_t step, Random random) {
    Random own = random.split(step);
    const std::uint64_t operations = program.operations_for(row.kind);
    const std::uint64_t at = place(step, operations, random);
    if (!is_going_on() || at > operations) return;
    const faultfs::Fault fault{.kind = row.kind,
                               .path = pattern_for(row),
                               .at = at,
                               .lasting = lasting,
                               .amount = draw_amount(row, program, at, own)};
    Script script = program.script;
    script.live_fault = LiveFault{fault, row.failed_sync};
    const auto run = try_fault(script, row);
    if (!run) return;
    const Firing& firing = *run->firing;
    // When the process ends that met the fault, once between the two, and once later.
    cut_power(script, program.promise, row, *run,
              {firing.process_end, own.between(firing.step_begin, firing.process_end),
               own.between(firing.process_end, run->trace.ops.size())},
              own);
    if (!firing.command || !is_going_on()) return;
    if (subject_.capabilities().compact && own.one_in(2)) {
      compact_next(program, script, *firing.command, row, own);
    } else {
      close_next(program, script, *firing.command, row, own);
    }
  }

  // What an error has spoiled, the next compaction may make durable, or rest on: the same run with one right after the
  // command that met the fault, and cuts inside it.
  void compact_next(const Program& program, Script script, std::size_t command, const FaultRow& row, Random& random) {
    const std::size_t at = command + 1;
    script.commands.insert(script.commands.begin() + static_cast<std::ptrdiff_t>(at), {CommandKind::compact, {}});
    std::map<std::size_t, Restart> restarts;
    for (const auto& [before, restart] : script.restarts) restarts[before + (before >= at ? 1 : 0)] = restart;
    script.restarts = std::move(restarts);
    const auto run = try_fault(script, row);
    if (!run) return;
    const auto& marks = run->trace.marks;
    const auto of_compaction = [&](const faultfs::Mark& mark) {
      return mark.command == at && (mark.kind == faultfs::MarkKind::issued || mark.kind == faultfs::MarkKind::acked ||
                                    mark.kind == faultfs::MarkKind::failed);
    };
    const auto issued = std::ranges::find_if(marks, of_compaction);
    const auto answered = std::find_if(issued == marks.end() ? issued : issued + 1, marks.end(), of_compaction);
    if (answered != marks.end()) cut_between(*issued, *answered, program, script, row, *run, random);
  }

  // So may a close right behind it.
  void close_next(const Program& program, Script script, std::size_t command, const FaultRow& row, Random& random) {
    script.restarts[command + 1] = Restart::close;
    const auto run = try_fault(script, row);
    if (!run) return;
    const auto& marks = run->trace.marks;
    const auto answered = std::ranges::find_if(marks, [&](const faultfs::Mark& mark) {
      const bool is_answer = mark.kind == faultfs::MarkKind::acked || mark.kind == faultfs::MarkKind::failed;
      return is_answer && mark.command == command;
    });
    if (answered == marks.end() || answered + 1 == marks.end()) return;
    cut_between(*answered, *(answered + 1), program, script, row, *run, random);
  }

  // Twice, where there is anything between: what was refused did nothing.
  void cut_between(const faultfs::Mark& begin, const faultfs::Mark& end, const Program& program, const Script& script,
                   const FaultRow& row, const PlayedRun& run, Random& random) {
    if (begin.at == end.at) return;
    cut_power(script, program.promise, row, run, {random.between(begin.at, end.at), random.between(begin.at, end.at)},
              random);
  }

  // One case. The run, where the fault fired and nothing was wrong.
  std::optional<PlayedRun> try_fault(const Script& script, const FaultRow& row) {
    const faultfs::Fault& fault = script.live_fault->fault;
    const std::uint64_t index = next_case();
    ++tally_.cases;
    const auto made = [&](const PlayedRun& run) { return FoundRun{case_of(script), describe(fault, row, run)}; };
    const auto faulty = [&] { return draft(fmt::format("{} in a run", to_string(fault.kind)), made({})); };
    if (!watch_.at(index, faulty)) return std::nullopt;
    PlayedRun run = walbreaker::play(subject_, script);
    count(fault, run);
    if (run.mistake) {
      fail(run.mistake->wrong, place_of(fault, run, run.mistake->phase), [&] { return made(run); });
      return std::nullopt;
    }
    return run.firing ? std::optional(std::move(run)) : std::nullopt;
  }

  void count(const faultfs::Fault& fault, const PlayedRun& run) {
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

  void cut_power(const Script& script, const Promise& promise, const FaultRow& row, const PlayedRun& run,
                 const std::set<OpIndex>& points, Random& random) {
    const faultfs::Fault& fault = script.live_fault->fault;
    faultfs::DiskModel model = options_.model.value_or(draw_model(random.split(0)));
    model.failed_sync = row.failed_sync;
    for (const OpIndex point : points) {
      if (!is_going_on()) return;
      const Ground ground = ground_at(run, script.commands, point, model.survival, promise);
      faultfs::enumerate(run.trace, model, kCut, point, point + 1, [&](faultfs::Candidate& candidate) {
        const auto made = [&] {
          FoundCase found(subject_, script.settings);
          found.play(script, run.trace, model, candidate.state());
          const std::string when = "in " + doing_at(run.trace, script.commands, candidate.point());
          return FoundRun{std::move(found),
                          describe(fault, row, run) + describe_crash(model, run.trace, candidate.state(), when)};
        };
        const auto where = [&] { return place_of(fault, run, "power cut"); };
        const std::uint64_t index = next_case();
        ++tally_.cases;
        ++tally_.fired;
        ++tally_.counts[{"judged", "after a power cut"}];
        if (!watch_.at(index, [&] { return draft(where(), made()); })) return is_going_on();
        const Observation seen = observe_after_crash(subject_, script.settings, script.epoch, candidate.image());
        auto wrong = judge(ground, seen);
        if (!wrong && index % kSecondOpinionEvery == 0) {
          wrong = subject_.second_opinion(candidate.image(), kStoreDirectory, seen);
        }
        if (wrong) fail(*wrong, where(), made);
        return is_going_on();
      });
    }
    ++tally_.follow_ups;
  }

  static std::string place_of(const faultfs::Fault& fault, const PlayedRun& run, const std::string& phase) {
    return fmt::format("{} in {}: {}", to_string(fault.kind), run.firing ? run.firing->during : "nothing", phase);
  }

  static std::string describe(const faultfs::Fault& fault, const FaultRow& row, const PlayedRun& run) {
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

  [[nodiscard]] FoundCase case_of(const Script& script) const {
    FoundCase found(subject_, script.settings);
    found.play(script);
    return found;
  }

  // What is known of a case before the subject has answered.
  static Violation draft(std::string where, FoundRun found) {
    return std::move(found.made).draft("errors", std::move(where), std::move(found.what));
  }

  // `find` puts the case together, where its cause was not seen before.
  template <class Find>
  void fail(const Wrong& wrong, const std::string& where, const Find& find) {
    if (tally_.count_known(wrong.kind, where)) return;
    FoundRun found = find();
    tally_.add(std::move(found.made)
                   .violation("errors", wrong, where, fmt::format("{}got       {}", found.what, wrong.text),
                              cases_.first + tally_.cases - (tally_.cases > 0 ? 1 : 0)));
  }

  const Subject& subject_;
  const ErrorCampaignOptions& options_;
  CaseRange cases_;
  CaseWatch& watch_;
  Random random_;
  bool ended_ = false;
  Tally tally_;
};

}  // namespace

Tally ErrorCampaign::run(const CaseRange& cases, CaseWatch& watch) {
  const std::uint64_t unit = cases.first / cases_per_unit();
  return ErrorUnit(subject_, options_, cases, watch, Random(options_.seed).split(unit)).run();
}

}  // namespace walbreaker
