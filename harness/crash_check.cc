#include "harness/crash_check.h"

#include <fmt/format.h>

#include <utility>

#include "harness/crash_program.h"
#include "harness/explain_case.h"
#include "harness/found_case.h"
#include "harness/ground.h"
#include "harness/shrink.h"

namespace walbreaker {

namespace {

Script script_for(const Subject& subject, const CrashCheck& check) {
  Script script = check.script.value_or(Script{});
  script.settings = check.settings;
  Random random(check.seed);
  if (!check.script) script.commands = draw_commands(subject, script.settings, random, script.epoch, check.commands);
  return script;
}

// The smallest case, and what it means.
std::string tell(const Subject& subject, Violation violation) {
  auto c = parse_case(violation.case_text);
  if (!c) return violation.summary;
  auto shrunk = shrink(subject, *c);
  const Case& smallest = shrunk ? shrunk->smallest : *c;
  return fmt::format(
      "{}: {}\n{}\n--- the case, shrunk; save it and `walbreaker replay` it ---\n{}\n--- what it is ---\n{}",
      info(violation.kind).name, info(violation.kind).meaning, violation.summary, to_text(smallest),
      explain_case(subject, smallest));
}

}  // namespace

CrashFindings check_crashes(const Subject& subject, const CrashCheck& check) {
  CrashFindings findings;
  const auto model = faultfs::parse_disk_model(check.model);
  if (!model) {
    findings.failure = model.error().description();
    return findings;
  }
  const Script script = script_for(subject, check);
  const Promise promise = promise_of(subject, script.settings);
  const PlayedRun run = play(subject, script);
  if (run.mistake) {
    FoundCase found(subject, script.settings);
    found.play(script);
    const Wrong baseline{ViolationKind::baseline, run.mistake->wrong.text};
    findings.failure = tell(subject, std::move(found).violation("power", baseline, "no crash", baseline.text, 0));
    return findings;
  }
  const auto coverage = faultfs::enumerate(run.trace, *model, check.budget, [&](faultfs::Candidate& candidate) {
    ++findings.judged;
    const Ground ground = ground_at(run, script.commands, candidate.point().ops, model->survival, promise);
    const auto wrong = judge(ground, observe_after_crash(subject, script.settings, script.epoch, candidate.image()));
    if (!wrong) return true;
    FoundCase found(subject, script.settings);
    found.play(script, run.trace, *model, candidate.state());
    findings.failure = tell(subject, std::move(found).violation("power", *wrong, model->name, wrong->text, 0));
    return false;
  });
  findings.coverage = faultfs::to_text(coverage);
  return findings;
}

}  // namespace walbreaker
