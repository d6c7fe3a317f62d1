#include "harness/case_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "engine/posix_vfs.h"
#include "harness/explain_case.h"
#include "harness/failure.h"
#include "harness/isolated_case.h"
#include "harness/shrink.h"
#include "harness/subject_choice.h"
#include "harness/subjects.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

constexpr int kPass = 0;
constexpr int kViolation = 1;
constexpr int kUsage = 2;
constexpr int kInconclusive = 3;

constexpr std::uint64_t kMostCaseBytes = std::uint64_t{512} << 20;

int refuse(const std::string& text) {
  fmt::print(stderr, "walbreaker: {}\n", text);
  return kUsage;
}

kv::Result<Case> load_case(const std::string& path) {
  const std::string text = TRY(read_file(path, kMostCaseBytes));
  auto c = parse_case(text);
  if (!c) c.error().context = fmt::format("{}: {}", path, c.error().context);
  return c;
}

// The one that was chosen, or else the one that the case names.
kv::Result<const Subject*> subject_of(const Subject* chosen, const Case& c) {
  if (chosen != nullptr) return chosen;
  return load_subject(c.subject);
}

std::string expected_text(const std::optional<ViolationKind>& kind) {
  return kind ? std::string(info(*kind).name) : "pass";
}

// One line for a case that was replayed, and what it comes to.
int tell(const std::string& path, const IsolatedVerdict& verdict, const std::optional<ViolationKind>& expected) {
  if (!verdict.wrong && verdict.trouble) {
    fmt::print("{}: {}\n", path, *verdict.trouble);
    return kInconclusive;
  }
  const std::optional<ViolationKind> kind = verdict.wrong ? std::optional(verdict.wrong->kind) : std::nullopt;
  const bool as_expected = kind == expected;
  fmt::print("{}: {}{}{}\n", path, expected_text(kind),
             as_expected ? ", as expected" : fmt::format(", expected {}", expected_text(expected)),
             verdict.same_run ? "" : " (in another run than the one that it was found in)");
  if (verdict.wrong) fmt::print("  {}\n", verdict.wrong->text);
  return as_expected ? kPass : kViolation;
}

}  // namespace

int replay(const ReplayArguments& arguments) {
  int exit_code = kPass;
  const auto take = [&](int code) {
    // A violation says more than what could not be told.
    if (exit_code == kPass || code == kViolation) exit_code = code == kPass ? exit_code : code;
  };
  for (const std::string& path : arguments.cases) {
    const auto c = load_case(path);
    if (!c) return refuse("replay: " + c.error().description());
    const auto subject = subject_of(arguments.subject, *c);
    if (!subject) return refuse(fmt::format("replay: {}: {}", path, subject.error().description()));
    const auto expected = arguments.expect ? arguments.expect->kind : c->expected;
    take(tell(path, run_isolated(**subject, *c), expected));
  }
  return exit_code;
}

int shrink(const ShrinkArguments& arguments) {
  const auto c = load_case(arguments.case_path);
  if (!c) return refuse("shrink: " + c.error().description());
  const auto subject = subject_of(nullptr, *c);
  if (!subject) return refuse(fmt::format("shrink: {}: {}", arguments.case_path, subject.error().description()));
  ShrinkOptions options{.seconds = arguments.seconds};
  if (!arguments.passes_on.empty()) {
    const auto other = load_subject({SubjectKind::plugin, arguments.passes_on});
    if (!other) return refuse(fmt::format("shrink: --passes-on: {}", other.error().context));
    options.passes_on = *other;
  }
  const auto shrunk = shrink(**subject, *c, options);
  if (!shrunk) {
    fmt::print(stderr, "walbreaker: shrink: {}: {}\n", arguments.case_path, shrunk.error().description());
    return kInconclusive;
  }
  std::string out = arguments.out;
  if (out.empty()) out = std::filesystem::path(arguments.case_path).replace_extension(".small.case").string();
  if (const auto written = write_file(out, to_text(shrunk->smallest)); !written) {
    return refuse("shrink: " + written.error().description());
  }
  fmt::print("from      {}\nto        {}\ntried     {} candidates{}\nsaved     in {}\nreplay    walbreaker replay {}\n",
             size_text(*c), size_text(shrunk->smallest), with_commas(shrunk->candidates),
             shrunk->finished ? "" : ", and gave up there", out, shell_word(out));
  return kPass;
}

namespace {

// A directory of somebody's, which is read and not touched.
int explain_directory(const std::string& path) {
  kv::PosixVfs disk;
  const auto image = faultfs::load_image(disk, path);
  if (!image) return refuse("explain: " + image.error().description());
  fmt::print("{}: {} file{}\n", path, image->files.size(), image->files.size() == 1 ? "" : "s");
  for (const auto& [name, bytes] : image->files) fmt::print("  {:<40} {:>12} bytes\n", name, with_commas(bytes.size()));
  for (const Subject* subject : all_subjects()) {
    const std::string layout = subject->layout_text(*image, "");
    if (!layout.empty()) fmt::print("\nas a store of {}\n{}", subject->name(), layout);
  }
  return kPass;
}

}  // namespace

int explain(const ExplainArguments& arguments) {
  std::error_code error;
  if (std::filesystem::is_directory(arguments.path, error)) return explain_directory(arguments.path);
  const auto c = load_case(arguments.path);
  if (!c) return refuse("explain: " + c.error().description());
  const auto subject = subject_of(nullptr, *c);
  if (!subject) return refuse(fmt::format("explain: {}: {}", arguments.path, subject.error().description()));
  if (c->expected && takes_process_down(*c->expected)) {
    const IsolatedVerdict verdict = run_isolated(**subject, *c);
    fmt::print("{}\n{}\n", verdict.wrong ? verdict.wrong->text : "it does not come to that here", to_text(*c));
    return kPass;
  }
  fmt::print("{}", explain_case(**subject, *c));
  return kPass;
}

}  // namespace walbreaker
