#include "harness/reference_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/reference_layout.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

std::string verdict_of(const DecodedRecord& record) {
  if (!record.header_ok) return record.kind == DecodedRecord::Kind::zeros ? "zeros" : "no record";
  if (!record.payload_ok) return "bad payload";
  return record.replayed ? "replayed" : "valid, not replayed";
}

std::string line_of(const DecodedRecord& record) {
  std::string text = fmt::format("    {:>9} +{:<7} {:<20}", record.offset, record.length, verdict_of(record));
  if (record.header_ok)
    text += fmt::format("seq {}, durable_seq {}: {}", record.seq, record.durable_seq, record.meaning);
  return text + '\n';
}

std::string line_of(const DecodedBlock& block) {
  return fmt::format("    {:>9} +{:<7} {:<20}{}\n", block.offset, block.length, block.ok ? "valid block" : "bad block",
                     block.meaning);
}

std::string map_of(const DecodedFile& file) {
  std::string text = fmt::format("  {}, {} bytes, {}{}\n", file.name, with_commas(file.size), to_string(file.kind),
                                 file.is_dead ? ", replaced by a newer snapshot" : "");
  if (file.kind == DecodedFile::Kind::other) return text;
  text += fmt::format("    {:>9} +{:<7} {:<20}{}\n", 0, std::min<std::uint64_t>(file.size, 4'096),
                      file.header_ok ? "valid header" : "bad header", file.header_meaning);
  constexpr std::size_t kMostLines = 200;
  for (std::size_t i = 0; i < std::min(file.records.size(), kMostLines); ++i) text += line_of(file.records[i]);
  if (file.records.size() > kMostLines) text += fmt::format("    and {} more\n", file.records.size() - kMostLines);
  for (const DecodedBlock& block : file.blocks) text += line_of(block);
  if (file.kind == DecodedFile::Kind::snapshot) {
    text += fmt::format("    {} footer: {}\n", file.footer_ok ? "valid" : "bad", file.footer_meaning);
  }
  if (file.stopped_at) text += fmt::format("    the replay of this log ends at {}\n", *file.stopped_at);
  for (const std::string& finding : file.findings) text += fmt::format("    {}\n", finding);
  return text;
}

}  // namespace

std::string reference_map(const faultfs::Image& image, std::string_view directory) {
  const DecodedStore store = decode_reference_store(image, directory);
  const auto files = decode_files(image, directory, store);
  if (std::ranges::all_of(files, [](const DecodedFile& file) { return file.kind == DecodedFile::Kind::other; }))
    return {};
  std::string text = "bytes\n";
  for (const DecodedFile& file : files) text += map_of(file);
  return text + fmt::format("an open has to answer {}: {}\n", to_string(store.verdict), store.reason);
}

}  // namespace walbreaker
