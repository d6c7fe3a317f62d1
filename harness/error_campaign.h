// The campaign `errors`: the n-th operation of many small programs fails, for n = 0, 1, 2 ..., once or for ever; the
// program goes on, and in the end the power is cut.
//
// A program is drawn from the seed and run once without a fault, which tells how many operations there are. Then it is
// run with each of the faults below at each n, once and for ever in turn, until the fault finds no operation any more;
// where a program has more operations than kPointsPerFault, at so many of them, spread evenly. Operations of an open
// count like any other. Such a run is judged while it plays and after it (play.h); then the power is cut at some
// moments from the fault on, and each image is opened, read and judged. Where a command met the fault, half of the runs
// are run once more with a compaction as the next command, and the power cut inside that.
//
// The faults are the errors that an honest disk answers, and what is no error and easily taken for one: read_error,
// write_error and no_space (with nothing done, or a part, or all), sync_error (with each of the ways in which it may
// leave the disk), short_write, short_read. A disk that lies is no honest disk: lost and misdirected writes, syncs that
// do nothing and bits that flip are not among them, nor is FailedSync::reported_late, where a sync answers ok and the
// next one fails. An ack that was given between the two may be lost through no fault of the subject.
//
// A case is one run with a fault, or one judged image that a power cut left of it. It counts as fired if the fault did.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "faultfs/disk_model.h"
#include "harness/campaign.h"
#include "harness/subject.h"

namespace walbreaker {

struct ErrorCampaignOptions {
  std::uint64_t seed = 1;
  std::optional<faultfs::DiskModel> model;  // nothing: drawn for each fault. What a failed sync leaves, the fault says
};

class ErrorCampaign final : public Campaign {
 public:
  // The subject outlives it.
  ErrorCampaign(const Subject& subject, ErrorCampaignOptions options)
      : subject_(subject), options_(std::move(options)) {}

  [[nodiscard]] std::string_view name() const override { return "errors"; }
  Tally prepare() override { return {}; }
  [[nodiscard]] std::optional<std::uint64_t> total_cases() const override { return std::nullopt; }
  [[nodiscard]] std::uint64_t cases_per_unit() const override { return 1'024; }
  using Campaign::run;
  Tally run(const CaseRange& cases, CaseWatch& watch) override;

 private:
  const Subject& subject_;
  ErrorCampaignOptions options_;
};

}  // namespace walbreaker
