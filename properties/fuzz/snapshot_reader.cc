#include "engine/snapshot_reader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/memory_file.h"
#include "harness/reference_format.h"
#include "properties/fuzz/law.h"
#include "properties/fuzz/packed_store.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {

kv::Result<void> snapshot_reader(std::string_view input) {
  kv::MemoryFile file(unpack_file(input));
  const std::string_view bytes = file.contents;
  if (bytes.size() % 2 == 1) file.bytes_per_call = 333;  // short reads are continued
  const kv::Generation generation = bytes.size() < reference::kHeaderBytes ? 1 : kv::load<std::uint64_t>(bytes, 24);

  std::vector<std::pair<std::string, std::string>> visited;
  const auto header = kv::read_snapshot(
      file, generation, [&](const kv::SnapshotEntry& entry) { visited.emplace_back(entry.key, entry.value); });

  reference::Entries entries;
  const auto parsed = reference::parse_header(bytes, {reference::FileKind::snapshot, generation});
  const bool other_version = !header && header.error().code == kv::ErrorCode::unsupported_version;
  TRY(law(other_version == (parsed.state == reference::HeaderState::other_version), "both know another version"));
  const bool verifies = parsed.state == reference::HeaderState::good &&
                        !reference::read_snapshot(bytes, parsed.fields, entries).has_value();
  TRY(law(header.has_value() == verifies, "both take a snapshot, or neither does"));
  if (!header) {
    TRY(law(header.error().offset <= bytes.size(), "a defect lies in the file"));
    return law(!header.error().reason.empty(), "a defect has a reason");
  }
  TRY(law(header->base_seq == parsed.fields.base_seq && header->store_id == parsed.fields.store_id,
          "both read the same header"));
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; };
  TRY(law(std::ranges::equal(visited, entries, same), "both read the same entries"));
  return law(file.largest_read() <= bytes.size(), "no read is larger than the file");
}

}  // namespace walbreaker::fuzz
