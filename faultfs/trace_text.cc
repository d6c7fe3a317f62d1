// The text form of traces (trace.h).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "faultfs/hex.h"
#include "faultfs/line_scanner.h"
#include "faultfs/path.h"
#include "faultfs/sim_disk.h"
#include "faultfs/trace.h"

namespace faultfs {

namespace {

// What the bytes of a text may come to in all, runs written out.
constexpr std::uint64_t kMaxTextBytes = std::uint64_t{1} << 30;

std::string text_of(const TraceOp& op) {
  const auto id = static_cast<std::uint32_t>(op.file);
  std::string text(to_string(op.kind));
  auto out = std::back_inserter(text);
  switch (op.kind) {
    case OpKind::create:
    case OpKind::unlink: fmt::format_to(out, " {} {}", id, in_quotes(op.path)); break;
    case OpKind::rename: fmt::format_to(out, " {} {} {}", id, in_quotes(op.path), in_quotes(op.to)); break;
    case OpKind::make_dir: fmt::format_to(out, " {}", in_quotes(op.path)); break;
    case OpKind::write: fmt::format_to(out, " {} at {} {}", id, op.offset, to_hex(op.data())); break;
    case OpKind::truncate:
    case OpKind::allocate: fmt::format_to(out, " {} to {}", id, op.length); break;
    case OpKind::sync: fmt::format_to(out, " {}", id); break;
    case OpKind::sync_dir: fmt::format_to(out, " {}", in_quotes(op.path)); break;
    default: break;
  }
  if (op.failed) text += " failed";
  if (op.effect != SyncEffect::durable) fmt::format_to(out, " {}", to_string(op.effect));
  if (op.thread != 0) fmt::format_to(out, " thread {}", op.thread);
  return text;
}

std::string text_of(const Mark& mark) {
  std::string text = fmt::format("mark {} {}", to_string(mark.kind), mark.command);
  if (mark.client != 0) text += fmt::format(" client {}", mark.client);
  return text;
}

}  // namespace

std::string to_text(const Trace& trace) {
  std::string text = "trace 1\n";
  auto out = std::back_inserter(text);
  for (const std::string& path : trace.initial.directories) fmt::format_to(out, "directory {}\n", in_quotes(path));
  std::uint32_t id = 0;
  for (const auto& [path, bytes] : trace.initial.files) {
    fmt::format_to(out, "file {} {} {}\n", id++, in_quotes(path), to_hex(bytes.to_string()));
  }
  auto mark = trace.marks.begin();
  for (OpIndex i = 0; i <= trace.ops.size(); ++i) {
    for (; mark != trace.marks.end() && mark->at <= i; ++mark) fmt::format_to(out, "{}\n", text_of(*mark));
    if (i < trace.ops.size()) fmt::format_to(out, "{} {}\n", i, text_of(trace.ops[i]));
  }
  return text;
}

namespace {

template <class Value, std::size_t count>
std::optional<Value> spelled(std::string_view word, const std::array<Value, count>& values) {
  const auto at = std::ranges::find_if(values, [&](Value value) { return to_string(value) == word; });
  return at == values.end() ? std::nullopt : std::optional(*at);
}

// Reads a trace line by line, and keeps what names there are, so that every operation fits those before it.
class TraceParser {
 public:
  kv::Result<Trace> run(std::string_view text) && {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      TRY(line(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (number_ == 0) return kv::fail(kv::ErrorCode::invalid_argument, "line 1: expected \"trace 1\", found the end");
    return std::move(trace_);
  }

 private:
  kv::Result<void> line(std::string_view text) {
    LineScanner line(text, fmt::format("line {}", ++number_));
    if (number_ == 1) {
      TRY(line.literal("trace"));
      TRY(line.literal("1"));
      return line.end();
    }
    constexpr std::string_view kExpected = "directory, file, mark or the number of an operation";
    const std::string_view word = TRY(line.word(kExpected));
    std::uint64_t number = 0;
    if (parse_number(word, number)) {
      if (number != trace_.ops.size()) return line.expected(fmt::format("operation {}", trace_.ops.size()), word);
      TRY(operation(line));
    } else if (word == "mark") {
      TRY(mark(line));
    } else if (word == "directory") {
      TRY(directory(line));
    } else if (word == "file") {
      TRY(file(line));
    } else {
      return line.expected(kExpected, word);
    }
    return line.end();
  }

  kv::Result<void> before_operations(const LineScanner& line) const {
    if (!trace_.ops.empty()) return line.error("what the disk held first stands before its operations");
    return {};
  }

  kv::Result<void> directory(LineScanner& line) {
    TRY(before_operations(line));
    const std::string path = TRY(new_path(line));
    directories_.insert(path);
    trace_.initial.directories.insert(path);
    return {};
  }

  kv::Result<void> file(LineScanner& line) {
    TRY(before_operations(line));
    const FileId id = TRY(new_id(line));
    const std::string path = TRY(new_path(line));
    if (!trace_.initial.files.empty() && path < trace_.initial.files.rbegin()->first) {
      return line.error("files stand in the order of their paths");
    }
    trace_.initial.files[path] = FileBytes(TRY(bytes(line)));
    names_[path] = id;
    return {};
  }

  kv::Result<void> mark(LineScanner& line) {
    constexpr std::array kKinds{MarkKind::issued, MarkKind::acked,  MarkKind::failed,
                                MarkKind::opened, MarkKind::closed, MarkKind::killed};
    constexpr std::string_view kExpected = "issued, acked, failed, opened, closed or killed";
    const std::string_view word = TRY(line.word(kExpected));
    const auto kind = spelled(word, kKinds);
    if (!kind) return line.expected(kExpected, word);
    Mark mark{.at = trace_.ops.size(), .kind = *kind, .command = TRY(line.number("the number of a command"))};
    if (!line.at_end()) mark.client = TRY(small_number(line, "client"));
    trace_.marks.push_back(mark);
    return {};
  }

  kv::Result<void> operation(LineScanner& line) {
    const std::string_view word = TRY(line.word("an operation"));
    const auto kind = parse_op_kind(word);
    if (!kind) return line.expected("an operation", word);
    TraceOp op{.kind = *kind};
    switch (*kind) {
      case OpKind::create: TRY(create(line, op)); break;
      case OpKind::unlink:
      case OpKind::rename: TRY(change_name(line, op)); break;
      case OpKind::make_dir:
        op.path = TRY(new_path(line));
        directories_.insert(op.path);
        break;
      case OpKind::write: TRY(write(line, op)); break;
      case OpKind::truncate:
      case OpKind::allocate:
        op.file = TRY(known_id(line));
        TRY(line.literal("to"));
        op.length = TRY(size(line));
        break;
      case OpKind::sync: op.file = TRY(known_id(line)); break;
      case OpKind::sync_dir:
        op.path = TRY(path(line));
        TRY(check_directory(line, op.path));
        break;
      default: return line.expected("an operation that changes a disk, or a sync", word);
    }
    TRY(suffixes(line, op));
    trace_.ops.push_back(std::move(op));
    return {};
  }

  kv::Result<void> create(LineScanner& line, TraceOp& op) {
    op.file = TRY(new_id(line));
    op.path = TRY(new_path(line));
    names_[op.path] = op.file;
    return {};
  }

  kv::Result<void> change_name(LineScanner& line, TraceOp& op) {
    op.file = TRY(known_id(line));
    op.path = TRY(path(line));
    const auto name = names_.find(op.path);
    if (name == names_.end() || name->second != op.file) {
      return line.error(
          fmt::format("file {} has no name {} there", static_cast<std::uint32_t>(op.file), in_quotes(op.path)));
    }
    names_.erase(name);
    if (op.kind == OpKind::unlink) return {};
    op.to = TRY(path(line));
    if (op.to == op.path) return line.error("a rename gives another name");
    if (op.to.empty() || directories_.contains(op.to))
      return line.error(fmt::format("{} is a directory", in_quotes(op.to)));
    TRY(check_parent(line, op.to));
    names_[op.to] = op.file;
    return {};
  }

  kv::Result<void> write(LineScanner& line, TraceOp& op) {
    op.file = TRY(known_id(line));
    TRY(line.literal("at"));
    op.offset = TRY(size(line));
    op.bytes = std::make_shared<const std::string>(TRY(bytes(line)));
    op.length = op.bytes->size();
    if (op.length == 0) return line.error("a write has at least one byte");
    return {};
  }

  kv::Result<void> suffixes(LineScanner& line, TraceOp& op) {
    constexpr std::array kEffects{SyncEffect::nothing, SyncEffect::cleaned, SyncEffect::reverted};
    const bool syncs = op.kind == OpKind::sync || op.kind == OpKind::sync_dir;
    while (!line.at_end()) {
      const std::string_view word = TRY(line.word("a word"));
      if (word == "thread") {
        op.thread = TRY(small_number_after(line, word));
      } else if (const auto effect = spelled(word, kEffects); syncs && effect) {
        op.effect = *effect;
      } else if (syncs && word == "failed") {
        op.failed = true;
      } else {
        return line.expected("the end of the line", word);
      }
    }
    return {};
  }

  // --- parts of a line ---

  kv::Result<std::uint32_t> small_number(LineScanner& line, std::string_view before) {
    TRY(line.literal(before));
    return small_number_after(line, before);
  }

  kv::Result<std::uint32_t> small_number_after(LineScanner& line, std::string_view what) {
    constexpr std::uint64_t kMax = 0xffff'ffff;
    const std::uint64_t number = TRY(line.number(fmt::format("the number of a {}", what)));
    if (number > kMax) return line.error(fmt::format("{} is no number of a {}", number, what));
    return static_cast<std::uint32_t>(number);
  }

  kv::Result<std::uint64_t> size(LineScanner& line) {
    const std::uint64_t size = TRY(line.number("a number of bytes"));
    if (size > kMaxFileBytes) return line.error(fmt::format("a file has at most {} bytes", kMaxFileBytes));
    return size;
  }

  kv::Result<FileId> new_id(LineScanner& line) {
    const std::uint64_t id = TRY(line.number("the number of a file"));
    if (id != files_) return line.error(fmt::format("expected the number of a new file, {}, found {}", files_, id));
    return FileId{files_++};
  }

  kv::Result<FileId> known_id(LineScanner& line) const {
    const std::uint64_t id = TRY(line.number("the number of a file"));
    if (id >= files_) return line.error(fmt::format("there is no file {} yet", id));
    return FileId{static_cast<std::uint32_t>(id)};
  }

  kv::Result<std::string> path(LineScanner& line) {
    std::string path = TRY(line.quoted("a path in quotes"));
    const bool goes_up = ('/' + path + '/').find("/../") != std::string::npos;
    if (path != normal_path(path) || goes_up) {
      return line.error("a path has no '.', no '..', no '//' and no '/' at its ends");
    }
    return path;
  }

  kv::Result<void> check_directory(const LineScanner& line, const std::string& path) const {
    if (!path.empty() && !directories_.contains(path)) {
      return line.error(fmt::format("there is no directory {}", in_quotes(path)));
    }
    return {};
  }

  kv::Result<void> check_parent(const LineScanner& line, std::string_view path) const {
    return check_directory(line, std::string(directory_of(path)));
  }

  kv::Result<std::string> new_path(LineScanner& line) {
    std::string path = TRY(this->path(line));
    if (path.empty() || names_.contains(path) || directories_.contains(path)) {
      return line.error(fmt::format("{} is there already", in_quotes(path)));
    }
    TRY(check_parent(line, path));
    return path;
  }

  kv::Result<std::string> bytes(LineScanner& line) {
    std::string bytes = TRY(parse_hex(line, kMaxTextBytes, bytes_));
    bytes_ += bytes.size();
    return bytes;
  }

  Trace trace_;
  std::size_t number_ = 0;  // of the line
  std::uint32_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::map<std::string, FileId> names_;
  std::set<std::string> directories_;
};

}  // namespace

kv::Result<Trace> parse_trace(std::string_view text) { return TraceParser().run(text); }

}  // namespace faultfs
