// The campaign `power`: the power is cut at every crash point of many small programs, under a disk model.
//
// A program is drawn from the seed and played once (play.h). Its crash states are listed (faultfs/enumerate.h),
// and each image is opened to read and write, scanned, asked for every key, and judged. What comes after the crash is
// tried on every sixteenth of those that passed: the store is opened and written to on a disk that keeps a trace of its
// own, and the power is cut again, inside the recovery or after it. Whatever the first recovery served must stay then.
//
// A case is one judged image.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "faultfs/disk_model.h"
#include "harness/campaign.h"
#include "harness/subject.h"

namespace walbreaker {

struct PowerCampaignOptions {
  std::uint64_t seed = 1;
  std::optional<faultfs::DiskModel> model;  // none: one is drawn for each program
};

class PowerCampaign final : public Campaign {
 public:
  // The subject outlives it.
  PowerCampaign(const Subject& subject, PowerCampaignOptions options);

  [[nodiscard]] std::string_view name() const override { return "power"; }
  Tally prepare() override { return {}; }
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return std::nullopt; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 1'024; }
  using Campaign::run;
  Tally run(const CaseRange& cases, CaseWatch& watch) override;

 private:
  const Subject& subject_;
  PowerCampaignOptions options_;
};

}  // namespace walbreaker
