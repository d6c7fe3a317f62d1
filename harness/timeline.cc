#include "harness/timeline.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/assert.h"

namespace walbreaker {

bool PrefixSet::contains(std::size_t prefix) const { return intersects({prefix, prefix}); }

bool PrefixSet::intersects(const PrefixRange& range) const {
  return std::ranges::any_of(ranges_,
                             [&](const PrefixRange& r) { return r.first <= range.last && range.first <= r.last; });
}

namespace {

using Versions = std::vector<Timeline::Version>;

// Within one command, the last write to a key is the one that counts.
void add_version(Versions& versions, std::size_t from, const std::string* value) {
  if (versions.empty() && from > 0) versions.push_back({0, nullptr});
  if (!versions.empty() && versions.back().from == from) versions.pop_back();
  versions.push_back({from, value});
}

bool shows(const Timeline::Version& version, const std::string* value) {
  if (version.value == nullptr || value == nullptr) return version.value == value;
  return *version.value == *value;
}

void add_range(std::vector<PrefixRange>& ranges, const PrefixRange& next) {
  if (!ranges.empty() && ranges.back().last + 1 == next.first) {
    ranges.back().last = next.last;
  } else {
    ranges.push_back(next);
  }
}

// Of `ranges`, what lies where the key shows `value`.
void narrow(const std::vector<PrefixRange>& ranges, const Versions& versions, const std::string* value,
            std::vector<PrefixRange>& narrowed) {
  narrowed.clear();
  for (const PrefixRange& range : ranges) {
    auto version = std::ranges::upper_bound(versions, range.first, {}, &Timeline::Version::from) - 1;
    for (; version != versions.end() && version->from <= range.last; ++version) {
      if (!shows(*version, value)) continue;
      const auto next = version + 1;
      const std::size_t last = next == versions.end() ? range.last : std::min(range.last, next->from - 1);
      add_range(narrowed, {std::max(range.first, version->from), last});
    }
  }
}

}  // namespace

Timeline::Timeline(History history) : history_(std::move(history)) {
  std::map<std::string_view, Versions> versions;
  for (const auto& [key, value] : history_.base) add_version(versions[key], 0, &value);
  for (std::size_t i = 0; i < history_.commands.size(); ++i) {
    for (const auto& write : history_.commands[i].writes.operations()) {
      add_version(versions[write.key], i + 1, write.kind == kv::Batch::Kind::put ? &write.value : nullptr);
    }
  }
  for (auto& [key, of_key] : versions) keys_.push_back({key, std::move(of_key)});
}

PrefixSet Timeline::matches(const Listing& listing) const {
  std::vector<PrefixRange> ranges{{0, full()}};
  std::vector<PrefixRange> narrowed;
  auto seen = listing.begin();
  for (const Key& key : keys_) {
    if (seen != listing.end() && seen->first < key.name) return {};  // no command ever wrote such a key
    const bool shown = seen != listing.end() && seen->first == key.name;
    narrow(ranges, key.versions, shown ? &seen->second : nullptr, narrowed);
    ranges.swap(narrowed);
    if (ranges.empty()) return {};
    if (shown) ++seen;
  }
  return seen == listing.end() ? PrefixSet(std::move(ranges)) : PrefixSet();
}

const Timeline::Key* Timeline::find(std::string_view name) const {
  const auto key = std::ranges::lower_bound(keys_, name, {}, &Key::name);
  return key != keys_.end() && key->name == name ? &*key : nullptr;
}

const std::string* Timeline::value_at(const Key& key, std::size_t prefix) {
  const auto after = std::ranges::upper_bound(key.versions, prefix, {}, &Version::from);
  WB_ASSERT(after != key.versions.begin());
  return (after - 1)->value;
}

}  // namespace walbreaker
