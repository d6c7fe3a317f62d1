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

using faultfs::MarkKind;
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

bool contains(const std::vector<OpIndex>& ops, OpIndex op) { return std::ranges::find(ops, op) != ops.end(); }

// The first answer after so many operations, and not more than `last`.
const faultfs::Mark* answer_after(const faultfs::Trace& trace, OpIndex ops, OpIndex last) {
  const auto mark = std::ranges::find_if(trace.marks, [&](const faultfs::Mark& one) {
    const bool is_answer = one.kind == MarkKind::acked || one.kind == MarkKind::opened || one.kind == MarkKind::closed;
    return is_answer && one.at >= ops && one.at <= last;
  });
  return mark == trace.marks.end() ? nullptr : &*mark;
}

std::string answer_text(const faultfs::Mark* mark) {
  if (mark == nullptr) return "the next answer";
  if (mark->kind == MarkKind::acked) return fmt::format("command {} is answered", mark->command);
  return mark->kind == MarkKind::opened ? "the open is answered" : "the close is answered";
}

// Tries what the loss of some operations alone comes to, at other crash points.
class Loss {
 public:
  Loss(const Subject& subject, const Case& c, const CaseResult& result, std::vector<OpIndex> ops)
      : trace_(result.stages.back().run.trace),
        model_(choosing_model(c.stages.back().crash->model)),
        judge_(subject, c, result),
        lost_(std::move(ops)) {}

  // Whether it comes to a violation after the first `done` operations, all else kept or, where that cannot be, lost.
  [[nodiscard]] bool shows_at(OpIndex done, std::optional<OpIndex> lost_too = std::nullopt) const {
    const faultfs::CrashPoint point{done, 0};
    faultfs::CrashState state{point, {}};
    for (const OpIndex op : pending_at(point, trace_, model_)) {
      if (op != lost_too && !contains(lost_, op)) state.fates.push_back({op, "k"});
    }
    auto image = faultfs::apply(state, trace_, model_);
    if (!image) image = faultfs::apply({point, {}}, trace_, model_);
    return image && judge_(point, *image);
  }

  // Says what the cure has to come before: that with which the loss begins to show.
  void limit(Cure& cure, OpIndex last) const {
    cure.until = lost_.back() + 1;
    while (cure.until < last && !shows_at(cure.until)) ++cure.until;
    const OpIndex op = cure.until - 1;
    if (op == lost_.back()) return;
    const bool is_answer = answer_after(trace_, cure.until, cure.until) &&
                           (!contains(pending_at({cure.until, 0}, trace_, model_), op) || shows_at(cure.until, op));
    if (!is_answer) cure.by = op;
  }

 private:
  const faultfs::Trace& trace_;
  faultfs::DiskModel model_;
  CrashJudge judge_;
  std::vector<OpIndex> lost_;
};

}  // namespace

std::optional<Cure> find_cure(const Subject& subject, const Case& c, const CaseResult& result) {
  if (result.stages.size() != c.stages.size() || !result.stages.back().state) return std::nullopt;
  const Survey survey = survey_point(subject, c, result);
  if (survey.failing == 0) return std::nullopt;
  std::optional<Cure> best;
  std::vector<OpIndex> lost;
  const auto offer = [&](const std::vector<OpIndex>& ops, const Kept& kept) {
    if (kept.failing > 0 || (best && best->passing_without <= survey.passing - kept.passing)) return;
    best = {.op = ops.back(),
            .together = ops.size(),
            .failing = survey.failing,
            .passing = survey.passing,
            .passing_without = survey.passing - kept.passing};
    lost = ops;
  };
  for (const auto& [op, kept] : survey.ops) offer({op}, kept);
  if (!best) {
    for (const auto& [sync, pending] : survey.syncs) {
      const auto found = survey.synced.find(sync);
      offer(pending, found == survey.synced.end() ? Kept{} : found->second);
    }
  }
  if (best) Loss(subject, c, result, lost).limit(*best, result.stages.back().state->point.ops);
  return best;
}

std::string to_text(const Cure& cure, const faultfs::Trace& trace) {
  const std::vector<std::string> paths = paths_of_ops(trace);
  const auto named = [&](OpIndex op) {
    return fmt::format("operation {} ({})", op, op_text(trace.ops.at(op), paths.at(op)));
  };
  const std::string until = cure.by ? named(*cure.by) : answer_text(answer_after(trace, cure.until, trace.ops.size()));
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
