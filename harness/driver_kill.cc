#include "harness/driver_kill.h"

#include <fmt/format.h>

#include <ctime>
#include <memory>
#include <utility>

#include "engine/posix_vfs.h"
#include "faultfs/image.h"
#include "harness/driver_client.h"
#include "harness/found_case.h"
#include "harness/incident.h"
#include "harness/kill_child.h"
#include "harness/line_protocol.h"
#include "harness/oracle.h"

namespace walbreaker {

namespace {

// Requests are numbered: 0 the open, 1 to n the commands, n + 1 the close.
constexpr std::uint64_t kOpen = 0;

struct PlannedKill {
  std::uint64_t request = 0;          // during it, or after its answer
  bool answered = false;              // after its answer
  std::chrono::microseconds delay{};  // after it was sent, where not
};

// One kill in four falls into the open, the others anywhere up to the close.
PlannedKill draw_kill(Random& random, std::uint64_t commands) {
  PlannedKill kill;
  kill.request = random.one_in(4) ? kOpen : random.below(commands + 2);
  kill.answered = random.one_in(3);
  // At once, or within the time that a request takes.
  if (!kill.answered && !random.one_in(3)) kill.delay = std::chrono::microseconds(random.below(400));
  return kill;
}

void sleep_for(std::chrono::microseconds time) {
  const timespec length{0, std::chrono::nanoseconds(time).count()};
  if (time.count() > 0) (void)::nanosleep(&length, nullptr);
}

// The subject, opened where its stores really are.
class InPlace final : public Subject {
 public:
  explicit InPlace(const DriverSubject& driver) : driver_(driver) {}

  [[nodiscard]] std::string_view name() const override { return driver_.name(); }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override {
    return driver_.promise(settings);
  }
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override { return driver_.role_of(file_name); }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs&, const std::string& directory,
                                        const OpenRequest& request) const override {
    return driver_.open_in_place(directory, request);
  }

 private:
  const DriverSubject& driver_;
};

// A process that is asked, and killed as planned.
class Doomed {
 public:
  Doomed(std::unique_ptr<DriverProcess> process, const DriverSubject& subject, const PlannedKill& kill)
      : process_(std::move(process)), subject_(subject), kill_(kill) {}

  // The answer, where there is one: not where it was killed first, and not where it was an incident.
  std::optional<std::string> ask(const std::string& line) {
    const bool last = asked_++ == kill_.request;
    if (!last) return answer_to(line);
    is_killed_ = true;
    if (!kill_.answered) return killed_during(line);
    auto answer = answer_to(line);
    if (answer && !process_->kill().empty()) breach("wrote more than one answer");
    return answer;
  }

  [[nodiscard]] bool is_killed() const { return is_killed_; }
  [[nodiscard]] bool is_over() const { return is_killed_ || process_->is_gone(); }

  void breach(const std::string& text) { subject_.note(process_->breach(text)); }

 private:
  std::optional<std::string> answer_to(const std::string& line) {
    auto answer = process_->ask(line);
    if (answer) return std::move(*answer);
    subject_.note(answer.error());
    return std::nullopt;
  }

  // What is in its pipe when it is dead: a whole line is an answer, half of one is none.
  std::optional<std::string> killed_during(const std::string& line) {
    if (const auto sent = process_->send(line); !sent) {
      subject_.note(sent.error());
      return std::nullopt;
    }
    sleep_for(kill_.delay);
    std::string rest = process_->kill();
    const std::size_t end = rest.find('\n');
    if (end == std::string::npos) return std::nullopt;
    if (end + 1 < rest.size()) breach("wrote more than one answer");
    rest.resize(end);
    return rest;
  }

  std::unique_ptr<DriverProcess> process_;
  const DriverSubject& subject_;
  PlannedKill kill_;
  std::uint64_t asked_ = 0;
  bool is_killed_ = false;
};

}  // namespace

struct DriverRound {
  std::uint64_t index = 0;
  std::uint64_t epoch = 0;
  std::uint64_t commands = 0;  // that are planned
  PlannedKill kill;
  bool look_read_only = false;

  std::vector<Command> issued;
  std::size_t acked = 0;
  std::string phase = "open";  // what it was last asked
  bool opened = false;
  bool killed = false;
  std::optional<Wrong> wrong;  // an answer that no correct subject gives

  [[nodiscard]] std::string at() const {
    return fmt::format("{} {}", kill.answered ? "after the answer to" : "during", phase);
  }
};

namespace {

// Plays a round, up to the kill or to a wrong answer.
class Play {
 public:
  Play(DriverRound& round, Doomed& doomed, Contents contents)
      : round_(round), doomed_(doomed), contents_(std::move(contents)) {}

  kv::Result<void> run(const Request& opening, Workload workload) {
    open(TRY(to_line(opening)));
    for (std::uint64_t i = 0; i < round_.commands && goes_on(); ++i) {
      round_.issued.push_back(workload.next());
      issue(round_.issued.back(), TRY(to_line(round_.issued.back())));
    }
    if (!goes_on()) return {};
    round_.phase = "close";
    if (const auto line = doomed_.ask(std::string(to_string(Verb::close)))) (void)is_ok(parse_done_answer(*line));
    return {};
  }

 private:
  [[nodiscard]] bool goes_on() const { return !doomed_.is_over() && !round_.wrong; }

  void open(const std::string& request) {
    const auto line = doomed_.ask(request);
    if (!line) return;
    const auto answer = parse_open_answer(*line);
    if (!is_ok(answer)) return;
    round_.opened = true;
    if ((*answer)->answer != OpenAnswer::damaged) return;
    round_.wrong = Wrong{ViolationKind::false_damage, "the open reported damage: " + shortened((*answer)->text)};
  }

