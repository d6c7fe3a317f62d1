// walbreaker: the command.
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "engine/posix_vfs.h"
#include "faultfs/disk_model.h"
#include "faultfs/fault_plan.h"
#include "harness/campaigns.h"
#include "harness/case_commands.h"
#include "harness/command_line.h"
#include "harness/failure.h"
#include "harness/kill_child.h"
#include "harness/plugin_library.h"
#include "harness/progress.h"
#include "harness/report.h"
#include "harness/report_merge.h"
#include "harness/subjects.h"

// jemalloc's own name for its settings, where the command is linked with it. A worker's limit on memory counts what is
// mapped (worker_limits.h): memory that is free has to go back, and not into arenas for threads that there are not.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "retain:false,narenas:1";
}

namespace walbreaker {
namespace {

std::atomic<bool> g_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void interrupt(int) { g_interrupted = true; }

constexpr int kUsage = 2;

int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return 0;
    case Verdict::violation: return 1;
    case Verdict::inconclusive: return 3;
  }
  return 3;
}

// Prints violations as they are found, and keeps what repeats them.
class Witness {
 public:
  Witness(const RunArguments& arguments, ProgressLine& progress) : arguments_(arguments), progress_(progress) {}

  void see(std::string_view campaign, const Violation& violation) {
    progress_.clear();
    const std::string repeat = repeat_command(arguments_, campaign, violation.case_index);
    const auto saved = save_failure(arguments_.out, campaign, violation);
    fmt::print("{}\n", violation_text(campaign, violation, repeat, saved));
    std::fflush(stdout);
    violations_.push_back({std::string(campaign), violation.kind, violation.where, violation.case_index,
                           saved.value_or(""), violation.summary});
  }

  std::vector<ReportedViolation> take() { return std::move(violations_); }

 private:
  const RunArguments& arguments_;
  ProgressLine& progress_;
  std::vector<ReportedViolation> violations_;
};

