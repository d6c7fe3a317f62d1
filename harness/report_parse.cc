// Reads the JSON that report_json.cc writes, and nothing else: reports come from other machines, and may be anything.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <initializer_list>
#include <optional>
#include <set>
#include <utility>

#include "harness/campaigns.h"
#include "harness/promise.h"
#include "harness/report.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

using Json = nlohmann::ordered_json;

std::unexpected<kv::Error> wrong(std::string text) {
  return kv::fail(kv::ErrorCode::invalid_argument, std::move(text));
}

// What ends the parser early. It stays in this file.
struct Refusal : std::exception {
  explicit Refusal(std::string why) : text(std::move(why)) {}
  [[nodiscard]] const char* what() const noexcept override { return text.c_str(); }
  std::string text;
};

// Refuses, while the text is read, what nlohmann-json would take: an object with one name twice, of which it would keep
// the last; arrays in arrays without end, which would cost far more memory than their text; and objects of very many
// names, each of which an ordered_json looks for among all that came before.
class Guard {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    constexpr int kDeepest = 6;  // a report needs 5: {"campaigns":[{"counts":{"GROUP":{"NAME":..
    if (depth > kDeepest) throw Refusal("nested deeper than a report is");
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end) names_.pop_back();
    if (event == Json::parse_event_t::key) {
      constexpr std::size_t kMostNames = 1'000;
      if (names_.back().size() == kMostNames) throw Refusal("more names in one object than a report has");
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names_.back().insert(name).second) throw Refusal(fmt::format("\"{}\" stands twice in one object", name));
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> names_;  // of each object that is open
};

kv::Result<Json> parse_json(std::string_view text) {
  Guard guard;
  const auto callback = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    return guard(depth, event, parsed);
  };
  try {
    return Json::parse(text, callback);
  } catch (const Json::exception& error) {
    std::string_view what = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 5: ..."
    what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
    return wrong(std::string(what));
  } catch (const Refusal& refusal) {
    return wrong(refusal.text);
  }
}

// One object of a report: reads its fields, and names the one that is not as it should be.
class Object {
 public:
  // `path` is "campaigns[2]", or empty for the whole. Errors: no object.
  static kv::Result<Object> of(const Json& json, std::string path) {
    if (!json.is_object()) return wrong(fmt::format("{}: expected an object, found {}", path, json.type_name()));
    return Object(json, std::move(path));
  }

  [[nodiscard]] bool has(const std::string& name) const { return json_->contains(name); }
  [[nodiscard]] const Json& json() const { return *json_; }
  [[nodiscard]] std::string path_of(std::string_view name) const {
    const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
    const std::string shown = plain ? std::string(name) : in_quotes(name);
    return path_.empty() ? shown : fmt::format("{}.{}", path_, shown);
  }
  [[nodiscard]] std::unexpected<kv::Error> expected(std::string_view name, std::string_view what) const {
    const auto field = json_->find(std::string(name));
    const bool plain = field != json_->end() && !field->is_structured();
    std::string found = field == json_->end() ? "nothing" : field->type_name();
    if (plain) found = field->dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 80);
    return wrong(fmt::format("{}: expected {}, found {}", path_of(name), what, found));
  }

  kv::Result<void> has_only(std::initializer_list<std::string_view> names) const {
    for (const auto& field : json_->items()) {
      if (std::ranges::find(names, field.key()) == names.end()) {
        return wrong(fmt::format("{}: there is no such field", path_of(field.key())));
      }
    }
    return {};
  }

  kv::Result<std::string> text(const std::string& name) const {
    const auto field = json_->find(name);
    if (field == json_->end() || !field->is_string()) return expected(name, "a string");
    return field->get<std::string>();
  }

  kv::Result<std::uint64_t> number(const std::string& name) const {
    const auto field = json_->find(name);
    if (field == json_->end() || !field->is_number_unsigned()) return expected(name, "a whole number below 2^64");
    return field->get<std::uint64_t>();
  }

  kv::Result<double> seconds(const std::string& name) const {
    constexpr double kMostSeconds = 1e12;
    const auto field = json_->find(name);
    const bool good = field != json_->end() && field->is_number() && field->get<double>() >= 0 &&
                      field->get<double>() <= kMostSeconds;
    if (!good) return expected(name, "a number of seconds");
    return field->get<double>();
  }

  kv::Result<const Json*> array(const std::string& name) const {
    const auto field = json_->find(name);
    if (field == json_->end() || !field->is_array()) return expected(name, "an array");
    return &*field;
  }

  kv::Result<Object> object(const std::string& name) const {
    const auto field = json_->find(name);
    if (field == json_->end() || !field->is_object()) return expected(name, "an object");
    return Object(*field, path_of(name));
  }

  // Its fields, where they are strings all.
  kv::Result<std::vector<PromiseTerm>> texts() const {
    std::vector<PromiseTerm> texts;
    for (const auto& field : json_->items()) {
      std::string value = TRY(text(field.key()));
      texts.push_back({field.key(), std::move(value)});
    }
    return texts;
  }

 private:
  Object(const Json& json, std::string path) : json_(&json), path_(std::move(path)) {}

  const Json* json_;
  std::string path_;
};

