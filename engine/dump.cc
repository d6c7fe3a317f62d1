#include "engine/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/bytes.h"
#include "engine/crc32c.h"
#include "engine/file_header.h"
#include "engine/file_name.h"
#include "engine/file_window.h"
#include "engine/log_record.h"
#include "engine/snapshot_format.h"
#include "engine/snapshot_reader.h"
#include "engine/text.h"
#include "engine/wal_reader.h"

namespace kv {
namespace {

using Print = std::function<void(std::string_view)>;

constexpr std::size_t kShownBytes = 64;
constexpr std::string_view kGood = "ok";
constexpr std::string_view kBad = "BAD";
constexpr std::string_view kRemark = "-";

void print_row(const Print& print, std::uint64_t offset, std::string_view verdict, std::string_view text) {
  print(fmt::format("{:>10}  {:<3}  {}", offset, verdict, text));
}

void print_detail(const Print& print, std::string_view text) { print(fmt::format("{:19}{}", "", text)); }

std::string quoted(std::string_view bytes) {
  if (bytes.size() <= kShownBytes) return fmt::format("\"{}\"", printable(bytes));
  return fmt::format("\"{}\"... ({} bytes)", printable(bytes.substr(0, kShownBytes)), bytes.size());
}

std::string describe(const OperationView& operation) {
  if (operation.kind == Batch::Kind::remove) return fmt::format("remove {}", quoted(operation.key));
  return fmt::format("put {} = {}", quoted(operation.key), quoted(operation.value));
}

std::string describe_link(const FileHeader& header) {
  switch (header.link) {
    case LogLink::none: return "";
    case LogLink::follows:
      return fmt::format(", follows {} which ended at {}", log_name(header.predecessor), header.predecessor_end);
    case LogLink::void_until_snapshot: return fmt::format(", void until {} verifies", snapshot_name(header.generation));
  }
  return "";
}

void print_header(const Print& print, const FileHeader& header) {
  const std::string records = header.type == FileType::log ? fmt::format("record {} is its first", header.base_seq + 1)
                                                           : fmt::format("the state after record {}", header.base_seq);
  print_row(print, 0, kGood,
            fmt::format("header: version {}, store {:016x}, salt {:016x}, {}{}", kFormatVersion, header.store_id,
                        header.salt, records, describe_link(header)));
}

// A failed read ends the dump of a file; damage does not.
bool is_damage(const Defect& defect) {
  return defect.code == ErrorCode::corrupted || defect.code == ErrorCode::unsupported_version;
}

Error read_error(const Defect& defect) { return Error{defect.code, defect.os_error, defect.reason}; }

// The checked header of a file, already printed; nothing where it is damaged, which is printed too.
Result<std::optional<FileHeader>> dump_header(File& file, FileType type, Generation generation, const Print& print) {
  const auto header = read_file_header(file, type, generation);
  if (header) {
    print_header(print, *header);
    return *header;
  }
  if (!is_damage(header.error())) return std::unexpected(read_error(header.error()));
  print_row(print, header.error().offset, kBad, header.error().reason);
  print_row(print, 0, kRemark, "the header seeds all checksums, so nothing behind it can be checked");
  return std::nullopt;
}

// --- Logs ---

class LogDump {
 public:
  LogDump(File& file, std::uint64_t size, const FileHeader& header, const Print& print)
      : reader_(file, size, header), size_(size), print_(print) {}

  Result<void> run() {
    WalReader::Step step = TRY(reader_.next());
    for (; step == WalReader::Step::record; step = TRY(reader_.next())) print_record(reader_.record(), "");
    if (step == WalReader::Step::bad) return print_what_is_behind();
    const bool zeros = reader_.offset() < size_;
    print_row(print_, reader_.offset(), kGood,
              zeros ? "only zeros from here to the end of the file" : "end of the file");
    return {};
  }

 private:
  static std::string place(const RecordHeader& header) {
    return fmt::format("record {}, durable {}: ", header.seq, header.durable_seq);
  }

  void print_record(const Record& record, std::string_view remark) {
    const auto kind = static_cast<RecordKind>(record.header.kind);
    std::vector<OperationView> operations;
    const bool sound = decode_operations(kind, record.payload, operations);
    print_row(print_, record.offset, sound ? kGood : kBad,
              fmt::format("{}{}{}", place(record.header), meaning(record, sound, operations), remark));
    if (kind != RecordKind::batch || !sound) return;
    for (const OperationView& operation : operations) print_detail(print_, describe(operation));
  }

  static std::string meaning(const Record& record, bool sound, const std::vector<OperationView>& operations) {
    const auto kind = static_cast<RecordKind>(record.header.kind);
    if (to_string(kind) == "unknown")
      return fmt::format("of kind {}, which this program does not know", record.header.kind);
    if (!sound)
      return fmt::format("a {} whose payload of {} bytes is malformed", to_string(kind), record.payload.size());
    if (kind == RecordKind::batch) return fmt::format("batch of {}", operations.size());
    if (kind == RecordKind::close) return "close";
    return describe(operations.front());
  }

