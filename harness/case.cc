// What a case writes; case_parse.cc reads it.
#include "harness/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/crc32c.h"
#include "faultfs/hex.h"
#include "faultfs/line_scanner.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

std::string text_of(const kv::Batch::Operation& write) {
  if (write.kind == kv::Batch::Kind::remove) return fmt::format("del {}", in_full(write.key));
  return fmt::format("put {} {}", in_full(write.key), in_full(write.value));
}

std::string text_of(const Command& command) {
  switch (command.kind) {
    case CommandKind::put:
    case CommandKind::del: return text_of(command.writes.operations().front());
    case CommandKind::batch: {
      std::string text = "batch";
      for (const auto& write : command.writes.operations()) text += ' ' + text_of(write);
      return text;
    }
    case CommandKind::sync: return "sync";
    case CommandKind::compact: return "compact";
  }
  return {};
}

// Collects the lines of a case.
class Writer {
 public:
  std::string write(const Case& c) && {
    line("walbreaker case 1");
    comment(c.comment);
    if (!c.subject.name.empty()) line("{} {}", to_string(c.subject.kind), c.subject.name);
    if (!c.campaign.empty()) line("campaign {}", c.campaign);
    line("expect {}", c.expected ? info(*c.expected).name : "pass");
    if (!c.where.empty()) line("where {}", c.where);
    for (const auto& [key, value] : c.promise) line("promise {}={}", key, value);
    for (const auto& [name, value] : c.settings) line("set {}={}", name, value);
    for (const std::string& path : c.image.directories) line("directory {}", faultfs::in_quotes(path));
    for (const auto& [path, bytes] : c.image.files) {
      line("file {} {}", faultfs::in_quotes(path), faultfs::to_hex(bytes.to_string()));
    }
    for (const Stage& stage : c.stages) write(stage);
    return std::move(text_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  void comment(std::string_view comment) {
    while (!comment.empty()) {
      const std::size_t end = std::min(comment.find('\n'), comment.size());
      line("# {}", comment.substr(0, end));
      comment.remove_prefix(std::min(end + 1, comment.size()));
    }
  }

  void write(const Stage& stage) {
    line("");
    line("stage");
    line("epoch {}", stage.script.epoch);
    line("entropy {}", stage.script.entropy);
    if (stage.scenario) line("scenario {}", to_string(*stage.scenario));
    if (stage.found) write(*stage.found);
    if (stage.script.live_fault) {
      line("live_fault {}", faultfs::to_text(stage.script.live_fault->fault));
      line("failed_sync {}", faultfs::to_string(stage.script.live_fault->failed_sync));
    }
    write(stage.script);
    if (stage.crash) write(*stage.crash);
    if (stage.digest) line("digest {:08x}", *stage.digest);
    if (stage.damage) line("damage {}", faultfs::to_text(*stage.damage));
  }

  void write(const Found& found) {
    line("found {}", found.acked);
    for (const auto& [key, value] : found.base) line("base {} {}", in_full(key), in_full(value));
  }

  void write(const Script& script) {
    for (std::size_t i = 0; i <= script.commands.size(); ++i) {
      if (const auto restart = script.restarts.find(i); restart != script.restarts.end()) {
        line("{}", restart->second == Restart::kill ? "kill" : "close");
      }
      if (const auto faults = script.faults.find(i); faults != script.faults.end()) {
        for (const faultfs::Fault& fault : faults->second.faults) line("fault {}", faultfs::to_text(fault));
      }
      if (i < script.commands.size()) line("{}", text_of(script.commands[i]));
    }
    if (script.closed) line("closed");
  }

  void write(const StageCrash& crash) {
    line("model {}", faultfs::to_text(crash.model));
    if (!crash.at.op) {
      line("crash at_start");
    } else if (crash.at.bytes) {
      line("crash in {} at {}", to_text(*crash.at.op), *crash.at.bytes);
    } else {
      line("crash after {}", to_text(*crash.at.op));
    }
    for (const auto& [op, pieces] : crash.at.fates) {
      line("fate {}: {}", to_text(op), faultfs::fate_text({.op = 0, .pieces = pieces}));
    }
  }

  std::string text_;
};

}  // namespace

std::string to_text(const Case& c) { return Writer().write(c); }

std::uint32_t digest_of(const faultfs::Trace& trace) { return kv::crc32c(faultfs::to_text(trace)); }

std::string with_expected(std::string text, ViolationKind kind) {
  constexpr std::string_view kLine = "\nexpect ";
  const std::size_t at = text.find(kLine);
  if (at == std::string::npos) return text;
  const std::size_t begin = at + kLine.size();
  return text.replace(begin, text.find('\n', begin) - begin, info(kind).name);
}

}  // namespace walbreaker
