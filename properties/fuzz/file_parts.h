// A log or a snapshot, split at the edges of its records or blocks, so that a mutator can move whole ones, and its
// checksums made right again.
//
// Nothing need verify: lengths are taken as they are, as far as the file goes. join(split(file)) == file, whatever it
// is. The format is told in engine/FORMAT.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reference_format.h"

namespace walbreaker::fuzz {

struct FileParts {
  reference::FileKind kind = reference::FileKind::log;
  std::string header;               // the first sector, or what there is of it
  std::vector<std::string> pieces;  // records with the zeros behind them, or blocks; the last may be what is none
  std::string footer;               // of a snapshot
};

[[nodiscard]] FileParts split(reference::FileKind kind, std::string_view file);
[[nodiscard]] std::string join(const FileParts& parts);

// Where in a file a field stands.
struct Field {
  std::string_view name;
  std::size_t offset;
  std::size_t bytes;
};

// By FORMAT.md's names, without checksums.
[[nodiscard]] const std::vector<Field>& header_fields();
[[nodiscard]] const std::vector<Field>& record_fields();
[[nodiscard]] const std::vector<Field>& footer_fields();

// Little-endian; what does not lie within the bytes reads as 0, and is not written.
[[nodiscard]] std::uint64_t get(std::string_view bytes, const Field& field);
void set(std::string& bytes, const Field& field, std::uint64_t value);

// Makes the header's magic and checksum right. The version stays: another one is another program's.
void seal_header(FileParts& parts);

// Makes the checksums of every piece and of the footer right for the place where they stand, but for the piece of that
// number: what was moved there stays wrong. The lengths and counts are not touched.
inline constexpr std::size_t kSealAll = ~std::size_t{0};
void seal_pieces(FileParts& parts, std::size_t but_for = kSealAll);

// Makes the counts of a log or snapshot fit its pieces: the records' numbers follow each other from the header's on,
// each durable when the next was written; the blocks' lengths and the footer's counts are what stands there.
void renumber(FileParts& parts);

}  // namespace walbreaker::fuzz
