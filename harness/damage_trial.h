// The trial of one damaged image: the open that has to be right, and what has to be right after it.
//
// Follow-ups run where the first open was right and changed the disk, once for each image that it left with what it
// showed, within one unit; and of those that changed nothing, as refusals and read-only openings do, for the ones that
// the caller picks:
// - opened again to read and write, the store answers the same, where the first open changed the disk: on the same
//   bytes the same answer is certain;
// - while one opener has it open, a second one is refused with `locked`, where the subject locks;
// - a read-only open changes no byte, and answers the same, where the subject opens so.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "faultfs/image.h"
#include "harness/damage_oracle.h"
#include "harness/possible_contents.h"
#include "harness/scenario.h"
#include "harness/subject.h"

namespace walbreaker {

// What first opens of one unit left and showed, by hash: follow-ups ran after each. The image alone would not do, since
// a store that serves one thing and keeps another may leave what a right one left before.
using FollowedUp = std::unordered_set<std::uint64_t>;

struct TrialResult {
  Answer answer = Answer::clean;
  Judgement judgement;
  bool followed_up = false;  // follow-ups ran
};

class DamageTrials {
 public:
  // Of one scenario; all outlive it. `entropy` is drawn from by every open, so that equal damages leave equal images.
  DamageTrials(const Subject& subject, const Scenario& scenario, std::uint64_t entropy);

  // What is looked at beyond the first open and its follow-ups.
  struct Extras {
    bool second_opinion = true;  // the subject's (subject.h)
    // Follow-ups run also where nothing was changed; and a read-only open of the damaged image itself has to answer the
    // same, and change no byte.
    bool picked = true;
  };

  [[nodiscard]] TrialResult run(const faultfs::Image& image, const Allowed& allowed, const Extras& extras,
                                FollowedUp& followed_up) const;

 private:
  [[nodiscard]] OpenRequest request(bool read_only, std::uint64_t number) const;
  [[nodiscard]] std::optional<Wrong> follow_up(const Observation& first, const faultfs::Image& left,
                                               bool changed) const;
  [[nodiscard]] std::optional<Wrong> open_again(const Observation& first, const faultfs::Image& left) const;
  [[nodiscard]] std::optional<Wrong> open_twice(const faultfs::Image& left) const;
  [[nodiscard]] std::optional<Wrong> second_opener(kv::Vfs& disk, std::string_view when) const;
  [[nodiscard]] std::optional<Wrong> open_read_only(const Observation& first, const faultfs::Image& image) const;

  const Subject& subject_;
  const Scenario& scenario_;
  Capabilities capabilities_;
  PossibleContents possible_;
  Inquiry inquiry_;
  std::uint64_t entropy_;
};

}  // namespace walbreaker
