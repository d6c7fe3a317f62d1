// Laws of the oracle: what is planted in a history of any kind, it calls by its name.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "harness/ground.h"
#include "harness/oracle.h"
#include "harness/possible_contents.h"
#include "properties/history_model.h"
#include "properties/law.h"

namespace walbreaker::properties {
namespace {

// Commands of all sorts, all acked, and the ones that a test adds to them, on keys of their own.
struct Planted {
  History history;
  Contents shown;

  Planted() {
    history = {.epoch = 2, .base = kBase, .commands = {}};
    shown = kBase;
    auto issues = *any_issues();
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

}  // namespace
}  // namespace walbreaker::properties
