// The one user of nlohmann-json: its header costs seconds.
#include <nlohmann/json.hpp>

#include "harness/report.h"

namespace walbreaker {

std::string to_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json promise = Json::object();
  for (const PromiseTerm& term : report.promise) promise[std::string(term.key)] = term.value;
  Json campaigns = Json::array();
  for (const CampaignReport& campaign : report.run.campaigns) {
    campaigns.push_back({{"name", campaign.name},
                         {"verdict", to_string(campaign.verdict)},
                         {"cases", campaign.tally.cases},
                         {"distinct_images", campaign.tally.distinct_images},
                         {"fired", campaign.tally.fired},
                         {"violations", campaign.tally.violating_cases},
                         {"seconds", campaign.seconds},
                         {"coverage", campaign.exhaustive ? "exhaustive" : "sampled"}});
  }
  Json violations = Json::array();
  for (const ReportedViolation& violation : report.violations) {
    violations.push_back(
        {{"kind", info(violation.kind).name}, {"case", violation.case_path}, {"summary", violation.summary}});
  }
  const Json json = {{"format", 1},
                     {"subject", report.subject},
                     {"promise", promise},
                     {"seed", report.seed},
                     {"verdict", to_string(report.run.verdict)},
                     {"campaigns", campaigns},
                     {"violations", violations}};
  // Summaries quote what subjects say, which may be no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace walbreaker
