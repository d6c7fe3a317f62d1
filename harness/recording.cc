#include "harness/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

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
  Player(const Subject& subject, const Script& script)
      : subject_(subject), script_(script), entropy_(Random(script.entropy)) {}

  std::expected<Recording, Wrong> run() && {
    TRY(open());
    for (std::size_t i = 0; i < script_.commands.size(); ++i) {
      if (script_.kills.contains(i)) TRY(kill_and_reopen());
      TRY(issue(script_.commands[i]));
    }
    session_.reset();
    History history{.epoch = 1, .base = {}, .commands = script_.commands, .acked = script_.commands.size()};
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

  std::expected<void, Wrong> kill_and_reopen() {
    disk_.kill();
    session_.reset();
    return open();
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

bool makes_durable(CommandKind kind) { return kind == CommandKind::sync || kind == CommandKind::compact; }

}  // namespace

std::expected<Recording, Wrong> record(const Subject& subject, const Script& script) {
  return Player(subject, script).run();
}

Allowed allowed_after_crash(const Recording& recording, const faultfs::CrashPoint& point, faultfs::Survival survival,
                            PowerPromise promise) {
  const auto& commands = recording.timeline.history().commands;
  const bool by_ack = survival == faultfs::Survival::all || promise == PowerPromise::on_ack;
  std::size_t durable = 0;
  std::size_t issued = 0;
  for (const faultfs::Mark& mark : recording.trace.marks) {
    if (mark.at > point.ops) break;
    if (mark.kind == MarkKind::issued) issued = mark.command + 1;
    if (mark.kind == MarkKind::opened) durable = mark.command;
    if (mark.kind == MarkKind::acked && (by_ack || makes_durable(commands[mark.command].kind))) {
      durable = mark.command + 1;
    }
  }
  return {PrefixSet({{durable, issued}}), std::nullopt, false};
}

Judgement judge_crash(const Subject& subject, const Recording& recording, const Allowed& allowed,
                      const faultfs::Image& image) {
  faultfs::SimDisk disk(image, faultfs::FailedSync::clean_readable, faultfs::Tracing::off);
  // The store draws what no run before it can have drawn.
  const OpenRequest request{.settings = recording.settings, .entropy = ~recording.timeline.history().epoch};
  return judge(recording.timeline, allowed, observe(subject, disk, kRecordingDirectory, request));
}

}  // namespace walbreaker
