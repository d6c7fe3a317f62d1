#include <fmt/format.h>

#include <algorithm>

#include "harness/report.h"
#include "harness/text.h"
#include "harness/xml_text.h"

namespace walbreaker {

namespace {

// One test case of the suite, and what stands in it.
struct TestCase {
  std::string name;
  double seconds = 0;
  std::string body;
  Verdict verdict = Verdict::pass;
};

std::string finding(std::string_view element, std::string_view type, std::string_view message, std::string_view text) {
  return fmt::format("      <{} type=\"{}\" message=\"{}\">{}</{}>\n", element, xml_attribute(type),
                     xml_attribute(message), xml_text(text), element);
}

std::string failure_of(const ReportedViolation& violation) {
  std::string text = fmt::format("{}\n{}\n", info(violation.kind).meaning, violation.summary);
  if (!violation.case_path.empty()) {
    text += fmt::format("replay    walbreaker replay {}\n", shell_word(violation.case_path));
  }
  return finding("failure", info(violation.kind).name,
                 fmt::format("{}, {}", info(violation.kind).name, violation.where), text);
}

std::string errors_of(const std::vector<Trouble>& troubles, std::string_view campaign) {
  std::string errors;
  for (const Trouble& trouble : troubles) {
    if (trouble.campaign == campaign) errors += finding("error", "inconclusive", trouble.text, trouble.text);
  }
  return errors;
}

TestCase case_of(const Report& report, const CampaignReport& campaign, const std::vector<Trouble>& troubles) {
  TestCase test{campaign.name, campaign.seconds, "", campaign.verdict};
  for (const ReportedViolation& violation : report.violations) {
    if (violation.campaign == campaign.name) test.body += failure_of(violation);
  }
  if (campaign.verdict == Verdict::violation && test.body.empty()) {
    const std::string text = fmt::format("{} violations, none of them kept", campaign.tally.violating_cases);
    test.body = finding("failure", "violation", text, text);
  }
  if (campaign.verdict == Verdict::inconclusive) test.body += errors_of(troubles, campaign.name);
  test.body += fmt::format("      <system-out>{} cases, {} fired, {} distinct images, {} violations, {}</system-out>\n",
                           with_commas(campaign.tally.cases), with_commas(campaign.tally.fired),
                           with_commas(campaign.tally.distinct_images), with_commas(campaign.tally.violating_cases),
                           campaign.exhaustive ? "exhaustive" : "sampled");
  return test;
}

std::vector<TestCase> cases_of(const Report& report) {
  const std::vector<Trouble> troubles = troubles_of(report);
  std::vector<TestCase> tests;
  for (const CampaignReport& campaign : report.run.campaigns) tests.push_back(case_of(report, campaign, troubles));
  // Each campaign of a run that was cut short may have passed. The run has not.
  if (std::string errors = errors_of(troubles, ""); !errors.empty()) {
    tests.push_back({"run", 0, std::move(errors), Verdict::inconclusive});
  }
  return tests;
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml_attribute(name), xml_attribute(value));
}

std::string properties_of(const Report& report) {
  std::string text = property("subject", report.subject) + property("seed", std::to_string(report.seed));
  for (const auto& [key, value] : report.settings) text += property("settings." + key, value);
  for (const auto& [key, value] : report.promise) text += property("promise." + key, value);
  if (!report.model.empty()) text += property("model", report.model);
  if (!report.budget.empty()) text += property("budget", report.budget);
  if (report.shard.count > 1 && report.missing_shards.empty())
    text += property("shard", fmt::format("{}/{}", report.shard.index, report.shard.count));
  return fmt::format("    <properties>\n{}    </properties>\n", text);
}

}  // namespace

std::string to_junit(const Report& report) {
  const std::vector<TestCase> tests = cases_of(report);
  const auto count = [&](Verdict verdict) { return std::ranges::count(tests, verdict, &TestCase::verdict); };
  double seconds = 0;
  std::string text;
  for (const TestCase& test : tests) {
    seconds += test.seconds;
    text += fmt::format("    <testcase name=\"{}\" classname=\"walbreaker.{}\" time=\"{:.3f}\">\n{}    </testcase>\n",
                        xml_attribute(test.name), xml_attribute(report.subject), test.seconds, test.body);
  }
  const std::string totals = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", tests.size(),
                                         count(Verdict::violation), count(Verdict::inconclusive));
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"walbreaker\" {} time=\"{:.3f}\">\n"
      "  <testsuite name=\"walbreaker.{}\" {} skipped=\"0\" time=\"{:.3f}\">\n{}{}"
      "  </testsuite>\n</testsuites>\n",
      totals, seconds, xml_attribute(report.subject), totals, seconds, properties_of(report), text);
}

}  // namespace walbreaker