  void issue(const Command& command, const std::string& request) {
    round_.phase = to_string(command.kind);
    const auto line = doomed_.ask(request);
    if (!line) return;
    if (command.kind == CommandKind::del) {
      const auto answer = parse_del_answer(*line);
      if (!is_ok(answer)) return;
      check_del(command.writes.operations().front().key, **answer);
    } else if (!is_ok(parse_done_answer(*line))) {
      return;
    }
    ++round_.acked;
    apply_to(contents_, command);
  }

  void check_del(const std::string& key, bool found) {
    if (found == contents_.contains(key)) return;
    round_.wrong = Wrong{ViolationKind::wrong_result,
                         fmt::format("command {}, a del, answered {}", round_.acked, found ? "ok" : "missing")};
  }

  // False: the answer is none, or an error.
  template <class T>
  bool is_ok(const kv::Result<Answered<T>>& answer) {
    if (!answer) {
      doomed_.breach("broke the protocol: " + answer.error().context);
      return false;
    }
    if (*answer) return true;
    round_.wrong = Wrong{round_.phase == "open" ? ViolationKind::unrecoverable : ViolationKind::wrong_result,
                         fmt::format("{} failed: {}", round_.phase, shortened(to_error(answer->error()).message()))};
    return false;
  }

  DriverRound& round_;
  Doomed& doomed_;
  Contents contents_;
};

}  // namespace

DriverKillChain::DriverKillChain(const DriverSubject& subject, std::uint64_t seed, std::string directory)
    : subject_(subject), seed_(seed), directory_(std::move(directory)) {}

DriverRound DriverKillChain::draw_round(std::uint64_t index) {
  Random random = Random(seed_).split(++epoch_).split(1);
  DriverRound round{.index = index, .epoch = epoch_, .kill = {}, .issued = {}, .wrong = {}};
  round.commands = random.between(1, 60);
  round.kill = draw_kill(random, round.commands);
  round.look_read_only = made_ && random.one_in(2) && subject_.capabilities().read_only;
  return round;
}

bool DriverKillChain::round(std::uint64_t index, CaseWatch& watch, Tally& tally) {
  DriverRound round = draw_round(index);
  if (!watch.at(index, [&] { return Violation{ViolationKind::died, "a driver", "", index, {}}; })) {
    ++tally.cases;
    return false;
  }
  if (const auto played = play(round); !played) {
    tally.trouble = played.error().message();
    return false;
  }
  made_ = made_ || round.opened;
  ++tally.cases;
  ++tally.distinct_images;  // every round writes values of its own: no two leave the same bytes
  if (round.killed) ++tally.fired;
  ++tally.counts[{round.killed ? "killed" : "not killed", round.at()}];
  return judge(round, tally);
}

kv::Result<void> DriverKillChain::play(DriverRound& round) const {
  Doomed doomed(TRY(subject_.start_process()), subject_, round.kill);
  const OpenRequest request = child_request(seed_, epoch_);
  TRY(Play(round, doomed, base_)
          .run(opening(directory_, request), child_workload(subject_.capabilities(), seed_, epoch_)));
  round.killed = doomed.is_killed();
  return {};
}

Observation DriverKillChain::look(const DriverRound& round) const {
  const InPlace subject(subject_);
  OpenRequest request = child_request(seed_, ~round.epoch);
  request.read_only = round.look_read_only;
  const bool close = !request.read_only && round.epoch % 4 == 0;  // so that some processes find a closed store
  kv::PosixVfs disk;
  return observe(subject, disk, directory_, request, close ? Leave::closed : Leave::dropped);
}

bool DriverKillChain::judge(const DriverRound& round, Tally& tally) {
  kv::PosixVfs disk;
  const auto image = faultfs::load_image(disk, directory_);
  if (!image) {
    tally.trouble = image.error().message();
    return false;
  }
  if (!is_right(round, round.wrong, *image, tally)) return false;

  const Timeline timeline(History{round.epoch, base_, round.issued, round.acked});
  const Observation observation = look(round);
  auto judgement = walbreaker::judge(timeline, allowed_after_kill(timeline.history()), observation);
  if (!is_right(round, std::move(judgement.wrong), *image, tally)) return false;
  if (round.look_read_only) {
    const auto after = faultfs::load_image(disk, directory_);
    const bool changed = !after || !(*after == *image);
    if (changed && !is_right(round, Wrong{ViolationKind::changed_read_only, "a read-only open changed the directory"},
                             *image, tally)) {
      return false;
    }
  }
  ++tally.counts[{"judged by", round.look_read_only ? "read-only open" : "read-write open"}];
  base_ = Contents(observation.listing.begin(), observation.listing.end());
  made_ = true;
  return true;
}

// True: nothing is wrong, by what was answered and by what became of the processes. Else the tally says what.
bool DriverKillChain::is_right(const DriverRound& round, std::optional<Wrong> wrong, const faultfs::Image& image,
                               Tally& tally) const {
  Settled settled = settle(subject_, std::move(wrong));
  if (settled.trouble) tally.trouble = fmt::format("case {}: {}", round.index, *settled.trouble);
  if (settled.trouble) return false;
  if (!settled.wrong) return true;
  const std::string where = round.at();
  if (tally.count_known(settled.wrong->kind, where)) return false;
  std::string summary = fmt::format(
      "killed    {}, process {} on its directory\nexpected  the contents after {} to {} of its commands\ngot       {}",
      round.killed ? where : "not, it did not come to that", round.epoch, round.acked, round.issued.size(),
      settled.wrong->text);
  FoundCase found(subject_, child_request(seed_, round.epoch).settings);
  found.find(image, base_, round.epoch, round.issued, round.acked);
  tally.add(std::move(found).violation("kill", *settled.wrong, where, std::move(summary), round.index));
  return false;
}

}  // namespace walbreaker
