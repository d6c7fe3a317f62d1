#include "engine/report.h"

#include <fmt/format.h>

#include "engine/assert.h"

namespace kv {

const RowInfo& info(Row row) {
  const RowInfo& entry = kRecoveryTable.at(static_cast<std::size_t>(row));
  WB_ASSERT(entry.row == row);
  return entry;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::io_error: return "io_error";
    case Verdict::unsupported_version: return "unsupported_version";
    case Verdict::corrupted: return "corrupted";
    case Verdict::new_store: return "new_store";
    case Verdict::torn_tail: return "torn_tail";
    case Verdict::clean: return "clean";
  }
  return "unknown";
}

namespace {

std::string place_and_proof(const Finding& finding) {
  if (finding.file.empty()) return finding.proof;
  return fmt::format("{} at offset {}: {}", finding.file, finding.offset, finding.proof);
}

ErrorCode code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::io_error: return ErrorCode::io_error;
    case Verdict::unsupported_version: return ErrorCode::unsupported_version;
    case Verdict::corrupted: return ErrorCode::corrupted;
    case Verdict::new_store:
    case Verdict::torn_tail:
    case Verdict::clean: return ErrorCode::ok;
  }
  return ErrorCode::internal;
}

}  // namespace

std::string to_string(const Finding& finding) {
  return Error{ErrorCode::ok, finding.os_error, place_and_proof(finding)}.description();
}

Error to_error(const Finding& finding, std::string_view what) {
  const ErrorCode code = code_of(info(finding.row).verdict.value_or(Verdict::clean));
  return Error{code, finding.os_error, fmt::format("{}: {}", what, place_and_proof(finding))};
}

std::string Report::summary() const {
  if (verdict == Verdict::clean && !findings.empty()) {
    return fmt::format("clean: {} records after the snapshot of generation {}", records_replayed, snapshot_generation);
  }
  return findings.empty() ? std::string(to_string(verdict))
                          : fmt::format("{}: {}", to_string(verdict), to_string(findings.front()));
}

}  // namespace kv
