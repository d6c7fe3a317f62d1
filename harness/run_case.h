// Runs a case: plays its stages, harms the disk between them, opens the store in the end, and judges.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/case.h"
#include "harness/ground.h"
#include "harness/subject.h"

namespace walbreaker {

// What came of one stage.
struct StageRun {
  PlayedRun run;  // of its script; nothing in it where the commands were carried out elsewhere
  Ground before;  // what an earlier stage's crash is judged on, where this one's open does
                  // not answer
  std::optional<faultfs::CrashState> state;  // the crash, in this run
  faultfs::Image image;                      // what the stage left on the disk
};

struct CaseResult {
  CaseResult() = default;
  CaseResult(CaseResult&&) = default;
  CaseResult& operator=(CaseResult&&) = default;
  CaseResult(const CaseResult&) = delete;  // grounds point into it
  CaseResult& operator=(const CaseResult&) = delete;
  ~CaseResult() = default;

  enum class Verdict {
    pass,
    violation,
    stale,    // an anchor, a fate or a damage does not fit this run: there is no verdict
    trouble,  // the subject cannot be judged: a driver broke the protocol, for one
  };
  Verdict verdict = Verdict::pass;
  std::optional<Wrong> wrong;           // of a violation
  std::string text;                     // of a case without a verdict: why
  std::vector<PossibleContents> first;  // what a store that was there before the first stage showed
  std::vector<StageRun> stages;
  std::optional<Observation> observation;  // of the last open
  bool same_run = true;                    // the digests that the case gives are those of this run
};

// The enumerator's name: "stale".
[[nodiscard]] std::string_view to_string(CaseResult::Verdict verdict);

// The case is judged by the promise that it states.
[[nodiscard]] CaseResult run_case(const Subject& subject, const Case& c);

// Judges other crash states of the last stage of a case that was run.
class CrashJudge {
 public:
  // The last stage was played, with no mistake. All outlive this.
  CrashJudge(const Subject& subject, const Case& c, const CaseResult& result);

  // What is wrong with the store that a crash of the last stage's run leaves, with `image` on the disk.
  [[nodiscard]] std::optional<Wrong> operator()(const faultfs::CrashPoint& point, const faultfs::Image& image) const;

 private:
  const Subject& subject_;
  const Case& case_;
  const CaseResult& result_;
  Promise promise_;
};

// Whether a case that was found will do.
using AcceptCase = std::function<bool(const Case&)>;

// The same case with another crash in its last stage, one that comes to a violation of this kind, or of any: the first
// such crash state of the stage's run that will do, within a small budget. Nothing where there is none, or no crash in
// the last stage.
[[nodiscard]] std::optional<Case> find_crash(const Subject& subject, const Case& c, std::optional<ViolationKind> kind,
                                             const AcceptCase& accept = {});

// The same case with another damage of the same sort to its scenario, one that comes to a violation of this kind: the
// first one that will do of a few, spread over all. Nothing where there is none, or no damage.
[[nodiscard]] std::optional<Case> find_damage(const Subject& subject, const Case& c, ViolationKind kind,
                                              const AcceptCase& accept = {});

}  // namespace walbreaker
