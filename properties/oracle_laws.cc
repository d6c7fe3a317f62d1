// Laws of the oracle: it accepts all that a naive model of a store allows, and nothing else.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "harness/possible_contents.h"
#include "harness/promise.h"
#include "properties/history_model.h"
#include "properties/law.h"

namespace walbreaker {

std::ostream& operator<<(std::ostream& out, const Promise& promise) {
  for (const auto& [key, value] : to_terms(promise)) out << key << '=' << value << ' ';
  return out;
}

}  // namespace walbreaker

namespace walbreaker::properties {
namespace {

using Issues = std::vector<Issued>;

PossibleContents possible_after(const Issues& issues, const ContentsRules& rules) {
  PossibleContents possible(kBase, rules);
  for (std::size_t i = 0; i < issues.size(); ++i) {
    possible.add(command_of(issues[i], i), issues[i].failed ? Outcome::failed : Outcome::acked);
  }
  return possible;
}

// Some contents, right or wrong: those after some of the commands, with some keys as other commands made them.
Contents any_contents(const Issues& issues) {
  Contents contents = kBase;
  for (std::size_t i = 0; i < issues.size(); ++i) {
    const bool happened = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
    const Command command = command_of(issues[i], i);
    for (const auto& write : command.writes.operations()) {
      const bool this_too = happened && *rc::gen::weightedElement<bool>({{8, true}, {1, false}});
      if (!this_too) continue;
      if (write.kind == kv::Batch::Kind::put) contents[write.key] = write.value;
      if (write.kind == kv::Batch::Kind::remove) contents.erase(write.key);
    }
  }
  return contents;
}

PrefixRange any_window(std::size_t issued) {
  const auto first = *rc::gen::inRange<std::size_t>(0, issued + 1);
  return {first, *rc::gen::inRange<std::size_t>(first, issued + 1)};
}

// --- the naive models ---

using Worlds = std::set<Contents>;

void write_first(Contents& contents, const Command& command, std::size_t count) {
  Command part{CommandKind::batch, {}};
  for (std::size_t i = 0; i < count; ++i) {
    const auto& write = command.writes.operations()[i];
    if (write.kind == kv::Batch::Kind::put) part.writes.put(write.key, write.value);
    if (write.kind == kv::Batch::Kind::remove) part.writes.remove(write.key);
  }
  apply_to(contents, part);
}

// Each world, with the first `fewest` to all of the command's writes done; none or all of them where batches are
// atomic.
Worlds grown(const Worlds& worlds, const Command& command, std::size_t fewest, Batches batches) {
  Worlds grown;
  for (const Contents& world : worlds) {
    for (std::size_t count = fewest; count <= command.writes.size(); ++count) {
      if (batches == Batches::atomic && count != 0 && count != command.writes.size()) continue;
      Contents contents = world;
      write_first(contents, command, count);
      grown.insert(contents);
    }
  }
  return grown;
}

// The contents after the first k commands, for each k of the window; what failed, happened or did not.
Worlds worlds_of_prefixes(const Issues& issues, const PrefixRange& window, Batches batches) {
  Worlds all;
  Worlds worlds{kBase};
  for (std::size_t k = 0; k <= window.last; ++k) {
    if (k >= window.first) all.insert(worlds.begin(), worlds.end());
    if (k == window.last) break;
    const Command command = command_of(issues[k], k);
    if (k >= window.first) all.merge(grown(worlds, command, 0, batches));
    worlds = grown(worlds, command, issues[k].failed ? 0 : command.writes.size(), batches);
  }
  return all;
}

// What a key may show: what some command of the window made of it, or what it had before, where no command that failed
// is certain to have been.
std::set<std::optional<std::string>> shown_by_key(const Issues& issues, const PrefixRange& window,
                                                  const std::string& key) {
  std::set<std::optional<std::string>> shown;
  const auto base = kBase.find(key);
  shown.insert(base == kBase.end() ? std::nullopt : std::optional(base->second));
  for (std::size_t i = 0; i < window.last; ++i) {
    for (const Write& write : issues[i].writes) {
      if (write.key != key) continue;
      if (i < window.first && !issues[i].failed) shown.clear();
      shown.insert(write.put ? std::optional(value_of(i)) : std::nullopt);
    }
  }
  return shown;
}

bool is_allowed_by_key(const Issues& issues, const PrefixRange& window, const Contents& contents) {
  return std::ranges::all_of(std::vector<std::string>{"a", "b", "c", "d", "z"}, [&](const std::string& key) {
    const auto found = contents.find(key);
    return shown_by_key(issues, window, key)
        .contains(found == contents.end() ? std::nullopt : std::optional(found->second));
  });
}

// --- accepts what is legal, and nothing else ---

void check_prefixes(Batches batches) {
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  check_law(300, [&] {
    const Issues issues = *any_issues();
    const PossibleContents possible = possible_after(issues, {.order = Order::prefix, .batches = batches, .epoch = 2});
    const PrefixRange window = any_window(issues.size());
    const Worlds worlds = worlds_of_prefixes(issues, window, batches);
    for (const Contents& contents : worlds) RC_ASSERT(!possible.judge(listing_of(contents), window));
    const Contents some = any_contents(issues);
    RC_ASSERT(possible.judge(listing_of(some), window).has_value() == !worlds.contains(some));
    ++(worlds.contains(some) ? right : wrong);
  });
  EXPECT_GT(right, 20U);
  EXPECT_GT(wrong, 20U);
}

TEST(Oracle, AcceptsTheContentsOfAPrefixWithAtomicBatchesAndNoOthers) { check_prefixes(Batches::atomic); }
TEST(Oracle, AcceptsTheContentsOfAPrefixAndTheFirstWritesOfABatchAndNoOthers) { check_prefixes(Batches::none); }

TEST(Oracle, AcceptsForEachKeyWhatACommandOfTheWindowMadeOfItAndNothingElse) {
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  check_law(300, [&] {
    const Issues issues = *any_issues();
    const PrefixRange window = any_window(issues.size());
    const PossibleContents possible =
        possible_after(issues, {.order = Order::per_key, .batches = Batches::none, .epoch = 2});
    const Contents some = any_contents(issues);
    const bool allowed = is_allowed_by_key(issues, window, some);
    RC_ASSERT(possible.judge(listing_of(some), window).has_value() == !allowed);
    ++(allowed ? right : wrong);
  });
  EXPECT_GT(right, 20U);
  EXPECT_GT(wrong, 20U);
}

TEST(Oracle, AcceptsForEachKeyAnyChoiceAmongTheAtomicBatchesThatNeedNotBeThere) {
  check_law(300, [] {
    const Issues issues = *any_issues();
    const PrefixRange window = any_window(issues.size());
    Contents contents = kBase;
    for (std::size_t i = 0; i < window.last; ++i) {
      const bool certain = i < window.first && !issues[i].failed;
      const bool happened = certain || *rc::gen::arbitrary<bool>();
      if (happened) apply_to(contents, command_of(issues[i], i));
    }
    const PossibleContents possible =
        possible_after(issues, {.order = Order::per_key, .batches = Batches::atomic, .epoch = 2});
    const auto wrong = possible.judge(listing_of(contents), window);
    if (wrong) RC_FAIL(wrong->text);
  });
}

// --- promises ---

rc::Gen<Promise> any_promise() {
  const auto survives = rc::gen::element(Survives::never, Survives::on_sync, Survives::on_ack);
  const auto limit = rc::gen::element<std::optional<std::uint64_t>>(std::nullopt, 8, ~std::uint64_t{0});
  return rc::gen::build<Promise>(
      rc::gen::set(&Promise::kill, survives), rc::gen::set(&Promise::power, survives),
      rc::gen::set(&Promise::served, rc::gen::element(Served::cached, Served::durable)),
      rc::gen::set(&Promise::order, rc::gen::element(Order::per_key, Order::prefix)),
      rc::gen::set(&Promise::batches, rc::gen::element(Batches::none, Batches::atomic)),
      rc::gen::set(&Promise::on_error, rc::gen::element(OnError::unknown, OnError::invisible)),
      rc::gen::set(&Promise::on_damage,
                   rc::gen::element(OnDamage::none, OnDamage::prefix, OnDamage::detect, OnDamage::exact_prefix)),
      rc::gen::set(&Promise::keys, rc::gen::element(Domain::bytes, Domain::int32)),
      rc::gen::set(&Promise::values, rc::gen::element(Domain::bytes, Domain::int64)),
      rc::gen::set(&Promise::max_key, limit), rc::gen::set(&Promise::max_value, limit));
}

TEST(Oracle, ReadsEveryPromiseBackFromItsTerms) {
  check_law(100, [] {
    const Promise promise = *any_promise();
    const auto read = parse_promise(to_terms(promise));
    if (!read) RC_FAIL(read.error().message());
    RC_ASSERT(*read == promise);
  });
}

}  // namespace
}  // namespace walbreaker::properties
