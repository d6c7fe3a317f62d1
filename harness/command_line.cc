// The one user of CLI11: its header costs seconds.
#include "harness/command_line.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <thread>
#include <utility>

#include "faultfs/line_scanner.h"
#include "harness/campaigns.h"
#include "harness/seed.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

constexpr int kUsage = 2;
constexpr unsigned kMostJobs = 1'024;

Stop usage(const std::string& text) {
  std::string line = "walbreaker: " + text;
  std::ranges::replace(line, '\n', ' ');
  return {kUsage, line + '\n'};
}

// What is wrong with what was given, if anything.
using Wrong = std::optional<std::string>;

// As given, before it is checked.
struct Raw {
  std::string subject = "reference";
  std::string plugin;
  std::string driver;
  std::vector<std::string> settings;
  std::vector<std::string> promise;
  std::vector<std::string> campaigns{"all"};
  std::string model;
  std::string seed = "1";
  std::string shard;
  double timeout_seconds = 0;
  std::string memory;
  bool exhaustive = false;
  std::string expect;
  RunArguments run;
  ReplayArguments replay;
  ShrinkArguments shrink;
  ExplainArguments explain;
  MergeArguments merge;
  ListArguments list;
};

// Without it, -1 and 2^70 are taken for 2^64 - 1.
CLI::Validator whole_number() {
  const auto check = [](const std::string& text) {
    std::uint64_t number = 0;
    const bool good = faultfs::parse_number(text, number);
    return good ? std::string() : fmt::format("\"{}\" is no whole number, or too large", text);
  };
  return {check, "", "whole number"};
}

void add_subject(CLI::App& command, Raw& raw, const std::string& otherwise) {
  CLI::Option* subject = command.add_option(
      "--subject", raw.subject, "The subject, one of those that `list subjects` names (default: " + otherwise + ")");
  CLI::Option* plugin = command.add_option("--plugin", raw.plugin,
                                           "The subject, a shared library: its path, or one that `list plugins` names");
  CLI::Option* driver =
      command.add_option("--driver", raw.driver, "The subject, a command that speaks the line protocol");
  plugin->excludes(subject);
  driver->excludes(subject)->excludes(plugin);
}

void add_question(CLI::App& run, Raw& raw) {
  add_subject(run, raw, "reference");
  run.add_option("--set", raw.settings, "A setting K=V of the subject, whatever a campaign would set; repeatable")
      ->allow_extra_args(false)
      ->take_all();
  run.add_option("--promise", raw.promise, "Terms K=V,... in place of the subject's own: it is judged by these")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->take_all();
  run.add_option("--campaign", raw.campaigns, "Campaigns, by name, with commas between; or `all`")
      ->delimiter(',')
      ->capture_default_str();
  run.add_option("--model", raw.model,
                 "The disk whose power is cut: one that `list models` names, or one with other "
                 "fields, as \"posix sector_bytes=4096\" (default: drawn)");
  run.add_option("--seed", raw.seed, "What all randomness comes from: a number, or a text such as a commit hash")
      ->capture_default_str();
}

void add_budget(CLI::App& run, Raw& raw) {
  CLI::Option* seconds = run.add_option("--seconds", raw.run.budget.seconds, "Run for so long (the default, 30)");
  CLI::Option* cases = run.add_option("--cases", raw.run.budget.cases, "Run so many cases of each campaign");
  cases->check(whole_number());
  CLI::Option* exhaustive =
      run.add_flag("--exhaustive", raw.exhaustive, "Run every case, on larger stores; and 2,200 kills");
  seconds->excludes(cases)->excludes(exhaustive);
  cases->excludes(exhaustive);
  run.add_option("--jobs", raw.run.jobs, "Worker processes (default: as many as there are cores)")
      ->check(whole_number());
  run.add_option("--shard", raw.shard,
                 "Run part I of N of the cases, I from 0: I/N (default: what Slurm, Kubernetes "
                 "or GoogleTest set in the environment)");
  run.add_option("--stop-after", raw.run.stop_after, "End the run at so many distinct violations")
      ->check(whole_number())
      ->capture_default_str();
  run.add_option("--timeout", raw.timeout_seconds, "A case that takes so many seconds hangs");
  run.add_option("--memory", raw.memory, "A case that takes so many bytes is out of memory; K, M and G are units");
}

void add_files(CLI::App& command, std::string& json, std::string& junit) {
  command.add_option("--json", json, "Write a report to this file");
  command.add_option("--junit", junit, "Write a report as JUnit XML to this file");
}

void add_run(CLI::App& app, Raw& raw) {
  CLI::App& run = *app.add_subcommand("run", "Run campaigns against a subject, and judge it");
  add_question(run, raw);
  add_budget(run, raw);
  run.add_option("--dir", raw.run.directory,
                 "Where stores of real processes are made (default: /dev/shm, $TMPDIR or /tmp)");
  run.add_option("--out", raw.run.out, "Where violations are kept")->capture_default_str();
  add_files(run, raw.run.json, raw.run.junit);
}

