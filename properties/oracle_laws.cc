// Laws of the oracle: it accepts all that a naive model of a store allows, and nothing else; and it calls what is
// planted by its name.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "harness/ground.h"
#include "harness/oracle.h"
#include "harness/possible_contents.h"
#include "properties/law.h"

namespace walbreaker {

std::ostream& operator<<(std::ostream& out, const Promise& promise) {
  for (const auto& [key, value] : to_terms(promise)) out << key << '=' << value << ' ';
  return out;
}

}  // namespace walbreaker

namespace walbreaker::properties {
namespace {

// --- histories ---

struct Write {
  std::string key;
  bool put = true;
};

struct Issued {
  std::vector<Write> writes;  // more than one are a batch
  bool failed = false;
};

std::ostream& operator<<(std::ostream& out, const Issued& issued) {
  out << (issued.failed ? "failed:" : "acked:");
  for (const Write& write : issued.writes) out << (write.put ? " put " : " del ") << write.key;
  return out;
}

std::string value_of(std::size_t command) { return fmt::format("e2.{}.", command); }

Command command_of(const Issued& issued, std::size_t index) {
  Command command{CommandKind::batch, {}};
  for (const Write& write : issued.writes) {
    if (write.put) command.writes.put(write.key, value_of(index));
    if (!write.put) command.writes.remove(write.key);
  }
  if (issued.writes.size() == 1) command.kind = issued.writes.front().put ? CommandKind::put : CommandKind::del;
  return command;
}

using Issues = std::vector<Issued>;

rc::Gen<Issues> any_issues() {
  const auto write =
      rc::gen::build<Write>(rc::gen::set(&Write::key, rc::gen::element<std::string>("a", "b", "c", "d")),
                            rc::gen::set(&Write::put, rc::gen::weightedElement<bool>({{3, true}, {1, false}})));
  const auto writes = rc::gen::resize(3, rc::gen::nonEmpty(rc::gen::container<std::vector<Write>>(write)));
  const auto issued =
      rc::gen::build<Issued>(rc::gen::set(&Issued::writes, writes),
                             rc::gen::set(&Issued::failed, rc::gen::weightedElement<bool>({{3, false}, {1, true}})));
  return rc::gen::resize(7, rc::gen::container<Issues>(issued));
}

const Contents kBase{{"a", "e1.0."}, {"z", "e1.1."}};

PossibleContents possible_after(const Issues& issues, const ContentsRules& rules) {
  PossibleContents possible(kBase, rules);
  for (std::size_t i = 0; i < issues.size(); ++i) {
    possible.add(command_of(issues[i], i), issues[i].failed ? Outcome::failed : Outcome::acked);
  }
  return possible;
}

Listing listing_of(const Contents& contents) { return {contents.begin(), contents.end()}; }

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

// --- calls what is planted by its name ---

// Commands of all sorts, all acked, and the ones that a test adds to them, on keys of their own.
struct Planted {
  History history;
  Contents shown;

