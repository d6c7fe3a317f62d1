// The campaigns `kill` and `soak`: real processes, really killed, on a real directory.
//
// A unit is a chain (kill_chain.h) of 50 kills on a directory of its own. `kill` dies at an exact byte of an exact
// write, drawn from the seed, and repeats; `soak` dies when the clock says so, and does not. A driver's process is
// killed around its n-th answer instead (driver_kill.h).
#pragma once

#include <memory>
#include <string>

#include "harness/campaign.h"
#include "harness/kill_chain.h"
#include "harness/work_directory.h"

namespace walbreaker {

struct KillCampaignOptions {
  std::uint64_t seed = 1;
  std::string directory;                   // where the directories are made; empty: /dev/shm, $TMPDIR or /tmp
  std::string program = "/proc/self/exe";  // what understands kKillChildVerb
};

class KillCampaign final : public Campaign {
 public:
  // The subject outlives it.
  KillCampaign(KillMode mode, const Subject& subject, KillCampaignOptions options);
  ~KillCampaign() override;

  [[nodiscard]] std::string_view name() const override { return mode_ == KillMode::planned ? "kill" : "soak"; }
  std::optional<std::string> set_up() override;
  Tally prepare() override;
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return std::nullopt; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 50; }
  [[nodiscard]] double share() const override { return 0.25; }
  using Campaign::run;
  Tally run(const CaseRange& cases, CaseWatch& watch) override;

 private:
  KillMode mode_;
  const Subject& subject_;
  KillCampaignOptions options_;
  std::unique_ptr<WorkDirectory> work_;
};

}  // namespace walbreaker
