#include "harness/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/assert.h"
#include "faultfs/sim_disk.h"
#include "harness/observation.h"
#include "harness/random.h"

namespace walbreaker {

namespace {

using faultfs::MarkKind;

std::unexpected<Wrong> baseline(std::string text) {
  return std::unexpected(Wrong{ViolationKind::baseline, std::move(text)});
}

// Plays one script.
class Player {
 public:
  Player(const Subject& subject, const Script& script, const faultfs::Image& image)
      : subject_(subject), script_(script), entropy_(Random(script.entropy)), disk_(image) {}

  std::expected<Recording, Wrong> run() && {
    TRY(open());
    History history{.epoch = script_.epoch,
                    .base = TRY(contents()),
                    .commands = script_.commands,
                    .acked = script_.commands.size()};
    for (std::size_t i = 0; i < script_.commands.size(); ++i) {
      if (const auto restart = script_.restarts.find(i); restart != script_.restarts.end()) {
        TRY(end_process(restart->second));
        TRY(open());
      }
      TRY(issue(script_.commands[i]));
    }
    session_.reset();
    Recording recording{disk_.trace(), Timeline(std::move(history)), script_.settings};
    const Allowed all = allowed_without_fault(recording.timeline.history());
    if (const auto judged = judge_crash(subject_, recording, all, disk_.image()); judged.wrong) {
      return baseline(judged.wrong->text);
    }
    return recording;
  }

 private:
  std::expected<void, Wrong> open() {
    auto opened = subject_.open(disk_, kRecordingDirectory, {.settings = script_.settings, .entropy = entropy_.next()});
    if (!opened) return baseline(fmt::format("open failed: {}", opened.error().message()));
    session_ = std::move(opened->session);
    disk_.mark(MarkKind::opened, issued_);
    return {};
  }

  std::expected<Contents, Wrong> contents() {
    auto listing = session_->scan();
    if (!listing) return baseline(fmt::format("scan failed: {}", listing.error().message()));
    return Contents(listing->begin(), listing->end());
  }

  std::expected<void, Wrong> end_process(Restart restart) {
    if (restart == Restart::kill) {
      disk_.kill();
    } else {
      const auto closed = session_->close();
      if (!closed) return baseline(fmt::format("close failed: {}", closed.error().message()));
      disk_.mark(MarkKind::closed, issued_);
    }
    session_.reset();
    return {};
  }

  std::expected<void, Wrong> issue(const Command& command) {
    disk_.mark(MarkKind::issued, issued_);
    const auto answer = perform(*session_, command);
    if (!answer) return baseline(fmt::format("{} failed: {}", to_string(command.kind), answer.error().message()));
    disk_.mark(MarkKind::acked, issued_++);
    return {};
  }

  const Subject& subject_;
  const Script& script_;
  Random entropy_;
  faultfs::SimDisk disk_;
  std::unique_ptr<Session> session_;
  std::size_t issued_ = 0;
};

}  // namespace

faultfs::OpIndex Recording::first_opened_at() const {
  const auto opened = std::ranges::find(trace.marks, MarkKind::opened, &faultfs::Mark::kind);
  WB_ASSERT(opened != trace.marks.end());
  return opened->at;
}

std::expected<Recording, Wrong> record(const Subject& subject, const Script& script, const faultfs::Image& image) {
  return Player(subject, script, image).run();
}

Allowed allowed_after_crash(const Recording& recording, const faultfs::CrashPoint& point, faultfs::Survival survival,
                            PowerPromise promise) {
  const auto& commands = recording.timeline.history().commands;
  const bool by_ack = survival == faultfs::Survival::all || promise == PowerPromise::on_ack;
  const bool by_sync = promise == PowerPromise::on_sync;
  std::size_t durable = 0;
  std::size_t issued = 0;
  for (const faultfs::Mark& mark : recording.trace.marks) {
    if (mark.at > point.ops) break;
    if (mark.kind == MarkKind::issued) issued = mark.command + 1;
    if (mark.kind == MarkKind::opened || mark.kind == MarkKind::closed) durable = mark.command;
    if (mark.kind == MarkKind::acked && (by_ack || (by_sync && makes_durable(commands[mark.command].kind)))) {
      durable = mark.command + 1;
    }
  }
  return {PrefixSet({{durable, issued}}), std::nullopt, false};
}

Observation observe_after_crash(const Subject& subject, const Settings& settings, std::uint64_t epoch,
                                const faultfs::Image& image) {
  faultfs::SimDisk disk(image, faultfs::FailedSync::clean_readable, faultfs::Tracing::off);
  // The store draws what no run before it can have drawn.
  return observe(subject, disk, kRecordingDirectory, {.settings = settings, .entropy = ~epoch});
}

Judgement judge_crash(const Subject& subject, const Recording& recording, const Allowed& allowed,
                      const faultfs::Image& image, Opinions opinions) {
  const Timeline& timeline = recording.timeline;
  const auto observation = observe_after_crash(subject, recording.settings, timeline.history().epoch, image);
  Judgement judgement = judge(timeline, allowed, observation);
  if (!judgement.wrong && opinions == Opinions::oracle_and_second)
    judgement.wrong = subject.second_opinion(image, kRecordingDirectory, observation);
  return judgement;
}

}  // namespace walbreaker
