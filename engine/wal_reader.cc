#include "engine/wal_reader.h"

#include <fmt/format.h>

#include <utility>

namespace kv {

WalReader::WalReader(File& file, std::uint64_t size, const FileHeader& header)
    : window_(file, size), seed_(header), expected_seq_(header.base_seq + 1) {}

Result<std::optional<Record>> WalReader::record_at(std::uint64_t at) {
  const std::uint32_t seed = seed_.at(at);
  const auto header = decode_record_header(TRY(window_.view(at, kRecordHeaderBytes)), seed);
  if (!header) return std::nullopt;
  const std::uint64_t length = record_bytes(header->payload_bytes);
  if (length > window_.size() - at) return std::nullopt;
  const std::string_view padded = TRY(window_.view(at, length)).substr(kRecordHeaderBytes);
  if (!payload_verifies(*header, padded, seed)) return std::nullopt;
  return Record{at, *header, padded.substr(0, header->payload_bytes)};
}

Result<WalReader::Step> WalReader::next() {
  const auto found = TRY(record_at(offset_));
  if (!found) return stop("no record verifies here");
  if (found->header.seq != expected_seq_) {
    return stop(fmt::format("record {} stands here, and {} is the next one", found->header.seq, expected_seq_));
  }
  record_ = *found;
  offset_ += record_bytes(record_.header.payload_bytes);
  ++expected_seq_;
  return Step::record;
}

Result<WalReader::Step> WalReader::stop(std::string reason) {
  if (TRY(window_.zeros_from(offset_))) return Step::end;
  reason_ = std::move(reason);
  return Step::bad;
}

Result<std::optional<WalReader::FoundHeader>> WalReader::search(const std::function<bool(const FoundHeader&)>& wanted) {
  for (std::uint64_t at = offset_; at + kRecordHeaderBytes <= window_.size(); at += kRecordAlignment) {
    const auto header = decode_record_header(TRY(window_.view(at, kRecordHeaderBytes)), seed_.at(at));
    if (header && wanted({at, *header})) return FoundHeader{at, *header};
  }
  return std::nullopt;
}

Result<std::optional<WalReader::FoundHeader>> WalReader::witness() {
  return search([this](const FoundHeader& found) {
    // So many records at most have room in between. Without this bound, garbage that happens to match a checksum would
    // often have a seq and a durable seq that look like a proof; with it, it never does.
    const std::uint64_t room = (found.offset - offset_) / kRecordHeaderBytes;
    const Seq seq = found.header.seq;
    return seq > expected_seq_ && seq - expected_seq_ <= room && found.header.durable_seq >= expected_seq_;
  });
}

}  // namespace kv
