// A second judge of the reference engine's stores: what the bytes of a disk say that an open has to answer.
//
// It decodes a raw image as engine/FORMAT.md tells, "Recovery" and its table above all, without a line of the engine's
// recovery: two readers of one document that agree on every image are a better witness than one. It says what the
// longest valid prefix is, and by which row of the table it is told; decoder_judge.h holds an engine's answer against
// that.
//
//   const DecodedStore decoded = decode_reference_store(image, "db");
//   if (decoded.verdict == DecodedStore::Verdict::damaged) print(decoded.reason);
//
// Costs: every file that is not dead is read once; linear in their sizes, in time and in memory. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/image.h"
#include "harness/command.h"
#include "harness/reference_table.h"

namespace walbreaker {

// A log that was replayed.
struct DecodedReplay {
  std::string file;
  std::uint64_t records = 0;      // so many were replayed
  std::uint64_t end = 0;          // the offset behind the last of them
  std::uint64_t next_seq = 0;     // of the record that was expected there
  std::string_view why_it_ended;  // "a record's checksum is wrong"
};

struct DecodedStore {
  enum class Verdict {
    clean,
    torn,
    damaged,      // corrupted; `contents` are the prefix that is left, to be served read-only
    refused,      // corrupted, and nothing may be served
    new_store,    // nothing was ever stored; served as an empty store
    unsupported,  // another program's version; nothing may be served
  };

  Verdict verdict = Verdict::new_store;
  Contents contents;   // what is served; empty where nothing is
  std::string reason;  // the message of the finding that decided

  std::vector<DecodedFinding> findings;   // every row that matched, in the order in which they were met
  std::optional<std::uint64_t> snapshot;  // the generation of the snapshot that was chosen
  std::vector<DecodedReplay> replays;     // the chain, as far as it was replayed
};

// The enumerator's name: "new_store".
[[nodiscard]] std::string_view to_string(DecodedStore::Verdict verdict);

// `directory` is a path of the image, "" or "/" for its root. One that does not exist is a store that has yet to be
// made.
[[nodiscard]] DecodedStore decode_reference_store(const faultfs::Image& image, std::string_view directory);

}  // namespace walbreaker
