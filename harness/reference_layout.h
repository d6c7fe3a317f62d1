// A map of the bytes of a reference store: every file, header, record and block that is there, which of them are valid,
// and where recovery stopped and why. For a person who looks into a store that was harmed, and for `explain`.
//
//   for (const DecodedFile& file : decode_files(image, "db")) {
//     for (const DecodedRecord& record : file.records) print(record.offset, record.length, record.meaning);
//   }
//
// Costs: linear in the sizes of the files, in time and in memory. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch.h"
#include "faultfs/image.h"
#include "harness/reference_decoder.h"

namespace walbreaker {

// A stretch of a log: a record whose header verifies, or bytes in which none stands. They follow each other without a
// gap, from the end of the file's header to the end of the file.
struct DecodedRecord {
  enum class Kind {
    put,
    remove,
    batch,
    close,
    unknown,    // the header verifies, and the kind is another program's
    no_record,  // no record header verifies in these bytes
    zeros,      // the same, and all of them are zeros
  };

  Kind kind = Kind::no_record;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // in bytes, with its header and the zeros behind it; cut off where the file or the next
                             // record begins
  std::uint64_t seq = 0;     // this and the next: 0 where the header does not verify
  std::uint64_t durable_seq = 0;
  bool header_ok = false;
  bool payload_ok = false;  // all of it is there, and its checksum is right
  bool replayed = false;    // recovery got that far
  kv::Batch writes;         // what it does, where the payload is right
  std::string meaning;      // in words: `put "apple" = "red"`
};

// The enumerator's name: "no_record".
[[nodiscard]] std::string_view to_string(DecodedRecord::Kind kind);

struct DecodedBlock {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // in bytes, with its own header
  std::uint64_t entries = 0;
  bool ok = false;      // its checksum is right, and it holds entries
  std::string meaning;  // `3 entries, "apple" to "plum"`
};

struct DecodedFile {
  enum class Kind { log, snapshot, other };

  std::string name;  // in the store's directory
  Kind kind = Kind::other;
  std::uint64_t size = 0;
  bool is_dead = false;  // of a generation below the chosen snapshot's: recovery does not look at it

  bool header_ok = false;      // this and the next: of logs and snapshots
  std::string header_meaning;  // "generation 3, follows wal-2.log at 4208, base seq 17", or why it does not verify
  std::vector<DecodedRecord> records;  // of a log whose header verifies

  std::vector<DecodedBlock> blocks;  // of a snapshot whose header verifies, as far as their lengths make sense
  bool footer_ok = false;
  std::string footer_meaning;

  std::optional<std::uint64_t> stopped_at;  // the offset at which the replay of this log ended
  std::vector<std::string> findings;        // why, and every other row of the table that names this file
};

// The enumerator's name: "snapshot".
[[nodiscard]] std::string_view to_string(DecodedFile::Kind kind);

// The files in `directory` of the image, by name, and not those of directories below it.
[[nodiscard]] std::vector<DecodedFile> decode_files(const faultfs::Image& image, std::string_view directory);

// The same, where the store has been decoded already.
[[nodiscard]] std::vector<DecodedFile> decode_files(const faultfs::Image& image, std::string_view directory,
                                                    const DecodedStore& store);

}  // namespace walbreaker
