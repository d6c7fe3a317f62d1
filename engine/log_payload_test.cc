// Payloads of log records: puts, removes and batches in bytes, and back.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/codec_test_util.h"
#include "engine/log_record.h"

namespace kv {
namespace {

std::string put_payload(std::string_view key, std::string_view value) {
  std::string payload = "what was here before";
  encode_put(payload, key, value);
  return payload;
}

std::string batch_payload(const Batch& batch) {
  std::string payload = "what was here before";
  encode_batch(payload, batch);
  return payload;
}

Batch sample_batch() {
  Batch batch;
  batch.put("key", "value");
  batch.remove("gone");
  batch.put("", "");
  batch.remove("");
  batch.put("key", std::string("\0\xff", 2));
  return batch;
}

void add(Batch& batch, const Batch::Operation& operation) {
  if (operation.kind == Batch::Kind::put) return batch.put(operation.key, operation.value);
  batch.remove(operation.key);
}

// What a payload says, in the form in which a batch is made; nothing where it is refused.
std::optional<std::vector<Batch::Operation>> decode(RecordKind kind, std::string_view payload) {
  std::vector<OperationView> views = {{Batch::Kind::put, "of the", "call before"}};
  if (!decode_operations(kind, payload, views)) return std::nullopt;
  std::vector<Batch::Operation> operations;
  operations.reserve(views.size());
  for (const OperationView& view : views) {
    operations.push_back({view.kind, std::string(view.key), std::string(view.value)});
  }
  return operations;
}

std::vector<Batch::Operation> put_of(std::string_view key, std::string_view value) {
  Batch batch;
  batch.put(key, value);
  return batch.operations();
}

TEST(Payload, PutsAndRemovesAreReadBackWithAnyBytes) {
  const std::vector<std::string> samples = {
      "", "k", "a longer key", std::string(3, '\0'), "\xff\xfe", std::string(70'000, 'x')};
  for (const std::string& key : samples) {
    for (const std::string& value : samples) {
      EXPECT_EQ(decode(RecordKind::put, put_payload(key, value)), put_of(key, value));
    }
    std::string payload;
    encode_remove(payload, key);
    Batch batch;
    batch.remove(key);
    EXPECT_EQ(decode(RecordKind::remove, payload), batch.operations());
  }
}

TEST(Payload, ABatchsBytesAreThoseOfTheFormat) {
  Batch batch;
  batch.put("key", "value");
  batch.remove("gone");
  EXPECT_EQ(to_hex(batch_payload(batch)),
            to_hex(bytes_of("01 03000000 05000000 6b6579 76616c7565 02 04000000 00000000 676f6e65")));
}

TEST(Payload, ABatchIsReadBackInItsOrder) {
  EXPECT_EQ(decode(RecordKind::batch, batch_payload(sample_batch())), sample_batch().operations());
  EXPECT_EQ(decode(RecordKind::batch, ""), Batch().operations());
}

TEST(Payload, TheEncodedSizeOfABatchIsKnownBeforeItIsEncoded) {
  const Batch sample = sample_batch();
  Batch batch;
  EXPECT_EQ(encoded_bytes(batch), 0U);
  for (const Batch::Operation& operation : sample.operations()) {
    add(batch, operation);
    EXPECT_EQ(encoded_bytes(batch), batch_payload(batch).size());
  }
}

TEST(Payload, AClearedBatchIsEmpty) {
  Batch batch = sample_batch();
  EXPECT_EQ(batch.size(), 5U);
  EXPECT_FALSE(batch.empty());
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch_payload(batch), "");
}

TEST(Payload, ViewsPointIntoThePayload) {
  const std::string payload = put_payload("key", "value");
  std::vector<OperationView> operations;
  ASSERT_TRUE(decode_operations(RecordKind::put, payload, operations));
  EXPECT_EQ(operations.at(0).key.data(), payload.data() + 4);
  EXPECT_EQ(operations.at(0).value.data(), payload.data() + 7);
}

TEST(Payload, APutCutWithinItsLengthOrKeyIsRefused) {
  const std::string payload = put_payload("key", "value");
  for (std::size_t length = 0; length < 4 + 3; ++length) {
    EXPECT_FALSE(decode(RecordKind::put, std::string_view(payload).substr(0, length))) << length;
  }
}

TEST(Payload, APutWhoseKeyReachesPastItsEndIsRefused) {
  std::string payload = put_payload("key", "value");
  for (const std::uint32_t key_bytes : {9U, 10U, 0x7fffffffU, 0xfffffff8U, 0xfffffffcU, 0xffffffffU}) {
    store(payload, 0, key_bytes);
    EXPECT_FALSE(decode(RecordKind::put, payload)) << key_bytes;
  }
  store(payload, 0, std::uint32_t{8});
  EXPECT_EQ(decode(RecordKind::put, payload), put_of("keyvalue", ""));
}

// The record's length says how many operations there are, so that a cut between two is no defect of the payload.
TEST(Payload, ABatchCutWithinAnOperationIsRefusedWhole) {
  const Batch sample = sample_batch();
  const std::string payload = batch_payload(sample);
  Batch whole;  // the operations that lie before the cut
  for (std::size_t length = 0; length <= payload.size(); ++length) {
    const bool between = length == encoded_bytes(whole);
    const auto decoded = decode(RecordKind::batch, std::string_view(payload).substr(0, length));
    ASSERT_EQ(decoded.has_value(), between) << length;
    if (!between) continue;
    ASSERT_EQ(*decoded, whole.operations()) << length;
    if (whole.size() < sample.size()) add(whole, sample.operations()[whole.size()]);
  }
  EXPECT_EQ(whole.operations(), sample.operations());
}

TEST(Payload, ABatchWithAWrongLengthIsRefused) {
  Batch batch;
  batch.put("key", "value");
  std::string payload = batch_payload(batch);
  for (std::uint32_t key_bytes = 0; key_bytes < 20; ++key_bytes) {
    for (std::uint32_t value_bytes = 0; value_bytes < 20; ++value_bytes) {
      store(payload, 1, key_bytes);
      store(payload, 5, value_bytes);
      ASSERT_EQ(decode(RecordKind::batch, payload).has_value(), key_bytes + value_bytes == 8)
          << key_bytes << " " << value_bytes;
    }
  }
}

TEST(Payload, LengthsOfABatchNear4GiBDoNotWrap) {
  Batch batch;
  batch.put("key", "value");
  const std::vector<std::uint32_t> lengths = {0,          3,          5,          8,          9,
                                              0x7fffffff, 0x80000000, 0xfffffff7, 0xfffffff8, 0xffffffff};
  for (const std::uint32_t key_bytes : lengths) {
    for (const std::uint32_t value_bytes : lengths) {
      std::string payload = batch_payload(batch);
      store(payload, 1, key_bytes);
      store(payload, 5, value_bytes);
      const bool sound = std::uint64_t{key_bytes} + value_bytes == 8;
      EXPECT_EQ(decode(RecordKind::batch, payload).has_value(), sound) << key_bytes << " " << value_bytes;
    }
  }
}

TEST(Payload, ABatchWithAnUnknownOperationIsRefused) {
  Batch batch;
  batch.put("key", "");
  std::string payload = batch_payload(batch);
  for (int kind = 0; kind < 256; ++kind) {
    store(payload, 0, static_cast<std::uint8_t>(kind));
    EXPECT_EQ(decode(RecordKind::batch, payload).has_value(), kind == 1 || kind == 2) << kind;
  }
}

TEST(Payload, ARemoveInABatchHasNoValue) {
  Batch batch;
  batch.put("key", "value");
  std::string payload = batch_payload(batch);
  store(payload, 0, static_cast<std::uint8_t>(Batch::Kind::remove));
  EXPECT_FALSE(decode(RecordKind::batch, payload));
}

TEST(Payload, ACloseIsEmpty) {
  EXPECT_EQ(decode(RecordKind::close, ""), Batch().operations());
  EXPECT_FALSE(decode(RecordKind::close, std::string(1, '\0')));
}

TEST(Payload, OfAnUnknownKindIsRefused) {
  for (int kind = 0; kind < 256; ++kind) {
    EXPECT_EQ(decode(static_cast<RecordKind>(kind), "").has_value(), kind >= 2 && kind <= 4) << kind;
  }
}

}  // namespace
}  // namespace kv