  Planted() {
    history = {.epoch = 2, .base = kBase, .commands = {}};
    shown = kBase;
    Issues issues = *any_issues();
    for (Issued& issued : issues) {
      issued.failed = false;
      add(issued.writes);
    }
  }
  void add(const std::vector<Write>& writes) {
    history.commands.push_back(command_of({writes}, history.commands.size()));
    history.acked = history.commands.size();
    shown = history.contents_after(history.acked);
  }
  [[nodiscard]] std::size_t full() const { return history.commands.size(); }
};

std::optional<ViolationKind> kind_of(const std::optional<Wrong>& wrong) {
  return wrong ? std::optional(wrong->kind) : std::nullopt;
}

Observation served(Answer answer, const Contents& contents) {
  return {.answer = answer, .text = "text", .listing = listing_of(contents), .wrong = {}};
}

// Both ways to judge, whatever an open that found nothing amiss answers.
void expect_kind(const Planted& planted, const Allowed& allowed, const Observation& seen,
                 std::optional<ViolationKind> kind) {
  RC_ASSERT(kind_of(judge(Timeline(planted.history), allowed, seen).wrong) == kind);
  const PossibleContents possible(planted.history,
                                  {.order = Order::prefix, .batches = Batches::atomic, .on_error = OnError::invisible});
  RC_ASSERT(kind_of(judge(possible, allowed, seen).wrong) == kind);
}

void expect_after_kill(const Planted& planted, ViolationKind kind) {
  const Allowed allowed = allowed_after_kill(planted.history);
  const Answer answer = *rc::gen::element(Answer::clean, Answer::torn);
  expect_kind(planted, allowed, served(answer, planted.shown), kind);
  const std::size_t full = planted.full();
  expect_kind(planted, allowed, served(answer, planted.history.contents_after(full)), std::nullopt);
}

TEST(Oracle, CallsTheLossOfWhatWasAckedALostAck) {
  check_law(100, [] {
    Planted planted;
    const std::size_t before = planted.full();
    planted.add({{"x"}});
    planted.shown = planted.history.contents_after(*rc::gen::inRange<std::size_t>(0, before + 1));
    expect_after_kill(planted, ViolationKind::lost_ack);
  });
}

TEST(Oracle, CallsAPartOfABatchATornBatch) {
  check_law(100, [] {
    Planted planted;
    planted.add({{"x"}, {"y"}});
    planted.shown.erase(*rc::gen::element<std::string>("x", "y"));
    planted.history.acked -= *rc::gen::inRange<std::size_t>(0, 2);
    expect_after_kill(planted, ViolationKind::torn_batch);
  });
}

TEST(Oracle, CallsAnEarlierCommandThatIsMissingAHole) {
  check_law(100, [] {
    Planted planted;
    planted.add({{"x"}});
    planted.add({{"y"}});
    planted.history.acked = *rc::gen::inRange<std::size_t>(0, planted.full() + 1);
    planted.shown.erase("x");
    expect_after_kill(planted, ViolationKind::hole);
  });
}

TEST(Oracle, CallsWhatWasDeletedOrIsOfAnEarlierRunAResurrectedKey) {
  check_law(100, [] {
    Planted planted;
    planted.add({{"x"}});
    const std::string value = planted.shown.at("x");
    planted.add({{"x", false}});
    planted.add({{"y"}});
    if (*rc::gen::arbitrary<bool>())
      planted.shown["x"] = value;
    else
      planted.shown[*rc::gen::element<std::string>("x", "y", "new")] = "e1.3.";
    expect_after_kill(planted, ViolationKind::resurrected_key);
  });
}

TEST(Oracle, CallsAKeyThatNobodyWroteAPhantom) {
  check_law(100, [] {
    Planted planted;
    planted.shown["new"] = *rc::gen::element<std::string>("", "e2.0.", "garbage");
    expect_after_kill(planted, ViolationKind::phantom_value);
  });
}

TEST(Oracle, CallsAValueThatNobodyWroteAWrongValue) {
  check_law(100, [] {
    Planted planted;
    planted.add({{"x"}});
    std::string& value = planted.shown["x"];
    value = *rc::gen::element<std::string>("", value + "x", "E" + value.substr(1), value.substr(0, 1));
    expect_after_kill(planted, ViolationKind::wrong_value);
  });
}

TEST(Oracle, CallsKeysThatAreListedOutOfOrderAWrongResult) {
  check_law(50, [] {
    Planted planted;
    planted.add({{"x"}, {"y"}});
    Observation seen = served(Answer::clean, planted.shown);
    std::swap(*std::next(seen.listing.rbegin()), *std::next(seen.listing.rbegin(), 2));
    expect_kind(planted, allowed_after_kill(planted.history), seen, ViolationKind::wrong_result);
  });
}

TEST(Oracle, CallsALossThatNobodyReportsSilentAndAReportOfNoneFalse) {
  check_law(100, [] {
    Planted planted;
    const auto left = *rc::gen::inRange<std::size_t>(0, planted.full() + 1);
    planted.add({{"x"}});
    const std::size_t full = planted.full();
    const Allowed harmed{PrefixSet({{full, full}}), PrefixRange{left, left}, true};
    const Contents less = planted.history.contents_after(left);
    expect_kind(planted, harmed, served(Answer::damaged, less), std::nullopt);
    expect_kind(planted, harmed, served(Answer::torn, less), ViolationKind::silent_loss);
    expect_kind(planted, harmed, served(Answer::damaged, planted.shown), ViolationKind::false_damage);
    const Allowed killed = allowed_after_kill(planted.history);
    expect_kind(planted, killed, served(Answer::damaged, planted.shown), ViolationKind::false_damage);
    Observation refused = served(Answer::refused, {});
    refused.refusal = *rc::gen::element(kv::ErrorCode::corrupted, kv::ErrorCode::io_error);
    expect_kind(planted, killed, refused, ViolationKind::unrecoverable);
  });
}

TEST(Oracle, CallsASecondOpenThatShowsSomethingElseUnstable) {
  check_law(100, [] {
    Planted planted;
    const Observation once = served(Answer::torn, planted.shown);
    RC_ASSERT(!judge_second_open(once, served(Answer::clean, planted.shown)));
    planted.add({{"x"}});
    const Observation again = served(*rc::gen::element(Answer::clean, Answer::torn, Answer::damaged), planted.shown);
    RC_ASSERT(kind_of(judge_second_open(once, again)) == ViolationKind::unstable_recovery);
  });
}

TEST(Oracle, CallsTheLossOfWhatARecoveryHadServedAKindOfItsOwn) {
  check_law(100, [] {
    Planted planted;
    std::vector<PossibleContents> stretches;
    const Promise promise{.order = Order::prefix, .batches = Batches::atomic};
    stretches.emplace_back(planted.history, promise);
    // The recovery served all of it, and the next process wrote one more key.
    stretches.emplace_back(planted.shown, rules_of(promise, 2));
    stretches.back().add(command_of({{{"x"}}}, planted.full()), Outcome::acked);
    const Ground ground{stretches, {1, {1, 1}}, true};
    const auto lost = judge(ground, served(Answer::clean, planted.shown));
    RC_ASSERT(kind_of(lost) == ViolationKind::lost_after_recovery);
    planted.add({{"x"}});
    const auto kept = judge(ground, served(Answer::clean, planted.shown));
    if (kept) RC_FAIL(kept->text);
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
