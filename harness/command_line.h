// The command line of `walbreaker`.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "faultfs/disk_model.h"
#include "harness/configured_subject.h"
#include "harness/runner.h"
#include "harness/shard.h"
#include "harness/subject.h"
#include "harness/subject_choice.h"
#include "harness/violation.h"

namespace walbreaker {

struct RunArguments {
  SubjectName choice;
  Settings settings;                 // --set
  std::vector<PromiseTerm> promise;  // --promise: what replaces terms of the subject's own
  // What is tested: the chosen subject, or, where settings or a promise are given, that one configured.
  const Subject* subject = nullptr;
  std::shared_ptr<const ConfiguredSubject> configured;  // owns `subject`, where it is one

  std::vector<std::string> campaigns;       // by name, each once, in the order given
  std::optional<faultfs::DiskModel> model;  // nothing: the campaigns draw
  std::uint64_t seed = 1;
  Budget budget;
  unsigned jobs = 1;
  std::uint64_t shard_index = 0;
  std::uint64_t shard_count = 1;
  std::uint64_t stop_after = 10;
  std::optional<double> timeout_seconds;      // of one case; nothing: a default
  std::optional<std::uint64_t> memory_bytes;  // of one case; nothing: a default
  std::string directory;                      // for real processes; empty: a default
  std::string out = "walbreaker-failures";    // where violations are kept
  std::string json;                           // where the JSON report goes; empty: nowhere
  std::string junit;                          // where the JUnit report goes; empty: nowhere
};

// What a replay has to come to.
struct Expectation {
  std::optional<ViolationKind> kind;  // nothing: pass
  bool operator==(const Expectation&) const = default;
};

struct ReplayArguments {
  const Subject* subject = nullptr;   // null: the one that the case names
  std::optional<Expectation> expect;  // nothing: what the case says
  std::vector<std::string> cases;     // paths, one at least
};

struct ShrinkArguments {
  std::string case_path;
  std::string out;                // where the smaller case goes; empty: a default
  std::optional<double> seconds;  // nothing: until it is small
  std::string passes_on;          // a plugin on which the case goes on passing; empty: nothing is asked
};

struct ExplainArguments {
  std::string path;  // of a case, or of a directory
};

struct MergeArguments {
  std::vector<std::string> reports;  // paths, one at least
  std::string json;                  // as in RunArguments
  std::string junit;
};

struct ListArguments {
  std::string what;  // subjects, plugins, campaigns, models, faults, violations
};

// Nothing more to do: print and exit. A text for exit code 0 goes to standard output, else to standard error.
struct Stop {
  int exit_code = 0;
  std::string text;
};

using Arguments =
    std::variant<RunArguments, ReplayArguments, ShrinkArguments, ExplainArguments, MergeArguments, ListArguments, Stop>;

// Wrong flags or values give a Stop with exit code 2 and one line that says what is wrong. Where --shard is not given,
// the environment is asked (shard.h). A subject that is chosen is loaded, and tried with its settings.
[[nodiscard]] Arguments parse_command_line(
    int argc, const char* const* argv,
    const Environment& environment = [](const char* name) { return static_cast<const char*>(std::getenv(name)); });

// The command that comes to the same case again, for a shell. A budget of seconds runs the same order as one of cases,
// and a shard has cases of the whole run.
[[nodiscard]] std::string repeat_command(const RunArguments& arguments, std::string_view campaign,
                                         std::uint64_t case_index);

}  // namespace walbreaker