kv::Result<Verdict> verdict_in(const Object& object) {
  const std::string name = TRY(object.text("verdict"));
  for (const Verdict verdict : {Verdict::pass, Verdict::violation, Verdict::inconclusive}) {
    if (name == to_string(verdict)) return verdict;
  }
  return object.expected("verdict", "pass, violation or inconclusive");
}

// The name of a campaign.
kv::Result<std::string> campaign_in(const Object& object, const std::string& field) {
  std::string name = TRY(object.text(field));
  if (std::ranges::find(kCampaigns, name, &CampaignInfo::name) == kCampaigns.end()) {
    return object.expected(field, "a campaign's name");
  }
  return name;
}

kv::Result<Counts> counts_in(const Object& object) {
  Counts counts;
  const Object groups = TRY(object.object("counts"));
  for (const auto& group : groups.json().items()) {
    const Object names = TRY(groups.object(group.key()));
    for (const auto& name : names.json().items()) {
      const std::uint64_t count = TRY(names.number(name.key()));
      counts.emplace(std::pair(group.key(), name.key()), count);
    }
  }
  return counts;
}

kv::Result<CampaignReport> parse_campaign(const Object& object) {
  TRY(object.has_only({"name", "verdict", "cases", "distinct_images", "fired", "violations", "follow_ups", "seconds",
                       "coverage", "counts", "trouble"}));
  CampaignReport campaign;
  campaign.name = TRY(campaign_in(object, "name"));
  campaign.verdict = TRY(verdict_in(object));
  campaign.tally.cases = TRY(object.number("cases"));
  campaign.tally.distinct_images = TRY(object.number("distinct_images"));
  campaign.tally.fired = TRY(object.number("fired"));
  campaign.tally.violating_cases = TRY(object.number("violations"));
  campaign.tally.follow_ups = TRY(object.number("follow_ups"));
  campaign.seconds = TRY(object.seconds("seconds"));
  const std::string coverage = TRY(object.text("coverage"));
  if (coverage != "exhaustive" && coverage != "sampled") return object.expected("coverage", "exhaustive or sampled");
  campaign.exhaustive = coverage == "exhaustive";
  campaign.tally.counts = TRY(counts_in(object));
  if (object.has("trouble")) campaign.tally.trouble = TRY(object.text("trouble"));
  return campaign;
}

kv::Result<ReportedViolation> parse_violation(const Object& object) {
  TRY(object.has_only({"campaign", "kind", "where", "case_index", "case", "summary"}));
  ReportedViolation violation;
  violation.campaign = TRY(campaign_in(object, "campaign"));
  const auto kind = violation_kind(TRY(object.text("kind")));
  if (!kind) return object.expected("kind", "a kind of violation");
  violation.kind = *kind;
  violation.where = TRY(object.text("where"));
  violation.case_index = TRY(object.number("case_index"));
  violation.case_path = TRY(object.text("case"));
  violation.summary = TRY(object.text("summary"));
  return violation;
}

kv::Result<std::uint64_t> shard_count_in(const Object& object, const std::string& name) {
  const std::uint64_t count = TRY(object.number(name));
  if (count < 2 || count > kMostShards) return object.expected(name, fmt::format("from 2 to {} shards", kMostShards));
  return count;
}

