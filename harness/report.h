// Reports: what a run found, as JSON and JUnit XML for programs, as a table for people, and as annotations for GitHub.
//
// A report is a value: to_json() writes all of it, and parse_report() reads it back. The reports of the shards of a run
// add up (report_merge.h) to the report that the whole run would have written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "harness/runner.h"
#include "harness/shard.h"
#include "harness/subject.h"

namespace walbreaker {

// The violation that is kept for a cause: a campaign, a kind, and where.
struct ReportedViolation {
  std::string campaign;
  ViolationKind kind = ViolationKind::baseline;
  std::string where;
  std::uint64_t case_index = 0;  // in the campaign's order
  std::string case_path;         // where what repeats it was saved; empty: it could not be
  std::string summary;
  bool operator==(const ReportedViolation&) const = default;
};

struct Report {
  std::string subject;
  Settings settings;                 // that a person gave (--set)
  std::vector<PromiseTerm> promise;  // that it was judged by
  std::string model;                 // the disk model that a person gave; empty: none
  std::uint64_t seed = 0;
  Shard shard;
  std::string budget;  // to_text(Budget)
  RunReport run;       // of its tallies, the violations are below
  std::vector<ReportedViolation> violations;
  std::vector<std::uint64_t> missing_shards;  // of a sum: those that were not added
};

// "seconds 30", "cases 100", "exhaustive"
[[nodiscard]] std::string to_text(const Budget& budget);

// One object, indented, with a newline at the end. What stands in ? is left out where there is nothing to say.
//   {"format":1,"subject":..,?"settings":{..}?,"promise":{..},?"model":..?,"seed":..,?"shard":{"index":..,"count":..}?,
//    ?"missing_shards":{"of":..,"indices":[..]}?,?"budget":..?,?"interrupted":true?,"verdict":"pass|violation|inconclusive",
//    "campaigns":[{"name":..,"verdict":..,"cases":..,"distinct_images":..,"fired":..,"violations":..,"follow_ups":..,
//                  "seconds":..,"coverage":"exhaustive|sampled","counts":{"GROUP":{"NAME":..}},?"trouble":..?}],
//    "violations":[{"campaign":..,"kind":..,"where":..,"case_index":..,"case":"path","summary":..}]}
// Only "seconds" differs between two runs of the same flags, where the budget is no time.
[[nodiscard]] std::string to_json(const Report& report);

inline constexpr std::size_t kMostReportBytes = std::size_t{16} << 20;

// What to_json() wrote. Bytes that were no UTF-8 have become U+FFFD. The tallies have no violations of their own.
// Errors: invalid_argument, naming the line, or the field and what was expected of it: "campaigns[2].cases: ...". A
// field that to_json() does not write is one, too: a sum must not drop what it does not know.
kv::Result<Report> parse_report(std::string_view text);

// The counts of every campaign, then a line for each with its verdict, then the verdict of all.
[[nodiscard]] std::string to_table(const Report& report, bool coloured);

// JUnit XML, as CI servers read it: a test suite for the run, a test case for each campaign, a failure for each
// violation, an error for what is inconclusive. Valid against the schema of Jenkins' xUnit plugin (junit-10.xsd).
[[nodiscard]] std::string to_junit(const Report& report);

// Workflow commands of GitHub Actions, a line each: an error for each violation, a warning for what is inconclusive.
[[nodiscard]] std::string to_github(const Report& report);

// Why there is no verdict, where there is none.
struct Trouble {
  std::string campaign;  // empty: of the whole run
  std::string text;
  bool operator==(const Trouble&) const = default;
};
[[nodiscard]] std::vector<Trouble> troubles_of(const Report& report);

// A violation for a person, on several lines: what it is, how the harness comes to it again, where it is saved (or why
// it could not be), and the commands that replay it and that make it smaller.
[[nodiscard]] std::string violation_text(std::string_view campaign, const Violation& violation,
                                         std::string_view repeat_command, const kv::Result<std::string>& saved);

}  // namespace walbreaker
