#include "harness/kill_child.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <unistd.h>

#include "engine/posix_vfs.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/line_scanner.h"

namespace walbreaker {

std::vector<std::string> to_arguments(const ChildTask& task) {
  std::vector<std::string> arguments{
      std::string(kKillChildVerb),  task.subject, task.directory, std::to_string(task.seed), std::to_string(task.epoch),
      std::to_string(task.commands)};
  if (task.kill) arguments.push_back(faultfs::to_text(*task.kill));
  return arguments;
}

std::optional<ChildTask> parse_child_task(std::span<char* const> arguments) {
  if (arguments.size() != 5 && arguments.size() != 6) return std::nullopt;
  ChildTask task{arguments[0], arguments[1], 0, 0, 0, std::nullopt};
  bool good = faultfs::parse_number(arguments[2], task.seed) && faultfs::parse_number(arguments[3], task.epoch) &&
              faultfs::parse_number(arguments[4], task.commands);
  if (arguments.size() == 6) {
    const auto kill = faultfs::parse_fault(arguments[5]);
    good = good && kill && kill->kind == faultfs::FaultKind::kill;
    if (good) task.kill = *kill;
  }
  return good ? std::optional(task) : std::nullopt;
}

Workload child_workload(const Capabilities& capabilities, std::uint64_t seed, std::uint64_t epoch) {
  const WorkloadShape shape{.large_value = 9'000, .sync_percent = 3, .compact_percent = 3};
  return {Random(seed).split(epoch), epoch, within(shape, capabilities)};
}

OpenRequest child_request(std::uint64_t seed, std::uint64_t epoch) {
  return {.settings = {{"compact_after_operations", "60"}}, .entropy = Random(~seed).split(epoch).next()};
}

namespace {

// A line that is in the pipe when this returns, whatever becomes of this process.
void tell(const std::string& text) {
  const std::string line = text + '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ::_exit(1);  // nobody listens any more
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void tell_wrong(ViolationKind kind, const std::string& text) {
  tell(fmt::format("wrong {} {}", info(kind).name, text));
}

// "/dev/shm/x/wal-12.log" -> "wal-#.log": what all generations have in common.
std::string general_name(std::string_view path) {
  std::string name;
  for (const char c : path.substr(path.rfind('/') + 1)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) name += c;
    if (digit && !name.ends_with('#')) name += '#';
  }
  return name;
}

// Gives the commands. False: a wrong answer was told.
bool issue_commands(const Capabilities& capabilities, Session& session, const ChildTask& task) {
  Workload workload = child_workload(capabilities, task.seed, task.epoch);
  for (std::uint64_t i = 0; i < task.commands; ++i) {
    const Command command = workload.next();
    tell(fmt::format("issue {}", i));
    const auto answer = perform(session, command);
    if (!answer) {
      const std::string text =
          fmt::format("command {}, {}, failed: {}", i, to_string(command.kind), answer.error().message());
      tell_wrong(ViolationKind::wrong_result, text);
      return false;
    }
    tell(fmt::format("{} {}", *answer == CommandAnswer::ok ? "ack" : "missing", i));
  }
  return true;
}

// The planned death: it is told, and it is one that nothing in this process can catch.
void die(const faultfs::Kill& kill) {
  tell(fmt::format("kill {} {}", faultfs::to_string(kill.op.kind), general_name(kill.op.path)));
  ::kill(::getpid(), SIGKILL);
  std::abort();  // not reached: a process cannot outlive its own SIGKILL
}

void work(const Subject& subject, const ChildTask& task) {
  kv::PosixVfs disk;
  faultfs::FaultPlan plan;
  if (task.kill) plan.faults.push_back(*task.kill);
  faultfs::FaultyVfs vfs(disk, std::move(plan), {.before_sync = {}, .kill = die});
  tell("open");
  const auto opened = subject.open(vfs, task.directory, child_request(task.seed, task.epoch));
  if (!opened) return tell_wrong(ViolationKind::unrecoverable, "the open failed: " + opened.error().message());
  if (opened->answer == OpenAnswer::damaged) {
    return tell_wrong(ViolationKind::false_damage, "the open reported damage: " + opened->text);
  }
  tell("opened");
  if (!issue_commands(subject.capabilities(), *opened->session, task)) return;
  tell("close");
  const auto closed = opened->session->close();
  if (!closed) return tell_wrong(ViolationKind::wrong_result, "close failed: " + closed.error().message());
  tell("closed");
}

}  // namespace

int kill_child_main(std::span<char* const> arguments, FindSubject find_subject) {
  // Ctrl-C goes to the whole group of processes. It is for the parent to decide, which then waits for this child.
  if (std::signal(SIGINT, SIG_IGN) == SIG_ERR) return 1;
  const auto task = parse_child_task(arguments);
  const Subject* subject = task ? find_subject(task->subject) : nullptr;
  if (subject == nullptr) {
    std::fputs("kill-child is started by the campaigns kill and soak, not by hand\n", stderr);
    return 2;
  }
  work(*subject, *task);
  return 0;
}

namespace {

class LogParser {
 public:
  bool line(std::string_view text) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view verb = text.substr(0, space);
    rest_ = text.substr(std::min(space + 1, text.size()));
    if (verb == "issue") return issue();
    if (verb == "ack") return ack();
    if (verb == "missing") return missing();
    if (verb == "kill") return kill();
    if (verb == "wrong") return wrong();
    return simple(verb);
  }

  ChildLog take() { return std::move(log_); }

 private:
  bool simple(std::string_view verb) {
    log_.opened = log_.opened || verb == "opened";
    log_.closed = log_.closed || verb == "closed";
    log_.phase = verb;
    if (verb == "opened") log_.phase = "between";
    if (verb == "closed") log_.phase = "end";
    return verb == "open" || verb == "opened" || verb == "close" || verb == "closed";
  }
  bool issue() {
    std::uint64_t n = 0;
    if (!faultfs::parse_number(rest_, n) || n != log_.issued) return false;
    log_.phase = "command";
    ++log_.issued;
    return true;
  }
  bool ack() {
    std::uint64_t n = 0;
    if (!faultfs::parse_number(rest_, n) || n != log_.acked || n >= log_.issued) return false;
    log_.phase = "between";
    ++log_.acked;
    return true;
  }
  bool missing() {
    log_.missing.push_back(log_.acked);
    return ack();
  }
  bool kill() {
    log_.kill = rest_;
    return true;
  }
  bool wrong() {
    const std::string_view name = rest_.substr(0, rest_.find(' '));
    const auto row = std::ranges::find(kViolations, name, &ViolationInfo::name);
    if (row == kViolations.end() || name.size() == rest_.size()) return false;
    log_.wrong = Wrong{row->kind, std::string(rest_.substr(name.size() + 1))};
    return true;
  }

  std::string_view rest_;
  ChildLog log_;
};

}  // namespace

std::optional<ChildLog> parse_child_log(std::string_view output) {
  LogParser parser;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    if (end == std::string_view::npos || !parser.line(output.substr(0, end))) return std::nullopt;
    output.remove_prefix(end + 1);
  }
  return parser.take();
}

}  // namespace walbreaker
