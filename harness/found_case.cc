#include "harness/found_case.h"

#include <fmt/format.h>

#include <utility>

#include "engine/vfs.h"
#include "harness/promise.h"
#include "harness/run_case.h"

namespace walbreaker {

FoundCase::FoundCase(const Subject& subject, const Settings& settings) : subject_(subject) {
  case_.subject = subject.named();
  case_.settings = subject.applied(settings);
  case_.promise = to_terms(promise_of(subject, settings));
}

void FoundCase::begin_with(const faultfs::Image& store) {
  case_.image.directories.insert(kStoreDirectory);
  for (const auto& [path, bytes] : store.files) case_.image.files[kv::join_path(kStoreDirectory, path)] = bytes;
}

void FoundCase::find(const faultfs::Image& left, Contents base, std::uint64_t epoch, std::vector<Command> commands,
                     std::size_t acked) {
  begin_with(left);
  play({.epoch = epoch, .commands = std::move(commands)}).found = Found{acked, std::move(base)};
}

Stage& FoundCase::play(const Script& script) {
  Stage& stage = case_.stages.emplace_back();
  stage.script = script;
  stage.script.settings = case_.settings;
  return stage;
}

Stage& FoundCase::play(const Script& script, const faultfs::Trace& trace, const faultfs::DiskModel& model,
                       const faultfs::CrashState& state) {
  Stage& stage = play(script);
  stage.crash = StageCrash{model, anchor(state, anchors_of(trace, subject_))};
  stage.digest = digest_of(trace);
  return stage;
}

void FoundCase::play(ScenarioKind scenario, const Script& script, std::optional<faultfs::Damage> damage) {
  Stage& stage = play(script);
  stage.scenario = scenario;
  stage.damage = std::move(damage);
}

namespace {

std::string in_words(const CaseResult& result) {
  if (result.wrong) return std::string(info(result.wrong->kind).name);
  return result.text.empty() ? std::string(to_string(result.verdict))
                             : fmt::format("{}: {}", to_string(result.verdict), result.text);
}

}  // namespace

bool FoundCase::comes_to(ViolationKind kind) const {
  const CaseResult result = run_case(subject_, case_);
  return result.wrong && result.wrong->kind == kind;
}

Violation FoundCase::draft(std::string_view campaign, std::string where, std::string summary) && {
  case_.campaign = campaign;
  case_.expected = ViolationKind::died;
  case_.where = where;
  case_.comment = summary;
  return {ViolationKind::died, std::move(where), std::move(summary), 0, to_text(case_)};
}

Violation FoundCase::violation(std::string_view campaign, const Wrong& wrong, std::string where, std::string summary,
                               std::uint64_t case_index) && {
  case_.campaign = campaign;
  case_.expected = wrong.kind;
  case_.where = where;
  const CaseResult again = run_case(subject_, case_);
  const bool repeats = again.wrong && again.wrong->kind == wrong.kind;
  if (!repeats) summary += fmt::format("\nbut       the case, run once more by itself, came to: {}", in_words(again));
  case_.comment = summary;
  return {wrong.kind, std::move(where), std::move(summary), case_index, to_text(case_)};
}

}  // namespace walbreaker
