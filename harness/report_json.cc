// Writes JSON; report_parse.cc reads it. These two are the users of nlohmann-json: its header costs seconds.
#include <nlohmann/json.hpp>

#include "harness/report.h"

namespace walbreaker {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Counts& counts) {
  Json json = Json::object();
  for (const auto& [what, count] : counts) json[what.first][what.second] = count;
  return json;
}

Json json_of(const CampaignReport& campaign) {
  Json json = {{"name", campaign.name},
               {"verdict", to_string(campaign.verdict)},
               {"cases", campaign.tally.cases},
               {"distinct_images", campaign.tally.distinct_images},
               {"fired", campaign.tally.fired},
               {"violations", campaign.tally.violating_cases},
               {"follow_ups", campaign.tally.follow_ups},
               {"seconds", campaign.seconds},
               {"coverage", campaign.exhaustive ? "exhaustive" : "sampled"},
               {"counts", json_of(campaign.tally.counts)}};
  if (campaign.tally.trouble) json["trouble"] = *campaign.tally.trouble;
  return json;
}

Json json_of(const ReportedViolation& violation) {
  return {{"campaign", violation.campaign},     {"kind", info(violation.kind).name}, {"where", violation.where},
          {"case_index", violation.case_index}, {"case", violation.case_path},       {"summary", violation.summary}};
}

// What is known before the first case.
Json json_of_question(const Report& report) {
  Json json = {{"format", 1}, {"subject", report.subject}};
  for (const auto& [key, value] : report.settings) json["settings"][key] = value;
  json["promise"] = Json::object();
  for (const PromiseTerm& term : report.promise) json["promise"][term.key] = term.value;
  if (!report.model.empty()) json["model"] = report.model;
  json["seed"] = report.seed;
  if (!report.missing_shards.empty()) {
    json["missing_shards"] = {{"of", report.shard.count}, {"indices", report.missing_shards}};
  } else if (report.shard.count > 1) {
    json["shard"] = {{"index", report.shard.index}, {"count", report.shard.count}};
  }
  if (!report.budget.empty()) json["budget"] = report.budget;
  return json;
}

}  // namespace

std::string to_json(const Report& report) {
  Json json = json_of_question(report);
  if (report.run.interrupted) json["interrupted"] = true;
  json["verdict"] = to_string(report.run.verdict);
  json["campaigns"] = Json::array();
  for (const CampaignReport& campaign : report.run.campaigns) json["campaigns"].push_back(json_of(campaign));
  json["violations"] = Json::array();
  for (const ReportedViolation& violation : report.violations) json["violations"].push_back(json_of(violation));
  // Summaries quote what subjects say, which may be no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace walbreaker
