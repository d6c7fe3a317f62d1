#include "harness/explain_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "faultfs/provenance.h"
#include "harness/crash_text.h"
#include "harness/cure.h"
#include "harness/run_case.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

using faultfs::MarkKind;
using faultfs::OpIndex;

std::string text_of(const Command& command) {
  std::string text(to_string(command.kind));
  for (const auto& write : command.writes.operations()) {
    const bool is_put = write.kind == kv::Batch::Kind::put;
    if (command.kind == CommandKind::batch) text += is_put ? " put" : " del";
    text += ' ' + in_quotes(write.key);
    if (is_put) text += ' ' + in_quotes(write.value);
  }
  return text;
}

// --- what was asked, and what was answered before the crash: an answer in front of each command ---

std::string answer_to(const faultfs::Trace& trace, std::size_t command, OpIndex ops) {
  std::string answer = "not issued";
  for (const faultfs::Mark& mark : trace.marks) {
    if (mark.at > ops || mark.command != command) continue;
    if (mark.kind == MarkKind::issued) answer = "in flight";
    if (mark.kind == MarkKind::acked) answer = "acked";
    if (mark.kind == MarkKind::failed) answer = "failed";
  }
  return answer;
}

std::string tell_commands(const Stage& stage, const StageRun& played) {
  const OpIndex ops = played.state ? played.state->point.ops : played.run.trace.ops.size();
  constexpr std::string_view kIndent = "                   ";
  std::string text;
  for (std::size_t i = 0; i <= stage.script.commands.size(); ++i) {
    if (const auto restart = stage.script.restarts.find(i); restart != stage.script.restarts.end()) {
      text += fmt::format("{}{}\n", kIndent,
                          restart->second == Restart::kill ? "the process is killed, another one opens the store"
                                                           : "the store is closed, and opened again");
    }
    if (i == stage.script.commands.size()) break;
    std::string answer = "acked";
    if (stage.found && i >= stage.found->acked) answer = "in flight";
    if (!stage.found && !stage.scenario) answer = answer_to(played.run.trace, i, ops);
    text += fmt::format("  {:>3}  {:<10}  {}\n", i, answer, text_of(stage.script.commands[i]));
  }
  if (stage.script.closed) text += fmt::format("{}the store is closed\n", kIndent);
  for (const std::string& failure : played.run.failures) text += fmt::format("{}error: {}\n", kIndent, failure);
  return text.empty() ? "  none\n" : text;
}

// --- the crash ---

std::string during_text(const faultfs::Trace& trace, OpIndex op) {
  const auto command = faultfs::command_at(trace, op);
  return command ? fmt::format("command {}", *command) : std::string("an open or a close");
}

std::string tell_crash(const Stage& stage, const StageRun& played) {
  const faultfs::Trace& trace = played.run.trace;
  const faultfs::CrashState& state = *played.state;
  std::string text = fmt::format("crash under {}: {} of {} operations were done", faultfs::to_text(stage.crash->model),
                                 state.point.ops, trace.ops.size());
  if (state.point.bytes > 0) text += fmt::format(", and {} bytes of the next", state.point.bytes);
  text += '\n';
  std::map<OpIndex, std::string> fates;
  for (const faultfs::Fate& fate : state.fates) fates[fate.op] = faultfs::fate_text(fate);
  const std::vector<std::string> paths = paths_of_ops(trace);
  const bool is_kill = stage.crash->model.survival == faultfs::Survival::all;  // all that was done is kept
  if (is_kill) return text;
  for (const OpIndex op : pending_at(state.point, trace, choosing_model(stage.crash->model))) {
    const auto fate = fates.find(op);
    text += fmt::format("  {:>3}  {:<60} {:<10} in {}\n", op, op_text(trace.ops[op], paths[op]),
                        fate == fates.end() ? "dropped" : fate->second, during_text(trace, op));
  }
  return text;
}

// --- the disk, byte by byte ---

std::string origin_text(const faultfs::OriginRange& range, const faultfs::Trace& trace) {
  switch (range.origin) {
    case faultfs::Origin::first_image: return "was there before";
    case faultfs::Origin::nobody: return "zeros that nobody wrote";
    case faultfs::Origin::written: return fmt::format("operation {}, {}", *range.op, during_text(trace, *range.op));
    default:
      return fmt::format("{}, in place of operation {}, {}", faultfs::to_string(range.origin), *range.op,
                         during_text(trace, *range.op));
  }
}

// Of the ranges that follow each other in time, as whoever wrote them: each record has a line of its own.
std::string tell_file(const std::string& path, const std::vector<faultfs::OriginRange>& ranges, FileRole role,
                      const faultfs::Trace& trace) {
  const std::uint64_t size = ranges.empty() ? 0 : ranges.back().end();
  std::string text = fmt::format("  {}, {} bytes, {}\n", path, with_commas(size), to_string(role));
  constexpr std::size_t kMostLines = 60;
  for (std::size_t i = 0; i < std::min(ranges.size(), kMostLines); ++i) {
    text += fmt::format("    {:>9} +{:<7} {}\n", ranges[i].offset, ranges[i].length, origin_text(ranges[i], trace));
  }
  if (ranges.size() > kMostLines) text += fmt::format("    and {} ranges more\n", ranges.size() - kMostLines);
  return text;
}