  Result<void> print_what_is_behind() {
    print_row(print_, reader_.offset(), kBad,
              fmt::format("{}; record {} is expected", reader_.reason(), reader_.expected_seq()));
    print_row(print_, reader_.offset(), kRemark, "the reader stops; a search at every 8th byte finds from here on:");
    std::vector<WalReader::FoundHeader> headers;
    TRY(reader_.search([&](const WalReader::FoundHeader& found) {
      headers.push_back(found);
      return false;
    }));
    const auto witness = TRY(reader_.witness());
    for (std::size_t i = 0; i < headers.size(); ++i) {
      const std::uint64_t next = i + 1 < headers.size() ? headers[i + 1].offset : size_;
      const bool proves = witness && witness->offset == headers[i].offset;
      TRY(print_found(headers[i], next, proves ? "; proves that the expected record was durable" : ""));
    }
    print_row(print_, size_, kRemark,
              fmt::format("end of the file; found {}{}", counted(headers.size(), "record header"),
                          witness ? "" : ", and none proves that the expected record was durable"));
    return {};
  }

  // No payload is read beyond `next`, where another record begins: each byte of the file is checked once, whatever the
  // headers say.
  Result<void> print_found(const WalReader::FoundHeader& found, std::uint64_t next, std::string_view remark) {
    const bool fits = record_bytes(found.header.payload_bytes) <= next - found.offset;
    const std::optional<Record> record = fits ? TRY(reader_.record_at(found.offset)) : std::nullopt;
    if (record) {
      print_record(*record, remark);
      return {};
    }
    print_row(print_, found.offset, kBad,
              fmt::format("{}the header verifies, the payload of {} bytes does not{}", place(found.header),
                          found.header.payload_bytes, remark));
    return {};
  }

  WalReader reader_;
  std::uint64_t size_;
  const Print& print_;
};

// --- Snapshots ---

class SnapshotDump {
 public:
  SnapshotDump(File& file, std::uint64_t size, const FileHeader& header, const Print& print)
      : window_(file, size), seed_(header), print_(print), end_(size) {}

  Result<void> run() {
    const std::uint64_t size = window_.size();
    const bool has_room = size >= kFileHeaderBytes + kSnapshotFooterBytes;
    const std::uint64_t footer_at = has_room ? size - kSnapshotFooterBytes : size;
    std::optional<SnapshotFooter> footer;
    if (has_room) footer = decode_footer(TRY(window_.view(footer_at, kSnapshotFooterBytes)), seed_);
    if (footer) end_ = footer_at;
    TRY(print_blocks(footer_at));
    if (footer) {
      print_footer(footer_at, *footer);
      return {};
    }
    const bool in_place = has_room && at_ == footer_at;
    print_row(print_, in_place ? footer_at : size, kBad,
              in_place ? "the footer does not match its checksum" : "the file ends without a footer");
    return {};
  }

 private:
  void print_footer(std::uint64_t footer_at, const SnapshotFooter& footer) {
    print_row(print_, footer_at, kGood,
              fmt::format("footer: entries {}, blocks {}, bytes of blocks {}", footer.entry_count, footer.block_count,
                          footer.blocks_bytes));
  }

  Result<void> print_blocks(std::uint64_t footer_at) {
    bool good_before = true;
    while (at_ < footer_at) {
      const bool good = TRY(print_block());
      if (!good && !good_before) {
        print_row(print_, at_, kRemark, "two bad blocks in a row: where the next one begins is not known");
        return {};
      }
      good_before = good;
    }
    return {};
  }

  // Goes behind the block, as far as its length says. Returns whether it verified.
  Result<bool> print_block() {
    const std::string_view head = TRY(window_.view(at_, kBlockHeaderBytes));
    const std::uint64_t rest = end_ - at_;
    const std::uint64_t length = head.size() < kBlockHeaderBytes ? 0 : load<std::uint32_t>(head, 4);
    if (rest < kBlockHeaderBytes || length > rest - kBlockHeaderBytes) {
      print_row(print_, at_, kBad, fmt::format("block {}: its length reaches past the end of the blocks", block_));
      at_ = end_;
      return false;
    }
    const std::string_view block = TRY(window_.view(at_, kBlockHeaderBytes + length));
    const bool good = block.size() == kBlockHeaderBytes + length &&
                      crc32c(block.substr(4), seed_.at(block_)) == load<std::uint32_t>(block, 0);
    print_row(print_, at_, good ? kGood : kBad, fmt::format("block {}: {} bytes of entries", block_, length));
    if (good) print_entries(block.substr(kBlockHeaderBytes));
    at_ += kBlockHeaderBytes + length;
    ++block_;
    return good;
  }

