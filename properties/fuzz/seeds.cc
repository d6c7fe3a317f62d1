// Makes the seeds that fuzzing begins with: fuzz_seeds DIR writes DIR/TARGET/NAME for every target.
//
// They are what the project itself writes: stores of the reference engine in every scenario, the files that the
// engine's tests craft for each row of the recovery table, and the texts of what was played on them. The same files
// every time. `ci/fuzz --minimise` keeps of them what reaches different code.
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/recovery_case.h"
#include "faultfs/damage.h"
#include "faultfs/enumerate.h"
#include "faultfs/sim_disk.h"
#include "harness/case.h"
#include "harness/failure.h"
#include "harness/reference_subject.h"
#include "harness/report.h"
#include "harness/scenario.h"
#include "properties/fuzz/packed_store.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {
namespace {

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  void add(std::string_view target, std::string_view name, std::string_view bytes) {
    const std::string folder = fmt::format("{}/{}", path_, target);
    std::filesystem::create_directories(folder);
    const auto written = write_file(fmt::format("{}/{}", folder, name), bytes);
    if (!written) failures_.push_back(written.error().message());
  }

  // A store, and each of its files for the targets that take one.
  void add_store(std::string_view name, const faultfs::Image& image, std::string_view directory) {
    const auto files = files_of(image, directory);
    add("store", name, pack_store(files));
    for (const PackedFile& file : files) {
      const std::string file_name = fmt::format("{}-{}", name, name_of(file));
      if (file.kind == PackedKind::log) add("wal_reader", file_name, pack_file(file.bytes));
      if (file.kind == PackedKind::snapshot) add("snapshot_reader", file_name, pack_file(file.bytes));
    }
  }

  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

 private:
  std::string path_;
  std::vector<std::string> failures_;
};

// The case of a damaged scenario, as the damage campaign would keep it.
std::string case_of(const Scenario& scenario, const faultfs::Damage& damage) {
  Case c;
  c.subject = {SubjectKind::subject, "reference"};
  c.campaign = "damage";
  c.expected = ViolationKind::silent_loss;
  c.where = "a seed";
  c.promise = {{"kill", "on_ack"}};
  c.settings = scenario.script.settings;
  c.stages.push_back(
      {.script = scenario.script, .crash = {}, .scenario = scenario.kind, .damage = damage, .found = {}, .digest = 7});
  return to_text(c);
}

void add_scenarios(Folder& folder) {
  constexpr ScenarioSize kSizes[] = {{.snapshot_bytes = 40, .log_bytes = 80},
                                     {.snapshot_bytes = 5000, .log_bytes = 400}};
  const ReferenceSubject subject;
  for (const ScenarioInfo& info : kScenarios) {
    for (std::uint64_t seed = 1; const ScenarioSize& size : kSizes) {
      const auto scenario = make_scenario(info.kind, subject, seed, size);
      if (!scenario) continue;
      const std::string name = fmt::format("{}-{}", info.name, seed);
      folder.add_store(name, scenario->image, "");
      folder.add_store(name + "-older", scenario->older, "");
      const std::string& file = scenario->files.back().name;
      const faultfs::Damage damage{.kind = faultfs::DamageKind::flip, .file = file, .position = 32800};
      folder.add("case_file", name, case_of(*scenario, damage));
      folder.add("text", name + "-damage", to_text(damage));
      ++seed;
    }
  }
}

void add_recovery_table(Folder& folder) {
  for (const kv::RecoveryCase& a_case : kv::recovery_cases()) {
    faultfs::Image image;
    for (const auto& [name, bytes] : a_case.image) image.files[name] = faultfs::FileBytes(bytes);
    folder.add_store(fmt::format("{}-{}", kv::info(a_case.row).name, a_case.name), image, "");
  }
}

// The trace of a few commands, and some states that a power cut could leave.
void add_texts(Folder& folder) {
  faultfs::SimDisk disk;
  const ReferenceSubject subject;
  disk.mark(faultfs::MarkKind::opened, 0);
  const auto opened = subject.open(disk, "db", {.read_only = false, .settings = {}, .entropy = 5});
  if (opened) {
    (void)opened->session->put("k", "v");
    (void)opened->session->close();
  }
  folder.add("text", "trace", to_text(disk.trace()));
  faultfs::Budget budget;
  budget.states_per_point = 2;
  budget.states_per_cut = 2;
  std::uint64_t number = 0;
  for (const faultfs::NamedModel& named : faultfs::named_models()) {
    folder.add("text", fmt::format("model-{}", named.model.name), to_text(named.model));
    (void)enumerate(disk.trace(), named.model, budget, [&](faultfs::Candidate& candidate) {
      folder.add("text", fmt::format("crash_state-{}", number), to_text(candidate.state()));
      return ++number % 20 != 0;
    });
  }
  for (const faultfs::FaultKindInfo& kind : faultfs::kFaultKinds) {
    const faultfs::Fault fault{
        .kind = kind.kind, .path = "wal-*.log", .at = 2, .lasting = faultfs::Lasting::for_ever, .amount = 1};
    folder.add("text", fmt::format("fault-{}", kind.name), to_text(faultfs::FaultPlan{{fault, {.kind = kind.kind}}}));
  }
}

void add_report(Folder& folder) {
  Report report;
  report.subject = "reference";
  report.promise = {{"kill", "on_ack"}};
  report.run.campaigns.resize(1);
  report.violations.push_back({.campaign = "power",
                               .kind = ViolationKind::lost_ack,
                               .where = "here",
                               .case_index = 3,
                               .case_path = "a.case",
                               .summary = "lost"});
  folder.add("text", "report", to_json(report));
}

void add_lines(Folder& folder) {
  folder.add(
      "line_protocol", "requests",
      "hello 1\nopen db entropy=3 sync=on_request compact_after_operations=2\nput 6b 76\nput - -\nget 6b\nget -\n"
      "batch put 61 31 del 6b put 62 -\ndel 6b\nscan\nsync\ncompact\nclose\nopen db read_only\nscan\nput 61 "
      "62\nclose\n");
  folder.add(
      "line_protocol", "answers",
      "ok reference kill=on_ack power=on_sync order=prefix batches=atomic\nok\nok 76\nmissing\nok 2\n6b 76\n"
      "ok clean\nok torn a tail\nok damaged record 3 is gone\nerr io_error sync: no\nerr not_open no store is open\n");
}

}  // namespace
}  // namespace walbreaker::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: fuzz_seeds DIR\n");
    return 2;
  }
  walbreaker::fuzz::Folder folder(argv[1]);
  walbreaker::fuzz::add_scenarios(folder);
  walbreaker::fuzz::add_recovery_table(folder);
  walbreaker::fuzz::add_texts(folder);
  walbreaker::fuzz::add_report(folder);
  walbreaker::fuzz::add_lines(folder);
  for (const std::string& failure : folder.failures()) fmt::print(stderr, "{}\n", failure);
  return folder.failures().empty() ? 0 : 1;
}
