#include "harness/error_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <memory>
#include <utility>

#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/crash_program.h"
#include "harness/random.h"

namespace walbreaker {

namespace {

using faultfs::MarkKind;

std::unexpected<Wrong> wrong(ViolationKind kind, std::string text) {
  return std::unexpected(Wrong{kind, std::move(text)});
}

class Player {
 public:
  Player(const Subject& subject, const Script& script, const ErrorPlan& plan)
      : subject_(subject),
        script_(script),
        plan_(plan),
        promise_(error_promise(subject, script.settings)),
        entropy_(Random(script.entropy)),
        disk_({}, plan.failed_sync),
        vfs_(disk_, plan_of(plan),
             {.before_sync = [this](faultfs::SyncFault fault) { disk_.arrange(fault); }, .kill = {}}) {
    run_.stretches.emplace_back(Contents{});
  }

  ErrorRun run() && {
    if (auto played = play(); !played) {
      run_.mistake = Mistake{std::move(played).error(), phase_, phase_ == kLive ? disk_.image() : given_};
    }
    end_fault();
    session_.reset();
    for (const auto& kind : faultfs::kOpKinds) {
      run_.operations.at(static_cast<std::size_t>(kind.kind)) = vfs_.operations(kind.kind);
    }
    run_.trace = disk_.trace();
    return std::move(run_);
  }

 private:
  static constexpr const char* kLive = "live";
  static constexpr const char* kOpenedAgain = "opened again";

  static faultfs::FaultPlan plan_of(const ErrorPlan& plan) {
    faultfs::FaultPlan faults;
    if (plan.fault) faults.faults.push_back(*plan.fault);
    return faults;
  }

  std::expected<void, Wrong> play() {
    TRY(open());
    for (std::size_t i = 0; i < script_.commands.size(); ++i) {
      if (const auto restart = script_.restarts.find(i); restart != script_.restarts.end()) {
        TRY(end_process(restart->second));
        TRY(open());
      }
      TRY(issue(i));
    }
    TRY(end_process(plan_.end));
    return open();
  }

  // --- the fault ---

  [[nodiscard]] bool has_fired() const { return vfs_.fired() > 0; }
  [[nodiscard]] bool may_fail() const { return has_fired() && is_error(plan_.fault->kind); }

  void note_firing(std::string during, std::optional<std::size_t> command, faultfs::OpIndex step_begin) {
    if (has_fired() && !run_.firing) run_.firing = Firing{std::move(during), command, step_begin, 0};
  }

  // From here on the disk is fine, if it was not.
  void end_fault() {
    if (!has_fired()) return;
    run_.firing->process_end = disk_.trace().ops.size();
    run_.fired += vfs_.fired();
    vfs_.replace_plan({});
  }

  void note_failure(const std::string& what, const kv::Error& error) {
    run_.failures.push_back(fmt::format("{}: {}", what, error.message()));
  }

  // --- processes ---

  std::expected<void, Wrong> open() {
    phase_ = kOpenedAgain;
    auto listing = open_and_read();
    if (!listing && listing.error().kind == ViolationKind::unrecoverable && may_fail()) {
      ++run_.failed_opens;
      run_.failures.push_back(listing.error().text);
      end_fault();
      listing = open_and_read();
    }
    if (!listing) return std::unexpected(std::move(listing).error());
    const faultfs::Trace& trace = disk_.trace();
    const Standing standing = standing_at(trace, script_.commands, trace.ops.size(), faultfs::Survival::all, promise_);
    if (auto found = possible().judge(*listing, standing.allowed)) return std::unexpected(std::move(*found));
    run_.stretches.emplace_back(Contents(listing->begin(), listing->end()));
    disk_.mark(MarkKind::opened, issued_);
    phase_ = kLive;
    return {};
  }

  std::expected<Listing, Wrong> open_and_read() {
    given_ = disk_.image();
    session_.reset();
    const faultfs::OpIndex begin = disk_.trace().ops.size();
    auto opened = subject_.open(vfs_, kRecordingDirectory, {.settings = script_.settings, .entropy = entropy_.next()});
    note_firing("an open", std::nullopt, begin);
    if (!opened) {
      return wrong(ViolationKind::unrecoverable, fmt::format("the open failed: {}", opened.error().message()));
    }
    session_ = std::move(opened->session);
    if (opened->answer == OpenAnswer::damaged) {
      return wrong(ViolationKind::false_damage,
                   fmt::format("damage was reported, where none may be: {}", opened->text));
    }
    Reading reading = read_all(*session_);
    note_firing("an open", std::nullopt, begin);
    if (reading.wrong) return std::unexpected(std::move(*reading.wrong));
    return std::move(reading.listing);
  }

  std::expected<void, Wrong> end_process(Restart restart) {
    if (has_fired()) TRY(look_around("the process ends"));
    if (restart == Restart::kill) {
      disk_.kill();
    } else {
      TRY(close());
    }
    session_.reset();
    end_fault();
    return {};
  }

  std::expected<void, Wrong> close() {
    const faultfs::OpIndex begin = disk_.trace().ops.size();
    const auto closed = session_->close();
    note_firing("a close", std::nullopt, begin);
    if (closed) {
      disk_.mark(MarkKind::closed, issued_);
      return {};
    }
    if (!may_fail()) return wrong(ViolationKind::wrong_result, "close failed: " + closed.error().message());
    note_failure("close", closed.error());
    return {};
  }

