#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report.h"
#include "harness/report_test_util.h"

namespace walbreaker {
namespace {

using testing::HasSubstr;

// What the schema of Jenkins' xUnit plugin, junit-10.xsd, says of the elements that are written here.
struct Element {
  std::set<std::string> required;
  std::set<std::string> optional;
  std::set<std::string> children;
  bool text = false;
};

const std::map<std::string, Element> kSchema{
    {"testsuites", {{}, {"name", "time", "tests", "failures", "errors"}, {"testsuite"}}},
    {"testsuite",
     {{"name", "tests", "failures", "errors"},
      {"time", "skipped", "hostname", "id", "package", "timestamp"},
      {"properties", "testcase", "system-out", "system-err"}}},
    {"properties", {{}, {}, {"property"}}},
    {"property", {{"name", "value"}, {}, {}}},
    {"testcase", {{"name"}, {"time", "classname"}, {"skipped", "error", "failure", "system-out", "system-err"}}},
    {"failure", {{}, {"type", "message"}, {}, true}},
    {"error", {{}, {"type", "message"}, {}, true}},
    {"system-out", {{}, {}, {}, true}},
};

// Reads XML as strictly as a parser has to, and holds it against the schema. Only what is written here is understood:
// a declaration, elements, attributes, text, and references to characters.
class XmlReader {
 public:
  explicit XmlReader(std::string_view xml) : rest_(xml) {}

