// Reads a log record by record, and stops at the first bad one.
//
//   WalReader reader(file, size, header);
//   while (TRY(reader.next()) == WalReader::Step::record) apply(reader.record());
//   // reader.offset() is where replay stopped; the step said why
//
// Nothing in the file is trusted before its checksum was: a length is compared with what is left of the file before
// it is used, and no buffer grows beyond the file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/file_header.h"
#include "engine/file_window.h"
#include "engine/log_record.h"
#include "engine/vfs.h"

namespace kv {

// A record that passed its checksums; the payload is a view, valid until the reader's next call.
struct Record {
  std::uint64_t offset = 0;
  RecordHeader header;
  std::string_view payload;
};

class WalReader {
 public:
  // `header` is the file's own, checked; `size` the file's size in bytes. The file outlives the reader.
  WalReader(File& file, std::uint64_t size, const FileHeader& header);

  enum class Step {
    record,  // record() is the next one
    end,     // the file ends here, or holds only zeros from here on
    bad,     // what stands here is no record that belongs here; reason() says why
  };

  // Goes to the next record. After `end` and `bad` it stays where it is. Errors: those of File::read_at.
  Result<Step> next();

  [[nodiscard]] const Record& record() const { return record_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

  [[nodiscard]] std::uint64_t offset() const { return offset_; }    // behind the last record
  [[nodiscard]] Seq expected_seq() const { return expected_seq_; }  // what a record at offset() would have

  // The record that begins at `at`, a multiple of 8, if both its checksums hold and it lies within the file. Whether it
  // belongs there in the order of records is not looked at. Errors: those of File::read_at.
  Result<std::optional<Record>> record_at(std::uint64_t at);

  // A record header that passed its checksum, wherever it stands. The payload may be anything.
  struct FoundHeader {
    std::uint64_t offset = 0;
    RecordHeader header;
  };

  // Looks from offset() on, at every place where a record could begin, for a header that verifies and is `wanted`.
  // Takes time in proportion to the file, whatever it holds: that is why no payload is read.
  Result<std::optional<FoundHeader>> search(const std::function<bool(const FoundHeader&)>& wanted);

  // A later record that was written when the one missing at offset() had been synced: the proof that this is a hole in
  // durable data, which no crash leaves. A later record alone proves nothing, because a power cut keeps or
  // drops unsynced sectors in any combination. Its header is proof enough, and its payload may be torn.
  Result<std::optional<FoundHeader>> witness();

 private:
  Result<Step> stop(std::string reason);

  FileWindow window_;
  ChecksumSeed seed_;
  std::uint64_t offset_ = kFileHeaderBytes;
  Seq expected_seq_;
  Record record_;
  std::string reason_;
};

}  // namespace kv
