#include "engine/log_record.h"

#include <optional>

#include "engine/assert.h"
#include "engine/bytes.h"
#include "engine/crc32c.h"

namespace kv {
namespace {

constexpr std::size_t kHeaderChecksumAt = 0;
constexpr std::size_t kPayloadBytesAt = kHeaderChecksumAt + 4;
constexpr std::size_t kSeqAt = kPayloadBytesAt + 4;
constexpr std::size_t kDurableSeqAt = kSeqAt + 8;
constexpr std::size_t kKindAt = kDurableSeqAt + 8;
constexpr std::size_t kReservedAt = kKindAt + 1;
constexpr std::size_t kPayloadChecksumAt = kReservedAt + 3;
static_assert(kPayloadChecksumAt + 4 == kRecordHeaderBytes);

constexpr std::size_t kBatchOperationBytes = 1 + 4 + 4;  // kind, key length, value length

std::uint32_t header_checksum(std::string_view record, std::uint32_t seed) {
  return crc32c(record.substr(kPayloadBytesAt, kRecordHeaderBytes - kPayloadBytesAt), seed);
}

// Takes apart a payload from its front. A read past the end makes the reader bad and yields nothing.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view rest) : rest_(rest) {}

  std::string_view bytes(std::uint64_t count) {
    if (count > rest_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  template <class Int>
  Int integer() {
    const std::string_view raw = bytes(sizeof(Int));
    return good_ ? load<Int>(raw, 0) : Int{0};
  }

  std::string_view rest() { return bytes(rest_.size()); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return rest_.empty() || !good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

bool decode_batch_operation(PayloadReader& reader, OperationView& operation) {
  const auto kind = reader.integer<std::uint8_t>();
  const auto key_bytes = reader.integer<std::uint32_t>();
  const auto value_bytes = reader.integer<std::uint32_t>();
  operation.kind = static_cast<Batch::Kind>(kind);
  operation.key = reader.bytes(key_bytes);
  operation.value = reader.bytes(value_bytes);
  if (operation.kind == Batch::Kind::remove) return reader.good() && value_bytes == 0;
  return reader.good() && operation.kind == Batch::Kind::put;
}

}  // namespace

std::string_view to_string(RecordKind kind) {
  switch (kind) {
    case RecordKind::put: return "put";
    case RecordKind::remove: return "remove";
    case RecordKind::batch: return "batch";
    case RecordKind::close: return "close";
  }
  return "unknown";
}

std::uint64_t record_bytes(std::uint64_t payload_bytes) {
  return kRecordHeaderBytes + round_up(payload_bytes, kRecordAlignment);
}

void encode_record(std::string& out, RecordKind kind, Seq seq, Seq durable_seq, std::string_view payload,
                   std::uint32_t seed) {
  WB_ASSERT(durable_seq < seq);
  WB_ASSERT(payload.size() <= 0xffffffff);
  out.assign(kRecordHeaderBytes, '\0');
  out.append(payload);
  out.resize(record_bytes(payload.size()), '\0');
  store(out, kPayloadBytesAt, static_cast<std::uint32_t>(payload.size()));
  store(out, kSeqAt, seq);
  store(out, kDurableSeqAt, durable_seq);
  store(out, kKindAt, static_cast<std::uint8_t>(kind));
  store(out, kPayloadChecksumAt, crc32c(std::string_view(out).substr(kRecordHeaderBytes), seed));
  store(out, kHeaderChecksumAt, header_checksum(out, seed));
}

std::optional<RecordHeader> decode_record_header(std::string_view bytes, std::uint32_t seed) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const RecordHeader header{
      .payload_bytes = load<std::uint32_t>(bytes, kPayloadBytesAt),
      .seq = load<Seq>(bytes, kSeqAt),
      .durable_seq = load<Seq>(bytes, kDurableSeqAt),
      .kind = load<std::uint8_t>(bytes, kKindAt),
      .payload_checksum = load<std::uint32_t>(bytes, kPayloadChecksumAt),
  };
  if (header.kind == 0 || header.durable_seq >= header.seq) return std::nullopt;
  if (load<std::uint32_t>(bytes, kHeaderChecksumAt) != header_checksum(bytes, seed)) return std::nullopt;
  return header;
}

bool payload_verifies(const RecordHeader& header, std::string_view padded_payload, std::uint32_t seed) {
  return padded_payload.size() == round_up(header.payload_bytes, kRecordAlignment) &&
         crc32c(padded_payload, seed) == header.payload_checksum;
}

void encode_put(std::string& out, std::string_view key, std::string_view value) {
  out.clear();
  append(out, static_cast<std::uint32_t>(key.size()));
  out.append(key).append(value);
}

void encode_remove(std::string& out, std::string_view key) { out.assign(key); }

std::uint64_t encoded_bytes(const Batch& batch) {
  std::uint64_t bytes = 0;
  for (const Batch::Operation& operation : batch.operations()) {
    bytes += kBatchOperationBytes + operation.key.size() + operation.value.size();
  }
  return bytes;
}

void encode_batch(std::string& out, const Batch& batch) {
  out.clear();
  for (const Batch::Operation& operation : batch.operations()) {
    append(out, static_cast<std::uint8_t>(operation.kind));
    append(out, static_cast<std::uint32_t>(operation.key.size()));
    append(out, static_cast<std::uint32_t>(operation.value.size()));
    out.append(operation.key).append(operation.value);
  }
}

bool decode_operations(RecordKind kind, std::string_view payload, std::vector<OperationView>& operations) {
  operations.clear();
  PayloadReader reader(payload);
  switch (kind) {
    case RecordKind::put: {
      const auto key_bytes = reader.integer<std::uint32_t>();
      const std::string_view key = reader.bytes(key_bytes);
      operations.push_back({Batch::Kind::put, key, reader.rest()});
      return reader.good();
    }
    case RecordKind::remove: operations.push_back({Batch::Kind::remove, payload, {}}); return true;
    case RecordKind::batch:
      while (!reader.done()) {
        if (!decode_batch_operation(reader, operations.emplace_back())) return false;
      }
      return reader.good();
    case RecordKind::close: return payload.empty();
  }
  return false;
}

}  // namespace kv
