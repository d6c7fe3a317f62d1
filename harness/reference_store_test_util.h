// Stores for tests of the decoder, byte by byte as engine/FORMAT.md has them, and made without the engine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "faultfs/image.h"
#include "harness/reference_format.h"

namespace walbreaker::reference {

// The files of "A worked example".
std::string example_log_1();
std::string example_snapshot_2();
std::string example_log_2();

// Puts the checksum of a file's header right.
void seal_header(std::string& file);

// A header with its checksum; the salt is drawn from the generation and the kind, and the store id is 1, where they are
// not given.
std::string file_header(FileKind kind, Header header);

// Writes a log, record by record. Whoever wants one that is wrong changes `bytes`.
struct LogWriter {
  Header header;
  std::string bytes;
  std::uint64_t next_seq = 0;

  explicit LogWriter(Header of);

  void record(std::uint8_t kind, std::string_view payload, std::uint64_t durable_seq);
  void put(std::string_view key, std::string_view value, std::uint64_t durable_seq);
  void put(std::string_view key, std::string_view value) { put(key, value, next_seq - 1); }
};

// A snapshot with one block for each entry.
std::string snapshot_file(Header header, const Entries& entries);

}  // namespace walbreaker::reference
