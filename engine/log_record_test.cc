#include "engine/log_record.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/codec_test_util.h"

namespace kv {
namespace {

const FileHeader kFile{.generation = 0x2827262524232221, .salt = 0x3837363534333231};
constexpr std::size_t kRecordPayloadBytesAt = 4;
constexpr std::size_t kRecordSeqAt = 8;
constexpr std::size_t kRecordDurableSeqAt = 16;
constexpr std::size_t kRecordKindAt = 24;
const std::vector<RecordKind> kKinds = {RecordKind::put, RecordKind::remove, RecordKind::batch, RecordKind::close};

std::uint32_t seed_at(std::uint64_t offset) { return ChecksumSeed(kFile).at(offset); }

std::string encode_at(std::uint64_t offset, RecordKind kind, Seq seq, Seq durable_seq, std::string_view payload) {
  std::string record = "what was here before";
  encode_record(record, kind, seq, durable_seq, payload, seed_at(offset));
  return record;
}

std::string put_payload(std::string_view key, std::string_view value) {
  std::string payload = "what was here before";
  encode_put(payload, key, value);
  return payload;
}

bool verifies(std::string_view record, std::uint32_t seed) {
  const auto header = decode_record_header(record, seed);
  return header && payload_verifies(*header, record.substr(kRecordHeaderBytes), seed);
}

// Makes the header's checksum right again: what a writer with other ideas would have written.
void reseal_header(std::string& record, std::uint32_t seed) {
  store(record, 0, crc32c(std::string_view(record).substr(4, kRecordHeaderBytes - 4), seed));
}

TEST(LogRecord, APutsBytesAreThoseOfTheFormat) {
  const std::string record =
      encode_at(4096, RecordKind::put, 0x1817161514131211, 0x0807060504030201, put_payload("key", "value"));
  EXPECT_EQ(to_hex(record), to_hex(bytes_of("3205d7cd"                    // checksum of the header
                                            "0c000000"                    // payload length: 4 + 3 + 5
                                            "1112131415161718"            // seq
                                            "0102030405060708"            // durable seq
                                            "01 000000"                   // kind, reserved
                                            "a0a81303"                    // checksum of the payload and its padding
                                            "03000000 6b6579 76616c7565"  // key length, key, value
                                            "00000000")));                // padding up to a multiple of 8
}

TEST(LogRecord, ARemovesBytesAreThoseOfTheFormat) {
  std::string payload = "what was here before";
  encode_remove(payload, "gone");
  EXPECT_EQ(
      to_hex(encode_at(4096, RecordKind::remove, 2, 1, payload)),
      to_hex(bytes_of("dfd2302a 04000000 0200000000000000 0100000000000000 02000000 5be482b8 676f6e65 00000000")));
}

TEST(LogRecord, AClosesBytesAreThoseOfTheFormat) {
  EXPECT_EQ(to_hex(encode_at(4096, RecordKind::close, 3, 2, "")),
            to_hex(bytes_of("8018c48e 00000000 0300000000000000 0200000000000000 04000000 15881970")));
}

TEST(LogRecord, EveryKindAndLengthIsReadBackAndFillsAMultipleOf8) {
  for (const RecordKind kind : kKinds) {
    for (std::size_t length = 0; length <= 40; ++length) {
      const std::string payload(length, '\xee');
      const std::string record = encode_at(8192, kind, 18, 17, payload);
      ASSERT_EQ(record.size() % 8, 0U);
      ASSERT_EQ(record.size(), record_bytes(length));
      ASSERT_LT(record.size() - kRecordHeaderBytes - length, 8U);

      const auto header = decode_record_header(record, seed_at(8192));
      ASSERT_TRUE(header.has_value());
      EXPECT_EQ(header->payload_bytes, length);
      EXPECT_EQ(header->seq, 18U);
      EXPECT_EQ(header->durable_seq, 17U);
      EXPECT_EQ(header->kind, static_cast<std::uint8_t>(kind));
      EXPECT_TRUE(verifies(record, seed_at(8192)));
      EXPECT_EQ(record.substr(kRecordHeaderBytes, length), payload);
    }
  }
}

TEST(LogRecord, TheLargestLengthDoesNotWrap) {
  EXPECT_EQ(record_bytes(0), 32U);
  EXPECT_EQ(record_bytes(1), 40U);
  EXPECT_EQ(record_bytes(8), 40U);
  EXPECT_EQ(record_bytes(0xffffffff), 32 + (std::uint64_t{1} << 32));
}

TEST(LogRecord, AnyFlippedBitFails) {
  for (const std::string& payload : {put_payload("key", "value"), put_payload("", ""), std::string()}) {
    std::string record = encode_at(4096, RecordKind::put, 7, 3, payload);
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
      toggle_bit(record, bit);
      ASSERT_FALSE(verifies(record, seed_at(4096))) << bit;
      ASSERT_EQ(decode_record_header(record, seed_at(4096)).has_value(), bit >= kRecordHeaderBytes * 8) << bit;
      toggle_bit(record, bit);
    }
    EXPECT_TRUE(verifies(record, seed_at(4096)));
  }
}

TEST(LogRecord, FailsAtEveryOtherOffset) {
  const std::string record = encode_at(4096, RecordKind::put, 7, 3, put_payload("key", "value"));
  const RecordHeader header = decode_record_header(record, seed_at(4096)).value();
  for (std::uint64_t offset = 0; offset < 100'000; ++offset) {
    if (offset == 4096) continue;
    ASSERT_FALSE(decode_record_header(record, seed_at(offset)).has_value()) << offset;
    ASSERT_FALSE(payload_verifies(header, std::string_view(record).substr(kRecordHeaderBytes), seed_at(offset)));
  }
}

TEST(LogRecord, FailsInEveryOtherFile) {
  const std::string record = encode_at(4096, RecordKind::put, 7, 3, put_payload("key", "value"));
  for (int bit = 0; bit < 64; ++bit) {
    FileHeader other_salt = kFile;
    other_salt.salt ^= 1ULL << bit;
    EXPECT_FALSE(decode_record_header(record, ChecksumSeed(other_salt).at(4096)).has_value());
    FileHeader other_generation = kFile;
    other_generation.generation ^= 1ULL << bit;
    EXPECT_FALSE(decode_record_header(record, ChecksumSeed(other_generation).at(4096)).has_value());
  }
}

TEST(LogRecord, FewerBytesThanAHeaderAreNone) {
  const std::string record = encode_at(4096, RecordKind::close, 3, 2, "");
  for (std::size_t length = 0; length < kRecordHeaderBytes; ++length) {
    EXPECT_FALSE(decode_record_header(std::string_view(record).substr(0, length), seed_at(4096)).has_value()) << length;
  }
  EXPECT_TRUE(decode_record_header(record, seed_at(4096)).has_value());
}

TEST(LogRecord, APayloadOfAnotherLengthFails) {
  const std::string record = encode_at(4096, RecordKind::put, 7, 3, put_payload("key", "value"));
  const RecordHeader header = decode_record_header(record, seed_at(4096)).value();
  const std::string padded = record.substr(kRecordHeaderBytes) + std::string(16, '\0');
  for (std::size_t length = 0; length <= padded.size(); ++length) {
    EXPECT_EQ(payload_verifies(header, std::string_view(padded).substr(0, length), seed_at(4096)), length == 16);
  }
}

TEST(LogRecord, KindZeroIsNoRecordEvenBehindAGoodChecksum) {
  std::string record = encode_at(4096, RecordKind::close, 3, 2, "");
  store(record, kRecordKindAt, std::uint8_t{0});
  reseal_header(record, seed_at(4096));
  EXPECT_FALSE(decode_record_header(record, seed_at(4096)).has_value());
}

// A newer program's record: it is for the caller to say "unsupported", and not to take it for a torn tail.
TEST(LogRecord, AnUnknownKindBehindAGoodChecksumIsReadWithItsNumber) {
  for (int kind = 5; kind < 256; ++kind) {
    std::string record = encode_at(4096, RecordKind::close, 3, 2, "");
    store(record, kRecordKindAt, static_cast<std::uint8_t>(kind));
    reseal_header(record, seed_at(4096));
    ASSERT_EQ(decode_record_header(record, seed_at(4096)).value().kind, kind);
    EXPECT_EQ(to_string(static_cast<RecordKind>(kind)), "unknown");
  }
}

TEST(LogRecord, ZerosAreNoRecordUnderAnySeed) {
  const std::string zeros(kRecordHeaderBytes, '\0');
  constexpr std::uint32_t kSeedOfZeros = 0x30723071;  // under which the checksum of a header's zeros is zero
  ASSERT_EQ(crc32c(std::string_view(zeros).substr(4), kSeedOfZeros), 0U);
  EXPECT_FALSE(decode_record_header(zeros, kSeedOfZeros).has_value());
  for (std::uint32_t seed = 0; seed < 1000; ++seed) EXPECT_FALSE(decode_record_header(zeros, seed).has_value());
}

// No record can know that it is durable itself: such a claim would be a witness against every log.
TEST(LogRecord, ADurableSeqThatIsNotBelowItsOwnSeqIsRefused) {
  std::string record = encode_at(4096, RecordKind::close, 5, 4, "");
  for (const Seq durable_seq : {Seq{5}, Seq{6}, ~Seq{0}}) {
    store(record, kRecordDurableSeqAt, durable_seq);
    reseal_header(record, seed_at(4096));
    EXPECT_FALSE(decode_record_header(record, seed_at(4096)).has_value()) << durable_seq;
  }
  store(record, kRecordSeqAt, Seq{0});
  store(record, kRecordDurableSeqAt, Seq{0});
  reseal_header(record, seed_at(4096));
  EXPECT_FALSE(decode_record_header(record, seed_at(4096)).has_value()) << "seq 0 is before any record";
}

TEST(LogRecordDeathTest, ADurableSeqThatIsNotBelowItsOwnSeqIsNeverWritten) {
  std::string record;
  EXPECT_DEATH(encode_record(record, RecordKind::close, 5, 5, "", 0), "durable_seq < seq");
}

TEST(LogRecord, ALengthIsTrustedOnlyBehindTheHeadersChecksum) {
  std::string record = encode_at(4096, RecordKind::put, 7, 3, put_payload("key", "value"));
  store(record, kRecordPayloadBytesAt, std::uint32_t{0xffffffff});
  EXPECT_FALSE(decode_record_header(record, seed_at(4096)).has_value());
  reseal_header(record, seed_at(4096));
  EXPECT_EQ(decode_record_header(record, seed_at(4096)).value().payload_bytes, 0xffffffff);
  EXPECT_FALSE(verifies(record, seed_at(4096)));
}

TEST(RecordKind, IsSpelledLikeItsEnumerator) {
  EXPECT_EQ(to_string(RecordKind::put), "put");
  EXPECT_EQ(to_string(RecordKind::remove), "remove");
  EXPECT_EQ(to_string(RecordKind::batch), "batch");
  EXPECT_EQ(to_string(RecordKind::close), "close");
  EXPECT_EQ(to_string(RecordKind{}), "unknown");
}

}  // namespace
}  // namespace kv
