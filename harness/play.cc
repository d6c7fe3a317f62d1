#include "harness/play.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <memory>
#include <utility>

#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/random.h"

namespace walbreaker {

namespace {

using faultfs::MarkKind;

std::unexpected<Wrong> wrong(ViolationKind kind, std::string text) {
  return std::unexpected(Wrong{kind, std::move(text)});
}

class Player {
 public:
  Player(const Subject& subject, const Script& script, const faultfs::Image& image)
      : subject_(subject),
        script_(script),
        promise_(promise_of(subject, script.settings)),
        entropy_(Random(script.entropy)),
        disk_(image, script.live_fault ? script.live_fault->failed_sync : faultfs::FailedSync::clean_readable),
        vfs_(disk_, plan_of(script.live_fault),
             {.before_sync = [this](faultfs::SyncFault fault) { disk_.arrange(fault); }, .kill = {}}),
        begins_with_a_store_(!image.files.empty()) {
    run_.stretches.emplace_back(Contents{}, rules_of(promise_, script.epoch));
  }

  PlayedRun run() && {
    if (auto played = play(); !played) {
      run_.mistake = Mistake{std::move(played).error(), phase_, phase_ == kLive ? disk_.image() : given_};
    }
    end_fault();
    session_.reset();
    for (const auto& kind : faultfs::kOpKinds) {
      run_.operations.at(static_cast<std::size_t>(kind.kind)) = vfs_.operations(kind.kind);
    }
    run_.trace = disk_.trace();
    run_.image = disk_.image();
    return std::move(run_);
  }

 private:
  static constexpr const char* kLive = "live";
  static constexpr const char* kOpenedAgain = "opened again";

  static faultfs::FaultPlan plan_of(const std::optional<LiveFault>& live) {
    faultfs::FaultPlan plan;
    if (live) plan.faults.push_back(live->fault);
    return plan;
  }

  std::expected<void, Wrong> play() {
    TRY(open());
    for (std::size_t i = 0; i < script_.commands.size(); ++i) {
      TRY(restart_before(i));
      TRY(issue(i));
    }
    TRY(restart_before(script_.commands.size()));
    if (script_.closed) TRY(end_process(Restart::close));
    return {};
  }

  std::expected<void, Wrong> restart_before(std::size_t index) {
    const auto restart = script_.restarts.find(index);
    if (restart == script_.restarts.end()) return {};
    TRY(end_process(restart->second));
    return open();
  }

  // --- the faults ---

  [[nodiscard]] bool has_fired() const { return script_.live_fault && vfs_.fired() > 0; }

  // Whether an error is an answer now.
  [[nodiscard]] bool may_fail() const {
    return (has_fired() && is_error(script_.live_fault->fault.kind)) || script_.faults.contains(at_);
  }

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
    TRY(settle(*listing));
    disk_.mark(MarkKind::opened, issued_);
    phase_ = kLive;
    return {};
  }

  // The open has shown which of the possible contents are there.
  std::expected<void, Wrong> settle(const Listing& listing) {
    const faultfs::Trace& trace = disk_.trace();
    const bool is_first = run_.stretches.size() == 1;
    if (!(is_first && begins_with_a_store_)) {
      const Standing standing =
          standing_at(trace, script_.commands, trace.ops.size(), faultfs::Survival::all, promise_);
      if (auto found = possible().judge(listing, standing.allowed)) return std::unexpected(std::move(*found));
    }
    if (is_first) run_.first_served = listing;
    run_.stretches.emplace_back(Contents(listing.begin(), listing.end()), rules_of(promise_, script_.epoch));
    return {};
  }

  std::expected<Listing, Wrong> open_and_read() {
    given_ = disk_.image();
    session_.reset();
    const faultfs::OpIndex begin = disk_.trace().ops.size();
    auto opened = subject_.open(vfs_, kStoreDirectory, {.settings = script_.settings, .entropy = entropy_.next()});
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
    at_ = kBetweenCommands;
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
    at_ = index;
    const Command& command = script_.commands[index];
    const std::string what = fmt::format("command {} ({})", index, to_string(command.kind));
    disk_.mark(MarkKind::issued, issued_);
    const faultfs::OpIndex begin = disk_.trace().ops.size();
    const auto answer = perform(command);
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
    TRY(check_missing(command, *answer, what));
    possible().add(command, *answer == CommandAnswer::missing ? Outcome::nothing : Outcome::acked);
    return {};
  }

  // The faults of the script's act for this command alone.
  kv::Result<CommandAnswer> perform(const Command& command) {
    const auto faults = script_.faults.find(at_);
    if (faults == script_.faults.end()) return walbreaker::perform(*session_, command);
    vfs_.replace_plan(faults->second);
    auto answer = walbreaker::perform(*session_, command);
    vfs_.replace_plan({});
    return answer;
  }

