// Possible contents: what a store may hold after its commands, by what it promises.
//
// A command that was answered ok has happened. One that was answered with an error is a *maybe*: it happened, at its
// place in the order, or not at all, and nobody knows which until a store that is opened again shows it. And a crash
// leaves the first k commands, for some k between those that had to be durable and those that were issued: the window.
//
//   order=prefix    those after the first k commands, each maybe among them or not
//   order=per_key   each key by itself: what some command of the window made of it, or what it had before
//   batches=atomic  a batch happened whole or not at all
//   batches=none    a batch that may have happened, may have in part: under prefix the first few of its writes, under
//                   per_key any of them
//
// Under per_key, batches are still held together where both are promised: a batch of which a key shows a value that no
// other command can have put there has happened, so that its other keys show what it, or a later command, made of them.
//
// n maybes stand for up to 2^n contents. The set is exact all the same, and is never spelled out: whether it holds
// given contents is found by going back from the last command to the first. Each key shows what the last command that
// happened has made of it. A maybe that agrees with every key not explained so far may be taken to have happened: that
// explains its keys, and asks nothing more of the commands before it. One that does not agree has not happened. There
// is never a choice to make twice.
//
//   PossibleContents possible(base);
//   possible.add(put_a, Outcome::acked);
//   possible.add(put_b, Outcome::failed);
//   possible.judge(listing, {2, 2});  // nothing, with `b` and without
//
// Threads: any number, for what is const.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/command.h"
#include "harness/history.h"
#include "harness/observation.h"
#include "harness/promise.h"
#include "harness/timeline.h"
#include "harness/violation.h"

namespace walbreaker {

// What was answered to a command, as far as contents go.
enum class Outcome {
  acked,    // ok
  failed,   // an error: a maybe
  nothing,  // there was nothing to do: a del of a key that was missing
};

// What is promised of contents.
struct ContentsRules {
  Order order = Order::prefix;
  Batches batches = Batches::atomic;
  std::uint64_t epoch = 0;  // the number that the commands' values carry: a lower one is from the past
};

[[nodiscard]] ContentsRules rules_of(const Promise& promise, std::uint64_t epoch = 0);

class PossibleContents {
 public:
  // Before the first command the contents are known to be these.
  explicit PossibleContents(Contents base, const ContentsRules& rules = {});

  // After a history, all of whose commands were acked but for those that its window leaves open.
  PossibleContents(const History& history, const Promise& promise);

  // The next command, in the order in which they were issued.
  void add(const Command& command, Outcome outcome);
  [[nodiscard]] std::size_t size() const { return issued_.size(); }
  [[nodiscard]] const ContentsRules& rules() const { return rules_; }

  // Whether any of the first `prefix` commands is sure to have reached the disk where its ack is durable: a del that
  // found no key need not write, nor need a batch without a put.
  [[nodiscard]] bool wrote(std::size_t prefix) const;

  // What the process shows that was given these commands, if it promises that reads never show one that failed.
  [[nodiscard]] const Contents& acked() const { return acked_; }

  // The highest k among `prefixes` after whose first k commands the contents may be these, each maybe among the k there
  // or not, and no command after them but, without atomic batches, a part of the next one. Under per_key contents have
  // no one k: the last one, where each key shows something of the window.
  [[nodiscard]] std::optional<std::size_t> matches(const Listing& listing, const PrefixRange& prefixes) const;

  // The same for a store that refused to read some of its keys: they match anything.
  [[nodiscard]] std::optional<std::size_t> matches(const PartialListing& listing, const PrefixRange& prefixes) const;

  // Under per_key: whether the key may show this after some of `prefixes`; null: it is missing.
  [[nodiscard]] bool may_show(const std::string& key, const std::string* shown, const PrefixRange& prefixes) const;

  // Nothing where a prefix among `allowed` matches; else what is wrong.
  [[nodiscard]] std::optional<Wrong> judge(const Listing& listing, const PrefixRange& allowed) const;

  // The same for a store that was opened again with no damage to its disk: it must not refuse, nor report any.
  [[nodiscard]] std::optional<Wrong> judge(const Observation& observation, const PrefixRange& allowed) const;