  // What is wrong, or nothing.
  std::string check() {
    if (!take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")) return "no declaration";
    if (!element("", "testsuites")) return wrong_ + " before: " + std::string(rest_.substr(0, 60));
    return rest_ == "\n" ? "" : "more than one element";
  }

 private:
  bool fail(std::string text) {
    if (wrong_.empty()) wrong_ = std::move(text);
    return false;
  }
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::string name() {
    const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
    const auto end = std::ranges::find_if_not(rest_, is_name);
    const std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    return name;
  }

  // Characters up to one of `ends`, with references resolved to nothing: what matters is that they are right.
  bool characters(std::string_view ends) {
    while (!rest_.empty() && !ends.contains(rest_.front())) {
      const auto c = static_cast<unsigned char>(rest_.front());
      if (c == '&') {
        const std::string_view reference = rest_.substr(0, rest_.find(';') + 1);
        static const std::set<std::string_view> kKnown{"&lt;", "&gt;", "&amp;", "&quot;", "&#9;", "&#10;", "&#13;"};
        if (!kKnown.contains(reference)) return fail("reference");
      }
      if (c == '<' || (c < ' ' && c != '\n' && c != '\t')) return fail("forbidden character");
      rest_.remove_prefix(1);
    }
    return !rest_.empty() || fail("end of text");
  }

  bool attributes(const Element& schema) {
    std::set<std::string> seen;
    while (take(" ")) {
      const std::string attribute = name();
      if (!schema.required.contains(attribute) && !schema.optional.contains(attribute)) return fail("attribute");
      if (!seen.insert(attribute).second) return fail("attribute twice");
      if (!take("=\"") || !characters("\"") || !take("\"")) return fail("value");
    }
    return std::ranges::includes(seen, schema.required) || fail("attribute missing");
  }

  bool element(std::string_view parent, std::string_view only = "") {
    if (!take("<")) return fail("element");
    const std::string tag = name();
    const auto schema = kSchema.find(tag);
    if (schema == kSchema.end() || (!only.empty() && tag != only)) return fail("element " + tag);
    if (!parent.empty() && !kSchema.at(std::string(parent)).children.contains(tag)) return fail("child " + tag);
    if (!attributes(schema->second)) return false;
    if (take("/>")) return true;
    if (!take(">")) return fail("end of tag");
    return content(tag, schema->second) && (take("</" + tag + ">") || fail("end of " + tag));
  }

  bool content(const std::string& tag, const Element& schema) {
    for (;;) {
      const std::string_view before = rest_;
      if (!characters("<")) return false;
      const std::string_view text = before.substr(0, before.size() - rest_.size());
      if (!schema.text && text.find_first_not_of(" \n") != std::string_view::npos) return fail("text in " + tag);
      if (rest_.starts_with("</")) return true;
      if (!element(tag)) return false;
    }
  }

  std::string_view rest_;
  std::string wrong_;
};

TEST(JunitReport, HasACaseForEachCampaignWithItsViolationsAndTroubles) {
  EXPECT_EQ(to_junit(sample_report()), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="walbreaker" tests="2" failures="1" errors="1" time="2.500">
  <testsuite name="walbreaker.reference" tests="2" failures="1" errors="1" skipped="0" time="2.500">
    <properties>
      <property name="subject" value="reference"/>
      <property name="seed" value="7"/>
      <property name="promise.kill" value="on_ack"/>
    </properties>
    <testcase name="bitflip" classname="walbreaker.reference" time="2.000">
      <failure type="silent_loss" message="silent_loss, closed: a record">damage took acked commands, and nothing was reported
three )"
                                       "\xEF\xBF\xBD"
                                       R"( &lt;lines&gt;
got       nothing: 100 %
replay    walbreaker replay out/bitflip-1
</failure>
      <system-out>12,000 cases, 12,000 fired, 11,999 distinct images, 3 violations, exhaustive</system-out>
    </testcase>
    <testcase name="kill" classname="walbreaker.reference" time="0.500">
      <error type="inconclusive" message="nothing fired">nothing fired</error>
      <system-out>0 cases, 0 fired, 0 distinct images, 0 violations, sampled</system-out>
    </testcase>
  </testsuite>
</testsuites>
)");
}

// A subject's words may be anything.
TEST(JunitReport, IsValidWhateverStandsInIt) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  Report report = sample_report();
  report.subject = bytes;
  report.settings = {{bytes, bytes}};
  report.model = "posix";
  report.budget = "cases 1";
  report.shard = {1, 2};
  report.run.interrupted = true;
  report.run.campaigns[1].tally.trouble = bytes;
  report.violations.push_back({"bitflip", ViolationKind::hung, bytes, 1, bytes, bytes});
  for (const Report& each : {sample_report(), report, Report{}}) EXPECT_EQ(XmlReader(to_junit(each)).check(), "");
}

TEST(JunitReport, TheCheckOfItsFormFindsWhatIsWrong) {
  const std::string good = to_junit(sample_report());
  const std::vector<std::pair<std::string, std::string>> table{
      {"</testsuites>", "</testsuite>"},
      {" tests=\"2\" failures", " failures"},
      {"&lt;", "<"},
      {"&lt;", "&less;"},
      {"<error ", "<error name=\"\" "},
      {"<system-out>0", "<fly>0"},
      {"nothing:", "\x01"},
      {"\"seed\"", "\"seed"},
  };
  for (const auto& [from, to] : table) {
    std::string bad = good;
    const std::size_t at = from == " tests=\"2\" failures" ? bad.rfind(from) : bad.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    EXPECT_NE(XmlReader(bad.replace(at, from.size(), to)).check(), "") << to;
  }
}

// Each campaign of a run that was cut short may have passed. The run has not.
TEST(JunitReport, DoesNotPassWhereTheRunWasInterrupted) {
  Report report = sample_report();
  report.violations.clear();
  report.run.campaigns.pop_back();
  report.run.campaigns[0].verdict = Verdict::pass;
  EXPECT_THAT(to_junit(report), HasSubstr("tests=\"1\" failures=\"0\" errors=\"0\""));
  report.run.interrupted = true;
  EXPECT_THAT(to_junit(report), HasSubstr("tests=\"2\" failures=\"0\" errors=\"1\""));
  EXPECT_THAT(to_junit(report), HasSubstr("<testcase name=\"run\""));
}

TEST(JunitReport, FailsACampaignAlsoWhereNoViolationWasKept) {
  Report report = sample_report();
  report.violations.clear();
  EXPECT_THAT(to_junit(report), HasSubstr("<failure type=\"violation\" message=\"3 violations, none of them kept\">"));
}

}  // namespace
}  // namespace walbreaker