void add_cases(CLI::App& app, Raw& raw) {
  CLI::App& replay = *app.add_subcommand("replay", "Run saved cases again");
  add_subject(replay, raw, "the case's");
  replay.add_option("--expect", raw.expect, "`pass`, or a kind that `list violations` names (default: the case's)");
  replay.add_option("case", raw.replay.cases, "Paths of cases")->required();
  CLI::App& shrink = *app.add_subcommand("shrink", "Make a saved case smaller, with the same kind of violation");
  shrink.add_option("case", raw.shrink.case_path, "Path of a case")->required();
  shrink.add_option("-o", raw.shrink.out, "Where the smaller case goes");
  shrink
      .add_option("--seconds", raw.shrink.seconds, "Stop after so long, at what is smallest then (default: no limit)")
      ->check(CLI::PositiveNumber);
  shrink.add_option("--passes-on", raw.shrink.passes_on,
                    "Take only what passes on this plugin: where the defect is not, the case then does not fail");
  CLI::App& explain = *app.add_subcommand("explain", "Show what is on a disk, and what recovery did");
  explain.add_option("path", raw.explain.path, "A case, or a store's directory, which is not changed")->required();
}

void add_merge(CLI::App& app, Raw& raw) {
  CLI::App& merge = *app.add_subcommand("merge", "Add the reports of a run's shards up");
  merge.add_option("report", raw.merge.reports, "JSON reports of all shards")->required();
  add_files(merge, raw.merge.json, raw.merge.junit);
}

void add_list(CLI::App& app, Raw& raw) {
  CLI::App& list = *app.add_subcommand("list", "List what there is");
  list.add_option("what", raw.list.what, "subjects, plugins, campaigns, models, faults or violations")
      ->required()
      ->check(CLI::IsMember({"subjects", "plugins", "campaigns", "models", "faults", "violations"}));
}

Wrong choose_campaigns(const std::vector<std::string>& names, RunArguments& run) {
  const auto add = [&](std::string_view name) {
    if (std::ranges::find(run.campaigns, name) == run.campaigns.end()) run.campaigns.emplace_back(name);
  };
  for (const std::string& name : names) {
    if (name != "all" && std::ranges::find(kCampaigns, name, &CampaignInfo::name) == kCampaigns.end()) {
      return fmt::format("--campaign: there is no campaign \"{}\"", name);
    }
    if (name != "all") add(name);
    for (const CampaignInfo& row : kCampaigns) {
      const bool suits = run.choice.kind != SubjectKind::driver || why_not_for_processes(row.name).empty();
      if (name == "all" && row.in_all && suits) add(row.name);
    }
  }
  if (run.campaigns.empty()) return "--campaign: none was named";
  return std::nullopt;
}

SubjectName choice_of(const CLI::App& command, const Raw& raw) {
  if (command.count("--plugin") > 0) return {SubjectKind::plugin, raw.plugin};
  if (command.count("--driver") > 0) return {SubjectKind::driver, raw.driver};
  return {SubjectKind::subject, raw.subject};
}

// Puts the subject's settings and promise in front of it, and sees whether it takes them.
Wrong configure(const Raw& raw, RunArguments& run) {
  if (raw.settings.empty() && raw.promise.empty()) return std::nullopt;
  auto settings = parse_settings(raw.settings);
  if (!settings) return "--set: " + settings.error().context;
  auto promise = parse_terms(raw.promise);
  if (!promise) return "--promise: " + promise.error().context;
  run.settings = *settings;
  run.promise = *promise;
  auto configured = ConfiguredSubject::make(*run.subject, std::move(*settings), std::move(*promise));
  if (!configured) return configured.error().context;
  run.configured = std::move(*configured);
  run.subject = run.configured.get();
  if (run.choice.kind == SubjectKind::driver) return std::nullopt;  // it opens no store on a simulated disk
  if (const auto tried = try_settings(*run.subject); !tried) return "--set: " + tried.error().context;
  return std::nullopt;
}

Wrong choose_subject(const Raw& raw, RunArguments& run) {
  const auto subject = load_subject(run.choice, {run.directory, run.timeout_seconds});
  if (!subject) return subject.error().description();
  run.subject = *subject;
  return configure(raw, run);
}

Wrong check_budget(const RunArguments& run) {
  if (!(run.budget.seconds > 0) || !std::isfinite(run.budget.seconds)) return "--seconds: must be above 0";
  if (run.budget.kind == Budget::Kind::cases && run.budget.cases == 0) return "--cases: must be above 0";
  if (run.jobs == 0 || run.jobs > kMostJobs) return fmt::format("--jobs: must be from 1 to {}", kMostJobs);
  if (run.stop_after == 0) return "--stop-after: must be above 0";
  return std::nullopt;
}