  // Names contents that none of `allowed` and no prefix before them matches.
  [[nodiscard]] Wrong explain(const Listing& listing, const PrefixRange& allowed) const;

  // Every key that a command wrote or that was in the base, ascending.
  [[nodiscard]] std::vector<std::string> keys() const;

 private:
  struct Key {
    std::string name;
    std::uint32_t id;  // in the order in which the keys were met
  };
  struct Mention {
    std::uint32_t step;
    std::uint32_t write;
  };
  struct KeyHistory {
    std::optional<std::string> base;
    std::vector<Mention> mentions;  // by step, ascending

    [[nodiscard]] const std::string* in_base() const { return base ? &*base : nullptr; }
  };
  struct Issued {
    Command command;
    Outcome outcome;
    std::uint32_t end;  // of its steps
  };
  // What happens or does not: a command, or one write of it where batches need not be atomic.
  struct Step {
    std::uint32_t command;
    std::uint32_t end;  // of its writes
    bool maybe;
  };
  struct Write {
    std::uint32_t key;
    std::uint32_t operation;  // in its command's batch
  };
  using Shown = std::vector<const std::string*>;  // by id; null: missing
  using Marks = std::vector<bool>;                // by id: whether a command explains what it shows

  // What a key shows, under per_key: which of the steps that may have put it there did.
  struct Standing {
    std::size_t makers = 0;             // how many of them would show the same; 0: wrong
    std::optional<std::size_t> latest;  // of those; nothing: it is as it was in the base
    bool refused = false;
  };

  // Stands for what a key shows that the store refused to read: it agrees with anything.
  static const std::string kRefused;
  static bool agrees(const std::string* shown, const std::string* made);

  std::uint32_t id_of(const std::string& key);
  [[nodiscard]] std::optional<std::uint32_t> find(const std::string& key) const;  // its id; nothing: it was never met
  void add_step(std::uint32_t command, bool maybe, std::size_t first, std::size_t last);
  [[nodiscard]] std::size_t steps_before(std::size_t prefix) const;
  [[nodiscard]] std::size_t begin_of(std::size_t step) const { return step == 0 ? 0 : steps_[step - 1].end; }
  [[nodiscard]] const std::string* made_by(std::uint32_t command, std::uint32_t operation) const;

  [[nodiscard]] std::optional<Shown> shown_in(const Listing& listing) const;
  [[nodiscard]] std::optional<Shown> shown_in(const PartialListing& listing) const;
  [[nodiscard]] std::optional<std::size_t> match(const Shown& shown, const PrefixRange& prefixes) const;

  // order=prefix
  [[nodiscard]] bool may_be_left(const Shown& shown, std::size_t steps, Marks& explained) const;
  [[nodiscard]] bool take(std::size_t step, const Shown& shown, Marks& explained) const;
  [[nodiscard]] std::size_t take_part(std::size_t step, const Shown& shown, Marks& explained) const;
  [[nodiscard]] Wrong explain_prefix(const Listing& listing, std::size_t expected) const;

  // order=per_key (possible_contents_per_key.cc)
  [[nodiscard]] Standing standing_of(std::uint32_t key, const std::string* shown, const PrefixRange& window) const;
  [[nodiscard]] std::vector<Standing> standings_of(const Shown& shown, const PrefixRange& window) const;
  [[nodiscard]] std::optional<std::size_t> torn_batch(const std::vector<Standing>& standings) const;
  [[nodiscard]] bool may_show_by_key(const Shown& shown, const PrefixRange& window) const;
  [[nodiscard]] Wrong explain_per_key(const Listing& listing, const PrefixRange& window) const;
  [[nodiscard]] Wrong explain_key(const Key& key, const std::string* got, const PrefixRange& window) const;

  ContentsRules rules_;
  Contents acked_;
  std::vector<Key> keys_;           // ascending
  std::vector<KeyHistory> of_key_;  // by id
  std::vector<Issued> issued_;
  std::vector<Step> steps_;
  std::vector<Write> writes_;
};

// The first key, in their order, that two contents show differently: "key "a": expected "1", got missing".
[[nodiscard]] std::string first_difference(const Contents& expected, const Contents& got);

}  // namespace walbreaker
