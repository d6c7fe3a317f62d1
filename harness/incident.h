// Incidents, as verdicts: what a campaign makes of an error whose cause is that the subject's process died, hung, or
// answered what is no answer.
#pragma once

#include <optional>
#include <string>

#include "harness/subject.h"
#include "harness/violation.h"

namespace walbreaker {

struct Settled {
  std::optional<Wrong> wrong;          // what is wrong with the subject, if anything
  std::optional<std::string> trouble;  // why there is no verdict: then nothing is wrong
};

// Asks the subject what happened to it in this thread since the last time, and puts that in the place of what was wrong
// by the answers alone: died and hung are violations of those names, a breach of the protocol is trouble. Without an
// incident `wrong` stays what it is. To be called once for each case, wrong or not, in the thread that ran it.
//
//   const Settled settled = settle(subject, judgement.wrong);
//   if (settled.trouble) tally.trouble = settled.trouble;
[[nodiscard]] Settled settle(const Subject& subject, std::optional<Wrong> wrong);

}  // namespace walbreaker
