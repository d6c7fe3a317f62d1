// Appends records to a log that this process has created.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/file_header.h"
#include "engine/log_record.h"
#include "engine/result.h"
#include "engine/vfs.h"

namespace kv {

class WalWriter {
 public:
  // Writes the header to a new, empty file and syncs it: no record is ever in a log whose header could be lost. The
  // file's name is durable only once its directory has been synced, by the caller.
  static Result<std::unique_ptr<WalWriter>> start(std::unique_ptr<File> file, const FileHeader& header);

  // Writes one record with the next seq behind the last one. On return it is in the page cache, whole: it survives a
  // process kill. It is durable once sync() has returned. After an error the end of the log is unknown: append nothing
  // more.
  Result<void> append(RecordKind kind, std::string_view payload);

  // On return every record appended is durable. After an error append nothing more, and do not sync again.
  Result<void> sync();

  [[nodiscard]] Generation generation() const { return generation_; }
  [[nodiscard]] Seq last_seq() const { return last_seq_; }
  [[nodiscard]] Seq durable_seq() const { return durable_seq_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }  // bytes: where the next record goes

 private:
  WalWriter(std::unique_ptr<File> file, const FileHeader& header);

  std::unique_ptr<File> file_;
  ChecksumSeed seed_;
  Generation generation_;
  Seq last_seq_;
  Seq durable_seq_;
  std::uint64_t end_ = kFileHeaderBytes;
  std::string record_;  // reused
};

}  // namespace kv