  // Where nothing failed it is known whether the key of a del is there; where something did, that it is hidden.
  std::expected<void, Wrong> check_missing(const Command& command, CommandAnswer answer, const std::string& what) {
    if (command.kind != CommandKind::del) return {};
    const bool is_there = possible().acked().contains(command.writes.operations().front().key);
    const bool is_sure = promise_.on_error == OnError::invisible || run_.failures.empty();
    if (!is_sure || is_there == (answer == CommandAnswer::ok)) return {};
    return wrong(ViolationKind::wrong_result,
                 what + (is_there ? " found no such key, which is there" : " removed a key that was not there"));
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
    if (promise_.on_error == OnError::invisible && contents != possible().acked()) {
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

  static constexpr std::size_t kBetweenCommands = ~std::size_t{0};

  const Subject& subject_;
  const Script& script_;
  Promise promise_;
  Random entropy_;
  faultfs::SimDisk disk_;
  faultfs::FaultyVfs vfs_;
  bool begins_with_a_store_;
  std::unique_ptr<Session> session_;
  std::size_t issued_ = 0;
  std::size_t at_ = kBetweenCommands;  // the command under way
  std::string phase_;
  faultfs::Image given_;  // what the last open found
  PlayedRun run_;
};

}  // namespace

bool is_error(faultfs::FaultKind kind) {
  return kind != faultfs::FaultKind::short_read && kind != faultfs::FaultKind::short_write;
}

faultfs::OpIndex PlayedRun::first_opened_at() const {
  const auto opened = std::ranges::find(trace.marks, MarkKind::opened, &faultfs::Mark::kind);
  return opened == trace.marks.end() ? trace.ops.size() : opened->at;
}

PlayedRun play(const Subject& subject, const Script& script, const faultfs::Image& image) {
  return Player(subject, script, image).run();
}

namespace {

// What an ack survives where so much of the disk does. Where the process is killed the page cache lives; but a failed
// sync may have put a file back to what was durable.
Survives survives_at(const faultfs::Trace& trace, faultfs::OpIndex ops, faultfs::Survival survival,
                     const Promise& promise) {
  if (survival != faultfs::Survival::all) return promise.power;
  faultfs::OpIndex stretch_begin = 0;
  for (const faultfs::Mark& mark : trace.marks) {
    if (mark.at <= ops && mark.kind == MarkKind::opened) stretch_begin = mark.at;
  }
  const bool reverted = std::any_of(trace.ops.begin() + static_cast<std::ptrdiff_t>(stretch_begin),
                                    trace.ops.begin() + static_cast<std::ptrdiff_t>(ops),
                                    [](const auto& op) { return op.effect == faultfs::SyncEffect::reverted; });
  return reverted ? promise.power : std::max(promise.power, promise.kill);
}

}  // namespace

std::vector<Standing> standings_at(const faultfs::Trace& trace, const std::vector<Command>& commands,
                                   faultfs::OpIndex ops, faultfs::Survival survival, const Promise& promise) {
  const Survives survives = survives_at(trace, ops, survival, promise);
  std::vector<Standing> standings(1);
  for (const faultfs::Mark& mark : trace.marks) {
    if (mark.at > ops) break;
    if (mark.kind == MarkKind::opened) standings.push_back({standings.size(), {0, 0}});
    auto& [durable, issued] = standings.back().allowed;
    if (mark.kind == MarkKind::issued) ++issued;
    if (mark.kind == MarkKind::closed && survives != Survives::never) durable = issued;
    const bool proves =
        survives == Survives::on_ack ||
        (survives == Survives::on_sync && mark.kind == MarkKind::acked && makes_durable(commands[mark.command].kind));
    if (mark.kind == MarkKind::acked && proves) durable = issued;
  }
  return standings;
}

Standing standing_at(const faultfs::Trace& trace, const std::vector<Command>& commands, faultfs::OpIndex ops,
                     faultfs::Survival survival, const Promise& promise) {
  return standings_at(trace, commands, ops, survival, promise).back();
}

Observation observe_after_crash(const Subject& subject, const Settings& settings, std::uint64_t epoch,
                                const faultfs::Image& image) {
  faultfs::SimDisk disk(image, faultfs::FailedSync::clean_readable, faultfs::Tracing::off);
  // The store draws what no run before it can have drawn.
  return observe(subject, disk, kStoreDirectory, {.settings = settings, .entropy = ~epoch});
}

}  // namespace walbreaker
