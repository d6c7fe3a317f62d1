#include "engine/kvstore_verbs.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string_view>
#include <utility>
#include <vector>

#include "engine/dump.h"
#include "engine/repair.h"
#include "engine/report.h"
#include "engine/text.h"

namespace kv {
namespace {

std::string opens_as(const Report& report) {
  const std::string contents = fmt::format("with the contents after record {}", report.last_seq);
  switch (report.verdict) {
    case Verdict::clean: return "read-write, " + contents;
    case Verdict::torn_tail: return fmt::format("read-write, {}; what follows it was never promised", contents);
    case Verdict::new_store: return "as a new, empty store";
    case Verdict::corrupted:
      if (report.servable) return fmt::format("read-only, {}; `kvstore repair` makes it writable again", contents);
      return "not at all: no prefix of what was stored is known to be right";
    case Verdict::io_error:
    case Verdict::unsupported_version: return "not at all";
  }
  return "";
}

std::string listed(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + printable(name);
  return text;
}

void print_finding(std::ostream& out, const Finding& finding) {
  const RowInfo& row = info(finding.row);
  const std::string place =
      finding.file.empty() ? "" : fmt::format(": {} at offset {}", printable(finding.file), finding.offset);
  fmt::print(out, "  row {} {}{}\n", row.label, row.name, place);
  fmt::print(out, "    what it means: {}\n", row.meaning);
  fmt::print(out, "    the proof:     {}\n", printable(finding.proof));
}

void print_report(std::ostream& out, const std::string& path, const Report& report) {
  fmt::print(out, "{}: {}\n", printable(path), to_string(report.verdict));
  for (const Finding& finding : report.findings) print_finding(out, finding);
  fmt::print(out, "  opens:     {}\n", opens_as(report));
  if (report.snapshot_generation != 0) {
    fmt::print(out, "  snapshot:  of generation {}, the state after record {}\n", report.snapshot_generation,
               report.snapshot_seq);
  }
  if (!report.stopped_in.empty()) {
    fmt::print(out, "  replayed:  {}, up to {} at offset {}\n", counted(report.records_replayed, "record"),
               printable(report.stopped_in), report.stopped_at);
  }
  fmt::print(out, "  live:      {}\n", listed(report.live_files));
  fmt::print(out, "  dead:      {}\n", listed(report.dead_files));
  fmt::print(out, "  temporary: {}\n", listed(report.temporaries));
  fmt::print(out, "  unknown:   {}\n", listed(report.unknown_files));
}

bool is_sound(Verdict verdict) {
  return verdict == Verdict::clean || verdict == Verdict::torn_tail || verdict == Verdict::new_store;
}

using Rows = std::vector<std::pair<std::string_view, std::uint64_t>>;

Rows stats_rows(const Store& store) {
  const Stats stats = store.stats();
  const Report& report = store.report();
  return {{"keys", stats.keys},
          {"content_bytes", stats.content_bytes},
          {"generation", stats.generation},
          {"snapshot_seq", report.snapshot_seq},
          {"last_seq", stats.last_seq},
          {"records_replayed", report.records_replayed}};
}

}  // namespace

std::string KvstoreVerbs::shown(std::string_view bytes) const {
  return request_.hex ? to_hex(bytes) : printable(bytes);
}

// As it was typed: what prints an Error escapes it.
Error KvstoreVerbs::no_such_key() const {
  return Error{ErrorCode::not_found, 0, request_.hex ? to_hex(request_.key) : request_.key};
}

void KvstoreVerbs::warn(std::string_view text) { fmt::print(err_, "kvstore: warning: {}\n", printable(text)); }

// Opens the store read-only. Where it is damaged, says so and goes on with what is right.
Result<bool> KvstoreVerbs::read(const Use& use) {
  Options options;
  options.access = Access::read_only;
  const auto store = TRY(Store::open(vfs_, request_.path, options));
  const auto problem = store->problem();
  if (problem) {
    warn(fmt::format("{} is damaged ({}); what is shown is the state before that", request_.path, problem->context));
  }
  TRY(use(*store));
  return !problem;
}

// The store is closed even where `use` failed, so that a later cut of its files is still told from a crash.
Result<bool> KvstoreVerbs::write(bool create_if_missing, const Use& use) {
  Options options;
  options.create_if_missing = create_if_missing;
  const auto store = TRY(Store::open(vfs_, request_.path, options));
  if (store->status() == ErrorCode::corrupted) {
    return fail(ErrorCode::read_only, fmt::format("{} is damaged ({})", request_.path, store->problem()->context));
  }
  const auto used = use(*store);
  const auto closed = store->close();
  if (const auto& problem = store->compaction_problem()) warn(problem->message());
  if (!used && !closed && used.error().message() != closed.error().message()) warn(closed.error().message());
  TRY(used);
  TRY(closed);
  return true;
}

Result<bool> KvstoreVerbs::put() {
  return write(true, [&](Store& store) { return store.put(request_.key, request_.value); });
}

Result<bool> KvstoreVerbs::del() {
  return write(false, [&](Store& store) {
    auto removed = store.remove(request_.key);
    if (!removed && removed.error().code == ErrorCode::not_found) removed.error() = no_such_key();
    return removed;
  });
}

Result<bool> KvstoreVerbs::compact() {
  return write(false, [](Store& store) { return store.compact(); });
}

Result<bool> KvstoreVerbs::get() {
  return read([&](Store& store) -> Result<void> {
    const auto value = store.get(request_.key);
    if (!value && value.error().code == ErrorCode::not_found) return std::unexpected(no_such_key());
    if (!value) return std::unexpected(value.error());
    fmt::print(out_, "{}\n", shown(*value));
    return {};
  });
}

Result<bool> KvstoreVerbs::scan() {
  std::uint64_t left = request_.limit.value_or(~std::uint64_t{0});
  std::optional<std::string_view> to;
  if (request_.to) to = *request_.to;
  return read([&](Store& store) {
    return store.scan(request_.from.value_or(""), to, [&](std::string_view key, std::string_view value) {
      if (left == 0) return false;
      --left;
      fmt::print(out_, "{}\t{}\n", shown(key), shown(value));
      return out_.good();
    });
  });
}

Result<bool> KvstoreVerbs::stats() {
  return read([&](Store& store) -> Result<void> {
    const std::string_view status = to_string(store.status());
    const std::string_view verdict = to_string(store.report().verdict);
    const Rows rows = stats_rows(store);
    if (request_.json) {
      fmt::print(out_, R"({{"format":1,"status":"{}","verdict":"{}")", status, verdict);
      for (const auto& [name, number] : rows) fmt::print(out_, R"(,"{}":{})", name, number);
      fmt::print(out_, "}}\n");
      return {};
    }
    fmt::print(out_, "{:<17} {}\n{:<17} {}\n", "status", status, "verdict", verdict);
    for (const auto& [name, number] : rows) fmt::print(out_, "{:<17} {}\n", name, number);
    return {};
  });
}

Result<bool> KvstoreVerbs::dump() {
  TRY(kv::dump(vfs_, request_.path, [&](std::string_view line) { fmt::print(out_, "{}\n", line); }));
  return true;
}

Result<bool> KvstoreVerbs::verify() {
  const Report report = TRY(kv::verify(vfs_, request_.path));
  print_report(out_, request_.path, report);
  return is_sound(report.verdict);
}

Result<bool> KvstoreVerbs::repair() {
  const RepairResult repaired = TRY(kv::repair(vfs_, request_.path));
  fmt::print(out_, "{}: {}\n", printable(request_.path), printable(repaired.found.summary()));
  if (repaired.generation == 0) {
    fmt::print(out_, "  nothing to repair, and nothing was changed\n");
    return true;
  }
  fmt::print(out_, "  repaired as generation {}, with the contents after record {}\n", repaired.generation,
             repaired.found.last_seq);
  fmt::print(out_, "  the damaged files are kept as: {}\n", listed(repaired.set_aside));
  return true;
}

}  // namespace kv
