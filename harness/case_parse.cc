// Reads the text of a case (case.h).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "faultfs/hex.h"
#include "faultfs/line_scanner.h"
#include "faultfs/path.h"
#include "harness/case.h"
#include "harness/promise.h"

namespace walbreaker {

namespace {

using faultfs::LineScanner;

// What the files of a case may come to in all, runs written out.
constexpr std::uint64_t kMaxImageBytes = std::uint64_t{256} << 20;

class CaseParser {
 public:
  kv::Result<Case> run(std::string_view text) && {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      TRY(line(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return finish();
  }

 private:
  using Reader = kv::Result<void> (CaseParser::*)(LineScanner& line);
  struct Row {
    std::string_view word;
    Reader read;
    bool takes_rest = false;  // the reader takes the rest of the line as it stands
  };

  static const std::array<Row, 10> kCaseRows;
  static const std::array<Row, 21> kStageRows;

  [[nodiscard]] std::unexpected<kv::Error> error(std::string_view what) const {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("line {}: {}", number_, what));
  }

  kv::Result<void> line(std::string_view text) {
    ++number_;
    if (number_ == 1) {
      if (text != "walbreaker case 1") return error("expected \"walbreaker case 1\"");
      return {};
    }
    if (text.empty() || text.starts_with('#')) return {};
    const std::string_view word = text.substr(0, text.find(' '));
    rest_ = text.substr(std::min(word.size() + 1, text.size()));
    if (word == "stage") return begin_stage();
    return case_.stages.empty() ? read(kCaseRows, word, "a line of a case, or \"stage\"")
                                : read(kStageRows, word, "a line of a stage");
  }

  template <std::size_t N>
  kv::Result<void> read(const std::array<Row, N>& rows, std::string_view word, std::string_view expected) {
    const auto row = std::ranges::find(rows, word, &Row::word);
    LineScanner scanner(rest_, fmt::format("line {}", number_));
    if (row == rows.end()) return scanner.expected(expected, word);
    TRY((this->*row->read)(scanner));
    return row->takes_rest ? kv::Result<void>() : scanner.end();
  }

  kv::Result<Case> finish() {
    if (number_ == 0) return kv::fail(kv::ErrorCode::invalid_argument, "line 1: expected \"walbreaker case 1\"");
    if (case_.stages.empty()) return error("the case has no stage");
    TRY(end_stage());
    const bool has_whole_stage =
        std::ranges::any_of(case_.stages, [](const Stage& stage) { return stage.scenario || stage.found; });
    if (has_whole_stage && case_.stages.size() > 1)
      return error("a scenario, or what was found, is a case's only stage");
    if (case_.stages.front().scenario && !case_.image.files.empty()) return error("a scenario begins with no file");
    if (const auto promise = parse_promise(case_.promise); !promise) return error(promise.error().description());
    for (Stage& stage : case_.stages) stage.script.settings = case_.settings;
    return std::move(case_);
  }

  // What another function found wrong in the rest of a line.
  template <class T>
  kv::Result<T> told(kv::Result<T> result) {
    if (result) return result;
    return error(result.error().description());
  }

  // --- the lines of a case ---

  template <SubjectKind kKind>
  kv::Result<void> subject(LineScanner& line) {
    if (rest_.empty()) return line.expected("the name of a subject", rest_);
    case_.subject = {kKind, std::string(rest_)};
    return {};
  }

  kv::Result<void> campaign(LineScanner& line) {
    case_.campaign = TRY(line.word("the name of a campaign"));
    return {};
  }

  kv::Result<void> expect(LineScanner& line) {
    constexpr std::string_view kExpected = "pass or a kind of violation";
    const std::string_view word = TRY(line.word(kExpected));
    case_.expected = violation_kind(word);
    if (!case_.expected && word != "pass") return line.expected(kExpected, word);
    return {};
  }

  kv::Result<void> where(LineScanner&) {
    case_.where = rest_;
    return {};
  }

  kv::Result<void> promise(LineScanner& line) {
    const std::string_view term = TRY(line.word("KEY=VALUE"));
    case_.promise.push_back(TRY(told(parse_term(term))));
    return {};
  }

  kv::Result<void> set(LineScanner&) {
    const PromiseTerm setting = TRY(told(parse_term(rest_)));
    if (!case_.settings.emplace(setting.key, setting.value).second) {
      return error(fmt::format("{} is set twice", setting.key));
    }
    return {};
  }

  kv::Result<std::string> new_path(LineScanner& line) {
    std::string path = TRY(line.quoted("a path in quotes"));
    const bool goes_up = ('/' + path + '/').find("/../") != std::string::npos;
    if (path.empty() || path != faultfs::normal_path(path) || goes_up || path.contains('\0')) {
      return line.error("a path has no '.', no '..', no '//' and no '/' at its ends");
    }
    if (case_.image.files.contains(path) || case_.image.directories.contains(path)) {
      return line.error(fmt::format("{} is there already", faultfs::in_quotes(path)));
    }
    const std::string parent(faultfs::directory_of(path));
    if (!parent.empty() && !case_.image.directories.contains(parent)) {
      return line.error(fmt::format("there is no directory {}", faultfs::in_quotes(parent)));
    }
    return path;
  }

  kv::Result<void> directory(LineScanner& line) {
    std::string path = TRY(new_path(line));
    case_.image.directories.insert(std::move(path));
    return {};
  }

  kv::Result<void> file(LineScanner& line) {
    std::string path = TRY(new_path(line));
    const std::string bytes = TRY(faultfs::parse_hex(line, kMaxImageBytes, image_bytes_));
    image_bytes_ += bytes.size();
    case_.image.files.emplace(std::move(path), faultfs::FileBytes(bytes));
    return {};
  }

  // --- the lines of a stage ---

  kv::Result<void> begin_stage() {
    LineScanner line(rest_, fmt::format("line {}", number_));
    TRY(line.end());
    if (!case_.stages.empty()) TRY(end_stage());
    case_.stages.emplace_back();
    model_.reset();
    return {};
  }

  kv::Result<void> end_stage() {
    const std::size_t commands = script().commands.size();
    if (model_ && !stage().crash) return error("the stage above has a model and no crash");
    if (script().faults.contains(commands)) return error("the stage above has a fault behind its last command");
    if (stage().found && stage().found->acked > commands) {
      return error("the stage above has fewer commands than were acked");
    }
    if (stage().damage && !stage().scenario) {
      return error("the stage above has a damage, and no scenario");
    }
    if (stage().scenario && (stage().crash || stage().found || script().live_fault)) {
      return error("the stage above has a scenario, and other harm beside it");
    }
    return {};
  }

  Stage& stage() { return case_.stages.back(); }
  Script& script() { return stage().script; }

  kv::Result<void> epoch(LineScanner& line) {
    script().epoch = TRY(line.number("the number of a run"));
    return {};
  }
  kv::Result<void> entropy(LineScanner& line) {
    script().entropy = TRY(line.number("a seed"));
    return {};
  }

  kv::Result<void> live_fault(LineScanner&) {
    const faultfs::Fault fault = TRY(told(faultfs::parse_fault(rest_)));
    if (script().live_fault) return error("a stage has one live_fault");
    script().live_fault = LiveFault{fault, faultfs::FailedSync::clean_readable};
    return {};
  }

  kv::Result<void> failed_sync(LineScanner& line) {
    using faultfs::FailedSync;
    constexpr std::string_view kExpected = "stays_pending, clean_readable or reverted";
    const std::string_view word = TRY(line.word(kExpected));
    if (!script().live_fault) return error("failed_sync stands behind a live_fault");
    for (const auto value : {FailedSync::stays_pending, FailedSync::clean_readable, FailedSync::reverted}) {
      if (faultfs::to_string(value) != word) continue;
      script().live_fault->failed_sync = value;
      return {};
    }
    return line.expected(kExpected, word);
  }

  kv::Result<void> add(CommandKind kind, kv::Batch writes) {
    script().commands.push_back({kind, std::move(writes)});
    return {};
  }

  static kv::Result<void> read_put(LineScanner& line, kv::Batch& writes) {
    const std::string key = TRY(line.quoted("a key in quotes"));
    const std::string value = TRY(line.quoted("a value in quotes"));
    writes.put(key, value);
    return {};
  }

  static kv::Result<void> read_del(LineScanner& line, kv::Batch& writes) {
    const std::string key = TRY(line.quoted("a key in quotes"));
    writes.remove(key);
    return {};
  }

  kv::Result<void> put(LineScanner& line) {
    kv::Batch writes;
    TRY(read_put(line, writes));
    return add(CommandKind::put, std::move(writes));
  }

  kv::Result<void> del(LineScanner& line) {
    kv::Batch writes;
    TRY(read_del(line, writes));
    return add(CommandKind::del, std::move(writes));
  }

  kv::Result<void> batch(LineScanner& line) {
    kv::Batch writes;
    while (!line.at_end()) {
      const std::string_view word = TRY(line.word("put or del"));
      if (word != "put" && word != "del") return line.expected("put or del", word);
      TRY(word == "put" ? read_put(line, writes) : read_del(line, writes));
    }
    return add(CommandKind::batch, std::move(writes));
  }

  kv::Result<void> sync(LineScanner&) { return add(CommandKind::sync, {}); }
  kv::Result<void> compact(LineScanner&) { return add(CommandKind::compact, {}); }

  kv::Result<void> restart(Restart how) {
    const bool is_new = script().restarts.emplace(script().commands.size(), how).second;
    if (!is_new) return error("a process ends once between two commands");
    return {};
  }
  kv::Result<void> kill(LineScanner&) { return restart(Restart::kill); }
  kv::Result<void> close(LineScanner&) { return restart(Restart::close); }

  kv::Result<void> fault(LineScanner&) {
    script().faults[script().commands.size()].faults.push_back(TRY(told(faultfs::parse_fault(rest_))));
    return {};
  }

  kv::Result<void> closed(LineScanner&) {
    script().closed = true;
    return {};
  }

  kv::Result<void> model(LineScanner&) {
    model_ = TRY(told(faultfs::parse_disk_model(rest_)));
    return {};
  }

  kv::Result<void> crash(LineScanner& line) {
    if (!model_) return error("a crash stands behind its model");
    if (stage().crash) return error("a stage has one crash");
    constexpr std::string_view kExpected = "at_start, after or in";
    const std::string_view word = TRY(line.word(kExpected));
    StageCrash crash{*model_, {}};
    if (word != "at_start" && word != "after" && word != "in") return line.expected(kExpected, word);
    if (word != "at_start") crash.at.op = TRY(parse_anchor(line));
    if (word == "in") {
      TRY(line.literal("at"));
      crash.at.bytes = TRY(line.number("a number of bytes"));
      if (*crash.at.bytes == 0) return line.error("at least one byte");
    }
    stage().crash = std::move(crash);
    return {};
  }

  kv::Result<void> fate(LineScanner& line) {
    if (!stage().crash) return error("a fate stands behind its crash");
    const std::size_t colon = rest_.find(": ");
    if (colon == std::string_view::npos) return error("expected an operation, a colon and its fate");
    LineScanner op(rest_.substr(0, colon), fmt::format("line {}", number_));
    AnchoredFate fate{TRY(parse_anchor(op)), {}};
    TRY(op.end());
    // The crash state's own reader knows how a fate is spelled.
    const auto state = told(faultfs::parse_crash_state(fmt::format("after 1: 0 {}", rest_.substr(colon + 2))));
    if (!state) return std::unexpected(state.error());
    if (state->fates.size() != 1) return line.error("one fate stands in a line");
    fate.pieces = state->fates.front().pieces;
    stage().crash->at.fates.push_back(std::move(fate));
    return {};
  }

  kv::Result<void> digest(LineScanner& line) {
    const std::string_view word = TRY(line.word("eight hex digits"));
    std::uint32_t value = 0;
    const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
    if (word.size() != 8 || failed != std::errc() || end != word.data() + word.size()) {
      return line.expected("eight hex digits", word);
    }
    stage().digest = value;
    return {};
  }

  kv::Result<void> scenario(LineScanner& line) {
    const std::string_view name = TRY(line.word("the name of a scenario"));
    const auto row = std::ranges::find(kScenarios, name, &ScenarioInfo::name);
    if (row == kScenarios.end()) return line.expected("the name of a scenario", name);
    stage().scenario = row->kind;
    return {};
  }

  kv::Result<void> damage(LineScanner&) {
    if (stage().damage) return error("a stage has one damage");
    stage().damage = TRY(told(faultfs::parse_damage(rest_)));
    return {};
  }

  kv::Result<void> found(LineScanner& line) {
    if (stage().found) return error("`found` stands once");
    stage().found = Found{TRY(line.number("how many commands were acked")), {}};
    return {};
  }

  kv::Result<void> base(LineScanner& line) {
    if (!stage().found) return error("`base` stands behind `found`");
    std::string key = TRY(line.quoted("a key in quotes"));
    std::string value = TRY(line.quoted("a value in quotes"));
    if (!stage().found->base.emplace(std::move(key), std::move(value)).second)
      return line.error("the key is there already");
    return {};
  }

  Case case_;
  std::size_t number_ = 0;  // of the line
  std::string_view rest_;   // of the line, after its first word
  std::uint64_t image_bytes_ = 0;
  std::optional<faultfs::DiskModel> model_;
};

const std::array<CaseParser::Row, 10> CaseParser::kCaseRows{{
    {"subject", &CaseParser::subject<SubjectKind::subject>, true},
    {"plugin", &CaseParser::subject<SubjectKind::plugin>, true},
    {"driver", &CaseParser::subject<SubjectKind::driver>, true},
    {"campaign", &CaseParser::campaign},
    {"expect", &CaseParser::expect},
    {"where", &CaseParser::where, true},
    {"promise", &CaseParser::promise},
    {"set", &CaseParser::set, true},
    {"directory", &CaseParser::directory},
    {"file", &CaseParser::file},
}};

const std::array<CaseParser::Row, 21> CaseParser::kStageRows{{
    {"epoch", &CaseParser::epoch},
    {"entropy", &CaseParser::entropy},
    {"live_fault", &CaseParser::live_fault, true},
    {"failed_sync", &CaseParser::failed_sync},
    {"put", &CaseParser::put},
    {"del", &CaseParser::del},
    {"batch", &CaseParser::batch},
    {"sync", &CaseParser::sync},
    {"compact", &CaseParser::compact},
    {"kill", &CaseParser::kill},
    {"close", &CaseParser::close},
    {"fault", &CaseParser::fault, true},
    {"closed", &CaseParser::closed},
    {"model", &CaseParser::model, true},
    {"crash", &CaseParser::crash},
    {"fate", &CaseParser::fate, true},
    {"digest", &CaseParser::digest},
    {"scenario", &CaseParser::scenario},
    {"damage", &CaseParser::damage, true},
    {"found", &CaseParser::found},
    {"base", &CaseParser::base},
}};

}  // namespace

kv::Result<Case> parse_case(std::string_view text) { return CaseParser().run(text); }

}  // namespace walbreaker