std::string tell_disk(const Subject& subject, const Stage& stage, const StageRun& played) {
  const faultfs::Trace& trace = played.run.trace;
  faultfs::Provenance provenance = faultfs::provenance_of(trace);
  if (played.state) {
    auto left = faultfs::provenance_of(*played.state, trace, stage.crash->model);
    if (left) provenance = std::move(*left);
  }
  std::string text;
  for (const auto& [path, ranges] : provenance.files) {
    const std::string name = path.substr(path.rfind('/') + 1);
    text += tell_file(path, ranges, subject.role_of(name), trace);
  }
  return text.empty() ? "  no file\n" : text;
}

std::string tell_image(const faultfs::Image& image) {
  std::string text;
  for (const auto& [path, bytes] : image.files)
    text += fmt::format("  {}, {} bytes\n", path, with_commas(bytes.size()));
  return text.empty() ? "  no file\n" : text;
}

std::string tell_stage(const Subject& subject, const Case& c, const CaseResult& result, std::size_t index) {
  const Stage& stage = c.stages[index];
  const StageRun& played = result.stages[index];
  std::string text;
  if (c.stages.size() > 1) text += fmt::format("--- stage {} of {} ---\n", index, c.stages.size());
  text += "commands\n" + tell_commands(stage, played);
  if (played.state) text += '\n' + tell_crash(stage, played);
  if (stage.damage)
    text += fmt::format("\ndamage, to the scenario {}\n  {}\n", to_string(*stage.scenario),
                        faultfs::to_text(*stage.damage));
  text += "\nfiles as the stage left them\n";
  text += stage.found || stage.scenario ? tell_image(played.image) : tell_disk(subject, stage, played);
  return text + '\n';
}

// --- what the recovery made of it ---

std::string tell_observation(const Observation& seen) {
  std::string text = fmt::format("the last open answered {}: {}\n", to_string(seen.answer), seen.text);
  constexpr std::size_t kMostKeys = 20;
  for (std::size_t i = 0; i < std::min(seen.listing.size(), kMostKeys); ++i) {
    text += fmt::format("  {} {}\n", in_quotes(seen.listing[i].first), in_quotes(seen.listing[i].second));
  }
  if (seen.listing.size() > kMostKeys) text += fmt::format("  and {} keys more\n", seen.listing.size() - kMostKeys);
  if (seen.listing.empty() && seen.answer != Answer::refused) text += "  no key\n";
  return text;
}

std::string tell_verdict(const CaseResult& result) {
  if (result.wrong) {
    const ViolationInfo& row = info(result.wrong->kind);
    return fmt::format("violation {}: {}\n  {}\n", row.name, row.meaning, result.wrong->text);
  }
  if (result.verdict == CaseResult::Verdict::pass) return "pass\n";
  return fmt::format("{}: {}\n", to_string(result.verdict), result.text);
}

// --- what would cure it ---

// A scenario with a power cut in it, as a case of its commands and of a crash that a power cut comes to.
std::optional<Case> cut_elsewhere(const Subject& subject, const Case& c) {
  const auto scenario = c.stages.front().scenario;
  if (scenario != ScenarioKind::power_cut && scenario != ScenarioKind::discarded_tail) return std::nullopt;
  Case cut = c;
  Stage& stage = cut.stages.front();
  stage.scenario.reset();
  stage.damage.reset();
  stage.crash = StageCrash{faultfs::named_models().back().model, {}};
  return find_crash(subject, cut, std::nullopt);
}

std::string tell_cure(const Subject& subject, const Case& c, const CaseResult& result) {
  if (!result.wrong) return "";
  if (const auto cut = cut_elsewhere(subject, c)) {
    const CaseResult wrong = run_case(subject, *cut);
    const std::string text = tell_cure(subject, *cut, wrong);
    return text.empty() ? ""
                        : fmt::format("\nthe same commands, and a power cut alone\n  {}: {}\n{}",
                                      info(wrong.wrong->kind).name, wrong.wrong->text, text);
  }
  const auto cure = find_cure(subject, c, result);
  if (!cure) return "";
  return fmt::format("\nwhat would cure it\n  {}\n", to_text(*cure, result.stages.back().run.trace));
}

}  // namespace

std::string explain_case(const Subject& subject, const Case& c) {
  const CaseResult result = run_case(subject, c);
  std::string text = tell_verdict(result) + '\n';
  text += fmt::format("subject   {}\n", to_flag(c.subject));
  for (const auto& [name, value] : c.settings) text += fmt::format("set       {}={}\n", name, value);
  text += "promise  ";
  for (const auto& [key, value] : c.promise) text += fmt::format(" {}={}", key, value);
  text += "\n\n";
  if (!result.same_run) text += "the run is not the one in which the case was found: the subject has changed since\n\n";
  for (std::size_t i = 0; i < result.stages.size(); ++i) text += tell_stage(subject, c, result, i);
  if (result.observation) text += tell_observation(*result.observation);
  if (!result.stages.empty()) {
    const std::string layout = subject.layout_text(result.stages.back().image,
                                                   c.stages.back().scenario ? kScenarioDirectory : kStoreDirectory);
    if (!layout.empty()) text += '\n' + layout;
  }
  return text + tell_cure(subject, c, result);
}

}  // namespace walbreaker
