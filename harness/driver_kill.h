// A chain of kills on one real directory, for a driver: its process is killed over a store, a fresh one opens the store
// and is judged, the next goes on with what was found; again and again.
//
// Where a process of its own decides when it dies (kill_chain.h), a foreign one cannot be told to. So it is sent one
// request after the other (an open, commands from the seed, a close), and killed with its whole group
// - right after its n-th answer, n drawn from the seed; or
// - while the next request is under way: so many microseconds after that was sent, drawn too.
// Which of its writes came before the kill is then not told by the seed, so that a run repeats in what it asks and when
// it kills, and not to the byte. What it answered before it died counts as answered: its pipe is read to the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/campaign.h"
#include "harness/driver_subject.h"
#include "harness/observation.h"

namespace walbreaker {

struct DriverRound;

class DriverKillChain {
 public:
  // The subject outlives it. `directory` exists, empty, and is this chain's alone.
  DriverKillChain(const DriverSubject& subject, std::uint64_t seed, std::string directory);

  // One process, killed and judged; `index` is the case's. False: the chain ends here, the tally says why.
  bool round(std::uint64_t index, CaseWatch& watch, Tally& tally);

 private:
  DriverRound draw_round(std::uint64_t index);
  kv::Result<void> play(DriverRound& round) const;
  bool judge(const DriverRound& round, Tally& tally);
  bool is_right(const DriverRound& round, std::optional<Wrong> wrong, const faultfs::Image& image, Tally& tally) const;
  [[nodiscard]] Observation look(const DriverRound& round) const;

  const DriverSubject& subject_;
  std::uint64_t seed_;
  std::string directory_;
  Contents base_;      // what was found after the last kill
  bool made_ = false;  // an open has succeeded: the store is there
  std::uint64_t epoch_ = 0;
};

}  // namespace walbreaker
