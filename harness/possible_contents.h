// Possible contents: what a store may hold where some of its commands were answered with an error.
//
// A command that was answered ok has happened. One that was answered with an error is a *maybe*: it happened whole, at
// its place in the order, or not at all, and nobody knows which until a store that is opened again shows it. So n
// maybes stand for up to 2^n contents. The set is exact all the same, and is never spelled out: whether it holds given
// contents is found by going back from the last command to the first. Each key shows what the last command that
// happened has made of it. A maybe that agrees with every key not explained so far may be taken to have happened: that
// explains its keys, and asks nothing more of the commands before it. One that does not agree has not happened. There
// is never a choice to make twice.
//
//   PossibleContents possible(base);
//   possible.add(put_a, Outcome::acked);
//   possible.add(put_b, Outcome::failed);
//   possible.judge(listing, {2, 2});  // nothing, with `b` and without
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/command.h"
#include "harness/observation.h"
#include "harness/timeline.h"
#include "harness/violation.h"

namespace walbreaker {

// What was answered to a command, as far as contents go.
enum class Outcome {
  acked,    // ok
  failed,   // an error: a maybe
  nothing,  // there was nothing to do: a del of a key that was missing
};

class PossibleContents {
 public:
  // Before the first command the contents are known to be these.
  explicit PossibleContents(Contents base) : base_(std::move(base)), acked_(base_) {}

  // The next command, in the order in which they were issued.
  void add(const Command& command, Outcome outcome);
  [[nodiscard]] std::size_t size() const { return commands_.size(); }

  // Before the first command.
  [[nodiscard]] const Contents& base() const { return base_; }

  // What the process shows that was given these commands, if it promises that reads never show one that failed.
  [[nodiscard]] const Contents& acked() const { return acked_; }

  // The highest k among `prefixes` after whose first k commands the contents may be these, each maybe among the k there
  // or not, and no command after them.
  [[nodiscard]] std::optional<std::size_t> matches(const Listing& listing, const PrefixRange& prefixes) const;

  // Nothing where a prefix among `allowed` matches; else what is wrong.
  [[nodiscard]] std::optional<Wrong> judge(const Listing& listing, const PrefixRange& allowed) const;

  // The same for a store that was opened again with no damage to its disk: it must not refuse, nor report any.
  [[nodiscard]] std::optional<Wrong> judge(const Observation& observation, const PrefixRange& allowed) const;

 private:
  struct Issued {
    Command command;
    Outcome outcome;
    std::map<std::string, std::optional<std::string>> effect;  // what it makes of each key, if it happens
  };

  [[nodiscard]] bool may_show(const Contents& contents, std::size_t prefix) const;
  [[nodiscard]] Wrong explain(const Listing& listing, std::size_t expected) const;

  Contents base_;
  Contents acked_;
  std::vector<Issued> commands_;
};

// The first key, in their order, that two contents show differently: "key "a": expected "1", got missing".
[[nodiscard]] std::string first_difference(const Contents& expected, const Contents& got);

}  // namespace walbreaker
