#include "harness/reference_store_test_util.h"

#include <limits>

namespace walbreaker::reference {

namespace {

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
  }
  return bytes;
}

std::string header_of(std::string_view hex, std::string_view crc) {
  std::string bytes = bytes_of(hex);
  bytes.resize(kHeaderBytes - 4, '\0');
  return bytes + bytes_of(crc);
}

}  // namespace

std::string example_log_1() {
  return header_of(
             "6b762d6c6f670d0a 0100000002000000 0101010101010101 0100000000000000"
             "0202020202020202 0000000000000000 0000000000000000 0000000000000000",
             "15f5ddbd") +
         bytes_of(
             "6ca526670c000000 0100000000000000 0000000000000000 010000000dc5ba95"
             "050000006170706c 6572656400000000"
             "d5b8e86420000000 0200000000000000 0100000000000000 03000000929255ba"
             "0104000000050000 006c696d65677265 656e020500000000 0000006170706c65");
}

std::string example_snapshot_2() {
  return header_of(
             "6b762d736e700d0a 0100000000000000 0101010101010101 0200000000000000"
             "0505050505050505 0200000000000000 0000000000000000 0000000000000000",
             "ca4dce71") +
         bytes_of(
             "203271dc11000000 0400000005000000"
             "6c696d6567726565 6e01000000000000 0001000000000000 0019000000000000"
             "0054e9a073fa93b7 d5");
}

std::string example_log_2() {
  return header_of(
             "6b762d6c6f670d0a 0100000001000000 0101010101010101 0200000000000000"
             "0404040404040404 0200000000000000 0100000000000000 7010000000000000",
             "adc68552") +
         bytes_of("1e1a7dae00000000 0300000000000000 0200000000000000 04000000b01e63fd");
}

void seal_header(std::string& file) {
  kv::store(file, kHeaderBytes - 4, kv::crc32c(std::string_view(file).substr(0, kHeaderBytes - 4)));
}

std::string file_header(FileKind kind, Header header) {
  std::string bytes = kind == FileKind::log ? "kv-log\r\n" : "kv-snp\r\n";
  kv::append(bytes, header.version);
  kv::append(bytes, static_cast<std::uint32_t>(header.link));
  for (const std::uint64_t field :
       {header.store_id, header.generation, header.salt, header.base_seq, header.predecessor, header.predecessor_end}) {
    kv::append(bytes, field);
  }
  bytes.resize(kHeaderBytes, '\0');
  seal_header(bytes);
  return bytes;
}

namespace {

Header with_defaults(FileKind kind, Header header) {
  if (header.version == 0) header.version = 1;
  if (header.store_id == 0) header.store_id = 1;
  if (header.salt == 0) header.salt = 1000 + 2 * header.generation + (kind == FileKind::log ? 0 : 1);
  return header;
}

}  // namespace

LogWriter::LogWriter(Header of)
    : header(with_defaults(FileKind::log, of)),
      bytes(file_header(FileKind::log, header)),
      next_seq(header.base_seq + 1) {}

void LogWriter::record(std::uint8_t kind, std::string_view payload, std::uint64_t durable_seq) {
  const Seal seal(header);
  const std::uint64_t place = bytes.size();
  std::string padded(payload);
  padded.resize(static_cast<std::size_t>(kv::round_up(payload.size(), kRecordAlignment)), '\0');
  std::string covered;
  kv::append(covered, static_cast<std::uint32_t>(payload.size()));
  kv::append(covered, next_seq++);
  kv::append(covered, durable_seq);
  covered += static_cast<char>(kind);
  covered.append(3, '\0');
  kv::append(covered, seal.crc(place, padded));
  kv::append(bytes, seal.crc(place, covered));
  bytes += covered + padded;
}

void LogWriter::put(std::string_view key, std::string_view value, std::uint64_t durable_seq) {
  std::string payload;
  kv::append(payload, static_cast<std::uint32_t>(key.size()));
  payload += key;
  payload += value;
  record(kPut, payload, durable_seq);
}

std::string snapshot_file(Header of, const Entries& entries) {
  const Header header = with_defaults(FileKind::snapshot, of);
  const Seal seal(header);
  std::string bytes = file_header(FileKind::snapshot, header);
  std::string crcs;
  for (std::uint64_t number = 0; const auto& [key, value] : entries) {
    std::string block;
    kv::append(block, static_cast<std::uint32_t>(8 + key.size() + value.size()));
    kv::append(block, static_cast<std::uint32_t>(key.size()));
    kv::append(block, static_cast<std::uint32_t>(value.size()));
    block += key;
    block += value;
    std::string crc;
    kv::append(crc, seal.crc(number++, block));
    crcs += crc;
    bytes += crc + block;
  }
  std::string footer;
  kv::append<std::uint64_t>(footer, entries.size());
  kv::append<std::uint64_t>(footer, entries.size());
  kv::append<std::uint64_t>(footer, bytes.size() - kHeaderBytes);
  kv::append(footer, kv::crc32c(crcs));
  const std::uint32_t crc = seal.crc(std::numeric_limits<std::uint64_t>::max(), footer);
  kv::append(footer, crc);
  return bytes + footer;
}

}  // namespace walbreaker::reference
