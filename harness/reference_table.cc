#include "harness/reference_table.h"

#include <fmt/format.h>

#include "engine/assert.h"

namespace walbreaker {

const DecodedRowInfo& info(DecodedRow row) {
  const auto& found = kDecodedRows.at(static_cast<std::size_t>(row));
  WB_ASSERT(found.row == row);
  return found;
}

std::string DecodedFinding::message() const {
  const std::string place = file.empty() ? std::string() : fmt::format("{} at offset {}: ", file, offset);
  return fmt::format("row {} {}: {}{}", info(row).letter, info(row).name, place, text);
}

}  // namespace walbreaker
