// A chain of kills on one real directory: a child is killed over a store, the store is judged, the next child goes on
// with what was found; again and again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/posix_vfs.h"
#include "harness/campaign.h"
#include "harness/child_process.h"
#include "harness/found_case.h"
#include "harness/kill_child.h"
#include "harness/observation.h"

namespace walbreaker {

enum class KillMode {
  planned,   // at an exact byte of an exact write, or beside another operation, drawn from the seed
  by_clock,  // at a random moment
};

class KillChain {
 public:
  // The subject outlives it. `directory` exists, empty, and is this chain's alone. `program` is started as the child.
  KillChain(const Subject& subject, KillMode mode, std::uint64_t seed, std::string directory, std::string program);

  // One child, killed and judged; `index` is the case's. False: the chain ends here, the tally says why.
  bool round(std::uint64_t index, CaseWatch& watch, Tally& tally);

 private:
  struct Round;

  Round draw_round(std::uint64_t index);
  void note_end(const Round& round, Tally& tally) const;
  bool judge(const Round& round, CaseWatch& watch, Tally& tally);
  bool violation(const Round& round, const Wrong& wrong, const faultfs::Image& left, Tally& tally) const;
  [[nodiscard]] Violation draft(const Round& round, const faultfs::Image& left) const;
  [[nodiscard]] FoundCase found_case(const Round& round, const faultfs::Image& left) const;
  [[nodiscard]] FoundCase case_of(const Round& round, ViolationKind kind, const faultfs::Image& left) const;
  [[nodiscard]] std::string summary_of(const Round& round) const;
  [[nodiscard]] std::string_view name() const { return mode_ == KillMode::planned ? "kill" : "soak"; }
  [[nodiscard]] Observation look(const Round& round);

  const Subject& subject_;
  KillMode mode_;
  std::uint64_t seed_;
  std::string directory_;
  std::string program_;
  kv::PosixVfs disk_;
  Contents base_;      // what was found after the last kill
  bool made_ = false;  // an open has succeeded: the store is there
  std::uint64_t epoch_ = 0;
};

}  // namespace walbreaker
