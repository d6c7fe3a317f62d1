#include "properties/run_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "harness/case.h"
#include "properties/law.h"

namespace walbreaker {

std::ostream& operator<<(std::ostream& out, const Script& script) {
  Case c;
  c.settings = script.settings;
  c.stages.emplace_back().script = script;
  return out << to_text(c);
}

}  // namespace walbreaker

namespace walbreaker::properties {
namespace {

struct DrawnCommand {
  CommandKind kind;
  int key;
  int width;         // of a batch: how many keys
  int filler_bytes;  // of the value, behind its stamp
};

rc::Gen<DrawnCommand> any_drawn_command() {
  const auto kind = rc::gen::weightedElement<CommandKind>({{8, CommandKind::put},
                                                           {3, CommandKind::del},
                                                           {3, CommandKind::batch},
                                                           {1, CommandKind::sync},
                                                           {1, CommandKind::compact}});
  const auto filler = rc::gen::weightedOneOf<int>(
      {{12, rc::gen::inRange(0, 30)}, {2, rc::gen::inRange(0, 700)}, {1, rc::gen::inRange(0, 5'000)}});
  return rc::gen::build<DrawnCommand>(
      rc::gen::set(&DrawnCommand::kind, kind), rc::gen::set(&DrawnCommand::key, rc::gen::inRange(0, 6)),
      rc::gen::set(&DrawnCommand::width, rc::gen::inRange(0, 4)), rc::gen::set(&DrawnCommand::filler_bytes, filler));
}

std::string key_name(int number) { return fmt::format("key{}", number); }

Command made(const DrawnCommand& drawn, std::uint64_t epoch, std::size_t index) {
  Command command{drawn.kind, {}};
  const std::string value =
      fmt::format("e{}.{}.", epoch, index) + std::string(static_cast<std::size_t>(drawn.filler_bytes), 'v');
  if (drawn.kind == CommandKind::put) command.writes.put(key_name(drawn.key), value);
  if (drawn.kind == CommandKind::del) command.writes.remove(key_name(drawn.key));
  if (drawn.kind != CommandKind::batch) return command;
  command.writes.remove(key_name(drawn.key));
  for (int i = 1; i <= drawn.width; ++i) command.writes.put(key_name(drawn.key + i), value);
  return command;
}

std::vector<Command> made(const std::vector<DrawnCommand>& all, std::uint64_t epoch) {
  std::vector<Command> commands;
  for (const DrawnCommand& drawn : all) commands.push_back(made(drawn, epoch, commands.size()));
  return commands;
}

// Of crash points, in a part of a trace.
constexpr faultfs::OpIndex kPoints = 16;

faultfs::Budget any_budget() {
  faultfs::Budget budget{.states_per_point = 16, .cuts_per_write = 1, .states_per_cut = 4};
  budget.seed = *rc::gen::arbitrary<std::uint64_t>();
  return budget;
}

}  // namespace

rc::Gen<Script> any_script() {
  const auto restarts = rc::gen::container<std::map<std::size_t, Restart>>(
      rc::gen::inRange<std::size_t>(0, 16), rc::gen::element(Restart::kill, Restart::close));
  return rc::gen::map(
      rc::gen::tuple(rc::gen::resize(20, rc::gen::container<std::vector<DrawnCommand>>(any_drawn_command())),
                     rc::gen::resize(3, restarts), rc::gen::elementOf(kReference.ways()), rc::gen::arbitrary<bool>()),
      [](const auto& drawn) {
        const auto& [commands, drawn_restarts, settings, closed] = drawn;
        Script script{.commands = made(commands, 1), .closed = closed, .settings = settings};
        for (const auto& [at, restart] : drawn_restarts) {
          if (at <= script.commands.size()) script.restarts[at] = restart;
        }
        return script;
      });
}

rc::Gen<Script> any_sequel(const Script& first) {
  const auto commands = rc::gen::resize(6, rc::gen::container<std::vector<DrawnCommand>>(any_drawn_command()));
  return rc::gen::map(commands, [settings = first.settings](const auto& drawn) {
    return Script{.epoch = 2, .commands = made(drawn, 2), .settings = settings, .entropy = 2};
  });
}

faultfs::DiskModel any_power_cut() {
  const auto& models = faultfs::named_models();
  faultfs::DiskModel model = models.at(*rc::gen::weightedElement<std::size_t>({{1, 0}, {1, 1}, {2, 2}, {6, 3}})).model;
  model.sector_bytes = *rc::gen::weightedElement<std::uint32_t>({{1, 64}, {3, 512}, {1, 4'096}});
  RC_LOG() << to_text(model) << '\n';
  return model;
}

void for_some_cuts(const faultfs::Trace& trace, const faultfs::DiskModel& model,
                   const std::function<void(const Cut&)>& visit) {
  const faultfs::OpIndex end = trace.ops.size() + 1;
  const auto first = *rc::gen::inRange<faultfs::OpIndex>(0, end);
  enumerate(trace, model, any_budget(), first, std::min(first + kPoints, end), [&](faultfs::Candidate& candidate) {
    visit({candidate.state(), candidate.image()});
    return true;
  });
}

Cut any_cut(const faultfs::Trace& trace, const faultfs::DiskModel& model) {
  const auto point = *rc::gen::inRange<faultfs::OpIndex>(0, trace.ops.size() + 1);
  std::vector<Cut> cuts;
  enumerate(trace, model, any_budget(), point, point + 1, [&](faultfs::Candidate& candidate) {
    cuts.push_back({candidate.state(), candidate.image()});
    return true;
  });
  const Cut cut = cuts.at(*rc::gen::inRange<std::size_t>(0, cuts.size()));
  RC_LOG() << to_text(cut.state) << '\n';
  return cut;
}

PlayedRun play_well(const Script& script, const faultfs::Image& image) {
  PlayedRun run = play(kReference, script, image);
  if (!run.mistake) return run;
  FoundCase found(kReference, script.settings);
  if (!image.files.empty()) RC_FAIL(run.mistake->wrong.text);
  found.play(script);
  fail_with(std::move(found), run.mistake->wrong, "without a crash");
  return run;
}

void fail_with(FoundCase found, const Wrong& wrong, const std::string& where) {
  fail_with_case(std::move(found).violation("property", wrong, where, wrong.text, 0));
}

}  // namespace walbreaker::properties
