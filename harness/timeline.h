// A timeline: for every key of a history, which value it had when. It answers in one pass which prefixes of the history
// show exactly the contents that a subject returned.
//
// It is exact: keys and values are compared byte by byte. The alternative, a hash of every prefix's contents, is no
// faster: each key that is compared narrows the prefixes left, and after a few keys there is one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/history.h"

namespace walbreaker {

// Commands are counted: prefix k is the first k commands.
struct PrefixRange {
  std::size_t first = 0;
  std::size_t last = 0;  // included
  bool operator==(const PrefixRange&) const = default;
};

// A set of prefixes: ranges, ascending, apart.
class PrefixSet {
 public:
  PrefixSet() = default;
  explicit PrefixSet(std::vector<PrefixRange> ranges) : ranges_(std::move(ranges)) {}

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] bool contains(std::size_t prefix) const;
  [[nodiscard]] bool intersects(const PrefixRange& range) const;
  [[nodiscard]] std::size_t highest() const { return ranges_.back().last; }  // not of an empty set
  [[nodiscard]] const std::vector<PrefixRange>& ranges() const { return ranges_; }

 private:
  std::vector<PrefixRange> ranges_;
};

class Timeline {
 public:
  // What a key shows from the prefix `from` on; without a value the key is missing.
  struct Version {
    std::size_t from;
    const std::string* value;  // in the history, or null
  };
  struct Key {
    std::string_view name;
    std::vector<Version> versions;  // ascending; the first one is from prefix 0
  };

  explicit Timeline(History history);
  Timeline(Timeline&&) = default;
  Timeline& operator=(Timeline&&) = default;
  Timeline(const Timeline&) = delete;  // versions point into history_
  Timeline& operator=(const Timeline&) = delete;
  ~Timeline() = default;

  [[nodiscard]] const History& history() const { return history_; }

  // The prefix of all commands issued.
  [[nodiscard]] std::size_t full() const { return history_.commands.size(); }

  // All prefixes after which the contents are exactly these. `listing` is in ascending order of keys.
  [[nodiscard]] PrefixSet matches(const Listing& listing) const;

  // Every key that was ever written or in the base, ascending.
  [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }

  // The key of this name, or null where no command ever wrote it.
  [[nodiscard]] const Key* find(std::string_view name) const;

  // What a key shows after the first `prefix` commands, or null where it is missing then.
  [[nodiscard]] static const std::string* value_at(const Key& key, std::size_t prefix);

 private:
  History history_;
  std::vector<Key> keys_;
};

}  // namespace walbreaker
