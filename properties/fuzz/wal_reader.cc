#include "engine/wal_reader.h"

#include <string>
#include <vector>

#include "engine/memory_file.h"
#include "harness/reference_format.h"
#include "properties/fuzz/law.h"
#include "properties/fuzz/packed_store.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {

namespace {

// The two readers, side by side on one log whose header verifies.
class TwoReaders {
 public:
  TwoReaders(kv::MemoryFile& file, const kv::FileHeader& header, const reference::Header& fields)
      : bytes_(file.contents),
        seal_(fields),
        reader_(file, bytes_.size(), header),
        offset_(reference::kHeaderBytes),
        seq_(fields.base_seq + 1) {}

  kv::Result<void> agree_on_all() {
    while (TRY(agree_on_next())) {
    }
    TRY(agree_on_search());
    TRY(agree_on_witness());
    return agree_on_places();
  }

 private:
  // Whether there was one.
  kv::Result<bool> agree_on_next() {
    const auto step = TRY(reader_.next());
    const auto record = reference::read_record_header(bytes_, offset_, seal_);
    const bool good = record && record->seq == seq_ && reference::payload_verifies(bytes_, *record, seal_);
    if (!good) {
      const bool ends = offset_ >= bytes_.size() || kv::all_zeros(bytes_.substr(offset_));
      TRY(law(step == (ends ? kv::WalReader::Step::end : kv::WalReader::Step::bad), "both stop, and for one reason"));
      TRY(law(reader_.offset() == offset_ && reader_.expected_seq() == seq_, "both stop at one place"));
      return false;
    }
    TRY(law(step == kv::WalReader::Step::record, "both find a record"));
    TRY(agree_on_record(reader_.record(), *record));
    offset_ = record->end;
    ++seq_;
    return true;
  }

  kv::Result<void> agree_on_record(const kv::Record& found, const reference::RecordHeader& expected) {
    const kv::RecordHeader header{.payload_bytes = expected.length,
                                  .seq = expected.seq,
                                  .durable_seq = expected.durable_seq,
                                  .kind = expected.kind,
                                  .payload_checksum = expected.payload_crc};
    TRY(law(found.offset == expected.offset && found.header == header, "both read the same header"));
    TRY(law(found.payload == reference::payload_of(bytes_, expected), "both read the same payload"));
    return agree_on_writes(found);
  }

  static kv::Result<void> agree_on_writes(const kv::Record& record) {
    std::vector<kv::OperationView> operations;
    const bool understood = kv::decode_operations(kv::RecordKind{record.header.kind}, record.payload, operations);
    std::size_t count = 0;
    bool same = true;
    const bool sensible = reference::for_each_write(
        record.header.kind, record.payload, [&](kv::Batch::Kind kind, std::string_view key, std::string_view value) {
          if (!understood) return;
          same = same && count < operations.size() && operations[count].kind == kind && operations[count].key == key &&
                 operations[count].value == value;
          ++count;
        });
    TRY(law(understood == sensible, "both make sense of a payload, or neither does"));
    return law(!understood || (same && count == operations.size()), "both read the same writes");
  }

  kv::Result<void> agree_on_search() {
    return same_header(TRY(reader_.search([](const auto&) { return true; })),
                       reference::find_record_header(bytes_, offset_, seal_, [](const auto&) { return true; }));
  }

  kv::Result<void> agree_on_witness() {
    const auto proves = [this](const reference::RecordHeader& record) {
      const std::uint64_t room = (record.offset - offset_) / reference::kRecordHeaderBytes;
      return record.seq > seq_ && record.seq - seq_ <= room && record.durable_seq >= seq_;
    };
    return same_header(TRY(reader_.witness()), reference::find_record_header(bytes_, offset_, seal_, proves));
  }

  // A record may be asked for at any place.
  kv::Result<void> agree_on_places() {
    constexpr std::size_t kMostPlaces = 512;
    std::uint64_t at = reference::kHeaderBytes;
    for (std::size_t i = 0; i < kMostPlaces && at <= bytes_.size(); ++i, at += reference::kRecordAlignment) {
      const auto found = TRY(reader_.record_at(at));
      const auto record = reference::read_record_header(bytes_, at, seal_);
      const bool good = record && reference::payload_verifies(bytes_, *record, seal_);
      TRY(law(found.has_value() == good, "both find a record at a place, or neither does"));
      if (good) TRY(agree_on_record(*found, *record));
    }
    return {};
  }

  static kv::Result<void> same_header(const std::optional<kv::WalReader::FoundHeader>& found,
                                      const std::optional<reference::RecordHeader>& expected) {
    TRY(law(found.has_value() == expected.has_value(), "a search finds a header with both, or with neither"));
    return law(!found || (found->offset == expected->offset && found->header.seq == expected->seq),
               "a search finds the same header");
  }

  std::string_view bytes_;
  reference::Seal seal_;
  kv::WalReader reader_;
  std::uint64_t offset_;
  std::uint64_t seq_;
};

}  // namespace

kv::Result<void> wal_reader(std::string_view input) {
  kv::MemoryFile file(unpack_file(input));
  const std::string_view bytes = file.contents;
  if (bytes.size() % 2 == 1) file.bytes_per_call = 333;  // short reads are continued
  const kv::Generation generation = bytes.size() < reference::kHeaderBytes ? 1 : kv::load<std::uint64_t>(bytes, 24);
  const auto header = kv::read_file_header(file, kv::FileType::log, generation);
  const auto parsed = reference::parse_header(bytes, {reference::FileKind::log, generation});
  TRY(law(header.has_value() == (parsed.state == reference::HeaderState::good), "both take a header, or neither does"));
  const bool other_version = !header && header.error().code == kv::ErrorCode::unsupported_version;
  TRY(law(other_version == (parsed.state == reference::HeaderState::other_version), "both know another version"));
  if (header) TRY(TwoReaders(file, *header, parsed.fields).agree_on_all());
  return law(file.largest_read() <= std::max<std::uint64_t>(bytes.size(), reference::kHeaderBytes),
             "no read is larger than the file");
}

}  // namespace walbreaker::fuzz
