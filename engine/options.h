// How a store is opened, and the limits of what it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace kv {

using Seq = std::uint64_t;         // a record's number: 1 for a store's first record, +1 each; 0 is "before any record"
using Generation = std::uint64_t;  // ties one snapshot and one log together; 1 for a store's first

// A store that has come to more records is not opened for writing: half the range, so that "one more" cannot wrap. No
// store ever gets there, but a file may say so.
inline constexpr Seq kMaxSeq = ~Seq{0} / 2;

// A key or value beyond its limit, or a batch whose encoded form is beyond its own, is invalid_argument. Empty keys
// and values are allowed.
inline constexpr std::size_t kMaxKeyBytes = std::size_t{64} << 10;    // 64 KiB
inline constexpr std::size_t kMaxValueBytes = std::size_t{16} << 20;  // 16 MiB
inline constexpr std::size_t kMaxBatchBytes = std::size_t{64} << 20;  // 64 MiB

enum class Access {
  read_write,
  read_only,  // changes no byte, creates nothing; every write is read_only
};

enum class SyncPolicy {
  on_commit,  // an acked command survives a power cut
  on_request  // an acked command survives a process kill; it survives a power cut once a later sync() or close() is
              // acked
};

struct Options {
  Access access = Access::read_write;

  // Where there is no store: create one, its directory too (the parent must exist). Else io_error with ENOENT.
  bool create_if_missing = true;

  SyncPolicy sync = SyncPolicy::on_commit;

  // Compaction starts by itself once the log holds this many puts and removes, or this many bytes; 0 turns a limit off.
  std::uint64_t compact_after_operations = 1'000;
  std::uint64_t compact_after_bytes = std::uint64_t{4} << 20;  // 4 MiB

  // A damaged store with a valid prefix opens read-only at that prefix; with this set it does not open at all.
  bool refuse_damaged = false;

  // Draws the store's id and each file's salt. Empty: the operating system's entropy. A test passes a seeded
  // generator, so that a run repeats to the byte. Two files of one store must never draw the same salt.
  std::function<std::uint64_t()> entropy;
};

}  // namespace kv
