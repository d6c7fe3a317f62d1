// Laws of the codecs: what was encoded decodes to itself, and to nothing once it was cut or harmed.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <map>
#include <optional>
#include <set>

#include "engine/bytes.h"
#include "engine/codec_test_util.h"
#include "engine/snapshot_format.h"
#include "properties/format_model.h"
#include "properties/law.h"

namespace walbreaker::properties {
namespace {

using kv::Batch;
using kv::FileHeader;
using kv::RecordKind;

// --- integers ---

template <class Int>
void check_integer() {
  const auto value = *rc::gen::arbitrary<Int>();
  std::string bytes = *any_bytes();
  const std::size_t offset = bytes.size();
  kv::append(bytes, value);
  RC_ASSERT(bytes.size() == offset + sizeof value);
  RC_ASSERT(kv::load<Int>(bytes, offset) == value);
  const auto other = *rc::gen::arbitrary<Int>();
  std::string expected = bytes.substr(0, offset);
  kv::append(expected, other);
  kv::store(bytes, offset, other);
  RC_ASSERT(bytes == expected);
}

TEST(Codec, OfIntegersReadsBackWhatWasWrittenAndTouchesNothingElse) {
  check_law(100, [] {
    check_integer<std::uint8_t>();
    check_integer<std::uint32_t>();
    check_integer<std::uint64_t>();
  });
}

// --- the file header ---

FileHeader any_file_header() { return *any_header(*rc::gen::element(kv::FileType::log, kv::FileType::snapshot)); }

TEST(Codec, OfFileHeadersReadsBackEveryField) {
  check_law(100, [] {
    const FileHeader header = any_file_header();
    const auto decoded = kv::decode_file_header(encode(header) + *any_bytes(), header.type, header.generation);
    if (!decoded) RC_FAIL(decoded.error().reason);
    RC_ASSERT(*decoded == header);
  });
}

TEST(Codec, OfFileHeadersRefusesEveryCutAndEveryHarmedByte) {
  check_law(50, [] {
    const FileHeader header = any_file_header();
    const std::string bytes = encode(header);
    const auto refuses = [&](std::string_view harmed) {
      return code_of(kv::decode_file_header(harmed, header.type, header.generation)) == kv::ErrorCode::corrupted;
    };
    RC_ASSERT(refuses(std::string_view(bytes).substr(0, any_below(bytes.size()))));
    for (std::size_t at = 0; at < bytes.size(); at += at < 64 ? 1 : 63) {
      std::string harmed = bytes;
      harmed[at] = static_cast<char>(harmed[at] ^ static_cast<char>(1 + any_below(255)));
      RC_LOG() << "byte " << at << '\n';
      RC_ASSERT(refuses(harmed));
    }
  });
}

TEST(Codec, OfFileHeadersRefusesThatOfAnotherGenerationOrType) {
  check_law(100, [] {
    const FileHeader header = any_file_header();
    const auto other = *rc::gen::distinctFrom(any_number(), header.generation);
    RC_ASSERT(code_of(kv::decode_file_header(encode(header), header.type, other)) == kv::ErrorCode::corrupted);
    const auto type = header.type == kv::FileType::log ? kv::FileType::snapshot : kv::FileType::log;
    RC_ASSERT(code_of(kv::decode_file_header(encode(header), type, header.generation)) == kv::ErrorCode::corrupted);
  });
}

// With one field as no writer leaves it; the offsets are those of FORMAT.md.
std::string forged(const FileHeader& header) {
  std::string bytes = encode(header);
  const bool follows = header.link == kv::LogLink::follows;
  switch (any_below(4)) {
    case 0: bytes[any_below(8)] ^= static_cast<char>(1 + any_below(255)); break;               // the magic
    case 1: bytes[64 + any_below(4092 - 64)] ^= static_cast<char>(1 + any_below(255)); break;  // the zeros
    case 2: {
      const auto link = static_cast<std::uint32_t>(header.link);
      kv::store(bytes, 12, *rc::gen::distinctFrom(rc::gen::element<std::uint32_t>(0, 1, 2, 3, 256), link));
      break;
    }
    default:
      if (any_below(2) == 0) {
        kv::store(
            bytes, 48,
            follows ? *rc::gen::element<std::uint64_t>(0, header.generation, ~std::uint64_t{0}) : 1 + any_below(9));
      } else {
        kv::store(bytes, 56, follows ? any_below(kv::kFileHeaderBytes) : 1 + any_below(9'000));
      }
  }
  kv::reseal_file_header(bytes);
  return bytes;
}

TEST(Codec, OfFileHeadersRefusesWhatNoWriterWritesBehindAGoodChecksum) {
  check_law(300, [] {
    const FileHeader header = any_file_header();
    const std::string bytes = forged(header);
    RC_ASSERT(code_of(kv::decode_file_header(bytes, header.type, header.generation)) == kv::ErrorCode::corrupted);
    std::string newer = encode(header);
    kv::store(newer, 8, *rc::gen::distinctFrom(rc::gen::arbitrary<std::uint32_t>(), kv::kFormatVersion));
    kv::reseal_file_header(newer);
    const auto read = kv::decode_file_header(newer, header.type, header.generation);
    RC_ASSERT(code_of(read) == kv::ErrorCode::unsupported_version);
  });
}

// --- payloads ---

Batch batch_of(const std::vector<Batch::Operation>& operations) {
  Batch batch;
  for (const Batch::Operation& operation : operations) {
    if (operation.kind == Batch::Kind::put) batch.put(operation.key, operation.value);
    if (operation.kind == Batch::Kind::remove) batch.remove(operation.key);
  }
  return batch;
}

// Nothing where the payload is refused.
std::optional<std::vector<Batch::Operation>> decoded(RecordKind kind, std::string_view payload) {
  std::vector<kv::OperationView> views;
  if (!kv::decode_operations(kind, payload, views)) return std::nullopt;
  std::vector<Batch::Operation> operations;
  for (const auto& view : views) operations.push_back({view.kind, std::string(view.key), std::string(view.value)});
  return operations;
}

using Operations = std::vector<Batch::Operation>;

TEST(Codec, OfPayloadsReadsBackEveryOperation) {
  check_law(100, [] {
    const Operations operations = *any_operations();
    std::string payload = *any_bytes();
    kv::encode_batch(payload, batch_of(operations));
    RC_ASSERT(payload.size() == kv::encoded_bytes(batch_of(operations)));
    RC_ASSERT(decoded(RecordKind::batch, payload) == operations);
    const std::string key = *any_bytes();
    const std::string value = *any_bytes();
    kv::encode_put(payload, key, value);
    RC_ASSERT(decoded(RecordKind::put, payload) == Operations({{Batch::Kind::put, key, value}}));
    kv::encode_remove(payload, key);
    RC_ASSERT(decoded(RecordKind::remove, payload) == Operations({{Batch::Kind::remove, key, {}}}));
  });
}

// A cut that falls between two operations leaves the first ones: that the payload is whole is told by its checksum.
TEST(Codec, OfABatchThatIsCutIsRefusedOrGivesItsFirstOperations) {
  check_law(100, [] {
    const Operations operations = *any_operations();
    std::string payload;
    kv::encode_batch(payload, batch_of(operations));
    std::map<std::size_t, std::size_t> count_at;  // the operations before each edge
    for (std::size_t edge = 0, count = 0; count <= operations.size(); ++count) {
      count_at[edge] = count;
      if (count < operations.size()) edge += kv::encoded_bytes(batch_of({operations[count]}));
    }
    std::set<std::size_t> lengths;
    for (const auto& [edge, count] : count_at) lengths.insert({edge, edge + 1 + any_below(20)});
    for (const std::size_t length : lengths) {
      if (length > payload.size()) continue;
      const auto got = decoded(RecordKind::batch, std::string_view(payload).substr(0, length));
      RC_ASSERT(got.has_value() == count_at.contains(length));
      if (!got) continue;
      const auto end = operations.begin() + static_cast<std::ptrdiff_t>(count_at.at(length));
      RC_ASSERT(*got == Operations(operations.begin(), end));
    }
  });
}

TEST(Codec, OfPayloadsReadsNothingOutsideOfBytesThatAreNone) {
  check_law(200, [] {
    const std::string junk = *any_bytes();
    for (const auto kind : {RecordKind::put, RecordKind::remove, RecordKind::batch, RecordKind::close}) {
      const auto got = decoded(kind, junk);
      std::size_t bytes = 0;
      for (const auto& operation : got.value_or(Operations())) bytes += operation.key.size() + operation.value.size();
      RC_ASSERT(bytes <= junk.size());
      if (kind == RecordKind::close) RC_ASSERT(got.has_value() == junk.empty());
    }
  });
}

// --- the log record ---

struct Encoded {
  RecordKind kind = RecordKind::put;
  kv::Seq seq = 1;
  kv::Seq durable_seq = 0;
  std::string payload;
  std::uint32_t seed = 0;
  std::string bytes;
};

Encoded any_record() {
  Encoded record{.kind = *any_record_kind(), .payload = *any_bytes(), .seed = *rc::gen::arbitrary<std::uint32_t>()};
  record.seq = std::max<kv::Seq>(1, *any_number());
  record.durable_seq = any_below(record.seq);
  kv::encode_record(record.bytes, record.kind, record.seq, record.durable_seq, record.payload, record.seed);
  return record;
}

// As a reader does it: the header first, then as much as that says.
std::optional<std::string> payload_in(std::string_view bytes, std::uint32_t seed) {
  const auto header = kv::decode_record_header(bytes, seed);
  if (!header || kv::record_bytes(header->payload_bytes) != bytes.size()) return std::nullopt;
  const std::string_view padded = bytes.substr(kv::kRecordHeaderBytes);
  if (!kv::payload_verifies(*header, padded, seed)) return std::nullopt;
  return std::string(padded.substr(0, header->payload_bytes));
}

TEST(Codec, OfRecordsReadsBackEveryField) {
  check_law(100, [] {
    const Encoded record = any_record();
    const auto header = kv::decode_record_header(record.bytes, record.seed);
    RC_ASSERT(header.has_value());
    RC_ASSERT(header->kind == static_cast<std::uint8_t>(record.kind));
    RC_ASSERT(header->seq == record.seq);
    RC_ASSERT(header->durable_seq == record.durable_seq);
    RC_ASSERT(payload_in(record.bytes, record.seed) == record.payload);
    RC_ASSERT(record.bytes.size() % kv::kRecordAlignment == 0U);
  });
}

TEST(Codec, OfRecordsRefusesEveryCutEveryFlippedBitAndEveryOtherPlace) {
  check_law(40, [] {
    const Encoded record = any_record();
    for (std::size_t length = 0; length < record.bytes.size(); ++length) {
      RC_ASSERT(!payload_in(std::string_view(record.bytes).substr(0, length), record.seed));
    }
    std::string harmed = record.bytes;
    for (std::size_t bit = 0; bit < harmed.size() * 8; ++bit) {
      kv::toggle_bit(harmed, bit);
      RC_ASSERT(!payload_in(harmed, record.seed));
      kv::toggle_bit(harmed, bit);
    }
    const auto elsewhere = *rc::gen::distinctFrom(rc::gen::arbitrary<std::uint32_t>(), record.seed);
    RC_ASSERT(!payload_in(record.bytes, elsewhere));
  });
}

// --- the footer of a snapshot ---

TEST(Codec, OfFootersReadsBackEveryFieldAndRefusesEveryCutAndEveryFlippedBit) {
  check_law(100, [] {
    const kv::ChecksumSeed seed(*any_header(kv::FileType::snapshot));
    const kv::SnapshotFooter footer{.entry_count = *any_number(),
                                    .block_count = *any_number(),
                                    .blocks_bytes = *any_number(),
                                    .blocks_checksum = *rc::gen::arbitrary<std::uint32_t>()};
    std::string bytes = encode(footer, seed);
    const auto read = kv::decode_footer(bytes, seed);
    RC_ASSERT(read.has_value());
    RC_ASSERT(encode(*read, seed) == bytes);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      RC_ASSERT(!kv::decode_footer(std::string_view(bytes).substr(0, length), seed));
    }
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      kv::toggle_bit(bytes, bit);
      RC_ASSERT(!kv::decode_footer(bytes, seed));
      kv::toggle_bit(bytes, bit);
    }
  });
}

}  // namespace
}  // namespace walbreaker::properties
