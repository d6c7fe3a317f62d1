// A campaign: many cases of one kind, in an order that the seed fixes.
//
// Cases are numbered from 0 in that order, and belong to units of cases_per_unit(): unit u has the cases from
// u * cases_per_unit() on. What a unit finds depends on the seed and on nothing else, so units may run in any order and
// in any number of processes; results are added up in the order of the units.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/case_watch.h"
#include "harness/violation.h"

namespace walbreaker {

// The second opinion on an answer (subject.h) takes a third of the time that the answer takes, and more cases find more
// than more opinions: one case in so many has one, by its number, so that a run repeats.
inline constexpr std::uint64_t kSecondOpinionEvery = 4;

// How often what happened: (group, name) -> count. A group is a line of the report: a scenario, "kills by phase".
using Counts = std::map<std::pair<std::string, std::string>, std::uint64_t>;

struct CaseRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // not included
  [[nodiscard]] std::uint64_t size() const { return last - first; }
};

// What some cases of a campaign came to.
struct Tally {
  std::uint64_t cases = 0;            // judged; in each one fault was planned
  std::uint64_t fired = 0;            // and so many happened
  std::uint64_t distinct_images = 0;  // that a subject recovered from
  std::uint64_t follow_ups = 0;       // cases after which all follow-ups ran too
  std::uint64_t violating_cases = 0;
  Counts counts;
  std::vector<Violation> violations;   // the first one of each cause
  std::optional<std::string> trouble;  // the harness could not do its work: no verdict

  // Counts a violation whose cause is known already; false, and nothing done, where it is not.
  bool count_known(ViolationKind kind, std::string_view where);
  // Counts the violation, and keeps it if it is the first of its cause.
  void add(Violation violation);
  // Adds the result of the cases that come next.
  void add(Tally next);
};

[[nodiscard]] bool same_cause(const Violation& a, const Violation& b);

class Campaign {
 public:
  Campaign() = default;
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;
  virtual ~Campaign() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  // Does what takes no subject and is needed by all processes: makes a directory. Called once, before they are forked.
  virtual std::optional<std::string> set_up() { return std::nullopt; }  // what went wrong, if anything did

  // Does what comes before the first case: makes scenarios, checks that the subject is right without a fault.
  // Called once in each process, with the same result. It has no cases; where it has a violation or trouble, no case is
  // run.
  virtual Tally prepare() = 0;

  // How many cases there are, after prepare(); nothing: no end of them.
  [[nodiscard]] virtual std::optional<std::uint64_t> total_cases() const = 0;

  [[nodiscard]] virtual std::uint64_t cases_per_unit() const = 0;

  // How much of a budget of time it has, beside the 1 of most campaigns: less where each case costs a process, and a
  // hundred others would be judged in the meantime.
  [[nodiscard]] virtual double share() const { return 1; }

  // Runs a unit, or the first cases of one, and tells the watch of each case before the subject is touched.
  virtual Tally run(const CaseRange& cases, CaseWatch& watch) = 0;

  // The same, watched by nobody.
  Tally run(const CaseRange& cases) {
    CaseWatch nobody;
    return run(cases, nobody);
  }
};

}  // namespace walbreaker
