// Lists the crash states of a trace: all of them where they fit the budget, and else a choice of them.
//
//   const DiskModel model = TRY(parse_disk_model("posix"));
//   const Coverage coverage = enumerate(disk.trace(), model, {}, [&](Candidate& candidate) {
//     judge(candidate.image());                    // a disk as the crash left it
//     return true;                                 // go on
//   });
//
// At a crash point with more states than the budget allows, families come first, each cut short evenly where it is too
// large: all kept, all dropped; each prefix of what was pending; everything but one piece, and one piece alone, with
// every other fate that this piece can have; everything but two groups, and two groups alone; each write torn in half.
// What is left of the budget goes to states drawn from the seed, until a thousand of them in a row give nothing new.
//
// Each image comes once for each crash point. The order is fixed by the trace, the model and the budget.
#pragma once

#include <cstdint>
#include <functional>

#include "faultfs/crash_space.h"
#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/image.h"
#include "faultfs/trace.h"

namespace faultfs {

inline constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

struct Budget {
  std::uint64_t states_per_point = 4'096;  // at least 2: all kept, all dropped
  // How many of the places inside each write a process may also be killed at: those at the edges of its sectors and the
  // bytes beside them first, and then others from the seed. 0: it is killed between operations only.
  std::uint64_t cuts_per_write = 4;
  std::uint64_t states_per_cut = 64;  // states_per_point, for each of those
  std::uint64_t seed = 0;
};

// What an enumeration did.
struct Coverage {
  std::uint64_t points = 0;             // crash points, those inside writes among them
  std::uint64_t cuts = 0;               // those inside writes
  std::uint64_t possible_cuts = 0;      // places inside writes that there are
  std::uint64_t exhausted_points = 0;   // of these, those of which every state was tried
  std::uint64_t states = 0;             // tried
  std::uint64_t distinct_images = 0;    // that came of them, counted for each point
  double possible_states = 0;           // that the points have
  std::uint64_t largest_exhausted = 0;  // the most states that a point had of which every one was tried

  // Whether every state of every point was tried. Not every place inside a write need be a point: see cuts.
  [[nodiscard]] bool exhaustive() const { return points == exhausted_points; }
  void add(const Coverage& other);
  bool operator==(const Coverage&) const = default;
};

// "exhaustive: all 901 states of 287 crash points (176 of 21470 places inside writes), 821 distinct images", or which
// share of the points and states it was.
[[nodiscard]] std::string to_text(const Coverage& coverage);

// A crash state, and what it leaves. Good during the call that it is given to.
class Candidate {
 public:
  Candidate(CrashSpace& space, const CrashPoint& point, const Choice& choice)
      : space_(space), point_(point), choice_(choice) {}

  [[nodiscard]] const CrashPoint& point() const { return point_; }
  [[nodiscard]] CrashState state() const { return space_.state(choice_); }

  // The reference is good during the call; a copy of the image is good for ever.
  [[nodiscard]] const Image& image() { return space_.image(choice_); }

 private:
  CrashSpace& space_;
  const CrashPoint& point_;
  const Choice& choice_;
};

// Returns whether to go on.
using Visit = std::function<bool(Candidate&)>;

// Every crash point of the trace, from before its first operation to after its last one. Coverage counts what was done,
// also where `visit` ended it.
Coverage enumerate(const Trace& trace, const DiskModel& model, const Budget& budget, const Visit& visit);

// The crash points after the n-th operation for n in [first, last), with the cuts inside the operation that follows
// them: the unit in which the work can be shared out. All units of a trace together are what enumerate does.
Coverage enumerate(const Trace& trace, const DiskModel& model, const Budget& budget, OpIndex first, OpIndex last,
                   const Visit& visit);

}  // namespace faultfs