  // --- commands ---

  std::expected<void, Wrong> issue(std::size_t index) {
    const Command& command = script_.commands[index];
    const std::string what = fmt::format("command {} ({})", index, to_string(command.kind));
    disk_.mark(MarkKind::issued, issued_);
    const faultfs::OpIndex begin = disk_.trace().ops.size();
    const auto answer = perform(*session_, command);
    note_firing(std::string(to_string(command.kind)), index, begin);
    if (!answer && !may_fail()) {
      return wrong(ViolationKind::wrong_result, fmt::format("{} failed: {}", what, answer.error().message()));
    }
    disk_.mark(answer ? MarkKind::acked : MarkKind::failed, issued_++);
    if (!answer) {
      possible().add(command, Outcome::failed);
      note_failure(what, answer.error());
      return look_around(what + " failed", &command);
    }
    const bool missing = *answer == CommandAnswer::missing;
    if (missing && promise_.hides_what_failed && possible().acked().contains(command.writes.operations().front().key)) {
      return wrong(ViolationKind::wrong_result, what + " found no such key, which is there");
    }
    possible().add(command, missing ? Outcome::nothing : Outcome::acked);
    return {};
  }

  // Reads everything, and holds it against what the commands of this process have come to. A store that has met an
  // error may refuse to be read.
  std::expected<void, Wrong> look_around(const std::string& when, const Command* command = nullptr) {
    const Reading reading = read_all(*session_);
    const bool refused = reading.wrong && reading.wrong->kind == ViolationKind::unrecoverable && may_fail();
    ++(refused ? run_.reads_refused : run_.reads_answered);
    if (refused) return {};
    if (reading.wrong) return std::unexpected(*reading.wrong);
    const Contents contents(reading.listing.begin(), reading.listing.end());
    if (promise_.hides_what_failed && contents != possible().acked()) {
      return wrong(ViolationKind::wrong_result, fmt::format("when {}, a scan shows what it must not: {}", when,
                                                            first_difference(possible().acked(), contents)));
    }
    if (auto found = possible().judge(reading.listing, {possible().size(), possible().size()})) {
      return std::unexpected(std::move(*found));
    }
    return command == nullptr ? std::expected<void, Wrong>{} : look_for(*command, when, contents);
  }

  // A key that the scan left out may still be there for a get.
  std::expected<void, Wrong> look_for(const Command& command, const std::string& when, const Contents& contents) {
    for (const auto& write : command.writes.operations()) {
      const auto got = session_->get(write.key);
      if (got && got->has_value() != contents.contains(write.key)) {
        return wrong(ViolationKind::wrong_result, fmt::format("when {}, a get and a scan contradict each other", when));
      }
    }
    return {};
  }

  PossibleContents& possible() { return run_.stretches.back(); }

  const Subject& subject_;
  const Script& script_;
  const ErrorPlan& plan_;
  ErrorPromise promise_;
  Random entropy_;
  faultfs::SimDisk disk_;
  faultfs::FaultyVfs vfs_;
  std::unique_ptr<Session> session_;
  std::size_t issued_ = 0;
  std::string phase_;
  faultfs::Image given_;  // what the last open found
  ErrorRun run_;
};

}  // namespace

ErrorPromise error_promise(const Subject& subject, const Settings& settings) {
  return {.power = power_promise(subject, settings),
          .outlives_kills = promised(subject, settings, "kill") == "on_ack",
          .hides_what_failed = promised(subject, settings, "on_error") == "invisible"};
}

bool is_error(faultfs::FaultKind kind) {
  return kind != faultfs::FaultKind::short_read && kind != faultfs::FaultKind::short_write;
}

ErrorRun play_with_fault(const Subject& subject, const Script& script, const ErrorPlan& plan) {
  return Player(subject, script, plan).run();
}

Standing standing_at(const faultfs::Trace& trace, const std::vector<Command>& commands, faultfs::OpIndex ops,
                     faultfs::Survival survival, const ErrorPromise& promise) {
  // Where the process is killed, the page cache lives; but a failed sync may have put a file back to what was durable.
  faultfs::OpIndex stretch_begin = 0;
  for (const faultfs::Mark& mark : trace.marks) {
    if (mark.at <= ops && mark.kind == MarkKind::opened) stretch_begin = mark.at;
  }
  const bool reverted = std::any_of(trace.ops.begin() + static_cast<std::ptrdiff_t>(stretch_begin),
                                    trace.ops.begin() + static_cast<std::ptrdiff_t>(ops),
                                    [](const auto& op) { return op.effect == faultfs::SyncEffect::reverted; });
  const bool by_kill = survival == faultfs::Survival::all && promise.outlives_kills && !reverted;
  const bool by_ack = by_kill || promise.power == PowerPromise::on_ack;
  const bool by_sync = promise.power == PowerPromise::on_sync;
  Standing standing;
  auto& [durable, issued] = standing.allowed;
  for (const faultfs::Mark& mark : trace.marks) {
    if (mark.at > ops) break;
    if (mark.kind == MarkKind::opened) standing = {standing.stretch + 1, {0, 0}};
    if (mark.kind == MarkKind::issued) ++issued;
    if (mark.kind == MarkKind::closed) durable = issued;
    if (mark.kind == MarkKind::acked && (by_ack || (by_sync && makes_durable(commands[mark.command].kind)))) {
      durable = issued;
    }
  }
  return standing;
}

}  // namespace walbreaker