  void print_entries(std::string_view entries) {
    constexpr std::size_t kLengthsBytes = 4 + 4;  // of the key, of the value
    while (entries.size() >= kLengthsBytes) {
      const std::size_t key_bytes = load<std::uint32_t>(entries, 0);
      const std::size_t value_bytes = load<std::uint32_t>(entries, 4);
      if (key_bytes + value_bytes > entries.size() - kLengthsBytes) break;
      entries.remove_prefix(kLengthsBytes);
      print_detail(print_, fmt::format("{} = {}", quoted(entries.substr(0, key_bytes)),
                                       quoted(entries.substr(key_bytes, value_bytes))));
      entries.remove_prefix(key_bytes + value_bytes);
    }
    if (!entries.empty()) print_detail(print_, fmt::format("malformed: {} bytes that are no entry", entries.size()));
  }

  FileWindow window_;
  ChecksumSeed seed_;
  const Print& print_;
  std::uint64_t end_;  // of the blocks: the footer's place, or the end of the file where there is no footer
  std::uint64_t at_ = kFileHeaderBytes;
  std::uint64_t block_ = 0;
};

// The dump shows parts; only the reader of the store says whether they make a whole.
Result<void> print_snapshot_verdict(File& file, Generation generation, const Print& print) {
  const auto whole = read_snapshot(file, generation, [](const SnapshotEntry&) {});
  if (whole) {
    print("            the snapshot verifies");
    return {};
  }
  if (!is_damage(whole.error())) return std::unexpected(read_error(whole.error()));
  print(fmt::format("            the snapshot does not verify: offset {}: {}", whole.error().offset,
                    whole.error().reason));
  return {};
}

// --- Files and directories ---

struct DumpedFile {
  std::string name;
  FileType type;
  Generation generation;
};

// What a name says is in a file; nothing for a file that is not ours or holds no records.
std::optional<DumpedFile> dumped_file(std::string_view name) {
  const FileName parsed = parse_file_name(name);
  if (parsed.generation == 0) return std::nullopt;
  const FileType type = name.starts_with("wal-") ? FileType::log : FileType::snapshot;
  return DumpedFile{std::string(name), type, parsed.generation};
}

Result<void> dump_file(Vfs& vfs, const std::string& path, const DumpedFile& dumped, const Print& print) {
  const std::unique_ptr<File> file = TRY(vfs.open(path, OpenMode::read));
  const std::uint64_t size = TRY(file->size());
  const bool is_log = dumped.type == FileType::log;
  print(fmt::format("{}: {} of generation {}, {} bytes", printable(dumped.name), is_log ? "log" : "snapshot",
                    dumped.generation, size));
  const auto header = TRY(dump_header(*file, dumped.type, dumped.generation, print));
  if (!header) return {};
  if (is_log) return LogDump(*file, size, *header, print).run();
  TRY(SnapshotDump(*file, size, *header, print).run());
  return print_snapshot_verdict(*file, dumped.generation, print);
}

Result<std::unique_ptr<FileLock>> lock_where_there_is_one(Vfs& vfs, const std::string& directory) {
  auto lock = vfs.lock(join_path(directory, kLockName), LockMode::shared);
  if (!lock && lock.error().os_error == ENOENT) return nullptr;
  return lock;
}

std::string_view why_not_shown(std::string_view name) {
  switch (parse_file_name(name).kind) {
    case FileKind::lock: return "the lock file; it holds nothing";
    case FileKind::temporary: return "a temporary file; no reader looks at it";
    default: return "not a file of the store";
  }
}

Result<void> dump_directory(Vfs& vfs, const std::string& directory, const std::vector<std::string>& names,
                            const Print& print) {
  const auto lock = TRY(lock_where_there_is_one(vfs, directory));
  std::vector<DumpedFile> files;
  for (const std::string& name : names) {
    if (auto file = dumped_file(name)) {
      files.push_back(*std::move(file));
    } else {
      print(fmt::format("{}: {}", printable(name), why_not_shown(name)));
    }
  }
  std::ranges::sort(files, {}, [](const DumpedFile& file) { return std::tie(file.generation, file.name); });
  Result<void> first_error;
  for (const DumpedFile& file : files) {
    const auto dumped = dump_file(vfs, join_path(directory, file.name), file, print);
    if (dumped) continue;
    print(fmt::format("{}: cannot be read: {}", printable(file.name), printable(dumped.error().message())));
    if (first_error) first_error = dumped;
  }
  return first_error;
}

}  // namespace

Result<void> dump(Vfs& vfs, const std::string& path, const std::function<void(std::string_view line)>& print) {
  const auto names = vfs.list(path);
  if (names) return dump_directory(vfs, path, *names, print);
  if (names.error().os_error != ENOTDIR) return std::unexpected(names.error());
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto file = dumped_file(name);
  if (!file) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is not named like a log (wal-1.log) or a snapshot (snapshot-1.dat)", path));
  }
  return dump_file(vfs, path, *file, print);
}

}  // namespace kv
