#include "harness/cure.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "faultfs/enumerate.h"
#include "faultfs/path.h"
#include "harness/anchor.h"
#include "harness/crash_text.h"
#include "harness/ground.h"

namespace walbreaker {

namespace {

using faultfs::OpIndex;
using faultfs::OpKind;

constexpr faultfs::Budget kBudget{.states_per_point = 4'096, .cuts_per_write = 0};

// In how many states an operation was kept whole.
struct Kept {
  std::uint64_t failing = 0;
  std::uint64_t passing = 0;
};

struct Survey {
  std::map<OpIndex, Kept> ops;                        // pending at the crash point
  std::map<std::string, std::vector<OpIndex>> syncs;  // which of them a sync makes durable
  std::map<std::string, Kept> synced;                 // in how many states all of those were kept
  std::uint64_t failing = 0;
  std::uint64_t passing = 0;

  void add(const faultfs::CrashState& state, bool fails) {
    ++(fails ? failing : passing);
    for (const faultfs::Fate& fate : state.fates) {
      Kept& kept = ops[fate.op];
      if (fate.pieces == "k") ++(fails ? kept.failing : kept.passing);
    }
    for (const auto& [sync, pending] : syncs) {
      const bool all_kept = std::ranges::all_of(pending, [&](OpIndex op) {
        const auto fate = std::ranges::find(state.fates, op, &faultfs::Fate::op);
        return fate != state.fates.end() && fate->pieces == "k";
      });
      if (all_kept) ++(fails ? synced[sync].failing : synced[sync].passing);
    }
  }
};

}  // namespace

faultfs::DiskModel choosing_model(const faultfs::DiskModel& model) {
  if (model.survival == faultfs::Survival::chosen) return model;
  faultfs::DiskModel posix = faultfs::named_models().back().model;
  posix.sector_bytes = model.sector_bytes;
  return posix;
}

namespace {

// What makes the operation durable.
std::string sync_for(const faultfs::TraceOp& op, const std::string& path) {
  const auto directory = [](std::string_view name) {
    const std::string parent(faultfs::directory_of(name));
    return parent.empty() ? std::string(".") : parent;
  };
  switch (op.kind) {
    case OpKind::write:
    case OpKind::truncate:
    case OpKind::allocate: return "sync " + path;
    case OpKind::rename: return "sync_dir " + directory(op.to);
    default: return "sync_dir " + directory(op.path);
  }
}

Survey survey_point(const Subject& subject, const Case& c, const CaseResult& result) {
  const StageRun& last = result.stages.back();
  Survey survey;
  const Stage& stage = c.stages.back();
  // Of a write that was cut short, the moment before it is asked.
  const faultfs::CrashPoint point{last.state->point.ops, 0};
  const faultfs::DiskModel model = choosing_model(stage.crash->model);
  const std::vector<std::string> paths = paths_of_ops(last.run.trace);
  for (const OpIndex op : pending_at(point, last.run.trace, model)) {
    survey.syncs[sync_for(last.run.trace.ops[op], paths[op])].push_back(op);
  }
  const CrashJudge judge_state(subject, c, result);
  faultfs::enumerate(last.run.trace, model, kBudget, point.ops, point.ops + 1, [&](faultfs::Candidate& candidate) {
    if (candidate.point() == point) {
      survey.add(candidate.state(), judge_state(point, candidate.image()).has_value());
    }
    return true;
  });
  return survey;
}

}  // namespace

namespace {

// The sync whose operations no failing state keeps all of.
std::optional<Cure> find_sync(const Survey& survey) {
  std::optional<Cure> best;
  for (const auto& [sync, pending] : survey.syncs) {
    const auto found = survey.synced.find(sync);
    const Kept kept = found == survey.synced.end() ? Kept{} : found->second;
    if (kept.failing > 0) continue;
    const Cure cure{pending.back(), pending.size(), std::nullopt,
                    survey.failing, survey.passing, survey.passing - kept.passing};
    if (!best || cure.passing_without < best->passing_without) best = cure;
  }
  return best;
}

}  // namespace

std::optional<Cure> find_cure(const Subject& subject, const Case& c, const CaseResult& result) {
  if (result.stages.size() != c.stages.size() || !result.stages.back().state) return std::nullopt;
  const Survey survey = survey_point(subject, c, result);
  if (survey.failing == 0) return std::nullopt;
  std::optional<Cure> best;
  for (const auto& [op, kept] : survey.ops) {
    if (kept.failing > 0) continue;
    const Cure cure{op, 1, std::nullopt, survey.failing, survey.passing, survey.passing - kept.passing};
    if (!best || cure.passing_without < best->passing_without) best = cure;
  }
  if (!best) return find_sync(survey);
  for (const auto& [op, kept] : survey.ops) {
    if (op > best->op && kept.failing == survey.failing && !best->by) best->by = op;
  }
  return best;
}

namespace {

// The first answer after an operation.
std::string answer_after(const faultfs::Trace& trace, OpIndex op) {
  for (const faultfs::Mark& mark : trace.marks) {
    if (mark.at <= op) continue;
    if (mark.kind == faultfs::MarkKind::acked) return fmt::format("command {} is answered", mark.command);
    if (mark.kind == faultfs::MarkKind::opened) return "the open is answered";
    if (mark.kind == faultfs::MarkKind::closed) return "the close is answered";
  }
  return "the next answer";
}

}  // namespace

std::string to_text(const Cure& cure, const faultfs::Trace& trace) {
  const std::vector<std::string> paths = paths_of_ops(trace);
  const auto named = [&](OpIndex op) {
    return fmt::format("operation {} ({})", op, op_text(trace.ops.at(op), paths.at(op)));
  };
  const std::string until = cure.by ? named(*cure.by) : answer_after(trace, cure.op);
  return fmt::format(
      "{} after {}, and before {}: of the {} crash states here that come to a violation none keeps {}; of the {} that "
      "do "
      "not, {} lack {}",
      sync_for(trace.ops.at(cure.op), paths.at(cure.op)), named(cure.op), until, cure.failing,
      cure.together == 1 ? "that operation"
                         : fmt::format("all of the {} operations that it makes durable", cure.together),
      cure.passing, cure.passing_without, cure.together == 1 ? "it" : "one of them");
}

}  // namespace walbreaker
