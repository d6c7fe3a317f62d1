#include "engine/wal_writer.h"

#include <utility>

namespace kv {

WalWriter::WalWriter(std::unique_ptr<File> file, const FileHeader& header)
    : file_(std::move(file)),
      seed_(header),
      generation_(header.generation),
      last_seq_(header.base_seq),
      // Whoever starts a log has made durable all that the log builds on, or makes it so before the first append.
      durable_seq_(header.base_seq) {}

Result<std::unique_ptr<WalWriter>> WalWriter::start(std::unique_ptr<File> file, const FileHeader& header) {
  TRY(write_all(*file, 0, encode(header)));
  TRY(file->sync());
  return std::unique_ptr<WalWriter>(new WalWriter(std::move(file), header));
}

Result<void> WalWriter::append(RecordKind kind, std::string_view payload) {
  encode_record(record_, kind, last_seq_ + 1, durable_seq_, payload, seed_.at(end_));
  TRY(write_all(*file_, end_, record_));
  end_ += record_.size();
  ++last_seq_;
  return {};
}

Result<void> WalWriter::sync() {
  if (durable_seq_ == last_seq_) return {};
  TRY(file_->sync());
  durable_seq_ = last_seq_;
  return {};
}

}  // namespace kv
