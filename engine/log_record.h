// One record of a log, in bytes and out. The byte layout is told in FORMAT.md, "Log record".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch.h"
#include "engine/file_header.h"
#include "engine/options.h"

namespace kv {

inline constexpr std::uint64_t kRecordAlignment = 8;
inline constexpr std::size_t kRecordHeaderBytes = 32;
static_assert(kRecordHeaderBytes % kRecordAlignment == 0);
static_assert(kFileHeaderBytes % kRecordAlignment == 0);

enum class RecordKind : std::uint8_t {
  // 0 is never valid, so that no run of zeros is a record
  put = 1,
  remove = 2,
  batch = 3,
  close = 4,  // the store was closed: everything before is durable
};

[[nodiscard]] std::string_view to_string(RecordKind kind);

struct RecordHeader {
  std::uint32_t payload_bytes = 0;
  Seq seq = 0;
  Seq durable_seq = 0;    // the highest record whose sync had returned when this one was encoded; below seq
  std::uint8_t kind = 0;  // a RecordKind, or a number of a later version
  std::uint32_t payload_checksum = 0;
  bool operator==(const RecordHeader&) const = default;
};

// How far a record reaches: its header, its payload, and zeros up to the alignment.
[[nodiscard]] std::uint64_t record_bytes(std::uint64_t payload_bytes);

// Makes the whole record in `out`, which is overwritten, for a place in the file that `seed` is bound to.
void encode_record(std::string& out, RecordKind kind, Seq seq, Seq durable_seq, std::string_view payload,
                   std::uint32_t seed);

// The header in the first kRecordHeaderBytes of `bytes`, where its checksum and its fields hold together; nothing
// otherwise. Says nothing of the payload.
[[nodiscard]] std::optional<RecordHeader> decode_record_header(std::string_view bytes, std::uint32_t seed);

// `payload` with its padding.
[[nodiscard]] bool payload_verifies(const RecordHeader& header, std::string_view padded_payload, std::uint32_t seed);

// Payloads.
void encode_put(std::string& out, std::string_view key, std::string_view value);
void encode_remove(std::string& out, std::string_view key);
void encode_batch(std::string& out, const Batch& batch);
[[nodiscard]] std::uint64_t encoded_bytes(const Batch& batch);

// A put or remove inside a payload; views into it.
struct OperationView {
  Batch::Kind kind;
  std::string_view key;
  std::string_view value;  // empty for a remove
};

// Fills `operations` with what a payload says, in order; none for a close. False where it is malformed, which behind a
// good checksum means a writer that is not ours. All of a batch is decoded before any of it can be applied.
[[nodiscard]] bool decode_operations(RecordKind kind, std::string_view payload, std::vector<OperationView>& operations);

}  // namespace kv