Wrong read_limits(const CLI::App& command, const Raw& raw, RunArguments& run) {
  if (command.count("--timeout") > 0) {
    if (!(raw.timeout_seconds > 0) || !std::isfinite(raw.timeout_seconds)) return "--timeout: must be above 0";
    run.timeout_seconds = raw.timeout_seconds;
  }
  if (command.count("--memory") > 0) {
    run.memory_bytes = parse_size(raw.memory);
    if (!run.memory_bytes || *run.memory_bytes == 0) {
      return fmt::format("--memory: \"{}\" is no size, as 512M", raw.memory);
    }
  }
  return std::nullopt;
}

Wrong read_model(const CLI::App& command, const Raw& raw, RunArguments& run) {
  if (command.count("--model") == 0) return std::nullopt;
  auto model = faultfs::parse_disk_model(raw.model);
  if (!model) return "--model: " + model.error().context;
  run.model = std::move(*model);
  return std::nullopt;
}

Wrong read_shard(const CLI::App& command, const Raw& raw, const Environment& environment, RunArguments& run) {
  const bool given = command.count("--shard") > 0;
  const auto shard = given ? parse_shard(raw.shard) : shard_from(environment);
  if (!shard) return (given ? "--shard: " : "") + shard.error().context;
  run.shard_index = shard->index;
  run.shard_count = shard->count;
  return std::nullopt;
}

Wrong read_places(const Raw& raw, RunArguments& run) {
  if (raw.seed.empty()) return "--seed: expected a number or a text";
  run.seed = seed_of(raw.seed);
  std::error_code error;
  if (!run.directory.empty() && !std::filesystem::is_directory(run.directory, error)) {
    return fmt::format("--dir: {} is no directory", run.directory);
  }
  return std::nullopt;
}

Arguments finish_run(const CLI::App& command, const Raw& raw, const Environment& environment) {
  RunArguments run = raw.run;
  if (command.count("--cases") > 0) run.budget.kind = Budget::Kind::cases;
  if (raw.exhaustive) run.budget.kind = Budget::Kind::exhaustive;
  if (command.count("--jobs") == 0) run.jobs = std::max(1U, std::thread::hardware_concurrency());
  run.choice = choice_of(command, raw);
  Wrong wrong = read_places(raw, run);
  if (!wrong) wrong = choose_campaigns(raw.campaigns, run);
  if (!wrong) wrong = check_budget(run);
  if (!wrong) wrong = read_limits(command, raw, run);
  if (!wrong) wrong = read_model(command, raw, run);
  if (!wrong) wrong = read_shard(command, raw, environment, run);
  if (!wrong) wrong = choose_subject(raw, run);  // last: it may run somebody else's code
  if (wrong) return usage(*wrong);
  return run;
}

Arguments finish_replay(const CLI::App& command, const Raw& raw) {
  ReplayArguments replay = raw.replay;
  if (command.count("--expect") > 0) {
    replay.expect = Expectation{violation_kind(raw.expect)};
    if (!replay.expect->kind && raw.expect != "pass") {
      return usage(fmt::format("--expect: \"{}\" is neither pass nor a kind of violation", raw.expect));
    }
  }
  if (command.count("--subject") + command.count("--plugin") + command.count("--driver") > 0) {
    const auto subject = load_subject(choice_of(command, raw));
    if (!subject) return usage(subject.error().description());
    replay.subject = *subject;
  }
  return replay;
}

Arguments finish(const CLI::App& app, const Raw& raw, const Environment& environment) {
  const CLI::App& command = *app.get_subcommands().front();
  if (command.get_name() == "run") return finish_run(command, raw, environment);
  if (command.get_name() == "replay") return finish_replay(command, raw);
  if (command.get_name() == "shrink") return raw.shrink;
  if (command.get_name() == "explain") return raw.explain;
  if (command.get_name() == "merge") return raw.merge;
  return raw.list;
}

bool is_command(const CLI::App& app, const std::string& word) {
  const auto has_name = [&](const CLI::App* command) { return command->get_name() == word; };
  return std::ranges::any_of(app.get_subcommands({}), has_name);
}

}  // namespace

Arguments parse_command_line(int argc, const char* const* argv, const Environment& environment) {
  CLI::App app("Breaks a storage engine in every way a crash or a bad disk can, and judges what comes back.",
               "walbreaker");
  app.set_version_flag("--version", "walbreaker " WALBREAKER_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 pass, 1 violation, 2 wrong usage, 3 inconclusive.");
  Raw raw;
  add_run(app, raw);
  add_cases(app, raw);
  add_merge(app, raw);
  add_list(app, raw);
  if (argc > 1 && argv[1][0] != '-' && !is_command(app, argv[1])) {
    return usage(fmt::format("there is no command \"{}\"", argv[1]));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    return Stop{0, std::string(version.what()) + '\n'};
  } catch (const CLI::Success&) {  // help, of all or of a subcommand
    return Stop{0, app.help()};
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  }
  return finish(app, raw, environment);
}

}  // namespace walbreaker
