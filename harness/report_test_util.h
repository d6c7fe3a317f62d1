// Reports to test with.
#pragma once

#include "harness/report.h"

namespace walbreaker {

// One campaign with a violation whose summary is no UTF-8, and one in which nothing fired.
inline Report sample_report() {
  CampaignReport bitflip{"bitflip", {}, 2.0, true, Verdict::violation};
  bitflip.tally.cases = 12'000;
  bitflip.tally.fired = 12'000;
  bitflip.tally.distinct_images = 11'999;
  bitflip.tally.violating_cases = 3;
  bitflip.tally.counts[{"closed", "full"}] = 4'000;
  bitflip.tally.counts[{"closed", "lost_silently"}] = 0;
  bitflip.tally.counts[{"fresh", "refused"}] = 7'997;
  const CampaignReport kill{"kill", {}, 0.5, false, Verdict::inconclusive};
  return {.subject = "reference",
          .settings = {},
          .promise = {{"kill", "on_ack"}},
          .model = "",
          .seed = 7,
          .shard = {},
          .budget = "",
          .run = {{bitflip, kill}, false, Verdict::violation},
          .violations = {{"bitflip", ViolationKind::silent_loss, "closed: a record", 17, "out/bitflip-1",
                          "three \xFF <lines>\ngot       nothing: 100 %"}},
          .missing_shards = {}};
}

}  // namespace walbreaker
