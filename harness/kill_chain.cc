#include "harness/kill_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "faultfs/image.h"
#include "harness/oracle.h"
#include "harness/play.h"

namespace walbreaker {

struct KillChain::Round {
  std::uint64_t index;
  ChildTask task;
  ChildPlan plan;
  std::vector<Command> commands;  // that the child issued
  bool look_read_only = false;
  faultfs::Image before;  // what the child found
  ChildEnd end;
  ChildLog log;
};

KillChain::KillChain(const Subject& subject, KillMode mode, std::uint64_t seed, std::string directory,
                     std::string program)
    : subject_(subject), mode_(mode), seed_(seed), directory_(std::move(directory)), program_(std::move(program)) {}

namespace {

// An open that creates or recovers a store takes some ten operations, a command one or, with a compaction, ten more.
// One kill in four falls into the open, the others anywhere up to the close; a few come too late, and do not fire.
faultfs::Fault draw_kill(Random& random, std::uint64_t commands) {
  const std::uint64_t at = random.one_in(4) ? random.below(12) : random.below(12 + commands + commands / 4);
  return {.kind = faultfs::FaultKind::kill, .at = at, .amount = random.next()};
}

std::vector<Command> issued_commands(const Capabilities& capabilities, const ChildTask& task, std::uint64_t count) {
  Workload workload = child_workload(capabilities, task.seed, task.epoch);
  std::vector<Command> commands;
  while (commands.size() < count) commands.push_back(workload.next());
  return commands;
}

}  // namespace

KillChain::Round KillChain::draw_round(std::uint64_t index) {
  Random random = Random(seed_).split(++epoch_).split(1);
  Round round{.index = index,
              .task = {subject_.found_by(), directory_, seed_, epoch_, 0, std::nullopt},
              .plan = {.program = program_, .arguments = {}, .kill_after = std::nullopt},
              .commands = {},
              .before = {},
              .end = {},
              .log = {}};
  if (mode_ == KillMode::planned) {
    round.task.commands = random.between(1, 120);
    round.task.kill = draw_kill(random, round.task.commands);
  } else {
    round.task.commands = 100'000;  // more than it lives to issue
    round.plan.kill_after = std::chrono::microseconds(random.below(6'000));
  }
  round.plan.arguments = to_arguments(round.task);
  round.look_read_only = made_ && random.one_in(2) && subject_.capabilities().read_only;
  return round;
}

bool KillChain::round(std::uint64_t index, CaseWatch& watch, Tally& tally) {
  Round round = draw_round(index);
  auto before = faultfs::load_image(disk_, directory_);
  if (!before) {
    tally.trouble = before.error().message();
    return false;
  }
  round.before = std::move(*before);
  if (!watch.before(index, [&] { return draft(round, round.before); })) {
    ++tally.cases;
    return false;
  }
  auto end = run_child(round.plan);
  if (!end) {
    tally.trouble = end.error().message();
    return false;
  }
  round.end = std::move(*end);
  if (round.end.signal == SIGINT || round.end.signal == SIGTERM) return false;  // the whole run is being stopped
  auto log = parse_child_log(round.end.output);
  if (!log || log->issued > round.task.commands || (round.end.signal == 0 && round.end.exit_code != 0)) {
    tally.trouble =
        fmt::format("the child of case {} ended with code {} and cannot be understood", index, round.end.exit_code);
    return false;
  }
  round.log = std::move(*log);
  round.commands = issued_commands(subject_.capabilities(), round.task, round.log.issued);
  if (round.log.phase == "command") round.log.phase = to_string(round.commands.back().kind);
  made_ = made_ || round.log.opened;
  note_end(round, tally);
  return judge(round, watch, tally);
}

void KillChain::note_end(const Round& round, Tally& tally) const {
  ++tally.cases;
  ++tally.distinct_images;  // every store draws its own salts: no two leave the same bytes
  const bool fired = round.end.signal == SIGKILL && (mode_ == KillMode::by_clock || round.log.kill);
  if (!fired) {
    ++tally.counts[{"not killed", "came to its end first"}];
    return;
  }
  ++tally.fired;
  ++tally.counts[{"killed during", round.log.phase}];
  if (round.log.kill) ++tally.counts[{"killed at", *round.log.kill}];
}

Observation KillChain::look(const Round& round) {
  OpenRequest request = child_request(seed_, ~round.task.epoch);
  request.read_only = round.look_read_only;
  const bool close = !request.read_only && round.task.epoch % 4 == 0;  // so that some children find a closed store
  return observe(subject_, disk_, directory_, request, close ? Leave::closed : Leave::dropped);
}

namespace {

std::optional<Wrong> wrong_end(const ChildEnd& end, const ChildLog& log) {
  if (end.timed_out) return Wrong{ViolationKind::hung, "the child did not end in time, during " + log.phase};
  if (log.wrong) return log.wrong;
  if (end.signal != 0 && end.signal != SIGKILL) {
    return Wrong{ViolationKind::died, fmt::format("the child died of signal {}, during {}", end.signal, log.phase)};
  }
  return std::nullopt;
}

// A del says whether its key was there: the child cannot judge that, but the timeline knows.
std::optional<Wrong> wrong_missing(const Timeline& timeline, const ChildLog& log) {
  const auto& commands = timeline.history().commands;
  for (std::size_t i = 0; i < log.acked; ++i) {
    if (commands[i].kind != CommandKind::del) continue;
    const Timeline::Key& key = *timeline.find(commands[i].writes.operations().front().key);
    const bool missing = Timeline::value_at(key, i) == nullptr;
    if (missing != std::ranges::binary_search(log.missing, i)) {
      return Wrong{ViolationKind::wrong_result,
                   fmt::format("command {}, a del, answered {}", i, missing ? "ok" : "missing")};
    }
  }
  return std::nullopt;
}

}  // namespace

bool KillChain::judge(const Round& round, CaseWatch& watch, Tally& tally) {
  const auto image = faultfs::load_image(disk_, directory_);
  if (!image) {
    tally.trouble = image.error().message();
    return false;
  }
  if (auto wrong = wrong_end(round.end, round.log)) return violation(round, *wrong, *image, tally);
  const Timeline timeline(History{epoch_, base_, round.commands, round.log.acked});
  if (auto wrong = wrong_missing(timeline, round.log)) return violation(round, *wrong, *image, tally);

  if (!watch.at(round.index, [&] { return draft(round, *image); })) return false;
  const Observation observation = look(round);
  const Judgement judgement = walbreaker::judge(timeline, allowed_after_kill(timeline.history()), observation);
  if (judgement.wrong) return violation(round, *judgement.wrong, *image, tally);
  if (round.look_read_only) {
    const auto after = faultfs::load_image(disk_, directory_);
    if (!after || !(*after == *image)) {
      return violation(round, {ViolationKind::changed_read_only, "a read-only open changed the directory"}, *image,
                       tally);
    }
  }
  ++tally.counts[{"judged by", round.look_read_only ? "read-only open" : "read-write open"}];
  base_ = Contents(observation.listing.begin(), observation.listing.end());
  made_ = true;
  return true;
}

namespace {

// The place in a trace where the n-th change of the disk is cut short, as faultfs::Amount::after says.
std::optional<faultfs::CrashPoint> point_of(const faultfs::Fault& kill, const faultfs::Trace& trace) {
  std::uint64_t left = kill.at;
  for (faultfs::OpIndex i = 0; i < trace.ops.size(); ++i) {
    const faultfs::TraceOp& op = trace.ops[i];
    if (!faultfs::info(op.kind).changes_disk || left-- > 0) continue;
    if (op.kind != faultfs::OpKind::write) return faultfs::CrashPoint{i + kill.amount % 2, 0};
    const std::uint64_t bytes = kill.amount % (op.length + 1);
    return bytes == op.length ? faultfs::CrashPoint{i + 1, 0} : faultfs::CrashPoint{i, bytes};
  }
  return std::nullopt;
}

}  // namespace

// What the child left: nothing is run again but the open.
FoundCase KillChain::found_case(const Round& round, const faultfs::Image& left) const {
  const OpenRequest request = child_request(seed_, epoch_);
  FoundCase found(subject_, request.settings);
  found.find(left, base_, epoch_, round.commands, round.log.acked);
  return found;
}

// The same kill on the simulated disk, where that comes to the same.
FoundCase KillChain::case_of(const Round& round, ViolationKind kind, const faultfs::Image& left) const {
  if (!round.task.kill) return found_case(round, left);
  const OpenRequest request = child_request(seed_, epoch_);
  const Script script{
      .epoch = epoch_, .commands = round.commands, .settings = request.settings, .entropy = request.entropy};
  FoundCase played(subject_, script.settings);
  played.begin_with(round.before);
  const PlayedRun run = play(subject_, script, played.image());
  const auto point = point_of(*round.task.kill, run.trace);
  if (!point) return found_case(round, left);
  played.play(script, run.trace, faultfs::named_models().front().model, {*point, {}});
  return played.comes_to(kind) ? std::move(played) : found_case(round, left);
}

namespace {

std::string place_of(const std::optional<std::string>& kill) { return kill.value_or("a random moment"); }

}  // namespace

std::string KillChain::summary_of(const Round& round) const {
  return fmt::format(
      "killed    at {}, during {}, child {} on its directory\nexpected  the contents after {} to {} of its commands\n",
      place_of(round.log.kill), round.log.phase, round.task.epoch, round.log.acked, round.log.issued);
}

Violation KillChain::draft(const Round& round, const faultfs::Image& left) const {
  return found_case(round, left)
      .draft(name(), fmt::format("{}: {}", round.log.phase, place_of(round.log.kill)), summary_of(round));
}

bool KillChain::violation(const Round& round, const Wrong& wrong, const faultfs::Image& left, Tally& tally) const {
  std::string where = fmt::format("{}: {}", round.log.phase, place_of(round.log.kill));
  if (tally.count_known(wrong.kind, where)) return false;
  tally.add(
      case_of(round, wrong.kind, left)
          .violation(name(), wrong, std::move(where), summary_of(round) + "got       " + wrong.text, round.index));
  return false;
}

}  // namespace walbreaker