std::vector<std::unique_ptr<Campaign>> make_campaigns(const RunArguments& arguments) {
  const CampaignSetup setup{.seed = arguments.seed,
                            .exhaustive = arguments.budget.kind == Budget::Kind::exhaustive,
                            .directory = arguments.directory,
                            .model = arguments.model};
  std::vector<std::unique_ptr<Campaign>> campaigns;
  campaigns.reserve(arguments.campaigns.size());
  for (const std::string& name : arguments.campaigns) {
    campaigns.push_back(make_campaign(name, *arguments.subject, setup));
  }
  return campaigns;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

// Prints the report and writes it where that is asked for; the exit code.
int publish(const Report& report, const std::string& json, const std::string& junit) {
  const bool coloured = ::isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR");
  fmt::print("{}", to_table(report, coloured));
  if (is_set("GITHUB_ACTIONS")) fmt::print("{}", to_github(report));
  std::fflush(stdout);
  int exit_code = exit_code_of(report.run.verdict);
  const auto write = [&](std::string_view flag, const std::string& path, std::string_view text) {
    if (path.empty()) return;
    const auto written = write_file(path, text);
    if (written) return;
    fmt::print(stderr, "walbreaker: {}: {}\n", flag, written.error().message());
    exit_code = exit_code_of(Verdict::inconclusive);
  };
  write("--json", json, to_json(report));
  write("--junit", junit, to_junit(report));
  return exit_code;
}

// What is reported besides what was found.
Report question_of(const RunArguments& arguments) {
  return {.subject = std::string(arguments.subject->name()),
          .settings = arguments.settings,
          .promise = arguments.subject->promise({}),
          .model = arguments.model ? faultfs::to_text(*arguments.model) : "",
          .seed = arguments.seed,
          .shard = {arguments.shard_index, arguments.shard_count},
          .budget = to_text(arguments.budget),
          .run = {},
          .violations = {},
          .missing_shards = {}};
}

int run(const RunArguments& arguments) {
  const std::string shard = fmt::format(", shard {}/{}", arguments.shard_index, arguments.shard_count);
  fmt::print("subject {}, seed {}, jobs {}{}\n\n", arguments.subject->name(), arguments.seed, arguments.jobs,
             arguments.shard_count > 1 ? shard : "");
  std::fflush(stdout);
  ProgressLine progress(::isatty(STDERR_FILENO) == 1);
  Witness witness(arguments, progress);
  const auto campaigns = make_campaigns(arguments);
  Report report = question_of(arguments);
  RunOptions options{.budget = arguments.budget,
                     .jobs = arguments.jobs,
                     .shard_index = arguments.shard_index,
                     .shard_count = arguments.shard_count,
                     .stop_after = arguments.stop_after,
                     .interrupted = &g_interrupted,
                     .on_violation = [&](const Campaign& c, const Violation& v) { witness.see(c.name(), v); },
                     .on_progress = [&](const ProgressState& state) { progress.show(state); }};
  if (arguments.timeout_seconds) options.timeout_seconds = *arguments.timeout_seconds;
  if (arguments.memory_bytes) options.memory_bytes = *arguments.memory_bytes;
  report.run = run_campaigns(campaigns, options);
  progress.clear();
  report.violations = witness.take();
  return publish(report, arguments.json, arguments.junit);
}

kv::Result<Report> merged(const MergeArguments& arguments) {
  std::vector<NamedReport> shards;
  for (const std::string& path : arguments.reports) {
    const std::string text = TRY(read_file(path, kMostReportBytes));
    auto report = parse_report(text);
    if (!report) {
      report.error().context = fmt::format("{}: {}", path, report.error().context);
      return std::unexpected(std::move(report).error());
    }
    shards.push_back({path, std::move(*report)});
  }
  return merge_reports(std::move(shards));
}

int merge(const MergeArguments& arguments) {
  const auto report = merged(arguments);
  if (report) return publish(*report, arguments.json, arguments.junit);
  fmt::print(stderr, "walbreaker: merge: {}\n", report.error().description());
  return kUsage;
}

int list(const ListArguments& arguments) {
  if (arguments.what == "subjects") {
    for (const Subject* subject : all_subjects()) fmt::print("{}\n", subject->name());
  }
  if (arguments.what == "plugins") {
    for (const std::string& name : plugin_names()) fmt::print("{}\n", name);
  }
  if (arguments.what == "campaigns") {
    for (const CampaignInfo& row : kCampaigns) fmt::print("{:<10}{}\n", row.name, row.meaning);
  }
  if (arguments.what == "violations") {
    for (const ViolationInfo& row : kViolations) fmt::print("{:<21}{}\n", row.name, row.meaning);
  }
  if (arguments.what == "models") {
    for (const faultfs::NamedModel& row : faultfs::named_models()) {
      fmt::print("{:<14}{}\n", row.model.name, row.meaning);
    }
  }
  if (arguments.what == "faults") {
    for (const faultfs::FaultKindInfo& row : faultfs::kFaultKinds) fmt::print("{:<19}{}\n", row.name, row.meaning);
  }
  return 0;
}

int stop(const Stop& stop) {
  fmt::print(stop.exit_code == 0 ? stdout : stderr, "{}", stop.text);
  return stop.exit_code;
}

int main_of(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (argc > 1 && argv[1] == kKillChildVerb) return kill_child_main(arguments.subspan(2), find_subject_or_plugin);
  if (std::signal(SIGINT, interrupt) == SIG_ERR) return exit_code_of(Verdict::inconclusive);
  const Arguments parsed = parse_command_line(argc, argv);
  if (const auto* wanted = std::get_if<RunArguments>(&parsed)) return run(*wanted);
  if (const auto* wanted = std::get_if<ReplayArguments>(&parsed)) return replay(*wanted);
  if (const auto* wanted = std::get_if<ShrinkArguments>(&parsed)) return shrink(*wanted);
  if (const auto* wanted = std::get_if<ExplainArguments>(&parsed)) return explain(*wanted);
  if (const auto* wanted = std::get_if<MergeArguments>(&parsed)) return merge(*wanted);
  if (const auto* wanted = std::get_if<ListArguments>(&parsed)) return list(*wanted);
  return stop(std::get<Stop>(parsed));
}

}  // namespace
}  // namespace walbreaker

int main(int argc, char** argv) { return walbreaker::main_of(argc, argv); }
