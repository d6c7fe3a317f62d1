#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "harness/report.h"
#include "harness/report_test_util.h"

namespace walbreaker {
namespace {

using testing::HasSubstr;

// A report with all there is in one.
Report full_report() {
  Report report = sample_report();
  report.settings = {{"sync", "on_request"}, {"a", "b=c"}};
  report.promise = {{"power", "on_sync"}, {"kill", "on_ack"}};
  report.model = "posix sector_bytes=4096";
  report.seed = 18'446'744'073'709'551'615U;
  report.shard = {1, 4};
  report.budget = "cases 100";
  report.run.interrupted = true;
  report.run.campaigns[0].tally.follow_ups = 750;
  report.run.campaigns[1].tally.trouble = "no \"space\"";
  report.run.campaigns[1].tally.counts[{"", std::string("zero\0", 5)}] = 1;
  report.violations[0].summary = "plain";
  return report;
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string error_of(const std::string& text) {
  const auto report = parse_report(text);
  EXPECT_FALSE(report);
  if (report) return "";
  EXPECT_EQ(report.error().code, kv::ErrorCode::invalid_argument);
  return report.error().context;
}

TEST(ParseReport, ReadsAllThatIsWritten) {
  for (const Report& report : {full_report(), Report{}}) {
    const std::string json = to_json(report);
    const auto parsed = parse_report(json);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(to_json(*parsed), json);
  }
  const Report parsed = *parse_report(to_json(full_report()));
  EXPECT_EQ(parsed.shard, (Shard{1, 4}));
  EXPECT_EQ(parsed.run.campaigns[0].tally.counts, full_report().run.campaigns[0].tally.counts);
  EXPECT_EQ(parsed.run.campaigns[1].tally.trouble, "no \"space\"");
  EXPECT_EQ(parsed.violations, full_report().violations);
}

TEST(ParseReport, ReadsASumThatIsNotWhole) {
  Report report = full_report();
  report.shard = {0, 4};
  report.missing_shards = {1, 3};
  const auto parsed = parse_report(to_json(report));
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->missing_shards, report.missing_shards);
  EXPECT_EQ(to_json(*parsed), to_json(report));
}

TEST(ParseReport, NamesTheFieldThatIsWrong) {
  const std::vector<std::array<std::string, 3>> table{
      {"\"format\": 1", "\"format\": 2", "format: expected 1, found 2"},
      {"\"format\": 1", "\"format\": \"1\"", "format: expected a whole number below 2^64, found \"1\""},
      {"\"format\": 1,", "", "format: expected a whole number below 2^64, found nothing"},
      {"\"subject\": \"reference\"", "\"subject\": null", "subject: expected a string, found null"},
      {"\"sync\": \"on_request\"", "\"sync\": 3", "settings.sync: expected a string, found 3"},
      {"\"kill\": \"on_ack\"", "\"kill\": \"x\"", "promise: promise kill=x: expected"},
      {"\"kill\": \"on_ack\"", "\"fly\": \"on_ack\"", "promise: promise fly=on_ack: there is no such key"},
      {"18446744073709551615", "18446744073709551616", "seed: expected a whole number below 2^64"},
      {"18446744073709551615", "-1", "seed: expected a whole number below 2^64, found -1"},
      {"18446744073709551615", "1.5", "seed: expected a whole number below 2^64, found 1.5"},
      {"\"count\": 4", "\"count\": 1", "shard.count: expected from 2 to 65536 shards, found 1"},
      {"\"count\": 4", "\"count\": 70000", "shard.count: expected from 2 to 65536 shards"},
      {"\"index\": 1", "\"index\": 4", "shard.index: expected less than 4, found 4"},
      {"\"interrupted\": true", "\"interrupted\": 1", "interrupted: expected true or false, found 1"},
      {"\"verdict\": \"violation\"", "\"verdict\": \"fine\"",
       "verdict: expected pass, violation or inconclusive, found \"fine\""},
      {"\"campaigns\": [", "\"campaigns\": [7,", "campaigns[0]: expected an object, found number"},
      {"\"name\": \"kill\"", "\"name\": \"bitflip\"", "campaigns: bitflip stands there twice"},
      {"\"name\": \"kill\"", "\"name\": \"fly\"", "campaigns[1].name: expected a campaign's name, found \"fly\""},
      {"\"cases\": 12000", "\"cases\": []", "campaigns[0].cases: expected a whole number below 2^64, found array"},
      {"\"fired\": 12000,", "", "campaigns[0].fired: expected a whole number below 2^64, found nothing"},
      {"\"seconds\": 0.5", "\"seconds\": -0.5", "campaigns[1].seconds: expected a number of seconds, found -0.5"},
      {"\"seconds\": 0.5", "\"seconds\": 1e300", "campaigns[1].seconds: expected a number of seconds"},
      {"\"coverage\": \"sampled\"", "\"coverage\": \"some\"", "campaigns[1].coverage: expected exhaustive or sampled"},
      {"\"full\": 4000", "\"full\": true", "campaigns[0].counts.closed.full: expected a whole number"},
      {"\"closed\": {", "\"clo\\u001bsed\": 1, \"closed\": {",
       "campaigns[0].counts.\"clo\\x1bsed\": expected an object"},
      {"\"kind\": \"silent_loss\"", "\"kind\": \"loss\"", "violations[0].kind: expected a kind of violation"},
      {"\"case_index\": 17", "\"case_index\": \"17\"", "violations[0].case_index: expected a whole number"},
      {"\"where\":", "\"there\":", "violations[0].there: there is no such field"},
      {"\"format\": 1,", "\"format\": 1, \"colour\": 1,", "colour: there is no such field"},
  };
  const std::string json = to_json(full_report());
  for (const auto& [from, to, error] : table) EXPECT_THAT(error_of(with(json, from, to)), HasSubstr(error)) << to;
}

TEST(ParseReport, RefusesShardsThatAreMissingOfNone) {
  Report report = full_report();
  report.shard = {0, 4};
  report.missing_shards = {1, 3};
  const std::string json = to_json(report);
  for (const char* indices : {"", "3, 1", "1, 1", "4", "-1", "\"1\""}) {
    std::string text = json;
    const std::size_t from = text.find('[', text.find("\"indices\"")) + 1;
    text.replace(from, text.find(']', from) - from, indices);
    EXPECT_THAT(error_of(text), HasSubstr("missing_shards.indices: expected")) << indices;
  }
  EXPECT_THAT(error_of(with(json, "\"missing_shards\"", R"("shard":{"index":0,"count":4},"missing_shards")")),
              HasSubstr("missing_shards: expected in a sum alone"));
}

TEST(ParseReport, NamesThePlaceOfWhatIsNoJson) {
  EXPECT_THAT(error_of(""), HasSubstr("line 1, column 1"));
  EXPECT_THAT(error_of("{\n\"format\": 1\n"), HasSubstr("line 3"));
  EXPECT_THAT(error_of("{\"format\": 1e999}"), HasSubstr("1e999"));
  EXPECT_THAT(error_of("{\"subject\": \"\xFF\"}"), HasSubstr("line 1"));
  EXPECT_THAT(error_of("[]"), HasSubstr("expected an object, found array"));
}

TEST(ParseReport, RefusesEveryTextThatWasCutShort) {
  const std::string json = to_json(full_report());
  for (std::size_t length = 0; length + 2 < json.size(); ++length) {
    ASSERT_FALSE(parse_report(std::string_view(json).substr(0, length))) << length;
  }
}

TEST(ParseReport, TakesOrRefusesATextWithOneByteChanged) {
  constexpr std::array kBytes{'\0', '9', '"', '}', '\xFF'};
  const std::string json = to_json(full_report());
  std::size_t refused = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    std::string text = json;
    text[at] = kBytes.at(at % kBytes.size());
    const auto parsed = parse_report(text);
    if (parsed) continue;
    ++refused;
    ASSERT_NE(parsed.error().context, "");
  }
  EXPECT_GT(refused, json.size() / 2);
}

TEST(ParseReport, RefusesWhatWouldCostFarMoreThanItsText) {
  EXPECT_THAT(error_of(std::string(1'000'000, '[')), HasSubstr("nested deeper"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  EXPECT_THAT(error_of(deep), HasSubstr("nested deeper"));
  std::string wide = "{\"a0\":0";
  for (int i = 1; i < 200'000; ++i) wide += ",\"a" + std::to_string(i) + "\":0";
  EXPECT_THAT(error_of(wide + "}"), HasSubstr("more names in one object"));
  EXPECT_THAT(error_of("{\"seed\":1,\"seed\":2}"), HasSubstr("\"seed\" stands twice"));
  EXPECT_THAT(error_of(std::string(kMostReportBytes + 1, ' ')), HasSubstr("larger than"));
}

}  // namespace
}  // namespace walbreaker
