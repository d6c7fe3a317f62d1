#include "harness/kill_campaign.h"

#include <fmt/format.h>

#include <utility>

#include "engine/assert.h"
#include "harness/driver_kill.h"

namespace walbreaker {

KillCampaign::KillCampaign(KillMode mode, const Subject& subject, KillCampaignOptions options)
    : mode_(mode), subject_(subject), options_(std::move(options)) {}

KillCampaign::~KillCampaign() = default;

std::optional<std::string> KillCampaign::set_up() {
  auto work = WorkDirectory::make(options_.directory);
  if (!work) return work.error().message();
  work_ = std::move(*work);
  return std::nullopt;
}

Tally KillCampaign::prepare() {
  Tally tally;
  if (promised(subject_, child_request(0, 0).settings, "kill") != "on_ack") {
    tally.trouble = fmt::format("{} judges kill=on_ack, which {} does not promise", name(), subject_.name());
  }
  return tally;
}

namespace {

template <class Chain>
void run_chain(Chain chain, const CaseRange& cases, CaseWatch& watch, Tally& tally) {
  for (std::uint64_t index = cases.first; index < cases.last; ++index) {
    if (!chain.round(index, watch, tally)) break;
  }
}

}  // namespace

Tally KillCampaign::run(const CaseRange& cases, CaseWatch& watch) {
  WB_ASSERT(work_ != nullptr);
  Tally tally;
  const auto directory = work_->make_child(fmt::format("{}", cases.first));
  if (!directory) {
    tally.trouble = directory.error().message();
    return tally;
  }
  const std::uint64_t chain_seed = Random(options_.seed).split(cases.first).next();
  if (const DriverSubject* driver = as_driver(subject_)) {
    run_chain(DriverKillChain(*driver, chain_seed, *directory), cases, watch, tally);
  } else {
    run_chain(KillChain(subject_, mode_, chain_seed, *directory, options_.program), cases, watch, tally);
  }
  if (const auto removed = remove_directory(*directory); !removed) tally.trouble = removed.error().message();
  return tally;
}

}  // namespace walbreaker
