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
#include "harness/campaigns.h"
#include "harness/command_line.h"
#include "harness/failure.h"
#include "harness/kill_child.h"
#include "harness/plugin_library.h"
#include "harness/progress.h"
#include "harness/report.h"
#include "harness/subjects.h"

namespace walbreaker {
namespace {

std::atomic<bool> g_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void interrupt(int) { g_interrupted = true; }

int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return 0;
    case Verdict::violation: return 1;
    case Verdict::inconclusive: return 3;
  }
  return 3;
}

// The command that comes to the same case again. A budget of seconds runs the same order as one of cases.
std::string repeat_command(const RunArguments& arguments, std::string_view campaign, const Violation& violation) {
  std::string subject = fmt::format("--subject {}", arguments.subject->name());
  if (!arguments.plugin.empty()) subject = fmt::format("--plugin {}", arguments.plugin);
  if (!arguments.driver.empty()) subject = fmt::format("--driver \"{}\"", arguments.driver);
  std::string command = fmt::format("walbreaker run {} --campaign {} --seed {} --stop-after {}", subject, campaign,
                                    arguments.seed, arguments.stop_after);
  const bool exhaustive = arguments.budget.kind == Budget::Kind::exhaustive;
  command += exhaustive ? " --exhaustive" : fmt::format(" --cases {}", violation.case_index + 1);
  if (campaign == "soak") command += "  (kills by the clock: it may take other moments)";
  return command;
}

// Prints violations as they are found, and keeps what repeats them.
class Witness {
 public:
  Witness(const RunArguments& arguments, ProgressLine& progress) : arguments_(arguments), progress_(progress) {}

  void see(std::string_view campaign, const Violation& violation) {
    progress_.clear();
    const std::string repeat = repeat_command(arguments_, campaign, violation);
    fmt::print("violation: {} {}, {}\n{}\nrepeat    {}\n", campaign, info(violation.kind).name, violation.where,
               violation.summary, repeat);
    const auto saved = save_failure(arguments_.out, campaign, violation, repeat);
    fmt::print("{}\n\n", saved ? "saved     in " + *saved : "not saved: " + saved.error().message());
    std::fflush(stdout);
    violations_.push_back({violation.kind, saved.value_or(""), violation.summary});
  }

  std::vector<ReportedViolation> take() { return std::move(violations_); }

 private:
  const RunArguments& arguments_;
  ProgressLine& progress_;
  std::vector<ReportedViolation> violations_;
};

kv::Result<void> write_file(const std::string& path, std::string_view text) {
  kv::PosixVfs vfs;
  const auto file = TRY(vfs.open(path, kv::OpenMode::create));
  TRY(file->truncate(0));
  return kv::write_all(*file, 0, text);
}

std::vector<std::unique_ptr<Campaign>> make_campaigns(const RunArguments& arguments) {
  const CampaignSetup setup{arguments.seed, arguments.budget.kind == Budget::Kind::exhaustive, arguments.directory};
  std::vector<std::unique_ptr<Campaign>> campaigns;
  campaigns.reserve(arguments.campaigns.size());
  for (const std::string& name : arguments.campaigns) {
    campaigns.push_back(make_campaign(name, *arguments.subject, setup));
  }
  return campaigns;
}

int run(const RunArguments& arguments) {
  fmt::print("subject {}, seed {}, jobs {}\n\n", arguments.subject->name(), arguments.seed, arguments.jobs);
  std::fflush(stdout);
  ProgressLine progress(::isatty(STDERR_FILENO) == 1);
  Witness witness(arguments, progress);
  const auto campaigns = make_campaigns(arguments);
  RunReport result = run_campaigns(
      campaigns, {.budget = arguments.budget,
                  .jobs = arguments.jobs,
                  .stop_after = arguments.stop_after,
                  .interrupted = &g_interrupted,
                  .on_violation = [&](const Campaign& c, const Violation& v) { witness.see(c.name(), v); },
                  .on_progress = [&](const ProgressState& state) { progress.show(state); }});
  progress.clear();

  const Report report{std::string(arguments.subject->name()), arguments.subject->promise({}), arguments.seed,
                      std::move(result), witness.take()};
  const bool coloured = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  fmt::print("{}", to_table(report, coloured));
  if (!arguments.json.empty()) {
    const auto written = write_file(arguments.json, to_json(report));
    if (!written) {
      fmt::print(stderr, "walbreaker: --json: {}\n", written.error().message());
      return exit_code_of(Verdict::inconclusive);
    }
  }
  return exit_code_of(report.run.verdict);
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
    for (const ViolationInfo& row : kViolations) fmt::print("{:<19}{}\n", row.name, row.meaning);
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
  if (const auto* wanted = std::get_if<ListArguments>(&parsed)) return list(*wanted);
  return stop(std::get<Stop>(parsed));
}

}  // namespace
}  // namespace walbreaker

int main(int argc, char** argv) { return walbreaker::main_of(argc, argv); }
