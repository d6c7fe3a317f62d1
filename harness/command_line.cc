// The one user of CLI11: its header costs seconds.
#include "harness/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>

#include "harness/campaigns.h"
#include "harness/driver_subject.h"
#include "harness/plugin_library.h"
#include "harness/subjects.h"

namespace walbreaker {

namespace {

constexpr int kUsage = 2;
constexpr unsigned kMostJobs = 1'024;

Stop usage(const std::string& text) {
  std::string line = "walbreaker: " + text;
  std::ranges::replace(line, '\n', ' ');
  return {kUsage, line + '\n'};
}

// As given, before it is checked.
struct Raw {
  std::string subject = "reference";
  std::vector<std::string> campaigns{"all"};
  bool exhaustive = false;
  RunArguments run;
  ListArguments list;
};

// Without it, -1 and 2^70 are taken for 2^64 - 1.
CLI::Validator whole_number() {
  const auto check = [](const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool good = error == std::errc() && end == text.data() + text.size();
    return good ? std::string() : fmt::format("\"{}\" is no whole number, or too large", text);
  };
  return {check, "", "whole number"};
}

void add_run(CLI::App& app, Raw& raw) {
  CLI::App& run = *app.add_subcommand("run", "Run campaigns against a subject, and judge it");
  CLI::Option* subject =
      run.add_option("--subject", raw.subject, "The subject, one of those that `list subjects` names")
          ->capture_default_str();
  run.add_option("--plugin", raw.run.plugin,
                 "The subject, a shared library: its path, or one that `list plugins` names")
      ->excludes(subject);
  run.add_option("--driver", raw.run.driver, "The subject, a program that speaks the line protocol: its command")
      ->excludes(subject)
      ->excludes("--plugin");
  run.add_option("--campaign", raw.campaigns, "Campaigns, by name, with commas between; or `all`")
      ->delimiter(',')
      ->capture_default_str();
  run.add_option("--seed", raw.run.seed, "What all randomness comes from")
      ->check(whole_number())
      ->capture_default_str();
  CLI::Option* seconds = run.add_option("--seconds", raw.run.budget.seconds, "Run for so long (the default, 30)");
  CLI::Option* cases = run.add_option("--cases", raw.run.budget.cases, "Run so many cases of each campaign");
  cases->check(whole_number());
  CLI::Option* exhaustive =
      run.add_flag("--exhaustive", raw.exhaustive, "Run every case, on larger stores; and 2,200 kills");
  seconds->excludes(cases)->excludes(exhaustive);
  cases->excludes(exhaustive);
  run.add_option("--jobs", raw.run.jobs, "Threads (default: as many as there are cores)")->check(whole_number());
  run.add_option("--stop-after", raw.run.stop_after, "End the run at so many distinct violations")
      ->check(whole_number())
      ->capture_default_str();
  run.add_option("--dir", raw.run.directory,
                 "Where stores of real processes are made (default: /dev/shm, $TMPDIR or /tmp)");
  run.add_option("--out", raw.run.out, "Where violations are kept")->capture_default_str();
  run.add_option("--json", raw.run.json, "Write a report to this file");
}

void add_list(CLI::App& app, Raw& raw) {
  CLI::App& list = *app.add_subcommand("list", "List what there is");
  list.add_option("what", raw.list.what, "subjects, plugins, campaigns or violations")
      ->required()
      ->check(CLI::IsMember({"subjects", "plugins", "campaigns", "violations"}));
}

std::optional<std::string> choose_campaigns(const std::vector<std::string>& names, RunArguments& run) {
  const auto add = [&](std::string_view name) {
    if (std::ranges::find(run.campaigns, name) == run.campaigns.end()) run.campaigns.emplace_back(name);
  };
  for (const std::string& name : names) {
    if (name != "all" && std::ranges::find(kCampaigns, name, &CampaignInfo::name) == kCampaigns.end()) {
      return fmt::format("--campaign: there is no campaign \"{}\"", name);
    }
    if (name != "all") add(name);
    for (const CampaignInfo& row : kCampaigns) {
      const bool suits = !run.subject->is_process() || why_not_for_processes(row.name).empty();
      if (name == "all" && row.in_all && suits) add(row.name);
    }
  }
  if (run.campaigns.empty()) return "--campaign: none was named";
  return std::nullopt;
}

std::optional<std::string> choose_subject(bool is_plugin, const std::string& name, RunArguments& run) {
  if (is_plugin) {
    const auto loaded = load_plugin(run.plugin);
    if (!loaded) return fmt::format("--plugin: {}", loaded.error().description());
    run.subject = *loaded;
    return std::nullopt;
  }
  if (!run.driver.empty()) {
    const auto loaded = load_driver(run.driver, run.directory);
    if (!loaded) return fmt::format("--driver: {}", loaded.error().description());
    run.subject = *loaded;
    return std::nullopt;
  }
  run.subject = find_subject(name);
  if (run.subject == nullptr) return fmt::format("--subject: there is no subject \"{}\"", name);
  return std::nullopt;
}

// What is wrong with the values, if anything.
std::optional<std::string> check(const CLI::App& command, const Raw& raw, RunArguments& run) {
  if (auto wrong = choose_subject(command.count("--plugin") > 0, raw.subject, run)) return wrong;
  if (auto wrong = choose_campaigns(raw.campaigns, run)) return wrong;
  if (!(run.budget.seconds > 0)) return "--seconds: must be above 0";
  if (run.budget.kind == Budget::Kind::cases && run.budget.cases == 0) return "--cases: must be above 0";
  if (run.jobs == 0 || run.jobs > kMostJobs) return fmt::format("--jobs: must be from 1 to {}", kMostJobs);
  if (run.stop_after == 0) return "--stop-after: must be above 0";
  std::error_code error;
  if (!run.directory.empty() && !std::filesystem::is_directory(run.directory, error)) {
    return fmt::format("--dir: {} is no directory", run.directory);
  }
  return std::nullopt;
}

bool is_command(const CLI::App& app, const std::string& word) {
  const auto has_name = [&](const CLI::App* command) { return command->get_name() == word; };
  return std::ranges::any_of(app.get_subcommands({}), has_name);
}

Arguments finish_run(const CLI::App& command, const Raw& raw) {
  RunArguments run = raw.run;
  if (command.count("--cases") > 0) run.budget.kind = Budget::Kind::cases;
  if (raw.exhaustive) run.budget.kind = Budget::Kind::exhaustive;
  if (command.count("--jobs") == 0) run.jobs = std::max(1U, std::thread::hardware_concurrency());
  if (const auto wrong = check(command, raw, run)) return usage(*wrong);
  return run;
}

}  // namespace

Arguments parse_command_line(int argc, const char* const* argv) {
  CLI::App app("Breaks a storage engine in every way a crash or a bad disk can, and judges what comes back.",
               "walbreaker");
  app.set_version_flag("--version", "walbreaker " WALBREAKER_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 pass, 1 violation, 2 wrong usage, 3 inconclusive.");
  Raw raw;
  add_run(app, raw);
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
  if (app.got_subcommand("list")) return raw.list;
  return finish_run(*app.get_subcommand("run"), raw);
}

}  // namespace walbreaker