kv::Result<Shard> shard_in(const Object& whole) {
  if (!whole.has("shard")) return Shard{};
  const Object object = TRY(whole.object("shard"));
  TRY(object.has_only({"index", "count"}));
  Shard shard;
  shard.index = TRY(object.number("index"));
  shard.count = TRY(shard_count_in(object, "count"));
  if (shard.index >= shard.count) return object.expected("index", fmt::format("less than {}", shard.count));
  return shard;
}

kv::Result<void> parse_missing(const Object& whole, Report& report) {
  if (!whole.has("missing_shards")) return {};
  if (whole.has("shard")) return wrong("missing_shards: expected in a sum alone, and this is one shard");
  const Object object = TRY(whole.object("missing_shards"));
  TRY(object.has_only({"of", "indices"}));
  report.shard.count = TRY(shard_count_in(object, "of"));
  for (const Json& json : *TRY(object.array("indices"))) {
    const std::uint64_t index = json.is_number_unsigned() ? json.get<std::uint64_t>() : report.shard.count;
    const bool in_order = report.missing_shards.empty() || report.missing_shards.back() < index;
    if (index >= report.shard.count || !in_order) return object.expected("indices", "numbers of shards, in order");
    report.missing_shards.push_back(index);
  }
  if (report.missing_shards.empty()) return object.expected("indices", "one shard or more");
  return {};
}

// A promise's terms, one by one, so that the wrong one is named.
kv::Result<std::vector<PromiseTerm>> promise_in(const Object& whole) {
  const Object object = TRY(whole.object("promise"));
  auto terms = TRY(object.texts());
  if (const auto promise = parse_promise(terms); !promise) return wrong("promise: " + promise.error().context);
  return terms;
}

kv::Result<void> parse_question(const Object& whole, Report& report) {
  report.subject = TRY(whole.text("subject"));
  if (whole.has("settings")) {
    const Object settings = TRY(whole.object("settings"));
    for (auto& [key, value] : TRY(settings.texts())) report.settings[key] = value;
  }
  report.promise = TRY(promise_in(whole));
  if (whole.has("model")) report.model = TRY(whole.text("model"));
  report.seed = TRY(whole.number("seed"));
  report.shard = TRY(shard_in(whole));
  TRY(parse_missing(whole, report));
  if (whole.has("budget")) report.budget = TRY(whole.text("budget"));
  return {};
}

template <class Item>
kv::Result<std::vector<Item>> list_in(const Object& whole, const std::string& name,
                                      kv::Result<Item> (*parse)(const Object&)) {
  std::vector<Item> items;
  for (const Json& json : *TRY(whole.array(name))) {
    const Object object = TRY(Object::of(json, fmt::format("{}[{}]", name, items.size())));
    items.push_back(TRY(parse(object)));
  }
  return items;
}

kv::Result<void> no_campaign_twice(const std::vector<CampaignReport>& campaigns) {
  std::set<std::string_view> names;
  for (const CampaignReport& campaign : campaigns) {
    if (!names.insert(campaign.name).second) {
      return wrong(fmt::format("campaigns: {} stands there twice", campaign.name));
    }
  }
  return {};
}

}  // namespace

kv::Result<Report> parse_report(std::string_view text) {
  if (text.size() > kMostReportBytes) return wrong(fmt::format("larger than {} bytes", kMostReportBytes));
  const Json json = TRY(parse_json(text));
  const Object whole = TRY(Object::of(json, ""));
  if (TRY(whole.number("format")) != 1) return whole.expected("format", "1");
  TRY(whole.has_only({"format", "subject", "settings", "promise", "model", "seed", "shard", "missing_shards", "budget",
                      "interrupted", "verdict", "campaigns", "violations"}));
  Report report;
  TRY(parse_question(whole, report));
  if (whole.has("interrupted")) {
    if (!whole.json()["interrupted"].is_boolean()) return whole.expected("interrupted", "true or false");
    report.run.interrupted = whole.json()["interrupted"].get<bool>();
  }
  report.run.verdict = TRY(verdict_in(whole));
  report.run.campaigns = TRY(list_in(whole, "campaigns", parse_campaign));
  TRY(no_campaign_twice(report.run.campaigns));
  report.violations = TRY(list_in(whole, "violations", parse_violation));
  return report;
}

}  // namespace walbreaker
