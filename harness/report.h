// Reports: what a run found, as JSON for programs and as a table for people.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/runner.h"
#include "harness/subject.h"

namespace walbreaker {

struct ReportedViolation {
  ViolationKind kind;
  std::string case_path;  // where what repeats it was saved
  std::string summary;
};

struct Report {
  std::string subject;
  std::vector<PromiseTerm> promise;
  std::uint64_t seed = 0;
  RunReport run;
  std::vector<ReportedViolation> violations;
};

// One object, indented, with a newline at the end:
//   {"format":1,"subject":..,"promise":{..},"seed":..,"verdict":"pass|violation|inconclusive",
//    "campaigns":[{"name":..,"verdict":..,"cases":..,"distinct_images":..,"fired":..,"violations":..,"seconds":..,
//                  "coverage":"exhaustive|sampled"}],
//    "violations":[{"kind":..,"case":"path","summary":..}]}
[[nodiscard]] std::string to_json(const Report& report);

// The counts of every campaign, then a line for each with its verdict, then the verdict of all.
[[nodiscard]] std::string to_table(const Report& report, bool coloured);

}  // namespace walbreaker
