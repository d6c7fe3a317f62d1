// Laws of recovery from a crash: whatever a power cut or a kill leaves opens to what was promised, and stays that.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <map>

#include "faultfs/sim_disk.h"
#include "harness/ground.h"
#include "harness/observation.h"
#include "properties/damage_model.h"
#include "properties/law.h"
#include "properties/run_model.h"

namespace walbreaker::properties {
namespace {

using faultfs::DiskModel;

Promise promise_of(const Script& script) { return walbreaker::promise_of(kReference, script.settings); }

// A run, and the disk that it may crash on. Drawn in this order.
struct Crashing {
  Script script = *any_script();
  PlayedRun run = play_well(script);
  DiskModel model = any_power_cut();

  [[nodiscard]] Ground ground_of(const Cut& cut) const {
    return ground_at(run, script.commands, cut.state.point.ops, model.survival, promise_of(script));
  }

  [[nodiscard]] FoundCase case_of(const Cut& cut) const {
    FoundCase found(kReference, script.settings);
    found.play(script, run.trace, model, cut.state);
    return found;
  }
};

Observation opened(const Script& script, const faultfs::Image& image) {
  return observe_after_crash(kReference, script.settings, script.epoch, image);
}

// Nothing, or what is wrong with an open of the image, by the promise and by the bytes.
std::optional<Wrong> wrong_with(const Ground& ground, const Script& script, const faultfs::Image& image) {
  const Observation seen = opened(script, image);
  auto wrong = judge(ground, seen);
  return wrong ? wrong : kReference.second_opinion(image, kStoreDirectory, seen);
}

TEST(Crash, LeavesContentsThatWerePromisedInEveryState) {
  std::uint64_t judged = 0;
  check_law(25, [&] {
    const Crashing first;
    for_some_cuts(first.run.trace, first.model, [&](const Cut& cut) {
      ++judged;
      if (const auto wrong = wrong_with(first.ground_of(cut), first.script, cut.image)) {
        fail_with(first.case_of(cut), *wrong, to_text(cut.state));
      }
    });
  });
  EXPECT_GT(judged, 500U);
}

// What a crash left is all durable: no crash in the opening of it can make it come out otherwise.
TEST(Crash, InsideARecoveryLeavesWhatThatRecoveryWouldHaveServed) {
  std::uint64_t inside = 0;
  check_law(25, [&] {
    const Crashing first;
    const Cut cut = any_cut(first.run.trace, first.model);
    const Script reopening{.epoch = 2, .settings = first.script.settings, .entropy = 2};
    const PlayedRun recovery = play_well(reopening, cut.image);
    RC_ASSERT(recovery.first_served.has_value());
    for_some_cuts(recovery.trace, first.model, [&](const Cut& second) {
      if (second.state.point.ops < recovery.first_opened_at()) ++inside;
      const Observation seen = opened(reopening, second.image);
      const bool right = (seen.answer == Answer::clean || seen.answer == Answer::torn) && !seen.wrong &&
                         seen.listing == *recovery.first_served;
      if (right) return;
      FoundCase found = first.case_of(cut);
      found.play(reopening, recovery.trace, first.model, second.state);
      const std::string text = "after a crash in a recovery, the store shows something else: " + seen.text;
      fail_with(std::move(found), {ViolationKind::lost_after_recovery, text}, to_text(second.state));
    });
  });
  EXPECT_GT(inside, 200U);
}

TEST(Crash, AfterARecoveryTakesNothingThatWasServedOrAckedSince) {
  check_law(20, [] {
    const Crashing first;
    const Cut cut = any_cut(first.run.trace, first.model);
    const Script sequel = *any_sequel(first.script);
    const Crashing later{sequel, play_well(sequel, cut.image), first.model};
    for_some_cuts(later.run.trace, later.model, [&](const Cut& second) {
      const bool inside = second.state.point.ops < later.run.first_opened_at();
      Ground ground = inside ? first.ground_of(cut) : later.ground_of(second);
      ground.after_recovery = true;
      const auto wrong = wrong_with(ground, sequel, second.image);
      if (!wrong) return;
      FoundCase found = first.case_of(cut);
      found.play(sequel, later.run.trace, later.model, second.state);
      fail_with(std::move(found), *wrong, to_text(second.state));
    });
  });
}

TEST(Crash, IsForgottenOnceTheStoreWasOpened) {
  check_law(50, [] {
    const Script script = *any_script();
    const PlayedRun run = play_well(script);
    faultfs::SimDisk disk(any_cut(run.trace, any_power_cut()).image);
    const auto look = [&](std::uint64_t number, Leave leave) {
      const OpenRequest request{.settings = script.settings, .entropy = 100 + number};
      return observe(kReference, disk, kStoreDirectory, request, leave);
    };
    const Observation once = look(1, Leave::dropped);
    RC_ASSERT(!once.wrong);
    RC_ASSERT(once.answer != Answer::refused);
    for (const Leave leave : {Leave::dropped, Leave::closed, Leave::dropped}) {
      const Observation again = look(disk.trace().ops.size(), leave);
      RC_ASSERT(!again.wrong);
      RC_ASSERT(again.answer == Answer::clean);
      RC_ASSERT(again.listing == once.listing);
    }
  });
}

// --- reading only ---

// The newest log, with bytes behind its end that are no record.
faultfs::Image with_torn_tail(faultfs::Image image) {
  std::string newest;
  for (const auto& [path, bytes] : image.files) {
    const bool longer = path.size() > newest.size();
    if (path.ends_with(".log") && (longer || path > newest)) newest = path;
  }
  if (newest.empty()) return image;
  faultfs::FileBuffer buffer(image.files[newest]);
  buffer.write(buffer.size(), "torn");
  image.files[newest] = buffer.freeze();
  return image;
}

TEST(ReadOnlyOpen, ChangesNoByteAndServesWhatAnOpenToWriteServes) {
  std::map<Answer, std::uint64_t> answers;
  check_law(100, [&] {
    const Script script = *any_script();
    const PlayedRun run = play_well(script);
    faultfs::Image image = any_cut(run.trace, any_power_cut()).image;
    const bool torn = *rc::gen::weightedElement<bool>({{3, false}, {1, true}});
    if (torn) image = with_torn_tail(image);
    for (int harms = *rc::gen::element(0, 0, 1, 1, 2); harms > 0; --harms) image = with_any_damage(image);
    faultfs::SimDisk disk(image);
    const OpenRequest request{.read_only = true, .settings = script.settings, .entropy = 7};
    const Observation seen = observe(kReference, disk, kStoreDirectory, request);
    RC_ASSERT(disk.trace().ops.empty());
    RC_ASSERT(disk.image() == image);
    const Observation to_write = opened(script, image);
    ++answers[to_write.answer];
    const bool is_new = to_write.answer == Answer::clean && to_write.listing.empty();
    if (is_new && seen.answer == Answer::refused) return;  // there is nothing yet that could be read
    RC_ASSERT(seen.answer == to_write.answer);
    RC_ASSERT(seen.listing == to_write.listing);
  });
  for (const Answer answer : {Answer::clean, Answer::torn, Answer::damaged, Answer::refused}) {
    EXPECT_GT(answers[answer], 0U) << to_string(answer);
  }
}

}  // namespace
}  // namespace walbreaker::properties
