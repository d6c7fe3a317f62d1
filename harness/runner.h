// Runs campaigns within a budget, in several worker processes, and adds up what they find.
//
// The process that calls this has one thread, and forks its workers (worker.h); a subject that crashes, loops or eats
// memory ends one of them, and comes out as a violation of the case that it was on: died, hung, out_of_memory. Where
// that does not repeat, the campaign has no verdict.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign.h"

namespace walbreaker {

enum class Verdict { pass, violation, inconclusive };

// The enumerator's name: "pass".
[[nodiscard]] std::string_view to_string(Verdict verdict);

// A campaign that has no end of cases runs so many of them where the budget is exhaustive: over 2,000 kills fire.
inline constexpr std::uint64_t kEndlessCases = 2'200;

struct Budget {
  enum class Kind {
    seconds,     // until then; the campaigns take turns, unit by unit, each by its share of the time
    cases,       // so many of each campaign, one campaign after the other
    exhaustive,  // all there are, or kEndlessCases
  };
  Kind kind = Kind::seconds;
  double seconds = 30;      // where the kind is seconds
  std::uint64_t cases = 0;  // where the kind is cases
};

struct CampaignReport {
  std::string name;
  Tally tally;
  double seconds = 0;       // of work, divided by the number of workers
  bool exhaustive = false;  // every case there is was run
  Verdict verdict = Verdict::inconclusive;
};

// A campaign's, from all that it came to: inconclusive where the harness was in trouble or nothing fired.
[[nodiscard]] Verdict verdict_of(const Tally& tally);

struct RunReport {
  std::vector<CampaignReport> campaigns;
  bool interrupted = false;
  Verdict verdict = Verdict::inconclusive;
};

struct ProgressState {
  std::uint64_t cases = 0;
  std::uint64_t violations = 0;  // distinct ones
  double seconds = 0;            // since the start
  double done = 0;               // of the budget, 0 to 1
};

struct RunOptions {
  Budget budget;
  unsigned jobs = 1;            // worker processes, at least one
  double timeout_seconds = 10;  // of processor time, for one case (worker_limits.h)
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  // Of many runs with the same seed and budget, which one this is: the unit u of a campaign belongs to shard
  // u % shard_count. A budget of cases is that of all of them together.
  std::uint64_t shard_index = 0;
  std::uint64_t shard_count = 1;
  std::uint64_t stop_after = 10;  // distinct violations
  const std::atomic<bool>* interrupted =
      nullptr;  // looked at between units; a run that it ends is inconclusive at best
  // Called in this process: once for each distinct violation, in the order of the cases; and after each unit.
  std::function<void(const Campaign&, const Violation&)> on_violation;
  std::function<void(const ProgressState&)> on_progress;
};

// With Budget::Kind::cases or exhaustive the report is the same, but for seconds, for any number of jobs.
RunReport run_campaigns(const std::vector<std::unique_ptr<Campaign>>& campaigns, const RunOptions& options);

}  // namespace walbreaker
